"""What owners and front desks ask for each day, over all lines at once."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from textrequest_mcp.account.account import Account, InAccount, Line
from textrequest_mcp.account.count import Counts, answer_of, count
from textrequest_mcp.account.line import KnownLine, TextingLine
from textrequest_mcp.account.mailing import Mailed, question_of
from textrequest_mcp.account.mailing import answer_of as answer_of_mailing
from textrequest_mcp.account.message import Sent
from textrequest_mcp.account.messages import Body, send_message
from textrequest_mcp.account.periods import NAMES, Step
from textrequest_mcp.account.posting import post_text
from textrequest_mcp.account.recipients import choose
from textrequest_mcp.account.sent_texts import SENDING
from textrequest_mcp.account.unsent import unsent
from textrequest_mcp.account.waiting import Matters, of_line
from textrequest_mcp.account.waiting import answer_of as matters_of
from textrequest_mcp.ground.quoting import quoted
from textrequest_mcp.guard.approval.question import Question
from textrequest_mcp.guard.marks import Mark
from textrequest_mcp.guard.once.departure import LedgerDeparture
from textrequest_mcp.tools.about import BY_NUMBER
from textrequest_mcp.tools.answers import Answer, Code, Phone, Wholes
from textrequest_mcp.tools.declare import Toolset
from textrequest_mcp.tools.many import Each
from textrequest_mcp.tools.parameters import DashboardId, Filled, InsteadOf, LeavesAt, PhoneNumber, Words, listed
from textrequest_mcp.tools.plan import Chosen, Plan
from textrequest_mcp.upstream.errors import BadInput

daily = Toolset("daily")

DEFAULT_PERIOD = "last_7_days"
People = Annotated[list[Filled], BeforeValidator(listed), Mark.NOBODYS]
Period = Annotated[Words, Field(description=f"{', '.join(NAMES)}, a day, or FIRST/LAST such as 2026-11-01/2026-11-15")]


AllLines = Annotated[DashboardId, Field(description="Default all lines")]


@daily.reads(title="Who is waiting", action="")
async def who_is_waiting(account: InAccount, dashboard_id: AllLines | None = None) -> Matters:
    """List who waits for an answer, longest first, with their last words, over all lines; then wishes to stop, texts
    that lately failed or did not leave, and payments due."""
    now = account.policy.now()
    lines = await chosen_lines(account, dashboard_id)
    return matters_of([await of_line(*each, now) for each in lines], await unsent(account, lines, now))


@daily.reads(title="Count texts", action="")
async def count_texts(
    account: InAccount,
    period: Period = DEFAULT_PERIOD,
    by: Annotated[Step, Field(description="A row for each")] | None = None,
    dashboard_id: AllLines | None = None,
) -> Counts:
    """Count a period's texts on each line: sent, received, failed, people, and how fast customers got an answer."""
    now = account.policy.now()
    return answer_of(
        [await count(line, known, period, by, now) for line, known in await chosen_lines(account, dashboard_id)]
    )


async def _recipients(line: Line, body: Body, to: People, leave_out: People | None) -> Chosen:
    return await choose(line, body, to, leave_out)


async def _before_texting_many(line: Line, body: Body, plan: Plan) -> Question:
    return await question_of(line, plan, body)


@daily.texts_many(
    title="Text many people",
    action="",
    once=SENDING,
    choose=_recipients,
    question=_before_texting_many,
    one=send_message,
)
async def text_many(
    line: Line,
    each: Each,
    body: Annotated[Body, Field(description="May hold {first_name}, {last_name}, {name} or {a custom field's name}")],
    to: Annotated[
        People,
        Field(
            description="Any of: number, all, group:NAME, tag:NAME, field:NAME=VALUE, texted_since:DATE, "
            "not_texted_since:DATE"
        ),
    ],
    leave_out: Annotated[People, Field(description="In the same forms")] | None = None,
    send_at: LeavesAt | None = None,
    instead_of: InsteadOf | None = None,
) -> Mailed:
    """Text up to 200 people, each once. Leaves out who opted out, is blocked, waits for an answer or has quiet hours,
    and lists them. What is not done in time goes on with the same call."""
    del body, to, leave_out, send_at, instead_of  # `_recipients` and the guards read them

    async def send(arguments: Mapping[str, Any], departing: LedgerDeparture) -> Sent:
        number, words, sender = arguments["phone_number"], arguments["body"], arguments.get("sender_name")
        return await post_text(line, departing, number, words, sender_name=sender)

    return answer_of_mailing(await each(send), "text_many")


_STOPPED = (
    "This server texts them no more. The Text Request app does not know of it: tell colleagues who text from there."
)
_STOPS_NOTHING = (
    "It is recorded, but TEXTREQUEST_CONSENT is off, so it stops nothing: tell the person who runs this server."
)


class Stopped(Answer):
    """Whom nobody texts any more."""

    phone_number: Phone = None
    line_ids: Wholes = Field(default=None, description="On which lines")
    message: Code = None


async def _before_stopping(
    account: InAccount, phone_number: PhoneNumber, dashboard_id: AllLines | None = None
) -> Question:
    lines = await chosen_lines(account, dashboard_id)
    names = [name for line, _ in lines if (name := (await account.directory.names(line.id)).name(phone_number))]
    who = f"{quoted(names[0])} ({phone_number})" if names else phone_number
    where = await lines[0][0].title() if len(lines) == 1 else f"all {len(lines)} lines"
    return Question(f"Text {who} no more from {where}? Only their own START takes that back.")


@daily.writes(
    title="Text somebody no more",
    action="",
    overwrites=False,
    idempotent=True,
    about=BY_NUMBER,
    question=_before_stopping,
)
async def stop_texting(account: InAccount, phone_number: PhoneNumber, dashboard_id: AllLines | None = None) -> Stopped:
    """Record that a person asked for no more texts, by voice or in other words. Only their own START lifts it; nothing
    here does."""
    lines = [line.id for line, _ in await chosen_lines(account, dashboard_id)]
    await account.policy.consent.stop(lines, [phone_number])
    return Stopped(
        phone_number=phone_number,
        line_ids=lines,
        message=_STOPPED if account.policy.rules.consent else _STOPS_NOTHING,
    )


async def chosen_lines(account: Account, dashboard_id: int | None) -> list[tuple[TextingLine, KnownLine]]:
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
