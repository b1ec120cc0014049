"""The chore that watches for scheduled texts: what it tells, what it stands by for, what it survives."""

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest
from tests.desk import DEVON, Desk, open_desk, said, text_of
from tests.scheduled import HOUR, IN_AN_HOUR, ended, later_of, leaves, rows_of, seen_to

from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.guard.once.scheduled_rows import ScheduledText
from textrequest_mcp.live.encryption import Cipher
from textrequest_mcp.tools.due_texts import became

TEXT: dict[str, Any] = {"phone_number": DEVON, "body": "Your car is ready.", "send_at": IN_AN_HOUR}
MISSED = (
    f"Tell the person: The text to {DEVON} that was to leave Thu 28 May 17:30 did not leave: no server was up at that "
    "time."
)


async def plan(desk: Desk) -> str:
    return said(await desk.call("send_message", **TEXT))["send_id"]


async def until(ready: Callable[[], Awaitable[bool]]) -> None:
    with anyio.fail_after(10):
        while not await ready():  # noqa: ASYNC110 - another task does it
            await anyio.sleep(0.01)


def news_in(result: Any) -> list[str]:
    return [part.text for part in result.content[1:] if part.type == "text"]


async def test_what_was_missed_is_told_once_with_a_next_answer_of_any_tool(desk: Desk):
    send_id = await plan(desk)
    desk.clock.forward(2 * HOUR)
    later = later_of(desk)
    async with seen_to(desk):
        await ended(desk, send_id)

        async def noted() -> bool:
            return bool(later.news)

        await until(noted)
        first, second = await desk.call("list_tags"), await desk.call("list_tags")
        later.schedule.more.set()

        async def written_down() -> bool:
            return not await later.schedule.untold()

        await until(written_down)

    assert news_in(first) == [MISSED]
    assert news_in(second) == []
    assert "no server was up" in text_of(await desk.call("list_scheduled"))


async def test_a_loss_that_is_noted_but_not_told_yet_is_not_noted_twice(desk: Desk):
    send_id = await plan(desk)
    desk.clock.forward(2 * HOUR)
    later = later_of(desk)
    async with seen_to(desk):
        await ended(desk, send_id)
        await anyio.sleep(0.05)
        noted = dict(later.news)
        later.schedule.more.set()
        await anyio.sleep(0.05)

    assert later.news == noted != {}


async def test_of_words_that_cannot_be_read_the_number_is_not_told(desk: Desk):
    send_id = await plan(desk)
    later = later_of(desk)
    seal: Any = Cipher("another key")
    later.due._seal = later.schedule._seal = seal  # pyright: ignore[reportPrivateUsage] - as after a change of the key
    desk.clock.forward(HOUR + 300)
    async with seen_to(desk):
        await ended(desk, send_id)
        await anyio.sleep(0.05)

    [(_, sentence)] = later.news.values()
    assert sentence.startswith("The text to somebody that was to leave")


async def test_a_server_that_stays_up_says_so_and_takes_its_leave(desk: Desk):
    later = later_of(desk)
    later.stays_up = True
    async with seen_to(desk):
        await until(later.keepers.are_there)

    assert await later.keepers.are_there() is False


async def test_a_server_that_only_reads_sends_nothing_and_tells_what_others_missed(tmp_path: Any):
    async with open_desk(state_dir=tmp_path) as desk:
        send_id = await plan(desk)
    async with open_desk(state_dir=tmp_path, read_only=True) as desk:
        desk.clock.forward(HOUR + 300)
        later_of(desk).stays_up = True
        async with seen_to(desk):
            await anyio.sleep(0.1)
            there = await later_of(desk).keepers.are_there()

        assert (there, (await rows_of(desk, send_id))[0].state, desk.changes) == (False, "WAITING", [])


@pytest.mark.parametrize("before", [False, True])
async def test_a_store_that_fails_stops_nothing_for_good(desk: Desk, before: bool, caplog: pytest.LogCaptureFixture):
    send_id = await plan(desk)
    later = later_of(desk)
    next_at, was_sent_since = later.due.next_at, later.due.was_sent_since
    fails = True

    async def look() -> float | None:
        if fails and before:
            raise StoreError(None, "the disk is full")  # type: ignore[arg-type]
        return await next_at()

    async def look_again(text: ScheduledText) -> bool:
        if fails:
            raise StoreError(None, "the disk is full")  # type: ignore[arg-type]
        return await was_sent_since(text)

    later.due.next_at, later.due.was_sent_since = look, look_again  # type: ignore[method-assign]
    desk.clock.forward(HOUR + 300)
    async with seen_to(desk):
        await anyio.sleep(0.1)
        fails = False
        later.schedule.more.set()
        [row] = await ended(desk, send_id)

    assert row.state == "SENT"
    assert "seen to now" in caplog.text or "looked at again soon" in caplog.text


async def test_a_store_that_fails_at_the_end_is_said_and_no_more(desk: Desk, caplog: pytest.LogCaptureFixture):
    async def fails() -> None:
        raise StoreError(None, "the disk is full")  # type: ignore[arg-type]

    later_of(desk).due.release_all = fails  # type: ignore[method-assign]
    async with seen_to(desk):
        await anyio.sleep(0.05)

    assert "another server sees to" in caplog.text


async def test_what_was_claimed_when_a_server_ends_waits_again(desk: Desk):
    send_id = await plan(desk)
    desk.clock.forward(HOUR + 300)
    await later_of(desk).due.claim()
    async with seen_to(desk):
        await anyio.sleep(0.05)

    assert (await rows_of(desk, send_id))[0].state == "WAITING"
    assert (await leaves(desk, send_id, after=0))[0].state == "SENT"


def test_how_a_text_ended_is_said_in_words():
    def text(state: Any, said: str | None) -> ScheduledText:
        return ScheduledText(
            send_id="later_1",
            batch=None,
            caller="test-host",
            tool="send_message",
            dashboard_id=121,
            fingerprint="same",
            state=state,
            planned_at=0.0,
            leaves_at=1.0,
            content=None,
            said=said,
        )

    assert became(text("NOT_SENT", "They opted out.")) == "did not leave. They opted out."
    assert became(text("NOT_SENT", None)) == "did not leave."
    assert became(text("UNKNOWN", "Lost.")) == "may have left, and nobody knows. Lost."
