"""The store's own time: no start with a wrong clock makes anything vanish."""

import math
from pathlib import Path

import pytest
from tests.sandbox.service import START, Clock

from textrequest_mcp.ground.store import Store

pytestmark = pytest.mark.usefixtures("both_engines")

DAY = 86400.0


class Start:
    """One start of a server with a clock that the service confirms, or does not."""

    def __init__(self, folder: Path, now: float | None, steady: Clock | None = None) -> None:
        self.now = now
        self.store = Store.open(folder)
        self.store.trust(lambda: self.now, steady=steady or Clock(0.0))

    async def today(self) -> float:
        found = await self.store.transact(lambda connection: self.store.today(connection, math.inf))
        self.store.close()
        return found


async def test_r5_what_nobody_confirmed_forgets_nothing(tmp_path: Path):
    assert await Start(tmp_path, None).today() == -math.inf


async def test_r5_one_start_moves_it_by_a_day_at_most_and_a_right_clock_moves_it_back(tmp_path: Path):
    assert await Start(tmp_path, START).today() == START
    assert await Start(tmp_path, START + 800 * DAY).today() == START + DAY
    assert await Start(tmp_path, None).today() == START + DAY
    assert await Start(tmp_path, START + 30).today() == START + 30


async def test_a_server_that_runs_on_follows_the_time_that_passes(tmp_path: Path):
    steady = Clock(0.0)
    server = Start(tmp_path, START, steady)
    assert await server.today() == START
    steady.forward(40 * DAY)
    server.now = START + 40 * DAY

    assert await server.today() == START + 40 * DAY


async def test_without_a_clock_to_trust_each_module_goes_by_its_own():
    store = Store.open(None)

    assert await store.transact(lambda connection: store.today(connection, 7.0)) == 7.0
    store.close()
