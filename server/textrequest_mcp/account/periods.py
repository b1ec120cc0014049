"""Spans of days as people name them, by a line's clock: today, last_week, 2026-11-01/2026-11-15."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal, NamedTuple

from textrequest_mcp.upstream.errors import BadInput

Step = Literal["day", "week", "month"]
NAMES = (*("today", "yesterday", "this_week", "last_week", "this_month", "last_month", "last_7_days", "last_30_days"),)
_DAY = timedelta(days=1)
_LONGEST = 400  # days


class Days(NamedTuple):
    """Whole days, the last one included."""

    first: date
    last: date

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}/{self.last}"

    def since(self, zone: tzinfo) -> datetime:
        """The first instant, in UTC."""
        return _midnight(self.first, zone)

    def until(self, zone: tzinfo) -> datetime:
        """The first instant after them, in UTC."""
        return _midnight(self.last + _DAY, zone)

    def divided(self, step: Step) -> Iterator["Days"]:
        """Its days, weeks (from Monday) or months, those at the ends cut."""
        first = self.first
        while first <= self.last:
            last = min(_last_of(first, step), self.last)
            yield Days(first, last)
            first = last + _DAY


def read_days(text: str, today: date) -> Days:
    """The days that a text names; weeks begin on Monday.

    Raises:
        BadInput: it names none.
    """
    asked = text.strip().lower().replace(" ", "_")
    if asked in NAMES:
        return _named(asked, today)
    try:
        first, _, last = asked.partition("/")
        days = Days(date.fromisoformat(first), date.fromisoformat(last or first))
    except ValueError:
        raise BadInput(
            "The period is none of those that are known.",
            todo=f"Give one of {', '.join(NAMES)}, a day such as 2026-11-20, or two as 2026-11-01/2026-11-15.",
        ) from None
    if not 0 <= (days.last - days.first).days < _LONGEST:
        raise BadInput(f"The period ends before it starts, or has more than {_LONGEST} days.", todo="Give another.")
    return days


def _named(name: str, today: date) -> Days:
    monday = today - timedelta(days=today.weekday())
    month = today.replace(day=1)
    if name.startswith("last_") and name.endswith("_days"):
        return Days(today - timedelta(days=int(name.split("_")[1]) - 1), today)
    return {
        "today": Days(today, today),
        "yesterday": Days(today - _DAY, today - _DAY),
        "this_week": Days(monday, today),
        "last_week": Days(monday - 7 * _DAY, monday - _DAY),
        "this_month": Days(month, today),
        "last_month": Days((month - _DAY).replace(day=1), month - _DAY),
    }[name]


def _last_of(day: date, step: Step) -> date:
    if step == "day":
        return day
    if step == "week":
        return day + timedelta(days=6 - day.weekday())
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1) - _DAY


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
