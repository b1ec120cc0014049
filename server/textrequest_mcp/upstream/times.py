"""Points in time as the service writes them: with or without a zone, with up to seven fraction digits."""

import re
from datetime import UTC, datetime

_EXTRA_DIGITS = re.compile(r"(\.\d{6})\d+")


def read_time(value: object) -> datetime | None:
    """An instant in UTC, or None where the service gave nothing that reads as one.

    A time without a zone designator is UTC; a field that should be a time can hold `false` (wire-facts, Base).
    """
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if not isinstance(value, str):
        return None
    try:
        parsed = datetime.fromisoformat(_EXTRA_DIGITS.sub(r"\1", value.strip()))
    except ValueError:
        return None
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def show_time(value: datetime) -> str:
    """An instant in UTC to the second, e.g. `2026-11-20T15:04:05Z`."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
