"""What was counted of a line's texts in some days, as an answer and for the report."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from textrequest_mcp.account.counts import Tally, did_not_arrive, tally
from textrequest_mcp.account.failures import reason_of
from textrequest_mcp.account.line import KnownLine, TextingLine
from textrequest_mcp.account.line_texts import LineText, read_texts
from textrequest_mcp.account.periods import Days, Step, read_days
from textrequest_mcp.account.zones import zone_of
from textrequest_mcp.guard.marks import Mark
from textrequest_mcp.tools.answers import Answer, Code, LineName, PersonName, Phone, Time, Whole

if TYPE_CHECKING:
    from datetime import tzinfo


MOST_FAILED = 20


class Count(Answer):
    """The texts of one line in some days."""

    dashboard_id: Whole = None
    line: LineName = None
    days: Code = Field(default=None, description="By the line's clock")
    sent: Whole = None
    received: Whole = None
    failed: Whole = Field(default=None, description="Of the sent ones")
    people: Whole = None
    segments: Whole = Field(default=None, description="Billed for the sent ones")
    answered: Whole = Field(default=None, description="Times a customer's texts got an answer")
    median_answer_minutes: float | None = None
    unanswered: Whole = None


class FailedText(Answer):
    """A text of ours that did not arrive."""

    dashboard_id: Annotated[Whole, Mark.WHERE] = None
    phone_number: Phone = None
    name: PersonName = None
    sent_utc: Time = None
    why: Code = None


class Counts(Answer):
    """Counts of lines and days, and the texts that failed."""

    columns = tuple(Count.model_fields)
    theirs = ("name",)
    items: list[Count] = Field(default_factory=list[Count])
    failed_texts: list[FailedText] | None = Field(default=None, description="The latest, with the reason")
    note: Code = None


@dataclass(frozen=True)
class Counted:
    """One line's texts in some days, and their counts.

    Attributes:
        line: the line.
        zone: its clock.
        rows: the days of each row of counts, and the counts.
        texts: all texts of the days, oldest first.
        is_whole: whether all texts were read.
    """

    line: KnownLine
    zone: "tzinfo"
    rows: Sequence[tuple[Days, Tally]]
    texts: Sequence[LineText]
    is_whole: bool


async def count(line: TextingLine, known: KnownLine, period: str, step: Step | None, now: float) -> Counted:
    """Count a line's texts.

    Args:
        line: the line.
        known: the same as the account lists it.
        period: as `read_days`.
        step: a row for each day, week or month; None for one row.
        now: seconds since 1970.

    Raises:
        BadInput: the period is none.
        TextRequestError: the line cannot be read.
    """
    zone = zone_of(known.zone) or UTC
    days = read_days(period, datetime.fromtimestamp(now, zone).date())
    texts, is_whole = await read_texts(line, days.since(zone), days.until(zone))
    parts = list(days.divided(step)) if step is not None else [days]
    spans = [(part.since(zone).timestamp(), part.until(zone).timestamp()) for part in parts]
    return Counted(known, zone, list(zip(parts, tally(texts, spans), strict=True)), texts, is_whole)


def answer_of(counted: Sequence[Counted]) -> Counts:
    """The counts as a tool answers them."""
    items = [_row(days, of_days, each.line) for each in counted for days, of_days in each.rows]
    if len(items) > 1:
        items.append(_row("all", total(counted)))
    cut = [str(each.line.id) for each in counted if not each.is_whole]
    in_utc = [str(each.line.id) for each in counted if each.zone is UTC]
    notes = [
        f"Line {', '.join(cut)} had more texts than one call reads: count fewer days." if cut else None,
        f"Line {', '.join(in_utc)} has no time zone: its days are UTC's." if in_utc else None,
    ]
    failed = [_failed(each.line, text) for each in counted for text in each.texts if did_not_arrive(text)]
    if len(failed) > MOST_FAILED:
        notes.append(f"Of {len(failed)} texts that failed these are the latest of each line.")
    return Counts(items=items, failed_texts=failed[-MOST_FAILED:] or None, note=" ".join(filter(None, notes)) or None)


def _failed(line: KnownLine, text: LineText) -> FailedText:
    return FailedText(
        dashboard_id=line.id,
        phone_number=text.event.phone_number,
        name=text.name or None,
        sent_utc=datetime.fromtimestamp(text.at, UTC),
        why=reason_of(text.event.error, text.event.status),
    )


def total(counted: Sequence[Counted]) -> Tally:
    """All rows together."""
    return sum((of_days for each in counted for _, of_days in each.rows), Tally())


def _row(days: Days | str, of_days: Tally, line: KnownLine | None = None) -> Count:
    return Count(
        dashboard_id=line.id if line is not None else None,
        line=line.name if line is not None else None,
        days=str(days),
        sent=of_days.sent,
        received=of_days.received,
        failed=of_days.failed,
        people=len(of_days.people),
        segments=of_days.segments,
        answered=of_days.answered,
        median_answer_minutes=of_days.median_minutes,
        unanswered=of_days.unanswered,
    )
