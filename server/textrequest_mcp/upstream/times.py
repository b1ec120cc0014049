"""Points in time as the service writes them: with or without a zone, with up to seven fraction digits."""

from datetime import UTC, datetime


def read_time(value: object) -> datetime | None:
    """An instant in UTC; None where the value is no time, such as the `false` of wire-facts, Base.

    A time without a zone is UTC.
    """
    if not isinstance(value, datetime | str):
        return None
    try:
        read = value if isinstance(value, datetime) else datetime.fromisoformat(value.strip())
        instant = read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):  # OverflowError: the first or last day there is, in another zone
        return None
    return None if instant.year == 1 else instant  # year 1 is how some services write 'never'


def show_time(value: datetime) -> str:
    """An instant in UTC to the second, e.g. `2026-11-20T15:04:05Z`."""
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
