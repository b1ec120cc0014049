"""A phone number's zones are all those that it may be in, or none where nobody can know."""

import subprocess
import sys
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textrequest_mcp.guard.rules.zones import clock, zones_of

EASTERN, CENTRAL, MOUNTAIN, PACIFIC = "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"


@pytest.mark.parametrize(
    ("area_code", "zone"),
    [
        ("212", EASTERN),
        ("312", CENTRAL),
        ("303", MOUNTAIN),
        ("602", "America/Phoenix"),
        ("213", PACIFIC),
        ("310", PACIFIC),  # phonenumbers lists its exchanges by their first digit, and not the area code
        ("808", "Pacific/Honolulu"),
        ("787", "America/Puerto_Rico"),
        ("340", "America/St_Thomas"),
        ("671", "Pacific/Guam"),
        ("876", "America/Jamaica"),
        ("416", "America/Toronto"),
        ("306", "America/Regina"),
        ("902", "America/Halifax"),
    ],
)
def test_a_number_is_in_the_zone_of_its_area_code(area_code: str, zone: str):
    assert zones_of(f"+1{area_code}5550123") == (zone,)


@pytest.mark.parametrize(
    ("area_code", "zones"),
    [
        ("423", {EASTERN, CENTRAL}),  # Tennessee; Central alone, says phonenumbers
        ("850", {EASTERN, CENTRAL}),  # Florida
        ("812", {EASTERN, CENTRAL}),  # Indiana
        ("219", {EASTERN, CENTRAL}),  # Indiana
        ("270", {EASTERN, CENTRAL}),  # Kentucky
        ("906", {EASTERN, CENTRAL}),  # Michigan
        ("208", {"America/Boise", MOUNTAIN, PACIFIC}),  # Idaho
        ("986", {"America/Boise", PACIFIC}),
        ("541", {MOUNTAIN, PACIFIC}),  # Oregon
        ("605", {CENTRAL, MOUNTAIN, "America/North_Dakota/Center"}),  # South Dakota
        ("308", {CENTRAL, MOUNTAIN}),  # Nebraska
        ("928", {"America/Phoenix", MOUNTAIN}),  # Arizona and the Navajo Nation
        ("709", {"America/Halifax", "America/St_Johns"}),  # Newfoundland and Labrador
        ("807", {"America/Toronto", "America/Winnipeg"}),  # Ontario
    ],
)
def test_a_number_whose_exchange_is_not_listed_may_be_in_any_zone_of_its_area_code(area_code: str, zones: set[str]):
    assert set(zones_of(f"+1{area_code}5550123")) >= zones


@pytest.mark.parametrize(
    ("newer", "zones"),
    [
        ("689", {EASTERN, CENTRAL}),
        ("930", {EASTERN, CENTRAL}),
        ("448", {EASTERN, CENTRAL}),
        ("364", {EASTERN, CENTRAL}),
        ("458", {MOUNTAIN, PACIFIC}),
        ("474", {"America/Regina", "America/Winnipeg"}),
        ("367", {"America/Toronto", "America/Halifax"}),
        ("581", {"America/Toronto", "America/Halifax"}),
        ("236", {"America/Vancouver", "America/Edmonton"}),
        ("257", {"America/Vancouver", "America/Edmonton"}),
        ("672", {"America/Vancouver", "America/Edmonton"}),
        ("778", {"America/Vancouver", "America/Edmonton"}),
    ],
)
def test_a_number_whose_area_code_is_laid_over_an_older_one_may_be_in_the_zones_of_both(newer: str, zones: set[str]):
    assert set(zones_of(f"+1{newer}5550123")) >= zones


@pytest.mark.parametrize(
    "number",
    [
        *(f"+1{toll_free}5550123" for toll_free in (800, 833, 844, 855, 866, 877, 888)),
        *(f"+1{placeless}5550123" for placeless in (500, 521, 533, 600, 622, 700, 710, 900)),
        *(f"+1{unassigned}5550123" for unassigned in (299, 411, 822)),
        "+16845550123",  # an exchange that American Samoa does not have
        "+442079460123",
        "4235550123",
        "14235550123",
        "+1423555012",
        "+142355501234",
        "+1 423 555 0123",
        "+1423555०123",  # noqa: RUF001 - a digit of another script on purpose
        "+14235550123\n",
        "",
    ],
)
def test_a_number_that_is_in_no_known_place_has_no_zones(number: str):
    assert zones_of(number) == ()


@settings(deadline=None)  # a busy machine is no fault
@given(st.from_regex(r"\+1[0-9]{3}55501[0-9]{2}", fullmatch=True))
def test_every_zone_that_a_number_may_be_in_has_a_clock(number: str):
    zones = zones_of(number)

    assert None not in map(clock, zones)
    assert list(zones) == sorted(set(zones))


def test_every_zone_of_the_library_has_a_clock():
    from phonenumbers.tzdata import TIMEZONE_DATA

    zones = {zone for prefix, zones in TIMEZONE_DATA.items() if prefix.startswith("1") for zone in zones}

    assert [zone for zone in zones if clock(zone) is None] == []


@pytest.mark.parametrize("zone", ["Etc/Unknown", "America/Atlantis", "Mars/Olympus", "Nowhere"])
def test_what_is_no_zone_has_no_clock(zone: str):
    assert clock(zone) is None


@pytest.mark.parametrize(("zone", "hours"), [("Vancouver", -7), ("Edmonton", -6), ("Winnipeg", -5)])
def test_the_clocks_are_those_of_the_package_where_the_system_may_have_older_ones(zone: str, hours: int):
    noon = datetime(2026, 12, 1, 12, tzinfo=clock(f"America/{zone}"))

    assert noon.utcoffset() == timedelta(hours=hours)


def test_the_library_of_numbers_and_the_zones_are_loaded_only_when_a_number_is_looked_up():
    program = (
        "import sys; from textrequest_mcp.guard.rules import hours;"
        "early = [name for name in sys.modules if name.split('.')[0] in {'phonenumbers', 'zoneinfo', 'tzdata'}];"
        "assert not early, early;"
        "hours.zones_of('+14235550123'); assert 'phonenumbers' in sys.modules"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
