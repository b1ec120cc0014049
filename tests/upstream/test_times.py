"""Every spelling of a time that the service uses is the same instant in UTC, and anything else is no time at all."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from textrequest_mcp.upstream.times import read_time, show_time

INSTANT = datetime(2026, 11, 20, 15, 4, 5, tzinfo=UTC)
FINE = INSTANT.replace(microsecond=123456)
EAST = timezone(timedelta(hours=5, minutes=30))


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2026-11-20T15:04:05", INSTANT),
        ("2026-11-20T15:04:05Z", INSTANT),
        (" 2026-11-20 15:04:05 ", INSTANT),
        ("2026-11-20T10:04:05-05:00", INSTANT),
        ("2026-11-20T20:34:05+05:30", INSTANT),
        ("2026-11-20T15:04:05.123456", FINE),
        ("2026-11-20T15:04:05.1234567", FINE),
        ("2026-11-20T15:04:05.1234567Z", FINE),
        ("2026-11-20T10:04:05.1234567-05:00", FINE),
        ("2026-11-20T15:04:05.123456789Z", FINE),
        ("2026-11-20T15:04:05.5Z", INSTANT.replace(microsecond=500_000)),
        ("2026-11-20", datetime(2026, 11, 20, tzinfo=UTC)),
        ("2026-11-20t15:04:05z", INSTANT),
        ("2026-11-20T20:34:05+0530", INSTANT),
        (INSTANT, INSTANT),
        (INSTANT.replace(tzinfo=None), INSTANT),
        (INSTANT.astimezone(EAST), INSTANT),
    ],
)
def test_every_spelling_of_a_time_is_read_as_an_instant_in_utc(written: object, instant: datetime):
    read = read_time(written)

    assert read is not None
    assert (read, read.tzinfo) == (instant, UTC)


@pytest.mark.parametrize(
    "odd", [None, False, True, 0, 1_780_000_000, 1.5, "", "never", "15:04", "20.11.2026", "2026-13-01", [], {}, b"2026"]
)
def test_what_is_no_time_reads_as_none(odd: object):
    assert read_time(odd) is None


@pytest.mark.parametrize(
    "odd",
    ["1712101530000", "1712101530", "20261120", "20261120T150405", "2026-W47-5", "2026W475", "2026-11-20T1504", "-1"],
)
def test_d3_a_count_of_seconds_and_a_date_without_separators_are_no_time(odd: str):
    assert read_time(odd) is None


@pytest.mark.parametrize("edge", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00"])
def test_a_time_that_utc_cannot_hold_reads_as_none(edge: str):
    assert read_time(edge) is None


@settings(deadline=None)  # a busy machine is no fault
@given(st.text() | st.datetimes(timezones=st.none() | st.timezones()) | st.datetimes().map(datetime.isoformat))
@example("\ud800")
@example("2026-11-20T15:04:05.١٢٣٤٥٦٧")
@example(datetime.min.replace(tzinfo=EAST))
def test_reading_never_fails_and_what_was_read_can_be_shown_and_read_again(written: object):
    read = read_time(written)

    assert read is None or read_time(show_time(read)) == read.replace(microsecond=0)


def test_a_time_is_shown_in_utc_to_the_second():
    assert show_time(FINE.astimezone(EAST)) == "2026-11-20T15:04:05Z"


def test_an_early_year_is_shown_with_four_digits():
    assert show_time(datetime(1, 1, 1, tzinfo=UTC)) == "0001-01-01T00:00:00Z"
