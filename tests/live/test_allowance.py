"""The allowance: looking for texts takes a fifth of the rate limit, whoever looks."""

from pathlib import Path

import pytest
from tests.live.line import ACCOUNT
from tests.sandbox.service import Clock

from textrequest_mcp.ground.store import Store
from textrequest_mcp.live.allowance import Allowance
from textrequest_mcp.upstream.errors import TooBusy

pytestmark = pytest.mark.usefixtures("both_engines")


async def taken(*allowances: Allowance) -> int:
    """How many calls they get in turn until one gets none."""
    count = 0
    while True:
        try:
            await allowances[count % len(allowances)].take()
        except TooBusy:
            return count
        count += 1


@pytest.mark.parametrize(("limit", "calls"), [((100, 60.0), 20), ((10, 1.0), 2), ((4, 60.0), 1), ((1, 60.0), 1)])
async def test_a_fifth_of_the_limit_may_be_taken_and_always_one_call(limit: tuple[int, float], calls: int):
    assert await taken(Allowance(Store.open(None), ACCOUNT, limit)) == calls


async def test_processes_share_it_and_accounts_do_not(tmp_path: Path):
    one, two = (Allowance(Store.open(tmp_path), ACCOUNT, (100, 60.0)) for _ in range(2))
    other = Allowance(Store.open(tmp_path), "another account", (100, 60.0))

    assert await taken(one, two) == 20
    assert await taken(other) == 20


async def test_a_call_counts_for_one_window_and_who_gets_none_is_told_when_there_is_one():
    clock = Clock(500.0)
    allowance = Allowance(Store.open(None), ACCOUNT, (10, 60.0), steady=clock)
    await allowance.take()
    clock.forward(20)
    await allowance.take()

    with pytest.raises(TooBusy, match="share of the rate limit") as caught:
        await allowance.take()
    assert caught.value.retry_in == 40.0
    clock.forward(40)
    await allowance.take()
    with pytest.raises(TooBusy):
        await allowance.take()


async def test_calls_of_an_earlier_start_of_the_machine_do_not_count():
    clock = Clock(5000.0)
    allowance = Allowance(Store.open(None), ACCOUNT, (5, 60.0), steady=clock)
    await allowance.take()
    clock.now = 10.0

    await allowance.take()
