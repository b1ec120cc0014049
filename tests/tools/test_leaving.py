"""When a text leaves: as its caller wrote it, by the clock of its line, at a time that comes once."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.desk import DEVON, Desk, open_desk, refusal, said, text_of
from tests.scheduled import IN_AN_HOUR, TOMORROW

from textrequest_mcp.tools.leaving import moment
from textrequest_mcp.upstream.errors import BadInput

NEW_YORK = ZoneInfo("America/New_York")
TEXT = {"phone_number": DEVON, "body": "Your car is ready."}


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2026-11-20T15:30:00", "2026-11-20T20:30:00+00:00"),
        ("2026-07-20T15:30:00", "2026-07-20T19:30:00+00:00"),
        ("2026-11-20T15:30:00Z", "2026-11-20T15:30:00+00:00"),
        ("2026-03-08T03:00:00", "2026-03-08T07:00:00+00:00"),  # right after the clock has skipped an hour
        ("2026-11-01T02:00:00", "2026-11-01T07:00:00+00:00"),  # right after it has shown one twice
    ],
)
def test_a_time_is_by_the_clock_of_the_line_unless_it_says_otherwise(written: str, instant: str):
    assert datetime.fromtimestamp(moment(written, NEW_YORK), UTC).isoformat() == instant


@pytest.mark.parametrize(
    ("written", "why"),
    [("2026-03-08T02:30:00", "skips that time"), ("2026-11-01T01:30:00", "shows that time twice")],
)
def test_a_time_that_does_not_come_once_is_refused(written: str, why: str):
    with pytest.raises(BadInput, match=why):
        moment(written, NEW_YORK)


def test_without_a_known_zone_an_offset_is_needed():
    with pytest.raises(BadInput, match="Add an offset"):
        moment("2026-11-20T15:30:00", None)


@pytest.mark.parametrize(
    ("send_at", "why"),
    [
        ("2026-05-28T16:26", "in the past"),
        ("2027-06-20T10:00", "more than a year from now"),
        ("2026-05-29", "needs a date and a time of day"),
        ("tomorrow at 9", "needs a date and a time of day"),
        ("at 9:00", "must be a date or time"),
    ],
)
async def test_a_time_at_which_nothing_can_leave_is_refused_before_anything_is_written(
    desk: Desk, send_at: str, why: str
):
    answer = refusal(await desk.call("send_message", **TEXT, send_at=send_at))

    assert why in answer
    assert "No text is scheduled." in text_of(await desk.call("list_scheduled"))


async def test_an_offset_wins_over_the_clock_of_the_line(desk: Desk):
    told = said(await desk.call("send_message", **TEXT, send_at="2026-05-29T09:00-07:00"))

    assert told["leaves_at_utc"] == "2026-05-29T16:00:00Z"
    assert "It leaves Fri 29 May 12:00." in told["message"]


async def test_where_there_is_no_schedule_texts_leave_now_or_not_at_all(desk: Desk):
    desk.account.at_most_once = replace(desk.account.at_most_once, later=None)

    assert "No texts are scheduled" in refusal(await desk.call("send_message", **TEXT, send_at=TOMORROW))
    assert said(await desk.call("send_message", **TEXT))["outcome"] == "sent"


@pytest.mark.parametrize("settings", [{"send_later": "off"}, {"send_later": "auto"}])
async def test_a_server_that_will_not_be_up_refuses_and_says_what_to_do(settings: dict[str, Any]):
    async with open_desk(**settings) as desk:
        answer = refusal(await desk.call("send_message", **TEXT, send_at=IN_AN_HOUR))

    assert "Nothing was sent or changed." in answer
    assert "TEXTREQUEST_SEND_LATER" in answer
    assert desk.changes == []
