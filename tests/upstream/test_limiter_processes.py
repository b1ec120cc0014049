"""The limiter's promises between real processes: one window for all, and one that is killed leaves nothing behind."""

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from tests import forks

from textrequest_mcp.ground.store import Store
from textrequest_mcp.upstream.limiter import Limiter, RateLimited
from textrequest_mcp.upstream.limiter_clock import Clock

pytestmark = pytest.mark.usefixtures("both_engines")

CHILD = Path(__file__).with_name("limiter_child.py")


class SetClock(Clock):
    """The store's clock, moved on by hand instead of waited for."""

    def __init__(self, store: Store) -> None:
        self.ahead = 0.0
        self._store = store

    def now(self) -> float:
        return self._store.steady() + self.ahead

    async def sleep(self, seconds: float) -> None:
        self.ahead += seconds


def start(what: str, folder: Path) -> subprocess.Popen[str]:
    return forks.start(str(CHILD), what, str(folder))


def answer(child: subprocess.Popen[str]) -> Any:
    assert child.stdout is not None
    return json.loads(child.stdout.readline())


def test_a_burst_from_four_processes_never_passes_the_limit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    children = [start("burst", tmp_path) for _ in range(4)]
    assert [answer(child) for child in children] == ["ready"] * 4

    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    answers = [answer(child) for child in children]
    for child in children:
        child.communicate(timeout=10)

    calls = sorted((moment for each in answers for moment in each["moments"]), key=lambda moment: moment[1])
    starts, ends = ([moment[which] for moment in calls] for which in (1, 2))
    most = {
        name: max(sum(first <= other <= first + 0.2 for other in moments) for first in moments)
        for name, moments in (("starts", starts), ("ends", ends))
    }
    spread = max(starts) - min(starts)
    with capsys.disabled():
        print(
            f"\n  burst of {len(calls)} calls from 4 processes, limit 50 in 0.2 s: most {most}, {spread:.2f} s in all, "
            f"longest stall of an event loop {max(each['longest_stall'] for each in answers) * 1000:.0f} ms"
        )
    assert len(calls) == 500
    assert max(most.values()) <= 50
    for each in answers:
        in_order_of_coming = [moment[1] for moment in sorted(each["moments"])]
        assert in_order_of_coming == sorted(in_order_of_coming)


async def test_a_killed_process_frees_its_places_one_window_later_and_its_queue_at_once(tmp_path: Path) -> None:
    child = start("hold", tmp_path)
    assert answer(child) == "ready"
    child.kill()
    child.communicate()
    store = Store.open(tmp_path)
    clock = SetClock(store)
    limiter = Limiter(store, "key", calls=3, per_seconds=60, clock=clock)

    with pytest.raises(RateLimited) as refusal:
        async with limiter.slot(deadline_seconds=1):
            pytest.fail("the killed calls may have left a moment ago")
    clock.ahead += 60
    for _ in range(3):
        async with limiter.slot(deadline_seconds=1):
            pass

    assert refusal.value.retry_in == pytest.approx(60, abs=0.2), "its waiters no longer count"


async def test_a_live_process_keeps_its_places_for_as_long_as_its_calls_last(tmp_path: Path) -> None:
    child = start("hold", tmp_path)
    assert answer(child) == "ready"
    store = Store.open(tmp_path)
    clock = SetClock(store)
    limiter = Limiter(store, "key", calls=3, per_seconds=60, clock=clock)

    clock.ahead += 100
    with pytest.raises(RateLimited):
        async with limiter.slot(deadline_seconds=30):
            pytest.fail("three calls are on their way")

    child.kill()
    child.communicate()


async def test_what_one_process_was_told_to_wait_the_others_wait_too(tmp_path: Path) -> None:
    begun = time.monotonic()
    child = start("pause", tmp_path)
    assert answer(child) == "ready"
    child.communicate(timeout=10)
    store = Store.open(tmp_path)
    clock = SetClock(store)
    limiter = Limiter(store, "key", calls=3, per_seconds=60, clock=clock)

    with pytest.raises(RateLimited) as refusal:
        async with limiter.slot(deadline_seconds=20):
            pytest.fail("it was told to hold off")
    async with limiter.slot(deadline_seconds=40):
        waited = clock.ahead

    longest_since = time.monotonic() - begun  # the pause began some time after the child did
    assert 30 - longest_since <= refusal.value.retry_in <= 30.1
    assert 30 - longest_since <= waited <= 30.1
