"""To whom a mailing was agreed is kept over servers, for a day, and of two same calls the first one counts."""

from pathlib import Path

import pytest
from tests.guard.once.rows import ACCOUNT
from tests.sandbox.service import Clock

from textrequest_mcp.ground.store import Store
from textrequest_mcp.guard.once.mailings import OPEN_SECONDS, Mailings

pytestmark = pytest.mark.usefixtures("both_engines")

SAME, OTHER = "fingerprint", "another"
DAY = 86_400.0


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def mailings(tmp_path: Path, clock: Clock) -> Mailings:
    return Mailings(Store.open(tmp_path), ACCOUNT, clock=clock)


async def test_another_server_finds_it(mailings: Mailings, tmp_path: Path, clock: Clock):
    begun = await mailings.begin(SAME, {"a", "b"}, anew=False)

    found = await Mailings(Store.open(tmp_path), ACCOUNT, clock=clock).open(SAME)

    assert found == begun
    assert found is not None
    assert found.texts == {"a", "b"}
    assert found.name_for("+14235550100") == f"{begun.id} +14235550100"


async def test_no_other_call_and_no_other_account_does(mailings: Mailings, tmp_path: Path, clock: Clock):
    await mailings.begin(SAME, {"a"}, anew=False)

    assert await mailings.open(OTHER) is None
    assert await Mailings(Store.open(tmp_path), "other", clock=clock).open(SAME) is None


async def test_a_yes_holds_for_a_day(mailings: Mailings, clock: Clock):
    await mailings.begin(SAME, {"a"}, anew=False)
    clock.forward(OPEN_SECONDS - 1)
    assert await mailings.open(SAME) is not None
    clock.forward(2)

    assert await mailings.open(SAME) is None


async def test_the_first_of_two_same_calls_counts_unless_it_is_meant_anew(mailings: Mailings, clock: Clock):
    first = await mailings.begin(SAME, {"a"}, anew=False)
    second = await mailings.begin(SAME, {"b"}, anew=False)
    clock.forward(1)
    third = await mailings.begin(SAME, {"b"}, anew=True)

    assert second == first
    assert third != first
    assert await mailings.open(SAME) == third


async def test_old_ones_are_forgotten(tmp_path: Path, clock: Clock):
    store = Store.open(tmp_path, wall_clock=clock)
    store.trust(clock, steady=clock)
    mailings = Mailings(store, ACCOUNT, clock=clock)
    await mailings.begin(SAME, {"a"}, anew=False)
    clock.forward(31 * DAY)
    await mailings.begin(OTHER, {"a"}, anew=False)

    kept = await store.transact(lambda connection: connection.execute("SELECT count(*) FROM once_mailings").fetchone())
    assert kept == (1,)
