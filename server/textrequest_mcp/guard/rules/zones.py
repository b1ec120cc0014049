"""Finds the time zones that a phone number may be in, and their clocks."""

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_NORTH_AMERICAN = re.compile(r"\+1[0-9]{10}")
_COUNTRY_AND_AREA_CODE = 4  # digits
# Newer area codes in the region of an older one, for which phonenumbers (9.0.43) lacks a zone of the older one: it has
# all of 689 (Orlando) in Central and 474 (Saskatchewan) in Manitoba, and leaves out the second zone of the others.
_LAID_OVER = {
    "1236": "1250",
    "1257": "1250",
    "1364": "1270",
    "1367": "1418",
    "1448": "1850",
    "1458": "1541",
    "1474": "1306",
    "1581": "1418",
    "1672": "1250",
    "1689": "1407",
    "1778": "1250",
    "1930": "1812",
}


def zones_of(number: str) -> tuple[str, ...]:
    """The IANA names of all zones that a number's area code and exchange may be in, in order; () where none is known.

    More careful than `phonenumbers.timezone`, which gives exchanges that it does not list one zone of the area code:
    all such exchanges of 423 are Central there, while most of Chattanooga's are Eastern, and a text could arrive at ten
    in the evening. Here they may be in any zone of the area code.

    No zone is known for numbers without a region (toll-free, premium, 500, 600, 700), for area codes and exchanges that
    `phonenumbers` does not know, and for numbers that are not North American in E.164.
    """
    if not _NORTH_AMERICAN.fullmatch(number) or not _is_of_a_place(number):
        return ()
    from phonenumbers.tzdata import TIMEZONE_DATA

    digits = number.removeprefix("+")
    prefixes = (digits[:length] for length in range(len(digits), _COUNTRY_AND_AREA_CODE - 1, -1))
    longest = next((prefix for prefix in prefixes if prefix in TIMEZONE_DATA), None)
    return tuple(sorted(_below(longest) | _below(_LAID_OVER.get(digits[:_COUNTRY_AND_AREA_CODE]))))


@cache
def clock(zone: str) -> "ZoneInfo | None":
    """A zone by its IANA name, or None where there is no such zone.

    Read from the package `tzdata`; `ZoneInfo(zone)` would read the system's, but slim containers and Windows have none,
    and others have old ones, by which western Canada still changes its clocks in November 2026.
    """
    from importlib import resources
    from zoneinfo import ZoneInfo

    try:
        with resources.files("tzdata").joinpath("zoneinfo", *zone.split("/")).open("rb") as data:
            return ZoneInfo.from_file(data, key=zone)
    except FileNotFoundError:
        return None


def _is_of_a_place(number: str) -> bool:
    import phonenumbers  # large: only sends need it
    from phonenumbers import PhoneNumberType

    kind = phonenumbers.number_type(phonenumbers.parse(number))
    return kind in {PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}


def _below(prefix: str | None) -> set[str]:
    """The zones of a prefix and of all longer ones."""
    from phonenumbers.tzdata import TIMEZONE_DATA

    if prefix is None:
        return set()
    return {zone for each, zones in TIMEZONE_DATA.items() if each.startswith(prefix) for zone in zones}
