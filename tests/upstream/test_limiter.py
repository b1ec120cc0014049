"""The limiter's rules about time, on a clock that only moves when everybody waits."""

import asyncio
import heapq
import itertools
import shutil
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint
from hypothesis import given, settings
from hypothesis import strategies as st

from textrequest_mcp.ground.postgres import Postgres
from textrequest_mcp.ground.store import Store, StoreError
from textrequest_mcp.upstream import limiter as module
from textrequest_mcp.upstream.limiter import LOOK_EVERY, PATIENCE, Limiter, RateLimited, Slot
from textrequest_mcp.upstream.limiter_clock import StoreClock

pytestmark = pytest.mark.usefixtures("both_engines")


@pytest.fixture(autouse=True)
def no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have PostgreSQL's transactions take no time on the fake clock, which knows nothing of threads."""

    async def transact(engine: Any, fn: Any, schemas: Sequence[str], *, durable: bool, give_up_at: float) -> Any:
        return engine._work(fn, tuple(schemas), durable=durable, give_up_at=give_up_at)

    monkeypatch.setattr(Postgres, "transact", transact)


class FakeClock:
    """Seconds that pass only inside `run`, and only when every task waits: then straight to the next awaited moment."""

    def __init__(self, now: float = 1000.0) -> None:
        self.time = now
        self._sleepers: list[tuple[float, int, anyio.Event]] = []
        self._number = itertools.count()

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        awake = anyio.Event()
        heapq.heappush(self._sleepers, (self.time + seconds, next(self._number), awake))
        await awake.wait()

    async def run(self, *tasks: Callable[[], Awaitable[None]]) -> None:
        """Run the tasks to their end, started in this order."""
        left = len(tasks)

        async def one(task: Callable[[], Awaitable[None]]) -> None:
            nonlocal left
            await task()
            left -= 1

        async with anyio.create_task_group() as group:
            for task in tasks:
                group.start_soon(one, task)
            await _everybody_waits()
            while left:
                moment, _, awake = heapq.heappop(self._sleepers)
                self.time = max(self.time, moment)
                awake.set()
                await _everybody_waits()


async def _everybody_waits() -> None:
    """Come back when no other task can go on. (anyio.wait_all_tasks_blocked really sleeps 0.1 s for that.)"""
    await checkpoint()
    while getattr(asyncio.get_running_loop(), "_ready"):  # noqa: B009 - private: no event, no type for it
        await checkpoint()


@dataclass
class Call:
    """One planned call, and what became of it (moments by the fake clock)."""

    process: int = 0
    comes_at: float = 0.0
    holds: float = 0.0
    deadline: float = 1e9
    cancelled_after: float = 1e9
    fate: str = "used"
    started: float | None = None
    ended: float | None = None
    refused: float | None = None
    retry_in: float | None = None
    left_queue: float | None = field(default=None)

    async def make(self, clock: FakeClock, limiter: Limiter) -> None:
        await clock.sleep(self.comes_at)
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as group:
                group.start_soon(self._cancel, clock, scope)
                await self._call(clock, limiter)
                group.cancel_scope.cancel()
        if self.started is None and self.refused is None:
            self.left_queue = clock.time

    async def _cancel(self, clock: FakeClock, scope: anyio.CancelScope) -> None:
        await clock.sleep(self.cancelled_after)
        scope.cancel()

    async def _call(self, clock: FakeClock, limiter: Limiter) -> None:
        try:
            async with limiter.slot(deadline_seconds=self.deadline) as slot:
                self.started = clock.time
                try:
                    await clock.sleep(self.holds)
                    if self.fate == "unused":
                        slot.unused()
                    assert self.fate != "fails", "the request fails"
                finally:
                    self.ended = clock.time
        except RateLimited as error:
            self.refused, self.retry_in = clock.time, error.retry_in
        except AssertionError:
            pass

    @property
    def counts(self) -> bool:
        return self.started is not None and self.fate != "unused"


async def make(clock: FakeClock, limiters: list[Limiter], calls: list[Call]) -> None:
    await clock.run(*(lambda call=call: call.make(clock, limiters[call.process]) for call in calls))


def most_at_once(calls: list[Call], window: float) -> int:
    """The most calls that any moment of starting saw on their way or ended no longer than `window` ago.

    Wherever between its start and its end a call arrives upstream, no closed window can then hold more arrivals.
    """
    spans = [(call.started, call.ended) for call in calls if call.started is not None and call.ended is not None]
    return max((sum(s <= moment <= e + window for s, e in spans) for moment, _ in spans), default=0)


def limiters_of(clock: FakeClock, *, processes: int = 1, calls: int = 3, per_seconds: float = 5.0) -> list[Limiter]:
    """Limiters that share a store, as those of several processes do."""
    store = Store.open(None)
    return [Limiter(store, "key", calls=calls, per_seconds=per_seconds, clock=clock) for _ in range(processes)]


# Short times on a coarse grid, so that calls often meet in one moment.
seconds = st.integers(0, 24).map(lambda quarter: quarter / 4)
planned = st.builds(
    Call,
    process=st.integers(0, 2),
    comes_at=seconds,
    holds=seconds,
    deadline=st.one_of(st.just(1e9), seconds),
    cancelled_after=st.one_of(st.just(1e9), seconds),
    fate=st.sampled_from(["used", "used", "used", "unused", "fails"]),
)


@settings(max_examples=60, deadline=None)
@given(calls=st.lists(planned, max_size=14))
async def test_whatever_comes_the_window_holds_and_nobody_is_overtaken_or_forgotten(calls: list[Call]) -> None:
    clock = FakeClock()
    limiters = limiters_of(clock, processes=3)
    calls.sort(key=lambda call: call.comes_at)

    await make(clock, limiters, calls)

    assert most_at_once([call for call in calls if call.counts], 5.0) <= 3
    for call in calls:
        came = 1000.0 + call.comes_at
        assert call.started is not None or call.refused is not None or call.left_queue == came + call.cancelled_after
        # In time, but for the millisecond by which a window is closed.
        assert call.started is None or call.started <= came + call.deadline + 0.01
        assert call.refused is None or call.refused <= came + call.deadline + 0.01
    for earlier, later in itertools.combinations(calls, 2):
        if earlier.comes_at == later.comes_at or earlier.started is None or later.started is None:
            continue
        # Another process may notice up to LOOK_EVERY later that the place kept for it is free.
        grace = 0.0 if earlier.process == later.process else LOOK_EVERY
        assert earlier.started <= later.started + grace

    clock.time += 5.1
    fresh = [Call(process=number % 3, deadline=0.0) for number in range(4)]
    await make(clock, limiters, fresh)
    assert [call.started for call in fresh] == [clock.time] * 3 + [None], "a slot was lost or made up"


async def test_a_call_counts_until_one_window_after_its_end() -> None:
    clock = FakeClock()
    calls = [Call(holds=7.0), Call(comes_at=1.0)]

    await make(clock, limiters_of(clock, calls=1), calls)

    assert calls[0].ended == 1007.0
    assert calls[1].started == pytest.approx(1012.0, abs=0.01)
    assert calls[1].started is not None
    assert calls[1].started > 1012.0


async def test_calls_of_two_processes_start_in_the_order_they_came() -> None:
    clock = FakeClock()
    calls = [Call(process=number % 2, comes_at=number / 100) for number in range(10)]

    await make(clock, limiters_of(clock, processes=2, calls=1), calls)

    starts = [call.started for call in calls]
    assert starts == sorted(starts, key=lambda start: start or 0.0)
    assert None not in starts


async def test_a_long_queue_keeps_its_places_longer_than_a_waiter_without_a_sign_of_life_would() -> None:
    clock = FakeClock()
    patient = [Call(comes_at=number / 100) for number in range(4)]
    late = Call(process=1, comes_at=PATIENCE * 3)
    hasty = Call(process=1, comes_at=PATIENCE * 3, deadline=PATIENCE * 4)  # two still wait: its turn comes after 5

    await make(clock, limiters_of(clock, processes=2, calls=1, per_seconds=PATIENCE * 2), [*patient, hasty, late])

    assert late.started is not None
    assert hasty.refused == 1000.0 + PATIENCE * 3
    assert all(call.started is not None and call.started < late.started for call in patient)


async def test_a_call_that_cannot_start_in_time_is_refused_at_once_and_told_when_to_come_back() -> None:
    clock = FakeClock()
    calls = [Call(), Call(comes_at=1.0, deadline=3.0)]

    await make(clock, limiters_of(clock, calls=1), calls)

    assert calls[1].refused == 1001.0
    assert calls[1].retry_in == pytest.approx(4.1, abs=0.1)


async def test_a_call_is_refused_as_soon_as_those_ahead_take_too_long() -> None:
    clock = FakeClock()
    calls = [Call(holds=4.0), Call(comes_at=0.1, deadline=30.0), Call(comes_at=0.2, deadline=12.0)]

    await make(clock, limiters_of(clock, calls=1), calls)

    # At best 0.2 + 5 + 5 when it came; known to be hopeless once the first call held on until after 2.2.
    assert calls[2].refused == pytest.approx(1002.2, abs=2 * LOOK_EVERY)
    assert calls[1].started == pytest.approx(1009.0, abs=0.01)


async def test_a_call_that_turns_up_with_a_near_deadline_is_refused_by_it_although_others_wait_longer() -> None:
    clock = FakeClock()
    limiters = limiters_of(clock, calls=1, per_seconds=0.3)
    calls = [Call(holds=20.0), Call(comes_at=1.0), Call(comes_at=1.0, deadline=0.7)]

    await make(clock, limiters, calls)

    assert calls[2].refused is not None
    assert calls[2].refused <= 1001.7 + 0.01


async def test_a_deadline_of_zero_means_now_or_not_at_all() -> None:
    clock = FakeClock()
    calls = [Call(deadline=0.0), Call(deadline=0.0)]

    await make(clock, limiters_of(clock, calls=1), calls)

    assert calls[0].started == 1000.0
    assert calls[1].refused == 1000.0


async def test_a_cancelled_wait_costs_no_slot_and_lets_those_behind_it_pass() -> None:
    clock = FakeClock()
    calls = [Call(), Call(comes_at=1.0, cancelled_after=1.0), Call(comes_at=1.5), Call(comes_at=1.6, cancelled_after=2)]

    await make(clock, limiters_of(clock, calls=1), calls)

    assert calls[1].left_queue == 1002.0
    assert calls[2].started == pytest.approx(1005.0, abs=0.01)


async def test_a_slot_given_back_unused_goes_to_the_next_in_line_at_once() -> None:
    clock = FakeClock()
    calls = [Call(holds=2.0, fate="unused"), Call(comes_at=1.0)]

    await make(clock, limiters_of(clock, calls=1), calls)

    assert calls[1].started == 1002.0


async def test_a_place_that_another_process_gave_back_goes_to_the_longest_waiting_call_here() -> None:
    clock = FakeClock()
    calls = [
        Call(process=1, holds=1.1, fate="unused"),
        Call(process=1, holds=1.1, fate="unused"),
        Call(process=0, comes_at=1.0),
        Call(process=0, comes_at=1.2),
    ]

    await make(clock, limiters_of(clock, processes=2, calls=2), calls)

    # The newcomer finds free places, and wakes the one whose turn it is.
    assert calls[2].started == 1001.2
    assert calls[3].started == 1001.2


async def test_after_hold_off_nobody_of_the_key_starts_and_other_keys_do() -> None:
    clock = FakeClock()
    store = Store.open(None)
    mine, same_key = (Limiter(store, "key", calls=3, per_seconds=5.0, clock=clock) for _ in range(2))
    other_key = Limiter(store, "other", calls=3, per_seconds=5.0, clock=clock)
    calls = [Call(process=0), Call(process=1), Call(process=2), Call(process=1, deadline=5.0)]

    await mine.hold_off(8.0)
    await mine.hold_off(2.0)
    await make(clock, [mine, same_key, other_key], calls)

    assert calls[0].started == pytest.approx(1008.0, abs=0.01)
    assert calls[1].started == pytest.approx(1008.0, abs=0.01)
    assert calls[2].started == 1000.0
    assert calls[3].refused == 1000.0
    assert calls[3].retry_in == pytest.approx(8.0, abs=0.11)


async def test_a_restarted_machine_counts_what_it_knew_from_the_restart(tmp_path: Path) -> None:
    before, after = FakeClock(now=3_000_000.0), FakeClock(now=40.0)
    await make(before, [Limiter(Store.open(tmp_path), "key", calls=1, clock=before)], [Call()])

    calls = [Call(deadline=30.0), Call(comes_at=59.0, deadline=0.0), Call(comes_at=60.1, deadline=0.0)]
    await make(after, [Limiter(Store.open(tmp_path), "key", calls=1, clock=after)], calls)

    assert [call.refused for call in calls] == [40.0, 99.0, None]
    assert calls[2].started == pytest.approx(100.1)


async def test_a_call_that_lasts_longer_than_its_row_counts_again_from_its_end() -> None:
    clock = FakeClock()
    calls = [Call(holds=module.INSIDE_AT_MOST + 10), Call(comes_at=module.INSIDE_AT_MOST + 11)]

    await make(clock, limiters_of(clock, calls=1), calls)

    assert calls[1].started == pytest.approx(1000 + module.INSIDE_AT_MOST + 15, abs=0.01)


async def test_two_settings_of_the_limit_may_meet_and_the_stricter_one_waits() -> None:
    clock = FakeClock()
    store = Store.open(None)
    loose, strict = (Limiter(store, "key", calls=calls, per_seconds=5.0, clock=clock) for calls in (3, 1))
    calls = [Call(), Call(comes_at=1.0), Call(comes_at=2.0), Call(process=1, comes_at=3.0)]

    await make(clock, [loose, strict], calls)

    assert calls[3].started == pytest.approx(1007.0, abs=0.01)


@pytest.mark.of_the_file
async def test_a_state_file_that_vanishes_hides_no_result_and_stops_the_next_call(tmp_path: Path) -> None:
    limiter = Limiter(Store.open(tmp_path / "state"), "key")

    async with limiter.slot(deadline_seconds=1.0):
        shutil.rmtree(tmp_path / "state")
        (tmp_path / "state").write_text("a file where the folder should be")
        result = "sent"

    assert result == "sent"
    with pytest.raises(StoreError):
        async with limiter.slot(deadline_seconds=1.0):
            pytest.fail("no store, no send")


async def test_a_call_is_counted_in_a_new_state_file_although_its_number_is_taken_there(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "state")
    first, second, third = (Limiter(store, "key", calls=2) for _ in range(3))

    async with first.slot(deadline_seconds=1.0):
        shutil.rmtree(tmp_path / "state")
        async with second.slot(deadline_seconds=1.0):
            pass

    with pytest.raises(RateLimited):
        async with third.slot(deadline_seconds=1.0):
            pytest.fail("two calls are in the window")


async def test_the_default_clock_is_the_one_that_nobody_can_set() -> None:
    clock = StoreClock(time.monotonic)

    before, now, after = time.monotonic(), clock.now(), time.monotonic()
    await clock.sleep(0)

    assert before <= now <= after


@pytest.mark.parametrize(("seconds", "told"), [(0.0, 0.1), (0.01, 0.1), (4.0, 4.0), (4.01, 4.1)])
def test_the_time_to_retry_is_rounded_up_to_tenths(seconds: float, told: float) -> None:
    assert RateLimited(seconds).retry_in == pytest.approx(told)


def test_a_slot_is_used_unless_said_otherwise() -> None:
    slot = Slot()
    assert slot.used
    slot.unused()
    assert not slot.used
