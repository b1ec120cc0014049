"""What owners and front desks ask for each day, over all lines at once."""

from typing import Annotated

from pydantic import Field

from textrequest_mcp.account.account import Account, InAccount
from textrequest_mcp.account.count import Counts, answer_of, count
from textrequest_mcp.account.line import KnownLine, TextingLine
from textrequest_mcp.account.periods import NAMES, Step
from textrequest_mcp.tools.declare import Toolset
from textrequest_mcp.tools.parameters import DashboardId, Words
from textrequest_mcp.upstream.errors import BadInput

daily = Toolset("daily")

DEFAULT_PERIOD = "last_7_days"
Period = Annotated[Words, Field(description=f"{', '.join(NAMES)}, a day, or FIRST/LAST such as 2026-11-01/2026-11-15")]


@daily.reads(title="Count texts", action="")
async def count_texts(
    account: InAccount,
    period: Period = DEFAULT_PERIOD,
    by: Annotated[Step, Field(description="A row for each")] | None = None,
    dashboard_id: Annotated[DashboardId, Field(description="Default all lines")] | None = None,
) -> Counts:
    """Count a period's texts on each line: sent, received, failed, people, and how fast customers got an answer."""
    now = account.policy.now()
    return answer_of(
        [await count(line, known, period, by, now) for line, known in await lines_of(account, dashboard_id)]
    )


async def lines_of(account: Account, dashboard_id: int | None) -> list[tuple[TextingLine, KnownLine]]:
    """The line that is named, or all lines of the account.

    Raises:
        BadInput: there is no such line.
        TextRequestError: the lines cannot be read.
    """
    lines = await account.lines()
    chosen = [line for line in lines if dashboard_id in (None, line.id)]
    if not chosen:
        listed = ", ".join(str(line.id) for line in lines) or "none"
        raise BadInput("There is no such line.", todo=f"The lines are {listed}.")
    return [(TextingLine(account, line.id), line) for line in chosen]
