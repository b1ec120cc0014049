"""A dead service is not asked much more often than it is called, and is asked as usual soon after it is back."""

from dataclasses import dataclass, field

import httpx2
import pytest
from anyio.lowlevel import checkpoint

from textrequest_mcp.ground.store import Store
from textrequest_mcp.upstream.api import Api
from textrequest_mcp.upstream.errors import TextRequestError, TooBusy, Unreachable
from textrequest_mcp.upstream.limiter import Limiter
from textrequest_mcp.upstream.tries import RetryBudget


@dataclass
class Service:
    """Answers as `state` says, and counts the tries; `None` is nobody there."""

    state: int | None = None
    tries: int = 0
    clock: float = 0.0
    budget: RetryBudget = field(init=False)

    def __post_init__(self) -> None:
        self.budget = RetryBudget(lambda: self.clock)
        transport = httpx2.MockTransport(self._handle)
        limiter = Limiter(Store.open(None), "key", calls=100_000)
        self.api = Api("http://service", "a-key-of-a-test", limiter, transport=transport, sleep=_at_once)
        self.api._budget = self.budget  # pyright: ignore[reportPrivateUsage] - with a clock of its own

    async def _handle(self, request: httpx2.Request) -> httpx2.Response:
        self.tries += 1
        if self.state is None:
            raise httpx2.ConnectError("nobody there", request=request)
        return httpx2.Response(self.state, json={}, headers={"retry-after": "0"} if self.state == 429 else {})

    async def tries_of(self, calls: int) -> int:
        before = self.tries
        for _ in range(calls):
            try:
                await self.api.get("dashboards")
            except TextRequestError as error:
                assert isinstance(error, TooBusy) or "Try again in a minute" in str(error)  # noqa: PT017 - each of many
        return self.tries - before


async def _at_once(_: float) -> None:
    await checkpoint()


@pytest.fixture
def dead() -> Service:
    return Service()


@pytest.mark.uncounted
@pytest.mark.parametrize("state", [None, 500, 503, 429], ids=["nobody there", "500", "503", "429"])
async def test_r13_a_thousand_calls_of_a_dead_service_make_few_more_tries_than_calls(state: int | None):
    service = Service(state)

    assert await service.tries_of(1000) <= 1200


async def test_r13_the_first_calls_of_a_dead_service_are_tried_as_usual(dead: Service):
    assert await dead.tries_of(1) == 3


async def test_r13_waiting_alone_brings_no_tries_back_while_the_service_is_dead(dead: Service):
    await dead.tries_of(100)
    tries = 0
    for _ in range(20):
        dead.clock += 60.0
        tries += await dead.tries_of(1)

    assert tries <= 24


async def test_r13_half_a_minute_after_the_service_is_back_a_passing_fault_is_not_noticed(dead: Service):
    await dead.tries_of(1000)
    dead.state = 200
    assert await dead.tries_of(1) == 1
    dead.clock += 30.0
    dead.state = 500

    assert await dead.tries_of(3) == 9


async def test_r13_a_no_of_the_service_is_a_service_that_is_back(dead: Service):
    await dead.tries_of(1000)
    dead.state = 404
    with pytest.raises(TextRequestError):
        await dead.api.get("dashboards")
    dead.clock += 30.0
    dead.state = None

    assert await dead.tries_of(1) == 3


async def test_r13_a_call_without_a_second_try_says_that_nothing_left(dead: Service):
    await dead.tries_of(1000)

    with pytest.raises(Unreachable, match="Nothing was sent or changed"):
        await dead.api.post("x")


def test_r13_the_budget_never_holds_more_than_a_few_tries():
    clock = 0.0
    budget = RetryBudget(lambda: clock)
    budget.answered(well=True)
    for _ in range(1000):
        budget.called()
    clock = 1000.0

    assert [budget.take() for _ in range(11)] == [True] * 10 + [False]
