"""Finds who waits for an answer on a line, who wants no more texts, whom the last text did not reach, and who owes."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from textrequest_mcp.account.closings import closes
from textrequest_mcp.account.counts import FAILED
from textrequest_mcp.account.failures import reason_of
from textrequest_mcp.account.line import KnownLine, TextingLine
from textrequest_mcp.account.message import Direction
from textrequest_mcp.account.payment import Payment
from textrequest_mcp.account.payment_totals import read_payments
from textrequest_mcp.account.person import Person
from textrequest_mcp.ground.quoting import some
from textrequest_mcp.guard.marks import Mark
from textrequest_mcp.guard.rules.optout import read_wish
from textrequest_mcp.tools.answers import (
    Answer,
    Body,
    Code,
    Flag,
    LineName,
    Money,
    Ours,
    PersonName,
    Phone,
    Time,
    Whole,
)
from textrequest_mcp.upstream.errors import Refused
from textrequest_mcp.upstream.times import read_time

Kind = Literal["waiting", "wants_no_more", "failed", "not_sent", "payment_due"]
KINDS: tuple[Kind, ...] = ("waiting", "wants_no_more", "failed", "not_sent", "payment_due")
MOST_OF_A_KIND = 40
_RECENT_SECONDS = 7 * 86_400.0
_DUE = frozenset({"Sent", "PastDue"})
_UNDER_WAY = frozenset({"PaymentInProgress", "Processing", "Approved", "Authorized"})


class Matter(Answer):
    """Somebody to whom an owner may have to turn."""

    kind: Kind | Code = None
    dashboard_id: Annotated[Whole, Mark.WHERE] = None
    line: LineName = None
    name: PersonName = None
    phone_number: Phone = None
    waited: Code = None
    since_utc: Annotated[Time, Mark.AT] = None
    body: Body = Field(default=None, description="The customer's last words")
    message_direction: Annotated[Direction | Code, Mark.DIRECTION] = None
    our_text: Ours = None
    why: Code = None
    amount: Money = None
    is_past_due: Flag = None
    payment_id: Annotated[Whole, Mark.PAYMENT] = None


class Matters(Answer):
    """What waits on the lines."""

    theirs = ("name", "body")
    longest_cell = 300
    columns = (
        *("kind", "waited", "line", "dashboard_id", "name", "phone_number", "body", "our_text", "why", "amount"),
        *("is_past_due", "payment_id"),
    )
    brief = (*columns, "since_utc")
    items: list[Matter] = Field(default_factory=list[Matter])
    note: Code = None


class OfLine(NamedTuple):
    """What waits on one line, how many conversations their last words closed, and how many payments are under way."""

    matters: list[Matter]
    closed: int
    paying: int


async def of_line(line: TextingLine, known: KnownLine, now: float) -> OfLine:
    """What waits on a line: one call, for its payments, where its people are known.

    Raises:
        TextRequestError: the line cannot be read.
        StoreError: the store cannot be used.
    """
    matters: list[Matter] = []
    closed = 0
    for person in await line.account.directory.all(line.id):
        kind = _kind(person, now)
        closed += kind == "closed"
        if kind is not None and kind != "closed":
            matters.append(_of_person(person, kind, known, now))
    payments: list[Payment] = []
    with suppress(Refused):  # a line without payments (wire-facts, Payments)
        payments = await read_payments(line)
    open_ones = [each for each in payments if each.textrequest_payment_status in _DUE]
    due = [each for each in open_ones if each.transaction_status not in _UNDER_WAY]
    return OfLine([*matters, *(_of_payment(each, known, now) for each in due)], closed, len(open_ones) - len(due))


def answer_of(lines: Sequence[OfLine], unsent: Sequence[Matter] = ()) -> Matters:
    """What waits on all lines, scheduled texts that did not go out among it: by kind, the longest waiting first."""
    found = [*(matter for line in lines for matter in line.matters), *unsent]
    items: list[Matter] = []
    notes: list[str] = []
    for kind in KINDS:
        of_it = sorted((each for each in found if each.kind == kind), key=lambda each: str(each.since_utc or ""))
        items += of_it[:MOST_OF_A_KIND]
        if len(of_it) > MOST_OF_A_KIND:
            notes.append(f"{len(of_it) - MOST_OF_A_KIND} more of kind {kind} are not listed.")
    closed = sum(line.closed for line in lines)
    if closed:
        notes.append(f"{closed} who only said thanks or goodbye are not listed.")
    if paying := sum(line.paying for line in lines):
        notes.append(f"{some(paying, 'open payment')} under way {'is' if paying == 1 else 'are'} not listed as due.")
    if not any(each.kind == "waiting" for each in items):
        notes.append("Nobody waits for an answer.")
    return Matters(items=items, note=" ".join(notes) or None)


def _kind(person: Person, now: float) -> Kind | Literal["closed"] | None:
    last = person.last_message
    opted_out = read_time(person.record.get("opted_out_utc"))
    if person.is_opted_out:
        return "wants_no_more" if opted_out is not None and now - opted_out.timestamp() < _RECENT_SECONDS else None
    if last is None or person.is_marked("is_blocked"):
        return None
    if last.get("message_direction") == "S":
        did_fail = str(last.get("delivery_status")).lower() in FAILED
        return "failed" if did_fail and now - (person.sent_at or 0.0) < _RECENT_SECONDS else None
    if any(map(person.is_marked, ("is_resolved", "is_archived", "is_suppressed"))):
        return None
    body = str(last.get("body") or "")
    if read_wish(body) in ("stop", "perhaps_stop"):
        return "wants_no_more"
    return "closed" if closes(body) else "waiting"


def _of_person(person: Person, kind: Kind, line: KnownLine, now: float) -> Matter:
    last: Any = person.last_message or {}
    sent = last.get("message_direction") == "S"
    since = last.get("message_timestamp_utc")
    why = {
        "failed": reason_of(last.get("delivery_error"), last.get("delivery_status")),
        "wants_no_more": "opted out" if person.is_opted_out else "their words may mean that they want no more texts",
    }
    return Matter(
        kind=kind,
        dashboard_id=line.id,
        line=line.name,
        name=person.name or None,
        phone_number=person.number,
        waited=waited(since, now),
        since_utc=since,
        body=None if sent else last.get("body"),
        message_direction=None if sent else last.get("message_direction"),
        our_text=last.get("body") if sent else None,
        why=why.get(kind),
    )


def _of_payment(payment: Payment, line: KnownLine, now: float) -> Matter:
    late = payment.is_past_due or payment.textrequest_payment_status == "PastDue"
    return Matter(
        kind="payment_due",
        dashboard_id=line.id,
        line=line.name,
        name=payment.recipient,
        phone_number=payment.customer_phone,
        waited=waited(payment.request_date, now),
        since_utc=payment.request_date,
        why="reminded once" if payment.reminder_was_sent else None,
        amount=payment.amount_requested,
        is_past_due=late or None,
        payment_id=payment.payment_id,
    )


def waited(since: object, now: float) -> str | None:
    """How long ago, in the largest unit that says enough."""
    moment = read_time(since)
    if moment is None:
        return None
    minutes = max(0, int((now - moment.timestamp()) // 60))
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} days"
