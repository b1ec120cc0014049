"""The texts that are to leave later, listed and taken back."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from textrequest_mcp.account.account import Account, InAccount
from textrequest_mcp.account.daily import AllLines, chosen_lines
from textrequest_mcp.account.line import TextingLine
from textrequest_mcp.account.unsent import of_the_member
from textrequest_mcp.ground.quoting import visible
from textrequest_mcp.guard.approval.question import Question
from textrequest_mcp.guard.marks import Mark
from textrequest_mcp.guard.once.later import Later
from textrequest_mcp.guard.once.scheduled_rows import ScheduledText
from textrequest_mcp.tools.about import About
from textrequest_mcp.tools.answers import Answer, Code, PersonName, Phone, Time, Whole
from textrequest_mcp.tools.declare import Toolset
from textrequest_mcp.tools.due_texts import became
from textrequest_mcp.upstream.errors import BadInput, NotFound

later = Toolset("later")

ScheduledId = Annotated[str, Field(description="From list_scheduled"), Mark.NOBODYS]
_STATES: dict[str, Literal["scheduled", "not_sent", "unknown"]] = {
    **dict.fromkeys(("WAITING", "CLAIMED"), "scheduled"),
    "UNKNOWN": "unknown",
}


class Scheduled(Answer):
    """A text that is to leave, or did not go out."""

    send_id: Code = None
    dashboard_id: Annotated[Whole, Mark.WHERE] = None
    leaves_at_utc: Time = None
    name: PersonName = None
    phone_number: Phone = None
    people: Whole = Field(default=None, description="Of a text to many")
    body: Code = Field(default=None, description="Our own words")
    outcome: Literal["scheduled", "not_sent", "unknown"] | None = None
    why: Code = None


class AllScheduled(Answer):
    """What is to leave."""

    theirs = ("name",)
    columns = tuple(Scheduled.model_fields)
    brief = columns
    items: list[Scheduled] = Field(default_factory=list[Scheduled])
    note: Code = None


class Cancelled(Answer):
    """What was taken back."""

    send_id: Code = None
    cancelled: Whole = Field(default=None, description="How many texts")
    message: Code = None


@later.reads(title="List scheduled texts", action="")
async def list_scheduled(account: InAccount, dashboard_id: AllLines | None = None) -> AllScheduled:
    """List texts that are to leave later, or lately did not."""
    lines = {line.id for line, _ in await chosen_lines(account, dashboard_id)}
    rows = [row for row in of_the_member(await _later(account).schedule.listed()) if row.dashboard_id in lines]
    together: dict[tuple[str, str], list[ScheduledText]] = {}
    for row in rows:
        together.setdefault((row.batch or row.send_id, _STATES.get(row.state, "not_sent")), []).append(row)
    items = [await _item(account, texts) for texts in together.values()]

    async def read() -> set[int]:
        return lines

    other = await _later(account).of_another_key(read)
    return AllScheduled(items=items, note=other or (None if items else "No text is scheduled."))


async def _item(account: Account, texts: list[ScheduledText]) -> Scheduled:
    """One row of the list; the texts of a batch share it, and show the first of them."""
    first = texts[0]
    arguments: Mapping[str, Any] = first.content.arguments if first.content is not None else {}
    outcome, number = _STATES.get(first.state, "not_sent"), arguments.get("phone_number")
    many = first.batch is not None and outcome == "scheduled"
    names = await account.directory.names(first.dashboard_id) if number and not many else None
    return Scheduled(
        send_id=first.batch if many else first.send_id,
        dashboard_id=first.dashboard_id,
        leaves_at_utc=datetime.fromtimestamp(first.leaves_at, UTC),
        name=names.name(number) if names is not None and number is not None else None,
        phone_number=None if many else number,
        people=len(texts) if first.batch is not None else None,
        body=arguments.get("body"),
        outcome=outcome,
        why=None if outcome == "scheduled" else f"It {became(first)}",
    )


async def _whom(account: Account, send_id: str) -> str | None:
    """The number of the one person whom a scheduled text is for."""
    rows = await theirs(account, send_id)
    content = rows[0].content if len(rows) == 1 else None
    return content.arguments.get("phone_number") if content is not None else None


async def _before_cancelling(account: InAccount, send_id: ScheduledId) -> Question:
    rows = await _found(account, send_id)
    when = await account.at_most_once.times.told(rows[0].leaves_at, rows[0].dashboard_id)
    number, content = await _whom(account, send_id), rows[0].content
    whom = await TextingLine(account, rows[0].dashboard_id).person(number) if number else f"{len(rows)} people"
    words = f': "{visible(content.arguments["body"])}"' if content is not None else ""
    return Question(f"Take back the text to {whom} that is to leave {when}{words}?")


@later.writes(
    title="Cancel a scheduled text",
    action="",
    overwrites=True,
    idempotent=True,
    about=About(read=_whom),
    question=_before_cancelling,
)
async def cancel_scheduled(account: InAccount, send_id: ScheduledId) -> Cancelled:
    """Cancel a scheduled text, or text to many."""
    await _found(account, send_id)
    count = await _later(account).schedule.cancel(send_id)
    if count:
        rest = [row for row in await _found(account, send_id) if row.state != "CANCELLED"]
        left = f" {len(rest)} had left already, or are leaving now." if rest else ""
        return Cancelled(send_id=send_id, cancelled=count, message=f"Taken back; nobody gets it.{left}")
    rows = await _found(account, send_id)
    if all(row.state == "CANCELLED" for row in rows):
        return Cancelled(send_id=send_id, cancelled=0, message="It was taken back before; nobody gets it.")
    raise BadInput("It cannot be taken back any more: " + "; ".join(sorted({_too_late(row) for row in rows})) + ".")


def _too_late(row: ScheduledText) -> str:
    """Why a text cannot be taken back."""
    if row.state in ("CLAIMED", "SENT", "CANCELLED"):
        return "it is leaving now" if row.state == "CLAIMED" else "it has left"
    return f"it {became(row)}".rstrip(".")


async def theirs(account: Account, send_id: str) -> list[ScheduledText]:
    """A scheduled text, or those of a batch, as far as the current member may know of them."""
    return of_the_member(await _later(account).schedule.get(send_id))


async def _found(account: Account, send_id: str) -> list[ScheduledText]:
    rows = await theirs(account, send_id)
    if not rows:
        raise NotFound("No scheduled text with this send_id is on record here.", todo="Look with list_scheduled.")
    return rows


def _later(account: Account) -> Later:
    found = account.at_most_once.later
    if found is None:
        raise BadInput("No texts are scheduled on this server.")
    return found
