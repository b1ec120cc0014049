"""Watching: often while somebody waits, seldom while somebody is subscribed, and never for nobody."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio
import anyio.lowlevel
import pytest
from tests.desk import LINE
from tests.guard.once.rows import may_write
from tests.live.line import PretendLine, Watched, event, row, watched
from tests.live.stage import until
from tests.sandbox.service import START

from textrequest_mcp.live import watch as watching
from textrequest_mcp.live.watch import Watch
from textrequest_mcp.upstream.errors import TextRequestError, TooBusy

SOON = 3.0


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "WAITED_FOR_SECONDS", 0.01)
    monkeypatch.setattr(watching, "IDLE_SECONDS", 0.2)


@asynccontextmanager
async def watch(line: PretendLine, **how: object) -> AsyncGenerator[tuple[Watch, Watched]]:
    """A line under a watch that runs, by the machine's own steady clock."""
    room = watched(line, **how)  # pyright: ignore[reportArgumentType] - a table
    room.reader._steady = anyio.current_time  # pyright: ignore[reportPrivateUsage] - real time passes here
    live = Watch(room.log, room.reader)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(live.run)
        await anyio.lowlevel.checkpoint()
        yield live, room
        tasks.cancel_scope.cancel()


async def calls_in(line: PretendLine, seconds: float) -> int:
    before = len(line.queries)
    await anyio.sleep(seconds)
    return len(line.queries) - before


class TestListeners:
    async def test_nothing_is_asked_for_nobody(self):
        async with watch(PretendLine()) as (_, room):
            assert await calls_in(room.line, 0.05) == 0

    async def test_a_line_is_looked_at_often_while_somebody_waits_and_not_after(self):
        async with watch(PretendLine()) as (live, room):
            with live.waited_for(LINE):
                await until(lambda: len(room.line.queries) > 4)
            await anyio.sleep(0.02)
            assert await calls_in(room.line, 0.05) == 0

    async def test_a_subscribed_line_is_looked_at_seldom_until_somebody_waits(self):
        async with watch(PretendLine()) as (live, room):
            with live.subscribed([LINE]):
                await until(lambda: len(room.line.queries) >= 2)
                assert await calls_in(room.line, 0.05) == 0
                with live.waited_for(LINE):
                    await until(lambda: len(room.line.queries) > 6)
                await anyio.sleep(0.02)
                assert await calls_in(room.line, 0.05) == 0

    async def test_no_watch_is_left_waiting_for_a_sign_that_never_comes(self):
        """Who naps does so on the current sign; replaced without being given, it would hide a new waiter."""
        async with watch(PretendLine()) as (live, _):
            with live.subscribed([LINE]):
                sign = live._stirred  # pyright: ignore[reportPrivateUsage] - which watch naps first is a matter of luck
                await anyio.wait_all_tasks_blocked()
                assert live._stirred is sign  # pyright: ignore[reportPrivateUsage]
                with live.waited_for(LINE):
                    assert sign.is_set()

    async def test_the_last_of_several_listeners_ends_it(self):
        async with watch(PretendLine()) as (live, room):
            with live.subscribed([LINE, LINE]), live.waited_for(LINE):
                with live.waited_for(LINE):
                    pass
                await until(lambda: len(room.line.queries) > 4)
            await anyio.sleep(0.02)
            assert await calls_in(room.line, 0.25) == 0
            with live.waited_for(LINE):
                await until(lambda: len(room.line.queries) > 8)

    async def test_where_webhooks_tell_a_waiter_asks_seldom(self):
        async with watch(PretendLine()) as (live, room):
            live.rely_on_hooks([LINE])
            with live.waited_for(LINE):
                await until(lambda: len(room.line.queries) >= 2)
                assert await calls_in(room.line, 0.05) == 0
                live.rely_on_hooks([])
                await until(lambda: len(room.line.queries) > 5)

    async def test_old_texts_are_forgotten_at_the_start_also_where_nobody_listens(self):
        room = watched(PretendLine(), days=1)
        await room.log.append([event()])
        room.clock.forward(3 * 86400)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(Watch(room.log, room.reader).run)
            with anyio.fail_after(SOON):
                while await room.noted():
                    await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()

    async def test_a_store_that_fails_at_the_start_does_not_end_the_watch(self):
        room = watched(PretendLine())
        await room.log.append([event()])
        may_write(room.store, False)
        live = Watch(room.log, room.reader)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(live.run)
            await anyio.sleep(0.01)
            may_write(room.store, True)
            with live.waited_for(LINE):
                await until(lambda: bool(room.line.queries))
            tasks.cancel_scope.cancel()


class TestNews:
    async def test_whoever_listens_hears_of_a_new_text_once(self):
        async with watch(PretendLine([row("old", START - 9)])) as (live, room):
            with live.waited_for(LINE):
                await until(lambda: len(room.line.queries) >= 3)
                news = live.news
                room.line.rows.append(row("m1", START))
                with anyio.fail_after(SOON):
                    await news.wait()
                assert await room.ids() == ["m1"]
                assert not live.news.is_set()

    async def test_a_text_that_a_webhook_tells_first_is_no_news_when_it_is_read(self):
        room = watched(PretendLine([row("old", START - 9)]))
        live = Watch(room.log, room.reader)
        await live.look(LINE, 0)
        await live.note([event("m1", at=START)])
        room.line.rows.append(row("m1", START))
        news = live.news

        await live.look(LINE, 0)
        await live.note([event("m1", at=START)])

        assert live.news is news
        assert await room.ids() == ["m1"]

    async def test_many_that_look_at_once_make_one_look(self):
        room = watched(PretendLine())
        live = Watch(room.log, room.reader)
        async with anyio.create_task_group() as tasks:
            for _ in range(50):
                tasks.start_soon(live.look, LINE)

        assert len(room.line.queries) == 2  # where it begins, and the look itself


class TestFailures:
    async def test_a_line_that_cannot_be_read_is_tried_ever_less_often_and_then_again_as_before(
        self, caplog: pytest.LogCaptureFixture
    ):
        caplog.set_level("INFO")
        async with watch(PretendLine([row("old", START - 9)], says=(400, b"{}"))) as (live, room):
            with live.waited_for(LINE):
                await until(lambda: len(room.line.queries) >= 3)
                assert await calls_in(room.line, 0.05) <= 2
                assert live.trouble(LINE) is not None
                assert "line 121: Text Request" in caplog.text
                room.line.says = None
                await until(lambda: live.trouble(LINE) is None)
                await until(lambda: len(room.line.queries) > 10)

    async def test_a_success_of_somebody_else_ends_the_long_pause(self):
        async with watch(PretendLine(says=(400, b"{}"))) as (live, room):
            with live.waited_for(LINE):
                await until(lambda: len(room.line.queries) >= 4)
                room.line.says = None
                await live.look(LINE, 0)
                assert await calls_in(room.line, 0.08) >= 3

    async def test_the_pause_has_an_end(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(watching, "_LONGEST_PAUSE_SECONDS", 0.02)
        async with watch(PretendLine(says=(400, b"{}"))) as (live, room):
            with live.waited_for(LINE):
                await until(lambda: len(room.line.queries) > 8)

    async def test_a_share_that_is_used_up_is_waited_for_and_is_no_failure(self, caplog: pytest.LogCaptureFixture):
        caplog.set_level("INFO")
        async with watch(PretendLine(), rate_limit=(10, 60.0)) as (live, room):
            with live.waited_for(LINE):
                await until(lambda: live.trouble(LINE) is not None)
                assert await calls_in(room.line, 0.05) == 0
            assert len(room.line.queries) == 2
            assert "share of the rate limit" in str(live.trouble(LINE))
            assert "share" not in caplog.text

    async def test_a_store_that_fails_is_waited_for(self, caplog: pytest.LogCaptureFixture):
        caplog.set_level("INFO")
        async with watch(PretendLine()) as (live, room):
            with live.waited_for(LINE):
                await until(lambda: len(room.line.queries) >= 3)
                may_write(room.store, False)
                await until(lambda: "state file" in str(live.trouble(LINE)))
                may_write(room.store, True)
                await until(lambda: live.trouble(LINE) is None)

    async def test_a_mistake_of_ours_is_logged_and_the_watch_goes_on(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ):
        async with watch(PretendLine()) as (live, room):
            good = room.reader.read_on

            async def broken(_: int) -> int:
                monkeypatch.setattr(room.reader, "read_on", good)
                raise KeyError("ours")

            monkeypatch.setattr(room.reader, "read_on", broken)
            with live.waited_for(LINE):
                await until(lambda: len(room.line.queries) > 4)
        assert "KeyError" in caplog.text

    @pytest.mark.parametrize(
        ("rate_limit", "says", "kind"), [((1, 60.0), None, TooBusy), ((100, 60.0), (400, b""), TextRequestError)]
    )
    async def test_whoever_looks_is_told_and_those_who_wait_see_what_was_read(
        self, rate_limit: tuple[int, float], says: tuple[int, bytes] | None, kind: type[Exception]
    ):
        room = watched(PretendLine(says=says), rate_limit=rate_limit)
        live = Watch(room.log, room.reader)
        news = live.news

        with pytest.raises(kind):
            await live.look(LINE)

        assert news.is_set()
        assert live.trouble(LINE) is not None


async def test_a_look_that_is_cancelled_leaves_the_line_to_the_next_one():
    room = watched(PretendLine([row("old", START - 9)]))
    live = Watch(room.log, room.reader)
    await live.look(LINE, 0)
    room.line.rows.append(row("m1", START))
    stop = anyio.CancelScope()
    room.line.after_page = lambda _: stop.cancel()
    with stop:
        await live.look(LINE, 0)
        await anyio.lowlevel.checkpoint()

    room.line.after_page = lambda _: None
    await live.look(LINE, 0)

    assert await room.ids() == ["m1"]
