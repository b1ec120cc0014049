"""A sentence gives times by the line's clock; where that cannot be read it says UTC."""

from datetime import UTC, datetime, tzinfo

import pytest

from textrequest_mcp.guard.rules.line_times import LineTimes
from textrequest_mcp.guard.rules.zones import clock
from textrequest_mcp.upstream.errors import TextRequestError
from textrequest_mcp.upstream.times import told

AT = datetime(2026, 5, 28, 20, 26, tzinfo=UTC)
NOW = AT.timestamp()


async def test_a_lines_clock_is_read_once():
    asked: list[int] = []

    async def read(line: int) -> tzinfo | None:
        asked.append(line)
        return clock("America/Chicago")

    times = LineTimes(clock=lambda: NOW)
    times.read = read

    assert [await times.told(AT, 7), await times.told(NOW, 7)] == ["Thu 28 May 15:26"] * 2
    assert asked == [7]


async def test_where_it_cannot_be_read_or_there_is_no_line_the_time_is_in_utc():
    async def read(line: int) -> tzinfo | None:
        raise TextRequestError("It cannot be read.")

    times = LineTimes(clock=lambda: NOW)
    before = await times.told(AT, 7)
    times.read = read

    assert [before, await times.told(AT, 7), await times.told(AT, None)] == ["Thu 28 May 20:26 UTC"] * 3


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (datetime(2025, 5, 8, tzinfo=UTC), "Thu 8 May 2025 00:00 UTC"),
        (datetime(2026, 5, 8, 12, 5), "Fri 8 May 12:05 UTC"),  # noqa: DTZ001 - the service leaves the zone out
    ],
)
def test_a_time_of_another_year_says_so_and_one_without_a_zone_is_utc(at: datetime, words: str):
    assert told(at, None, NOW) == words
