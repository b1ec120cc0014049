"""Days as people name them, by the line's clock."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from textrequest_mcp.account.periods import Days, read_days
from textrequest_mcp.upstream.errors import BadInput

TUESDAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("name", "days"),
    [
        ("today", "2026-11-24"),
        ("Yesterday", "2026-11-23"),
        ("this week", "2026-11-23/2026-11-24"),
        ("last_week", "2026-11-16/2026-11-22"),
        ("this_month", "2026-11-01/2026-11-24"),
        ("last_month", "2026-10-01/2026-10-31"),
        ("last_7_days", "2026-11-18/2026-11-24"),
        ("last_30_days", "2026-10-26/2026-11-24"),
        ("2026-11-02", "2026-11-02"),
        ("2026-11-02/2026-11-04", "2026-11-02/2026-11-04"),
    ],
)
def test_a_name_is_whole_days(name: str, days: str):
    assert str(read_days(name, TUESDAY)) == days


@pytest.mark.parametrize("text", ["", "next_week", "2026-13-01", "2026-11-04/2026-11-02", "2020-01-01/2026-01-01"])
def test_anything_else_is_refused(text: str):
    with pytest.raises(BadInput):
        read_days(text, TUESDAY)


def test_they_are_divided_at_mondays_and_at_the_first_of_a_month():
    days = Days(date(2026, 10, 29), date(2026, 11, 10))

    assert [str(part) for part in days.divided("week")] == [
        "2026-10-29/2026-11-01",
        "2026-11-02/2026-11-08",
        "2026-11-09/2026-11-10",
    ]
    assert [str(part) for part in days.divided("month")] == ["2026-10-29/2026-10-31", "2026-11-01/2026-11-10"]
    assert len(list(days.divided("day"))) == 13


def test_a_day_on_which_clocks_change_has_25_hours():
    day, zone = Days(date(2026, 11, 1), date(2026, 11, 1)), ZoneInfo("America/New_York")

    assert (day.until(zone) - day.since(zone)).total_seconds() == 25 * 3600
