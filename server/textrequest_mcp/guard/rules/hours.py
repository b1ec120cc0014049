"""Quiet hours: whether a person may be texted now, by the clock where their phone number is."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from textrequest_mcp.guard.rules.zones import clock, zones_of

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

QUIET_HOURS = "TEXTREQUEST_QUIET_HOURS"
_WINDOW = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")
_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
_DAYS_AHEAD = 8  # days differ only by a change of the clocks, so a longer look finds no more


@dataclass(frozen=True)
class QuietHours:
    """The time of each day without texts, in the recipient's local time; over midnight where the end is earlier.

    The default is the US rule for telephone solicitation: not before 8 a.m. or after 9 p.m. at the called party's
    location (47 CFR 64.1200(c)(1)).

    Attributes:
        start: the first quiet minute.
        end: the first minute that is not quiet any more.

    Raises:
        ValueError: start and end are the same, which could mean always or never.
    """

    start: time = time(21)
    end: time = time(8)

    def __post_init__(self) -> None:
        if self.start == self.end:
            raise ValueError(
                f"{QUIET_HOURS} begins and ends at the same time; to allow texts at any time, set it to off."
            )

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"

    def cover(self, local: time) -> bool:
        """Whether a local time is quiet."""
        if self.start < self.end:
            return self.start <= local < self.end
        return local >= self.start or local < self.end


@dataclass(frozen=True)
class Open:
    """It is no quiet hour in any zone of the recipient's number."""


@dataclass(frozen=True)
class Quiet:
    """It is a quiet hour in a zone of the recipient's number.

    Attributes:
        hours: the rule.
        local: the recipient's local time, or times where their number may be in several zones, for a sentence.
        opens_at: the next instant, in UTC, that is not quiet in any of the zones; None if none comes within eight days.
        opens_local: the same in the recipient's local time or times; empty if none comes.
    """

    hours: QuietHours
    local: str
    opens_at: datetime | None
    opens_local: str


@dataclass(frozen=True)
class UnknownZone:
    """The number does not tell whether it is a quiet hour by the rule."""

    hours: QuietHours


TimeThere = Open | Quiet | UnknownZone


def read_quiet_hours(text: str) -> QuietHours:
    """Quiet hours from a setting such as `21:00-08:00`.

    Raises:
        ValueError: the text has another form; the sentence names the setting and the form.
    """
    match = _WINDOW.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{QUIET_HOURS} is not from when to when not to text, such as 21:00-08:00, or off.")
    start_hour, start_minute, end_hour, end_minute = map(int, match.groups())
    return QuietHours(time(start_hour, start_minute), time(end_hour, end_minute))


def time_there(number: str, at: datetime, hours: QuietHours) -> TimeThere:
    """Whether a number in E.164 may be texted at an instant.

    Raises:
        ValueError: the instant has no zone.
    """
    return time_in(zones_of(number), at, hours)


def time_in(zones: Sequence[str], at: datetime, hours: QuietHours) -> TimeThere:
    """Whether somebody in one of these zones may be texted: it must not be quiet in any of them.

    Raises:
        ValueError: the instant has no zone.
    """
    if at.utcoffset() is None:
        raise ValueError("The instant has no time zone.")
    clocks = [each for each in map(clock, zones) if each is not None]
    if not zones or len(clocks) < len(zones):
        return UnknownZone(hours)
    now = at.astimezone(UTC)
    opens_at = _opens_at(clocks, now, hours)
    if opens_at == now:
        return Open()
    return Quiet(hours, _local(clocks, now), opens_at, "" if opens_at is None else _local(clocks, opens_at))


def why_not(there: Quiet | UnknownZone) -> str:
    """The sentence for a text that does not go out now; without the phone number."""
    hours = there.hours
    rule = (
        f"No text goes out from {hours.start:%H:%M} to {hours.end:%H:%M} in the recipient's local time ({QUIET_HOURS})"
    )
    if isinstance(there, UnknownZone):
        return f"{rule}, and their number does not tell which time zone that is."
    now = f"{rule}, and it is {there.local} there"
    if there.opens_at is None:
        return f"{now}: in the next {_DAYS_AHEAD} days there is no time when all zones of their number allow it."
    return f"{now}: it can go out from {there.opens_local}."


def _opens_at(clocks: Iterable["ZoneInfo"], now: datetime, hours: QuietHours) -> datetime | None:
    """The first instant from now on that no clock has as quiet."""
    at = now
    while at - now <= _DAYS_AHEAD * _DAY:
        wait = max(_surely_quiet(each, at, hours) for each in clocks)
        if not wait:
            return at
        at += wait
    return None


def _surely_quiet(zone: "ZoneInfo", at: datetime, hours: QuietHours) -> timedelta:
    """The time from an instant on that is certainly quiet by one clock; zero if it is not quiet."""
    local = at.astimezone(zone)
    if not hours.cover(local.time()):
        return timedelta()
    wait = (datetime.combine(local, hours.end) - local.replace(tzinfo=None)) % _DAY
    if (at + wait).astimezone(zone).utcoffset() == local.utcoffset():
        return wait
    # The clock is changed before then, perhaps past the end or back before it: look again at each full minute.
    return _MINUTE - timedelta(seconds=at.second, microseconds=at.microsecond)


def _local(clocks: Iterable["ZoneInfo"], at: datetime) -> str:
    """An instant by each clock, from west to east: `Fri 20 Nov 07:12 CST or Fri 20 Nov 08:12 EST`."""
    times = sorted((at.astimezone(each) for each in clocks), key=lambda local: local.replace(tzinfo=None))
    return " or ".join(dict.fromkeys(f"{local:%a} {local.day} {local:%b %H:%M %Z}" for local in times))
