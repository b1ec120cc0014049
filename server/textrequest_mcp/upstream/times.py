"""Points in time as the service writes them: with or without a zone, with up to seven fraction digits."""

import re
from datetime import UTC, datetime, tzinfo

# With separators only: of a mere count of seconds Python makes a date, 1712101530000 the year 1712.
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK = r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?(?:[Zz]|[+-][0-9]{2}:?[0-9]{2})?"
_WRITTEN = re.compile(f"{_DAY}(?:[Tt ]{_CLOCK})?")


def written_time(text: str) -> datetime:
    """A date, or a date and time, in ISO 8601 with its separators; with a zone only where one is written.

    Raises:
        ValueError: it is no such text, or no such day.
    """
    text = text.strip()
    if not _WRITTEN.fullmatch(text):
        raise ValueError("is no date or time with separators")
    return datetime.fromisoformat(text.upper())


def read_time(value: object) -> datetime | None:
    """An instant in UTC; None where the value is no time, such as the `false` of wire-facts, Base.

    A time without a zone is UTC.
    """
    if not isinstance(value, datetime | str):
        return None
    try:
        read = value if isinstance(value, datetime) else written_time(value)
        instant = read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):  # OverflowError: the first or last day there is, in another zone
        return None
    return None if instant.year == 1 else instant  # year 1 is how some services write 'never'


def show_time(value: datetime) -> str:
    """An instant in UTC to the second, e.g. `2026-11-20T15:04:05Z`."""
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def told(at: datetime, zone: tzinfo | None, now: float) -> str:
    """An instant as people say it: `Tue 24 Nov 22:17`; with the year where it is not this year's.

    Args:
        at: the instant; one without a zone is in UTC.
        zone: by whose clock; None for UTC, which the answer then says.
        now: seconds since 1970.
    """
    there = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(zone or UTC)
    year = f" {there.year}" if there.year != datetime.fromtimestamp(now, zone or UTC).year else ""
    return f"{there:%a} {there.day} {there:%b}{year} {there:%H:%M}" + ("" if zone else " UTC")
