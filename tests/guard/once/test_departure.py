"""What has not left can be given up at any moment; what may have left is finished and recorded."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio
import pytest
from anyio.lowlevel import checkpoint

from textrequest_mcp.ground.store import Store
from textrequest_mcp.guard.once.departure import LedgerDeparture, tag_of
from textrequest_mcp.guard.once.ledger import Ledger
from textrequest_mcp.guard.once.ledger_rows import Act
from textrequest_mcp.upstream.errors import TextRequestError

ACT = Act(
    tool="send_message",
    caller="test-host",
    dashboard_id=121,
    person=None,
    fingerprint="f",
    arguments="a",
    idempotency_key=None,
    facts={},
)


class SlowLedger(Ledger):
    """A ledger whose disk takes as long as it is let, and then fails if it is to."""

    def __init__(self) -> None:
        super().__init__(Store.open(None), "account")
        self.asked = anyio.Event()
        self.let = anyio.Event()
        self.let.set()
        self.fails = False

    async def leave(self, send_id: str) -> None:
        self.asked.set()
        await self.let.wait()
        if self.fails:
            raise TextRequestError("The disk failed.")
        await super().leave(send_id)

    async def state(self, departing: LedgerDeparture) -> str:
        with anyio.CancelScope(shield=True):
            send = await self.get(departing._act)  # pyright: ignore[reportPrivateUsage]
            return send.state if send is not None else "GONE"
        pytest.fail("a shield cannot be cancelled from outside")


@pytest.fixture
def ledger() -> SlowLedger:
    return SlowLedger()


@pytest.fixture
async def departing(ledger: SlowLedger) -> LedgerDeparture:
    send, _ = await ledger.claim(ACT, repeat=False, may_act=True)
    assert send is not None
    return LedgerDeparture(ledger, send.send_id)


@asynccontextmanager
async def cancelled_call(departing: LedgerDeparture) -> AsyncGenerator[anyio.CancelScope]:
    """The act's own scope, in a call that is cancelled already."""
    with anyio.CancelScope() as call:
        with departing.scope:
            call.cancel()
            yield call


async def survives() -> bool:
    """Whether the next wait goes through."""
    try:
        await checkpoint()
    except anyio.get_cancelled_exc_class():
        return False
    return True


async def test_before_it_leaves_a_cancelled_act_stops(ledger: SlowLedger, departing: LedgerDeparture):
    async with cancelled_call(departing):
        assert not await survives()

        assert await ledger.state(departing) == "INTENDED"
        assert (departing.left, ledger.leaving) == (False, 0)


async def test_once_it_left_a_cancelled_act_goes_on_and_is_known_to_be_inflight(
    ledger: SlowLedger, departing: LedgerDeparture
):
    await departing.leaving()
    async with cancelled_call(departing) as call:
        assert await survives()
        assert await survives()

        assert await ledger.state(departing) == "INFLIGHT"
        assert (departing.left, ledger.leaving) == (True, 1)
    assert call.cancel_called


async def test_the_cancellation_comes_through_as_soon_as_it_turns_out_that_nothing_left(
    ledger: SlowLedger, departing: LedgerDeparture
):
    await departing.leaving()
    async with cancelled_call(departing):
        assert await survives()
        departing.staying()
        assert not await survives()

        assert (departing.left, ledger.leaving) == (False, 0)


async def test_a_further_try_is_shielded_again(ledger: SlowLedger, departing: LedgerDeparture):
    await departing.leaving()
    departing.staying()
    await departing.leaving()
    async with cancelled_call(departing):
        assert await survives()

        assert (departing.left, ledger.leaving) == (True, 1)


async def test_the_writing_down_itself_is_finished_although_the_call_is_cancelled(
    ledger: SlowLedger, departing: LedgerDeparture
):
    ledger.let = anyio.Event()
    went_on: list[bool] = []

    async def act() -> None:
        with departing.scope:
            await departing.leaving()
            went_on.append(await survives())

    async with anyio.create_task_group() as group:
        group.start_soon(act)
        await ledger.asked.wait()
        group.cancel_scope.cancel()
        ledger.let.set()

    assert went_on == [True]
    assert await ledger.state(departing) == "INFLIGHT"


async def test_an_act_that_could_not_be_written_down_has_not_left_and_can_be_cancelled(
    ledger: SlowLedger, departing: LedgerDeparture
):
    ledger.fails = True
    async with cancelled_call(departing):
        with pytest.raises(TextRequestError):
            await departing.leaving()
        assert not await survives()

        assert not departing.left
        assert await ledger.state(departing) == "INTENDED"


def test_the_mark_of_a_send_is_short_and_its_own():
    assert tag_of("send_0123456789ab") == "#6789ab"


async def test_what_a_last_look_forbids_does_not_leave(ledger: SlowLedger):
    async def no() -> None:
        raise TextRequestError("They said STOP.")

    send, _ = await ledger.claim(ACT, repeat=False, may_act=True)
    assert send is not None
    departing = LedgerDeparture(ledger, send.send_id, check=no)

    with pytest.raises(TextRequestError, match="STOP"):
        await departing.leaving()

    assert not departing.left
    assert await ledger.state(departing) == "INTENDED"
