"""Times that a caller gives without a zone: read in the line's own, and sent as the instant that they are."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from textrequest_mcp.account.line import TextingLine
from textrequest_mcp.guard.rules.zones import clock
from textrequest_mcp.upstream.errors import TextRequestError
from textrequest_mcp.upstream.times import show_time

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

# The names that Windows has for the zones of US and Canadian lines (Unicode CLDR, windowsZones); others are IANA's.
_WINDOWS = {
    "Newfoundland Standard Time": "America/St_Johns",
    "Atlantic Standard Time": "America/Halifax",
    "Eastern Standard Time": "America/New_York",
    "US Eastern Standard Time": "America/Indiana/Indianapolis",
    "Central Standard Time": "America/Chicago",
    "Canada Central Standard Time": "America/Regina",
    "Mountain Standard Time": "America/Denver",
    "US Mountain Standard Time": "America/Phoenix",
    "Pacific Standard Time": "America/Los_Angeles",
    "Yukon Standard Time": "America/Whitehorse",
    "Alaskan Standard Time": "America/Anchorage",
    "Hawaiian Standard Time": "Pacific/Honolulu",
}


async def in_utc(line: TextingLine, times: Mapping[str, str | None]) -> dict[str, str | None]:
    """The times with a zone: those without one by the line's clock; as they are where nobody knows its zone."""
    if all(time is None or time.endswith("Z") for time in times.values()):
        return dict(times)
    zone = None
    with suppress(TextRequestError):  # then the service reads them by its own idea of the line's clock, as before
        zone = zone_of(await line.zone())
    return {name: _placed(time, zone) for name, time in times.items()}


def _placed(time: str | None, zone: "ZoneInfo | None") -> str | None:
    if time is None or zone is None or time.endswith("Z"):
        return time
    try:
        return show_time(datetime.fromisoformat(time).replace(tzinfo=zone).astimezone(UTC))
    except OverflowError:  # the first or last day there is
        return time


def zone_of(name: str | None) -> "ZoneInfo | None":
    """The clock of a line's zone, as the service calls it; None where it names none that is known."""
    found = _WINDOWS.get(name or "", name)
    try:
        return clock(found) if found else None
    except (OSError, ValueError):
        return None
