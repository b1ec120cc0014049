"""The scheduled texts that did not go out, as somebody to whom an owner may have to turn."""

from collections.abc import Sequence
from datetime import UTC, datetime

from textrequest_mcp.account.account import Account
from textrequest_mcp.account.line import KnownLine, TextingLine
from textrequest_mcp.account.waiting import Matter, waited
from textrequest_mcp.ground.member import current, current_id, may_use_line
from textrequest_mcp.ground.quoting import quoted
from textrequest_mcp.guard.once.scheduled_rows import OPEN_STATES, ScheduledText
from textrequest_mcp.tools.due_texts import became
from textrequest_mcp.upstream.times import show_time


async def unsent(account: Account, lines: Sequence[tuple[TextingLine, KnownLine]], now: float) -> list[Matter]:
    """Those of the last days on these lines.

    Raises:
        TextRequestError: the names of people cannot be read.
        StoreError: the store cannot be used.
    """
    later = account.at_most_once.later
    rows = of_the_member(await later.schedule.listed()) if later is not None else []
    known = {line.id: known for line, known in lines}
    return [
        await _matter(account, row, known[row.dashboard_id], now)
        for row in rows
        if row.state not in OPEN_STATES and row.dashboard_id in known
    ]


def of_the_member(rows: Sequence[ScheduledText]) -> list[ScheduledText]:
    """Those that the current member may know of: their own, on lines that they may use."""
    everybodys = current() is None
    return [row for row in rows if everybodys or (row.member == current_id() and may_use_line(row.dashboard_id))]


async def _matter(account: Account, row: ScheduledText, line: KnownLine, now: float) -> Matter:
    arguments = row.content.arguments if row.content is not None else {"phone_number": None, "body": None}
    number, since = arguments["phone_number"], show_time(datetime.fromtimestamp(row.leaves_at, UTC))
    return Matter(
        kind="not_sent",
        dashboard_id=line.id,
        line=line.name,
        name=(await account.directory.names(line.id)).name(number) or None,
        phone_number=number,
        waited=waited(since, now),
        since_utc=datetime.fromtimestamp(row.leaves_at, UTC),
        why=f"The scheduled text {quoted(arguments['body'])} {became(row)}",
    )
