"""A call that has to wait under the rate limit says so at once, and is refused rather than waiting long."""

from typing import Any

import anyio
import httpx2
import pytest
from anyio.lowlevel import checkpoint

from textrequest_mcp.ground.store import Store
from textrequest_mcp.upstream import patience as module
from textrequest_mcp.upstream.api import Api
from textrequest_mcp.upstream.errors import NOTHING_CHANGED, TooBusy
from textrequest_mcp.upstream.limiter import Limiter
from textrequest_mcp.upstream.patience import CHANGE_SECONDS, READ_SECONDS, Patience, waiting_with


class Clock:
    """A limiter's clock that jumps over every wait."""

    time = 1000.0

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += seconds
        await checkpoint()


class Calls:
    """Calls of a service that answers at once, under a limit of one call in so many seconds."""

    def __init__(self, per_seconds: float) -> None:
        self.clock = Clock()
        self.told: list[tuple[float, float]] = []
        limiter = Limiter(Store.open(None), "key", calls=1, per_seconds=per_seconds, clock=self.clock)
        transport = httpx2.MockTransport(lambda _: httpx2.Response(200, json=[]))
        self.api = Api("http://service", "a-key-of-a-test", limiter, transport=transport)

    async def tell(self, done: float, more: float) -> None:
        self.told.append((done, more))

    async def call(self) -> None:
        await self.api.get("dashboards")


async def test_h7_a_wait_is_told_at_once_with_the_seconds_that_it_takes():
    calls = Calls(12.0)
    with waiting_with(Patience(CHANGE_SECONDS, calls.tell)):
        await calls.call()
        assert calls.told == []
        await calls.call()

    ((done, more),) = calls.told
    assert done < 10
    assert more == pytest.approx(12.0, abs=0.1)


@pytest.mark.parametrize("longest", [READ_SECONDS, CHANGE_SECONDS])
async def test_h7_a_call_that_would_wait_longer_is_refused_at_once(longest: float):
    calls = Calls(longest + 5)
    await calls.call()
    with waiting_with(Patience(longest, calls.tell)), pytest.raises(TooBusy) as refused:
        await calls.call()

    assert calls.clock.time == 1000.0
    assert calls.told == []
    assert f"used up for the moment. {NOTHING_CHANGED} Try again in " in str(refused.value)
    assert refused.value.retry_in == pytest.approx(longest + 5, abs=0.2)


async def test_h7_the_waits_of_one_tool_count_together():
    calls = Calls(12.0)
    await calls.call()
    with waiting_with(Patience(CHANGE_SECONDS, calls.tell)):
        await calls.call()
        with pytest.raises(TooBusy):
            await calls.call()
    with waiting_with(Patience(CHANGE_SECONDS, calls.tell)):
        await calls.call()


async def test_h7_what_no_tool_called_waits_no_longer_than_a_read():
    calls = Calls(READ_SECONDS - 1)
    await calls.call()
    await calls.call()
    assert calls.clock.time >= 1000.0 + READ_SECONDS - 1
    slow = Calls(READ_SECONDS + 1)
    await slow.call()
    with pytest.raises(TooBusy):
        await slow.call()


async def test_h7_a_host_that_cannot_be_told_changes_nothing():
    async def broken(*_: Any) -> None:
        raise anyio.ClosedResourceError

    with waiting_with(Patience(CHANGE_SECONDS, broken)):
        calls = Calls(12.0)
        await calls.call()
        await calls.call()


async def test_h7_a_host_that_does_not_listen_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch):
    async def deaf(*_: Any) -> None:
        await anyio.sleep_forever()

    monkeypatch.setattr(module, "_TELLING_SECONDS", 0.01)
    calls = Calls(12.0)
    with waiting_with(Patience(CHANGE_SECONDS, deaf)):
        await calls.call()
        await calls.call()


def test_h7_a_tool_that_waits_as_long_as_it_may_still_answers_within_a_minute():
    slowest_answer = 20.0  # seconds that the HTTP client waits for one

    assert CHANGE_SECONDS < READ_SECONDS
    assert READ_SECONDS + slowest_answer < 60.0 - 5.0
