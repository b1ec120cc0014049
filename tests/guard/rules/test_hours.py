"""Nobody is texted in their quiet hours, by the clock where they are, and the time given instead is the first."""

from datetime import UTC, datetime, time, timedelta, timezone

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from textrequest_mcp.guard.rules.hours import (
    Open,
    Quiet,
    QuietHours,
    UnknownZone,
    read_quiet_hours,
    time_in,
    time_there,
    why_not,
)
from textrequest_mcp.guard.rules.zones import clock

DEFAULT = QuietHours()
EASTERN, CENTRAL = "America/New_York", "America/Chicago"
TENNESSEE = "+14235550123"  # Eastern or Central
NEW_YORK = "+12125550123"
# By numbers where an area code is in one zone; the offsets from UTC in January and in July.
CLOCKS = {
    "Eastern": (NEW_YORK, -5, -4),
    "Central": ("+13125550123", -6, -5),
    "Mountain": ("+13035550123", -7, -6),
    "Arizona": ("+16025550123", -7, -7),
    "Pacific": ("+12135550123", -8, -7),
    "Hawaii": ("+18085550123", -10, -10),
    "Puerto Rico": ("+17875550123", -4, -4),
    "Virgin Islands": ("+13405550123", -4, -4),
    "Guam": ("+16715550123", 10, 10),
    "Nova Scotia": ("+19025550123", -4, -3),
    "Saskatchewan": ("+13065550123", -6, -6),
}
EDGES = [("00:00", False), ("07:59:59.999", False), ("08:00", True), ("20:59:59.999", True), ("21:00", False)]
ZONES = [
    *(EASTERN, CENTRAL, "America/Denver", "America/Phoenix", "America/Los_Angeles", "America/Anchorage"),
    *("America/Adak", "Pacific/Honolulu", "America/Puerto_Rico", "America/Halifax", "America/St_Johns"),
    *("America/Vancouver", "America/Winnipeg", "Pacific/Guam", "Australia/Lord_Howe"),
]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def at(local: str, offset: float, day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{local}").replace(tzinfo=timezone(timedelta(hours=offset)))


def quiet(number: str, instant: datetime, hours: QuietHours = DEFAULT) -> Quiet:
    verdict = time_there(number, instant, hours)
    assert isinstance(verdict, Quiet)
    return verdict


class TestTheSetting:
    @pytest.mark.parametrize(
        ("text", "start", "end"),
        [
            ("21:00-08:00", time(21), time(8)),
            (" 20:30-09:15 ", time(20, 30), time(9, 15)),
            ("12:00-13:30", time(12), time(13, 30)),
            ("00:00-08:00", time(0), time(8)),
            ("22:00-00:00", time(22), time(0)),
            ("23:59-23:58", time(23, 59), time(23, 58)),
        ],
    )
    def test_quiet_hours_are_read_and_written_alike(self, text: str, start: time, end: time):
        hours = read_quiet_hours(text)

        assert hours == QuietHours(start, end)
        assert str(hours) == text.strip()

    @pytest.mark.parametrize(
        "text",
        [
            *("", "off", "21-8", "9:00-08:00", "21:00", "21:00-", "24:00-08:00", "21:00-24:00", "21:60-08:00"),
            *("21:00 - 08:00", "21:00-08:00-09:00", "9pm-8am", "२१:००-०८:००", "21:00–08:00", "-1:00-08:00"),  # noqa: RUF001 - on purpose
        ],
    )
    def test_anything_else_is_refused_with_the_setting_and_the_form(self, text: str):
        with pytest.raises(ValueError, match=r"^TEXTREQUEST_QUIET_HOURS is not .* such as 21:00-08:00, or off\.$"):
            read_quiet_hours(text)

    def test_hours_that_begin_when_they_end_are_refused_because_they_could_mean_always_or_never(self):
        with pytest.raises(ValueError, match=r"^TEXTREQUEST_QUIET_HOURS begins and ends at the same time; .* off\.$"):
            read_quiet_hours("08:00-08:00")

    def test_the_default_is_the_federal_rule(self):
        assert read_quiet_hours("21:00-08:00") == DEFAULT


class TestTheEdges:
    @pytest.mark.parametrize(("local", "may"), EDGES)
    @pytest.mark.parametrize("place", CLOCKS)
    def test_texts_go_from_eight_to_nine_by_the_clock_of_the_number(self, place: str, local: str, may: bool):
        number, winter, summer = CLOCKS[place]

        assert isinstance(time_there(number, at(local, winter, "2026-01-15"), DEFAULT), Open) == may
        assert isinstance(time_there(number, at(local, summer, "2026-07-15"), DEFAULT), Open) == may

    @pytest.mark.parametrize(("local", "may"), EDGES)
    def test_the_same_in_most_of_alaska(self, local: str, may: bool):
        zone = ["America/Anchorage"]

        assert isinstance(time_in(zone, at(local, -9, "2026-01-15"), DEFAULT), Open) == may
        assert isinstance(time_in(zone, at(local, -8, "2026-07-15"), DEFAULT), Open) == may

    def test_the_last_quiet_minute_opens_in_less_than_a_minute(self):
        assert quiet(NEW_YORK, utc("2026-01-15T12:59:30")).opens_at == utc("2026-01-15T13:00")

    def test_the_first_quiet_minute_opens_in_eleven_hours(self):
        assert quiet(NEW_YORK, utc("2026-01-15T02:00")).opens_at == utc("2026-01-15T13:00")

    @pytest.mark.parametrize(
        ("local", "may"), [("11:59", True), ("12:00", False), ("13:29", False), ("13:30", True), ("23:59", True)]
    )
    def test_quiet_hours_need_not_span_midnight(self, local: str, may: bool):
        verdict = time_there(NEW_YORK, at(local, -5, "2026-01-15"), QuietHours(time(12), time(13, 30)))

        assert isinstance(verdict, Open) == may
        assert may or (isinstance(verdict, Quiet) and verdict.opens_at == utc("2026-01-15T18:30"))

    def test_an_instant_without_a_zone_is_no_instant(self):
        with pytest.raises(ValueError, match="no time zone"):
            time_there(NEW_YORK, datetime(2026, 1, 15, 12), DEFAULT)  # noqa: DTZ001


class TestSeveralZones:
    """Where a number may be in several zones, it must be a time to text in each."""

    @pytest.mark.parametrize(
        ("number", "opens", "closes"),
        [
            (TENNESSEE, "14:00", "02:00"),  # 8:00 Central, 21:00 Eastern
            ("+18505550123", "14:00", "02:00"),
            ("+12085550123", "16:00", "04:00"),  # 8:00 Pacific, 21:00 Mountain
            ("+16055550123", "15:00", "03:00"),  # 8:00 Mountain, 21:00 Central
            ("+17095550123", "12:00", "00:30"),  # 8:00 Atlantic, 21:00 in Newfoundland, half an hour ahead
            ("+19075550123", "18:00", "06:00"),  # 8:00 in the Aleutians, 21:00 in Juneau
        ],
    )
    def test_texts_go_from_eight_in_the_west_to_nine_in_the_east(self, number: str, opens: str, closes: str):
        first = utc(f"2026-01-15T{opens}")
        last = first + (utc(f"2026-01-15T{closes}") - first) % timedelta(days=1)
        moment = timedelta(microseconds=1)

        assert [isinstance(time_there(number, each, DEFAULT), Open) for each in (first, last - moment)] == [True, True]
        assert quiet(number, first - moment).opens_at == first
        assert quiet(number, last).opens_at == first + timedelta(days=1)

    def test_an_opening_that_another_zone_has_closed_by_then_is_none(self):
        # Open from 7:00 to 8:00 and nowhere else; Eastern closes when Central opens.
        hours = QuietHours(time(8), time(7))

        verdict = time_there(TENNESSEE, utc("2026-03-05T12:30"), hours)

        assert isinstance(verdict, Quiet)
        assert (verdict.opens_at, verdict.opens_local) == (None, "")

    def test_zones_that_share_a_minute_open_in_it(self):
        hours = QuietHours(time(8, 1), time(7))

        assert quiet(TENNESSEE, utc("2026-03-05T12:30"), hours).opens_at == utc("2026-03-05T13:00")

    def test_zones_that_come_together_when_one_changes_its_clock_open_then(self):
        # Phoenix is an hour behind Denver from 8 March on, and with it until then.
        hours = QuietHours(time(8), time(7))
        zones = ["America/Denver", "America/Phoenix"]

        apart = time_in(zones, utc("2026-10-28T14:30"), hours)

        assert isinstance(apart, Quiet)
        assert apart.opens_at == utc("2026-11-01T14:00")


class TestUnknownZones:
    @pytest.mark.parametrize("number", ["+18005550123", "+15005550123", "+12995550123", "+442079460123"])
    def test_a_number_of_no_known_place_is_neither_open_nor_quiet(self, number: str):
        assert time_there(number, utc("2026-01-15T18:00"), DEFAULT) == UnknownZone(DEFAULT)

    def test_one_unknown_zone_makes_all_unknown(self):
        assert time_in([EASTERN, "America/Atlantis"], utc("2026-01-15T18:00"), DEFAULT) == UnknownZone(DEFAULT)


class TestChangedClocks:
    """The nights of 8 March 2026, when 2:00 to 3:00 is skipped, and of 1 November, when 1:00 to 2:00 comes twice."""

    @pytest.mark.parametrize(
        ("place", "spring", "autumn"),
        [
            ("Eastern", "12:00", "13:00"),
            ("Central", "13:00", "14:00"),
            ("Mountain", "14:00", "15:00"),
            ("Pacific", "15:00", "16:00"),
            ("Arizona", "15:00", "15:00"),
            ("Hawaii", "18:00", "18:00"),
            ("Puerto Rico", "12:00", "12:00"),
        ],
    )
    def test_the_morning_after_begins_at_eight_by_the_new_clock(self, place: str, spring: str, autumn: str):
        number, winter, summer = CLOCKS[place]

        assert quiet(number, at("21:00", winter, "2026-03-07")).opens_at == utc(f"2026-03-08T{spring}")
        assert quiet(number, at("21:00", summer, "2026-10-31")).opens_at == utc(f"2026-11-01T{autumn}")

    def test_newfoundland_opens_at_half_past(self):
        verdict = time_in(["America/St_Johns"], utc("2026-03-08T00:30"), DEFAULT)

        assert isinstance(verdict, Quiet)
        assert verdict.opens_at == utc("2026-03-08T10:30")

    def test_quiet_hours_that_end_at_a_time_that_is_skipped_end_when_it_is(self):
        hours = QuietHours(time(21), time(2, 30))

        verdict = quiet(NEW_YORK, utc("2026-03-08T06:59"), hours)

        assert (verdict.opens_at, verdict.opens_local) == (utc("2026-03-08T07:00"), "Sun 8 Mar 03:00 EDT")

    def test_quiet_hours_that_begin_at_a_time_that_is_skipped_begin_when_it_is(self):
        hours = QuietHours(time(2, 30), time(5))

        assert isinstance(time_there(NEW_YORK, utc("2026-03-08T06:59"), hours), Open)
        assert quiet(NEW_YORK, utc("2026-03-08T07:00"), hours).opens_at == utc("2026-03-08T09:00")

    def test_quiet_hours_that_are_skipped_as_a_whole_do_not_come(self):
        hours = QuietHours(time(2), time(3))

        assert isinstance(time_there(NEW_YORK, utc("2026-03-08T06:59"), hours), Open)
        assert isinstance(time_there(NEW_YORK, utc("2026-03-08T07:00"), hours), Open)

    def test_quiet_hours_that_end_at_a_time_that_comes_twice_begin_again_and_end_twice(self):
        hours = QuietHours(time(21), time(1, 30))

        assert quiet(NEW_YORK, utc("2026-11-01T05:29"), hours).opens_local == "Sun 1 Nov 01:30 EDT"
        assert isinstance(time_there(NEW_YORK, utc("2026-11-01T05:59"), hours), Open)
        again = quiet(NEW_YORK, utc("2026-11-01T06:00"), hours)
        assert (again.opens_at, again.opens_local) == (utc("2026-11-01T06:30"), "Sun 1 Nov 01:30 EST")

    def test_british_columbia_does_not_change_its_clocks_any_more(self):
        verdict = time_in(["America/Vancouver"], utc("2026-11-02T04:00"), DEFAULT)

        assert isinstance(verdict, Quiet)
        assert verdict.opens_at == utc("2026-11-02T15:00")


class TestTheSentence:
    def test_it_names_the_rule_the_setting_their_time_and_when_it_opens(self):
        assert why_not(quiet(NEW_YORK, utc("2026-03-08T03:14"))) == (
            "No text goes out from 21:00 to 08:00 in the recipient's local time (TEXTREQUEST_QUIET_HOURS), and it is "
            "Sat 7 Mar 22:14 EST there: it can go out from Sun 8 Mar 08:00 EDT."
        )

    def test_it_gives_the_time_of_each_zone_from_west_to_east(self):
        sentence = why_not(quiet(TENNESSEE, utc("2026-11-20T13:12")))

        assert "it is Fri 20 Nov 07:12 CST or Fri 20 Nov 08:12 EST there" in sentence
        assert "from Fri 20 Nov 08:00 CST or Fri 20 Nov 09:00 EST." in sentence

    def test_zones_with_the_same_clock_are_one(self):
        assert quiet("+16055550123", utc("2026-11-20T03:00")).local == "Thu 19 Nov 20:00 MST or Thu 19 Nov 21:00 CST"

    def test_it_says_when_no_time_comes(self):
        sentence = why_not(quiet(TENNESSEE, utc("2026-03-05T12:30"), QuietHours(time(8), time(7))))

        assert sentence.endswith(
            "it is Thu 5 Mar 06:30 CST or Thu 5 Mar 07:30 EST there: "
            "in the next 8 days there is no time when all zones of their number allow it."
        )

    def test_it_says_that_the_zone_is_unknown(self):
        assert why_not(UnknownZone(QuietHours(time(20), time(9)))) == (
            "No text goes out from 20:00 to 09:00 in the recipient's local time (TEXTREQUEST_QUIET_HOURS), and their "
            "number does not tell which time zone that is."
        )


def allowed(zone: str, instant: datetime, hours: QuietHours) -> bool:
    """Whether a zone's clock has gone round from the start at least as far as the end is from it."""
    local = instant.astimezone(clock(zone))
    start, end, now = (each.hour * 60 + each.minute for each in (hours.start, hours.end, local))
    return (now - start) % 1440 >= (end - start) % 1440


def minutes(start: datetime) -> list[datetime]:
    """An instant, then every full minute of the next eight days."""
    full = start.replace(second=0, microsecond=0)
    return [start, *(full + timedelta(minutes=each) for each in range(1, 8 * 1440))]


NIGHTS = [utc("2026-03-08T07:00"), utc("2026-11-01T06:00"), utc("2026-04-04T15:00"), utc("2027-11-07T10:00")]
NEAR_NIGHTS = st.sampled_from(NIGHTS).flatmap(
    lambda night: st.integers(-130_000, 130_000).map(lambda seconds: night + timedelta(seconds=seconds))
)
INSTANTS = NEAR_NIGHTS | st.datetimes(datetime(2026, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
CLOCK_TIMES = st.builds(time, st.integers(0, 23), st.sampled_from([0, 1, 29, 30, 59]))


@settings(deadline=None)  # a busy machine is no fault
@given(st.lists(st.sampled_from(ZONES), min_size=1, max_size=3), INSTANTS, CLOCK_TIMES, CLOCK_TIMES)
@example([EASTERN], utc("2026-03-08T02:00:01"), time(21), time(2, 30))
@example([EASTERN], utc("2026-11-01T04:00:01"), time(21), time(1, 30))
@example([EASTERN, "Pacific/Guam"], utc("2026-11-01T04:00"), time(21), time(8))
@example([EASTERN, CENTRAL], utc("2026-11-01T04:00"), time(8), time(7))
def test_the_opening_is_the_first_minute_that_is_allowed_in_every_zone(
    zones: list[str], instant: datetime, start: time, end: time
):
    assume(start != end)
    hours = QuietHours(start, end)
    every = (each for each in minutes(instant) if all(allowed(zone, each, hours) for zone in zones))

    first = next(every, None)
    verdict = time_in(zones, instant, hours)

    assert isinstance(verdict, Open) == (first == instant)
    assert not isinstance(verdict, Quiet) or verdict.opens_at == first
