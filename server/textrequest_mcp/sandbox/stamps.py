"""Writes the times of the pretend service's answers, and reads those of requests."""

import math
import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from textrequest_mcp.sandbox.refusals import Refusal

DAY = 86_400.0
HOUR = 3_600.0
MINUTE = 60.0
_FRACTION = re.compile(r"\.\d{1,7}")


def zoned(moment: float | None) -> str | None:
    """The long spelling: seven fraction digits and a Z."""
    return None if moment is None else f"{_whole(moment)}.{_ticks(moment):07d}Z"


def bare(moment: float | None) -> str | None:
    """The short spelling: no zone, and no zeros at the end of the fraction (wire-facts, Base: both
    spellings occur). Here it is in the two fields to which the contract gives no format."""
    if moment is None:
        return None
    fraction = f"{_ticks(moment):07d}".rstrip("0")
    return f"{_whole(moment)}.{fraction}" if fraction else _whole(moment)


def in_list(moment: float) -> str:
    """The spelling of a line's list: no zone, and always three digits (wire-facts, Seen by others)."""
    return f"{_whole(moment)}.{thousandths(moment) % 1000:03d}"


def thousandths(moment: float) -> int:
    """A time as a line's list shows it, so that a time from the list finds its own text again.

    A float of this size is a few ticks off.
    """
    return math.floor(moment) * 1000 + (_ticks(moment) + 5) // 10_000


def moment_of(text: str, zone: str | None, name: str) -> float:
    """Seconds since 1970; a time without a zone is read in `zone`, the line's own, or in UTC when that is None."""
    fraction = _FRACTION.search(text)
    try:
        # A plus sign in a query arrives as a space where the caller did not escape it.
        read = datetime.fromisoformat(_FRACTION.sub("", text.strip()).replace(" ", "+"))
    except ValueError:
        raise Refusal(400, f"{name} is not a date and time.", "parameterInvalid") from None
    whole = (read if read.tzinfo else read.replace(tzinfo=_zone(zone))).timestamp()
    # Python would drop the seventh digit, and a time the service gave would no longer be equal to itself.
    return whole + (float(fraction[0]) if fraction else 0.0)


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name or "UTC")
    except ZoneInfoNotFoundError:
        return None  # this machine has no time zone data: its own local time has to do


def _whole(moment: float) -> str:
    return datetime.fromtimestamp(moment // 1, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _ticks(moment: float) -> int:
    return min(round(moment % 1 * 10_000_000), 9_999_999)
