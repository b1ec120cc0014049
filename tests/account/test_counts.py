"""Texts are counted inside the server: each way, failed, people, and how long customers waited."""

from typing import Any

import pytest
from tests.account.snapshot import check_snapshot
from tests.desk import LINE, MARIA, Desk, open_desk, refusal, said, text_of

from textrequest_mcp.account import line_texts
from textrequest_mcp.account.counts import tally
from textrequest_mcp.account.line_texts import LineText
from textrequest_mcp.live.events import Direction, TextEvent
from textrequest_mcp.sandbox.records import Message

ANOTHER = "+14235550150"


def text(at: float, direction: Direction, body: str = "Hello there", number: str = MARIA, status: str = "") -> LineText:
    event = TextEvent(
        dashboard_id=LINE,
        message_id=str(at),
        phone_number=number,
        direction=direction,
        body=body,
        at=at,
        status=status,
    )
    return LineText(event, segments=2)


async def rows(desk: Desk, **asked: Any) -> list[dict[str, Any]]:
    async with desk.host() as host:
        return said(await host.call_tool("count_texts", asked))["items"]


async def test_the_tools_are_as_in_the_snapshot():
    await check_snapshot("daily")


class TestCounting:
    def test_each_way_failed_people_and_segments(self):
        texts = [text(1, "R"), text(2, "S"), text(3, "S", status="undelivered", number=ANOTHER)]

        [counted] = tally(texts, [(0, 10)])

        assert (counted.sent, counted.received, counted.failed, counted.segments) == (2, 1, 1, 4)
        assert counted.people == {MARIA, ANOTHER}

    def test_a_wait_lasts_from_the_first_of_several_texts_to_our_next_one(self):
        [counted] = tally([text(0, "R"), text(60, "R"), text(300, "S"), text(400, "S")], [(0, 1000)])

        assert (counted.answered, counted.median_minutes, counted.unanswered) == (1, 5.0, 0)

    def test_it_belongs_to_the_days_in_which_it_began(self):
        first, second = tally([text(5, "R"), text(15, "S"), text(16, "R")], [(0, 10), (10, 20)])

        assert (first.answered, second.answered, second.unanswered) == (1, 0, 1)

    def test_thanks_wait_for_nothing(self):
        [counted] = tally([text(0, "S"), text(1, "R", "Thanks!")], [(0, 10)])

        assert (counted.answered, counted.unanswered, counted.median_minutes) == (0, 0, None)


class TestTheTool:
    async def test_every_line_has_a_row_and_all_have_a_sum(self, desk: Desk):
        before = desk.sandbox.requests
        found = await rows(desk)

        assert [row.get("line") for row in found] == ["Front Desk", "Service Desk", "After Hours", None]
        assert found[-1]["days"] == "all"
        assert found[-1]["received"] == sum(row["received"] for row in found[:-1])
        assert found[0]["days"] == "2026-05-22/2026-05-28"
        assert desk.sandbox.requests - before == 1 + 3

    async def test_the_numbers_are_those_of_the_account(self, desk: Desk):
        [row] = await rows(desk, dashboard_id=LINE, period="2026-05-01/2026-05-28")
        since = desk.clock.now - 40 * 86400
        texts = [m for contact in desk.sandbox.lines[LINE].contacts.values() for m in contact.messages if m.at > since]
        ours = [m for m in texts if m.direction == "S" and m.at >= 1777608000]  # 2026-05-01T04:00Z

        assert row["sent"] == len(ours)
        assert row["failed"] == sum(m.status == "error" for m in ours) == 1

    async def test_a_row_for_each_day(self, desk: Desk):
        found = await rows(desk, dashboard_id=LINE, period="last_7_days", by="day")

        assert len(found) == 8
        assert found[6]["days"] == "2026-05-28"

    async def test_a_line_without_a_zone_says_so(self, desk: Desk):
        async with desk.host() as host:
            answer = await host.call_tool("count_texts", {"dashboard_id": 123})

        assert "Line 123 has no time zone, so its days are UTC" in text_of(answer)

    async def test_no_such_line_names_those_that_there_are(self, desk: Desk):
        async with desk.host() as host:
            answer = await host.call_tool("count_texts", {"dashboard_id": 999})

        assert "The lines are 121, 122, 123" in refusal(answer)

    async def test_more_than_a_page_is_read_on_and_counted_once(self, desk: Desk, monkeypatch: pytest.MonkeyPatch):
        contact = desk.sandbox.lines[LINE].contacts["14235550100"]
        for place in range(2500):
            contact.messages.append(
                Message(f"0a1b2c3d-0000-4000-8000-{place:012}", "Hi", "R", None, desk.clock.now - 3000 + place)
            )
        [row] = await rows(desk, dashboard_id=LINE, period="today")
        monkeypatch.setattr(line_texts, "MOST_PAGES", 1)
        async with desk.host() as host:
            cut = await host.call_tool("count_texts", {"dashboard_id": LINE, "period": "today"})

        assert row["received"] > 2500
        assert row["received"] < 2520
        assert "more texts than one call reads" in text_of(cut)


async def test_a_row_that_is_no_text_is_left_out_and_segments_are_ours_where_none_are_told():
    async with open_desk() as desk:
        line = await desk.account.line(LINE)
        row = {
            "message_id": "m",
            "customer_phone": "14235550100",
            "message_direction": "S",
            "body": "x" * 200,
            "message_timestamp_utc": "2026-05-28T16:01:40Z",
            "customer_friendly_name": "Maria",
        }
        [read] = line_texts.texts_of(line, [{"body": "no number"}, row])

        assert (read.segments, read.name) == (2, "Maria")
