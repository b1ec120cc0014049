"""The clock of a line, by the name that the service has for its time zone."""

from typing import TYPE_CHECKING

from textrequest_mcp.guard.rules.zones import clock

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


def zone_of(name: str | None) -> "ZoneInfo | None":
    """The clock of a line's zone, as the service calls it; None where it names none that is known."""
    found = _WINDOWS.get(name or "", name)
    try:
        return clock(found) if found else None
    except (OSError, ValueError):
        return None
