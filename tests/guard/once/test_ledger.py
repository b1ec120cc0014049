"""The ledger of sends: whoever writes an act down first may do it, and what is known of it is never taken back."""

import subprocess
from pathlib import Path

import anyio
import pytest
from tests import forks
from tests.desk import MARIA
from tests.guard.once.rows import ACCOUNT, GIVEN_UP, NOT_SENT, SENT, UNKNOWN, act, brought, claim, may_write, row, to
from tests.sandbox.service import Clock

from textrequest_mcp.ground.processes import this_process
from textrequest_mcp.ground.store import FILE_NAME, Store, StoreError
from textrequest_mcp.guard.once import book
from textrequest_mcp.guard.once.abandoned import (
    ENDED_IN_BETWEEN,
    KEEP_FACTS_SECONDS,
    KEEP_SECONDS,
    LEASE_SECONDS,
)
from textrequest_mcp.guard.once.ledger import Ledger
from textrequest_mcp.guard.once.ledger_rows import Ending, Send
from textrequest_mcp.upstream.errors import BadInput, TextRequestError
from textrequest_mcp.upstream.service_clock import ServiceClock

pytestmark = pytest.mark.usefixtures("both_engines")

CHILD = Path(__file__).with_name("ledger_child.py")
LONG_AFTER = 20 * 86400.0
ENDINGS = {"sent": SENT, "unknown": UNKNOWN, "given up": GIVEN_UP}


def child_process(what: str, folder: Path) -> subprocess.Popen[str]:
    return forks.start(str(CHILD), what, str(folder), ACCOUNT)


def brought_by_a_killed_process(what: str, folder: Path) -> str:
    """The send_id of the act that it brought so far."""
    with child_process(what, folder) as child:
        assert child.stdout is not None
        send_id = child.stdout.readline().strip()
        child.kill()
    return send_id


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store() -> Store:
    return Store.open(None)


@pytest.fixture
def ledger(store: Store, clock: Clock) -> Ledger:
    return Ledger(store, ACCOUNT, clock=clock)


@pytest.fixture
def other(store: Store, clock: Clock) -> Ledger:
    """Another server over the same store; it lives."""
    return Ledger(store, ACCOUNT, clock=clock)


@pytest.fixture
def gone(store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """A server whose process has ended: its number is above what Linux gives out."""
    place = this_process().partition("@")[2]
    with monkeypatch.context() as patch:
        patch.setattr(book, "new_owner", lambda: f"{2**22 + 1}.5@{place} x")
        return Ledger(store, ACCOUNT, clock=clock)


def in_another_container(ledger: Ledger) -> None:
    """Have nobody be able to tell whether this server's process lives."""
    ledger._book.owner = "1.5@another container x"  # pyright: ignore[reportPrivateUsage]


class TestClaiming:
    async def test_an_act_is_written_down_before_anybody_may_do_it(self, ledger: Ledger, other: Ledger, clock: Clock):
        send, fresh = await claim(ledger)

        assert fresh
        assert await other.get(send.send_id) == send
        assert (send.state, send.tool, send.dashboard_id, send.facts) == (
            "INTENDED",
            "send_message",
            121,
            {"phone_number": MARIA},
        )
        assert (send.intended_at, send.left_at, send.called_at.timestamp()) == (clock.now, None, clock.now)

    async def test_the_same_act_gets_the_row_that_is_there(self, ledger: Ledger, other: Ledger):
        first, _ = await claim(ledger)

        assert await claim(ledger) == (first, False)
        assert await claim(other) == (first, False)

    async def test_other_acts_and_other_accounts_have_rows_of_their_own(self, store: Store, ledger: Ledger):
        elsewhere = Ledger(store, "another account")
        first, _ = await claim(ledger)

        sends = [await claim(ledger, act("other")), await claim(elsewhere)]

        assert [fresh for _, fresh in sends] == [True, True]
        assert len({first.send_id, *(send.send_id for send, _ in sends)}) == 3
        assert await elsewhere.get(first.send_id) is None

    async def test_who_may_not_act_is_told_an_earlier_row_and_leaves_none(self, ledger: Ledger):
        assert await ledger.claim(act(), repeat=False, may_act=False) == (None, False)
        first, fresh = await claim(ledger)

        assert fresh
        assert await ledger.claim(act(), repeat=False, may_act=False) == (first, False)

    async def test_a_repetition_has_a_row_of_its_own_and_is_the_latest_from_then_on(self, ledger: Ledger):
        first = await brought(ledger, SENT)
        second, fresh = await claim(ledger, repeat=True)

        assert fresh
        assert second.send_id != first.send_id
        assert await claim(ledger) == (second, False)

    async def test_a_claim_that_the_disk_refuses_leaves_nothing_and_can_be_made_later(
        self, store: Store, ledger: Ledger
    ):
        await claim(ledger, act("other"))
        may_write(store, False)
        with pytest.raises(StoreError):
            await claim(ledger)
        may_write(store, True)

        assert (await claim(ledger))[1]

    async def test_of_a_hundred_twins_at_once_exactly_one_may_act(self, ledger: Ledger, other: Ledger):
        claims: list[tuple[Send, bool]] = []

        async def one(server: Ledger) -> None:
            claims.append(await claim(server))

        async with anyio.create_task_group() as group:
            for server in [ledger, other] * 50:
                group.start_soon(one, server)

        assert sum(fresh for _, fresh in claims) == 1
        assert len({send.send_id for send, _ in claims}) == 1

    async def test_of_four_processes_that_claim_the_same_acts_exactly_one_may_do_each(self, tmp_path: Path):
        children = [child_process("claim", tmp_path) for _ in range(4)]
        for child in children:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
        for child in children:
            assert child.stdin is not None
            child.stdin.write("go\n")
            child.stdin.flush()
        claims = [child.stdout.readline().strip() for child in children if child.stdout is not None]
        for child in children:
            child.communicate(timeout=20)

        assert [sum(int(each[number]) for each in claims) for number in range(20)] == [1] * 20


class TestTheWindow:
    @pytest.mark.parametrize(
        ("seconds", "fresh"),
        [(0.0, False), (599.9, False), (600.0, True), (-599.9, False), (-6000.0, False)],
        ids=["at once", "within", "after", "the clock was set back a little", "the clock was set back a lot"],
    )
    @pytest.mark.parametrize("ending", [SENT, GIVEN_UP], ids=["sent", "given up"])
    async def test_what_happened_or_may_have_holds_for_as_long_as_the_window(
        self, ledger: Ledger, clock: Clock, seconds: float, fresh: bool, ending: Ending
    ):
        first = await brought(ledger, ending)
        clock.forward(seconds)

        assert (await ledger.alike(act()) is None) == fresh
        send, is_new = await claim(ledger)
        assert is_new == fresh
        assert (send.send_id == first.send_id) != fresh

    async def test_l4_a_row_from_the_future_counts_as_of_now(self, ledger: Ledger, clock: Clock):
        first = await brought(ledger, SENT)
        clock.forward(-3 * 86400.0)

        assert await claim(ledger) == (await row(ledger, first), False)
        clock.forward(600.0)
        assert (await claim(ledger))[1]

    async def test_without_a_window_only_what_is_on_its_way_or_in_doubt_holds(self, store: Store, clock: Clock):
        ledger = Ledger(store, ACCOUNT, window_seconds=0.0, clock=clock)
        await brought(ledger, SENT)
        await brought(ledger, GIVEN_UP)
        on_its_way = await brought(ledger)

        assert await claim(ledger) == (on_its_way, False)
        await ledger.end(on_its_way.send_id, UNKNOWN)
        assert (await claim(ledger))[0].send_id == on_its_way.send_id

    async def test_what_is_in_doubt_holds_until_it_is_settled(self, ledger: Ledger, clock: Clock):
        first = await brought(ledger, UNKNOWN)
        clock.forward(LONG_AFTER)

        assert await claim(ledger) == (first, False)
        await ledger.settle(first, to(GIVEN_UP))
        assert (await claim(ledger))[1]

    async def test_what_is_on_its_way_in_this_server_holds_however_long_it_takes(self, ledger: Ledger, clock: Clock):
        first = await brought(ledger)
        clock.forward(LONG_AFTER)

        assert await claim(ledger) == (first, False)

    async def test_what_certainly_did_not_happen_holds_nobody_up(self, ledger: Ledger):
        first = await brought(ledger, NOT_SENT)

        assert await ledger.alike(act()) is None
        second, fresh = await claim(ledger)
        assert fresh
        assert second.send_id != first.send_id


class TestIdempotencyKeys:
    @pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS)
    @pytest.mark.parametrize("repeat", [False, True])
    async def test_the_same_key_and_arguments_get_the_same_row_however_late_and_also_as_a_repetition(
        self, ledger: Ledger, clock: Clock, ending: Ending, repeat: bool
    ):
        keyed = act(idempotency_key="k")
        first = await brought(ledger, ending, keyed)
        clock.forward(LONG_AFTER)

        assert await ledger.prior(keyed, repeat=repeat) == first
        assert await claim(ledger, keyed, repeat=repeat) == (first, False)

    async def test_the_same_key_gets_the_act_that_is_on_its_way(self, ledger: Ledger, other: Ledger):
        keyed = act(idempotency_key="k")
        first = await brought(ledger, None, keyed)

        assert await claim(other, keyed) == (first, False)

    @pytest.mark.parametrize("ending", [*ENDINGS.values(), NOT_SENT], ids=[*ENDINGS, "not sent"])
    async def test_the_same_key_with_other_arguments_is_refused_and_writes_nothing(
        self, ledger: Ledger, ending: Ending
    ):
        await brought(ledger, ending, act(idempotency_key="k"))
        other = act("other", idempotency_key="k")

        for attempt in (ledger.prior(other, repeat=False), ledger.claim(other, repeat=True, may_act=True)):
            with pytest.raises(BadInput, match=r"used before, for send_message .* Nothing was sent or changed\."):
                await attempt
        assert await ledger.prior(act("other"), repeat=False) is None

    async def test_a_key_whose_act_did_not_happen_is_free_again(self, ledger: Ledger):
        keyed = act(idempotency_key="k")
        first = await brought(ledger, NOT_SENT, keyed)

        assert await ledger.prior(keyed, repeat=False) is None
        second, fresh = await claim(ledger, keyed)
        assert fresh
        assert second.send_id != first.send_id

    async def test_a_key_whose_process_died_before_anything_left_is_free_again(self, ledger: Ledger, gone: Ledger):
        keyed = act(idempotency_key="k")
        await claim(gone, keyed)

        assert (await claim(ledger, keyed))[1]

    async def test_a_key_belongs_to_its_account(self, store: Store, ledger: Ledger):
        await brought(ledger, SENT, act(idempotency_key="k"))

        assert (await claim(Ledger(store, "another account"), act("other", idempotency_key="k")))[1]

    async def test_a_new_key_does_not_make_the_same_act_another_one(self, ledger: Ledger):
        first = await brought(ledger, SENT, act(idempotency_key="k"))

        assert await claim(ledger, act(idempotency_key="another")) == (first, False)


class TestOnItsWay:
    async def test_it_is_inflight_for_everybody_before_its_first_byte_may_leave(
        self, ledger: Ledger, other: Ledger, clock: Clock
    ):
        send, _ = await claim(ledger)
        clock.forward(3)
        await ledger.leave(send.send_id)

        left = await row(other, send)
        assert (left.state, left.left_at, left.intended_at) == ("INFLIGHT", clock.now, clock.now - 3)

    async def test_a_second_try_leaves_again_and_its_time_is_the_one_that_counts(self, ledger: Ledger, clock: Clock):
        send = await brought(ledger)
        ledger.stays(send.send_id)
        clock.forward(2)
        await ledger.leave(send.send_id)

        assert (await row(ledger, send)).left_at == clock.now

    async def test_how_many_may_be_on_the_wire_is_known(self, ledger: Ledger):
        first, second = await brought(ledger), await brought(ledger, None, act("other"))
        assert ledger.leaving == 2

        ledger.stays(first.send_id)
        assert ledger.leaving == 1
        await ledger.end(second.send_id, SENT)
        assert ledger.leaving == 0

    async def test_an_act_of_another_server_cannot_leave(self, ledger: Ledger, other: Ledger):
        send, _ = await claim(ledger)

        with pytest.raises(TextRequestError, match=r"so it was stopped\. Nothing was sent or changed\."):
            await other.leave(send.send_id)
        assert (await row(ledger, send)).state == "INTENDED"

    @pytest.mark.parametrize("ending", [SENT, NOT_SENT, UNKNOWN], ids=["sent", "not sent", "unknown"])
    async def test_an_act_that_has_ended_cannot_leave_again(self, ledger: Ledger, ending: Ending):
        send = await brought(ledger, ending)

        with pytest.raises(TextRequestError, match="so it was stopped"):
            await ledger.leave(send.send_id)
        assert (await row(ledger, send)).state == ending.state

    async def test_an_act_that_another_server_gave_up_as_not_sent_cannot_leave_any_more(
        self, ledger: Ledger, other: Ledger, clock: Clock
    ):
        in_another_container(ledger)
        send, _ = await claim(ledger)
        clock.forward(LEASE_SECONDS + 1)
        second, fresh = await claim(other)

        assert fresh
        with pytest.raises(TextRequestError, match="given up as too old"):
            await ledger.leave(send.send_id)
        assert (await row(other, send)).state == "NOT_SENT"
        assert (await row(other, second)).state == "INTENDED"

    async def test_without_a_disk_nothing_leaves(self, store: Store, ledger: Ledger):
        send, _ = await claim(ledger)
        may_write(store, False)

        with pytest.raises(StoreError):
            await ledger.leave(send.send_id)
        may_write(store, True)
        assert (await row(ledger, send)).state == "INTENDED"


class TestEnding:
    @pytest.mark.parametrize("ending", [SENT, NOT_SENT], ids=["sent", "not sent"])
    async def test_what_is_known_is_kept_and_the_number_forgotten(self, ledger: Ledger, other: Ledger, ending: Ending):
        ended = await row(other, await brought(ledger, ending))

        assert (ended.state, ended.upstream_id, ended.said) == (ending.state, ending.upstream_id, ending.said)
        assert ended.result == ending.result
        assert ended.facts is None

    async def test_what_is_in_doubt_keeps_what_it_can_be_found_by(self, ledger: Ledger):
        assert (await brought(ledger, UNKNOWN)).facts == {"phone_number": MARIA}

    @pytest.mark.parametrize("later", [UNKNOWN, NOT_SENT], ids=["unknown", "not sent"])
    async def test_what_was_seen_to_happen_is_never_taken_back(self, ledger: Ledger, later: Ending):
        send = await brought(ledger, SENT)
        await ledger.end(send.send_id, later)

        assert await row(ledger, send) == send

    async def test_the_answer_that_comes_after_all_is_believed(self, ledger: Ledger, other: Ledger, clock: Clock):
        in_another_container(ledger)
        send = await brought(ledger)
        clock.forward(LEASE_SECONDS + 1)
        assert (await row(other, send)).state == "UNKNOWN"
        await ledger.end(send.send_id, SENT)

        assert (await row(other, send)).state == "SENT"

    async def test_an_outcome_that_the_disk_refuses_is_written_with_the_next_word_to_it(
        self, store: Store, ledger: Ledger, other: Ledger, caplog: pytest.LogCaptureFixture
    ):
        send = await brought(ledger)
        may_write(store, False)
        await ledger.end(send.send_id, SENT)
        may_write(store, True)

        assert f"the outcome of {send.send_id} is not on disk yet" in caplog.text
        assert ledger.leaving == 0
        assert (await row(other, send)).state == "INFLIGHT"
        await ledger.next_due()
        assert (await row(other, send)).state == "SENT"

    async def test_an_owed_outcome_is_written_before_a_twin_is_answered(self, store: Store, ledger: Ledger):
        send = await brought(ledger)
        may_write(store, False)
        await ledger.end(send.send_id, UNKNOWN)
        await ledger.end(send.send_id, SENT)
        may_write(store, True)

        told, fresh = await claim(ledger)
        assert (told.send_id, told.state, fresh) == (send.send_id, "SENT", False)

    async def test_a_server_with_a_broken_disk_and_an_owed_outcome_lets_no_twin_act(self, store: Store, ledger: Ledger):
        send = await brought(ledger)
        may_write(store, False)
        await ledger.end(send.send_id, SENT)

        with pytest.raises(StoreError):
            await claim(ledger)
        with pytest.raises(StoreError):
            await ledger.get(send.send_id)

    async def test_an_outcome_is_written_although_its_caller_was_cancelled(self, ledger: Ledger):
        send = await brought(ledger)
        with anyio.CancelScope() as scope:
            scope.cancel()
            await ledger.end(send.send_id, SENT)

        assert (await row(ledger, send)).state == "SENT"

    async def test_an_outcome_that_became_newer_while_the_disk_was_busy_is_still_owed(
        self, store: Store, ledger: Ledger
    ):
        send = await brought(ledger)

        def newer(*_: object) -> None:
            ledger._book._owed[send.send_id] = SENT  # pyright: ignore[reportPrivateUsage]

        ledger._book._owed[send.send_id] = UNKNOWN  # pyright: ignore[reportPrivateUsage]
        await ledger._book.transact(newer)  # pyright: ignore[reportPrivateUsage]

        assert (await row(ledger, send)).state == "SENT"


class TestAbandoned:
    async def test_what_a_dead_process_only_intended_was_not_sent(self, ledger: Ledger, gone: Ledger):
        send, _ = await claim(gone)

        buried = await row(ledger, send)
        assert (buried.state, buried.facts) == ("NOT_SENT", None)
        assert buried.said == "The server ended before anything left. Nothing was sent or changed."
        assert (await claim(ledger))[1]

    async def test_what_a_dead_process_had_on_its_way_is_unknown_and_due_at_once(
        self, store: Store, clock: Clock, ledger: Ledger, gone: Ledger
    ):
        send, _ = await claim(gone)
        await gone.leave(send.send_id)

        told, fresh = await claim(ledger)
        assert (told.send_id, told.state, fresh) == (send.send_id, "UNKNOWN", False)
        assert told.said == ENDED_IN_BETWEEN
        assert told.facts == {"phone_number": MARIA}
        assert await ledger.next_due() == 0.0

    @pytest.mark.parametrize(("what", "state"), [("intend", "NOT_SENT"), ("leave", "UNKNOWN")])
    async def test_a_process_that_was_really_killed_is_seen_to_be_dead(self, tmp_path: Path, what: str, state: str):
        send_id = brought_by_a_killed_process(what, tmp_path)

        buried = await Ledger(Store.open(tmp_path), ACCOUNT).get(send_id)

        assert buried is not None
        assert buried.state == state

    @pytest.mark.of_the_file
    async def test_what_another_server_works_on_is_left_alone_until_its_lease_is_over(
        self, ledger: Ledger, other: Ledger, clock: Clock
    ):
        in_another_container(ledger)
        intended, left = (await claim(ledger))[0], await brought(ledger, None, act("other"))
        clock.forward(LEASE_SECONDS)
        assert [(await row(other, send)).state for send in (intended, left)] == ["INTENDED", "INFLIGHT"]

        clock.forward(1)
        assert [(await row(other, send)).state for send in (intended, left)] == ["NOT_SENT", "UNKNOWN"]

    async def test_l4_a_server_that_lives_is_not_given_up_however_long_it_takes_or_the_clock_says(
        self, ledger: Ledger, other: Ledger, clock: Clock
    ):
        send = await brought(ledger)
        clock.forward(100 * LEASE_SECONDS)

        assert (await row(other, send)).state == "INFLIGHT"

    @pytest.mark.of_the_file
    async def test_l4_a_clock_that_nobody_confirms_gives_up_nothing(self, store: Store, ledger: Ledger, clock: Clock):
        in_another_container(ledger)
        send = await brought(ledger)
        clock.forward(LEASE_SECONDS + 1)
        service = ServiceClock(clock, steady=clock)
        unsure = Ledger(store, ACCOUNT, clock=service, service=service)

        assert (await row(unsure, send)).state == "INFLIGHT"
        service.heard(clock.now)
        assert (await row(unsure, send)).state == "UNKNOWN"

    async def test_the_lease_counts_from_the_last_leaving(self, ledger: Ledger, other: Ledger, clock: Clock):
        send, _ = await claim(ledger)
        clock.forward(LEASE_SECONDS)
        await ledger.leave(send.send_id)
        clock.forward(LEASE_SECONDS)

        assert (await row(other, send)).state == "INFLIGHT"

    async def test_a_row_of_this_server_that_nobody_here_works_on_is_abandoned(
        self, store: Store, clock: Clock, ledger: Ledger
    ):
        """As after an outcome that the disk refused and that was lost with it: nobody will bring it any more."""
        send = await brought(ledger)
        ledger._book._at_work.clear()  # pyright: ignore[reportPrivateUsage]

        assert (await row(ledger, send)).state == "UNKNOWN"

    async def test_what_has_ended_is_not_buried(self, ledger: Ledger, gone: Ledger):
        for number, ending in enumerate([SENT, NOT_SENT, UNKNOWN]):
            send, _ = await claim(gone, act(str(number)))
            await gone.end(send.send_id, ending)

            assert (await row(ledger, send)).said == ending.said


class TestWaiting:
    async def test_an_ended_act_is_not_waited_for(self, ledger: Ledger):
        send = await brought(ledger, SENT)

        assert await ledger.wait_for(send, anyio.current_time() + 60) == send

    async def test_who_waits_here_gets_the_outcome_as_soon_as_it_is_there(self, ledger: Ledger):
        send = await brought(ledger)
        results: list[Send] = []

        async def wait() -> None:
            results.append(await ledger.wait_for(send, anyio.current_time() + 60))

        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(wait)
            await anyio.wait_all_tasks_blocked()
            await ledger.end(send.send_id, SENT)

        assert [result.state for result in results] == ["SENT"] * 3

    async def test_who_waits_in_another_server_sees_the_outcome_too(self, ledger: Ledger, other: Ledger):
        send = await brought(ledger)
        results: list[Send] = []

        async def wait() -> None:
            results.append(await other.wait_for(send, anyio.current_time() + 60))

        with anyio.fail_after(20):
            async with anyio.create_task_group() as group:
                group.start_soon(wait)
                await anyio.wait_all_tasks_blocked()
                await ledger.end(send.send_id, SENT)

        assert [result.state for result in results] == ["SENT"]

    async def test_nobody_waits_longer_than_told(self, ledger: Ledger, other: Ledger):
        send = await brought(ledger)

        for server in (ledger, other):
            with anyio.fail_after(20):
                assert (await server.wait_for(send, anyio.current_time() + 0.01)).state == "INFLIGHT"

    async def test_an_act_of_a_process_that_dies_is_waited_for_no_longer(self, ledger: Ledger, gone: Ledger):
        send, _ = await claim(gone)
        await gone.leave(send.send_id)
        with anyio.fail_after(20):
            assert (await ledger.wait_for(send, anyio.current_time() + 60)).state == "UNKNOWN"

    async def test_a_row_that_vanished_is_told_as_it_was(self, store: Store, ledger: Ledger):
        send = await brought(ledger)
        await store.transact(lambda connection: connection.execute("DELETE FROM ledger_sends"))

        assert await ledger.wait_for(send, anyio.current_time() + 0.01) == send


class TestSettling:
    async def test_the_decision_sees_the_rivals_in_their_order_and_what_is_taken(
        self, store: Store, ledger: Ledger, gone: Ledger
    ):
        taken = await brought(ledger, SENT)
        first = await brought(ledger, UNKNOWN, repeat=True)
        on_its_way = await brought(ledger, repeat=True)
        for ending in (NOT_SENT, GIVEN_UP):
            given_up = await brought(ledger, ending, repeat=True)
        await claim(ledger, repeat=True)  # nothing of it has left
        await brought(ledger, UNKNOWN, act("another text"))
        await brought(ledger, Ending(state="SENT", upstream_id="m7"), act("a third text"))
        await brought(ledger, Ending(state="SENT", upstream_id="p1"), act("money", tool="create_payment"))
        await brought(Ledger(store, "another account"), Ending(state="SENT", upstream_id="m8"))
        seen: list[tuple[list[str], set[str]]] = []

        def choose(rivals: list[Send], ids: set[str]) -> Ending:
            seen.append(([rival.send_id for rival in rivals], ids))
            return UNKNOWN

        await ledger.settle(first, choose, traces=("m1", "m7", "m8", "m9", "p1"))

        assert taken.upstream_id == "m1"
        assert seen == [([first.send_id, on_its_way.send_id, given_up.send_id], {"m1", "m7"})]

    async def test_a_decision_is_written_and_each_look_counted(self, ledger: Ledger, other: Ledger):
        send = await brought(ledger, UNKNOWN)

        once = await ledger.settle(send, to(UNKNOWN))
        twice = await ledger.settle(once, to(SENT))

        assert (once.state, once.looks) == ("UNKNOWN", 1)
        assert (twice.state, twice.looks, twice.upstream_id, twice.facts) == ("SENT", 2, "m1", None)
        assert await row(other, send) == twice

    async def test_what_another_server_settled_meanwhile_is_not_decided_again(self, ledger: Ledger, other: Ledger):
        send = await brought(ledger, UNKNOWN)
        await other.settle(send, to(SENT))

        assert await ledger.settle(send, not_called) == await row(ledger, send)
        assert (await row(ledger, send)).looks == 1

    async def test_a_row_that_vanished_is_left_as_it_was_known(self, store: Store, ledger: Ledger):
        send = await brought(ledger, UNKNOWN)
        await store.transact(lambda connection: connection.execute("DELETE FROM ledger_sends"))

        assert await ledger.settle(send, not_called) == send

    async def test_two_acts_cannot_be_given_the_same_trace(self, ledger: Ledger, other: Ledger):
        sends = [await brought(ledger, UNKNOWN), await brought(ledger, UNKNOWN, repeat=True)]

        def take(_: list[Send], taken: set[str]) -> Ending:
            return UNKNOWN if "m1" in taken else SENT

        settled: list[Send] = []

        async def settle(server: Ledger, send: Send) -> None:
            settled.append(await server.settle(send, take, traces=("m1",)))

        async with anyio.create_task_group() as group:
            group.start_soon(settle, ledger, sends[0])
            group.start_soon(settle, other, sends[1])

        assert sorted(send.state for send in settled) == ["SENT", "UNKNOWN"]

    async def test_news_of_a_sent_act_is_noted_and_of_any_other_not(self, ledger: Ledger):
        sent, unknown = await brought(ledger, SENT), await brought(ledger, UNKNOWN, act("other"))

        for send in (sent, unknown):
            await ledger.refresh(send.send_id, {"delivery_status": "delivered"})

        assert (await row(ledger, sent)).result == {"delivery_status": "delivered"}
        assert (await row(ledger, unknown)).result == {}


class TestDelivery:
    async def test_what_became_of_a_text_is_noted_in_the_row_of_its_id(self, ledger: Ledger, other: Ledger):
        send, elsewhere = await brought(ledger, SENT), await brought(ledger, sent_as("m2"), act("other"))

        await ledger.delivered({"m1": ("undelivered", "2001"), "m9": ("delivered", None)})

        assert (await row(other, send)).result == {
            "message_id": "m1",
            "delivery_status": "undelivered",
            "delivery_error": "2001",
        }
        assert (await row(other, elsewhere)).result == {"message_id": "m2"}

    @pytest.mark.of_the_file
    async def test_nothing_new_writes_nothing(self, ledger: Ledger, store: Store):
        send = await brought(ledger, SENT)
        await ledger.delivered({"m1": ("sent", None)})
        before = await row(ledger, send)
        count = "SELECT total_changes()"
        changes = await store.transact(lambda connection: connection.execute(count).fetchone())

        for told in ({"m1": ("sent", None)}, {"m1": (None, None)}, {"m1": ("", "2001")}, {"m9": ("sent", None)}, {}):
            await ledger.delivered(told)  # pyright: ignore[reportArgumentType] - a table

        assert await row(ledger, send) == before
        assert await store.transact(lambda connection: connection.execute(count).fetchone()) == changes

    @pytest.mark.parametrize("final", ["delivered", "undelivered", "failed", "error"])
    async def test_what_is_told_late_does_not_undo_an_end(self, ledger: Ledger, final: str):
        send = await brought(ledger, SENT)
        await ledger.delivered({"m1": (final, None)})

        await ledger.delivered({"m1": ("sending", None)})

        assert (await row(ledger, send)).result["delivery_status"] == final

    async def test_an_error_goes_with_the_status_that_had_it(self, ledger: Ledger):
        send = await brought(ledger, SENT)
        await ledger.delivered({"m1": ("undelivered", "2001")})

        await ledger.delivered({"m1": ("delivered", None)})

        assert (await row(ledger, send)).result == {"message_id": "m1", "delivery_status": "delivered"}

    async def test_what_is_no_text_or_was_not_sent_or_is_anothers_is_left_alone(self, store: Store, ledger: Ledger):
        payment = await brought(ledger, Ending(state="SENT", upstream_id="m1", result={"payment_id": 1}))
        theirs = Ledger(store, "another account")
        text = await brought(theirs, SENT)

        await ledger.delivered({"m1": ("delivered", None)})

        assert (await row(ledger, payment)).result == {"payment_id": 1}
        assert (await row(theirs, text)).result == {"message_id": "m1"}

    async def test_it_can_be_written_together_with_something_else(self, store: Store, ledger: Ledger):
        send = await brought(ledger, SENT)

        await store.transact(ledger.writes_delivery({"m1": ("delivered", None), "m2": (None, None)}))

        assert (await row(ledger, send)).result["delivery_status"] == "delivered"


def sent_as(message_id: str) -> Ending:
    return Ending(state="SENT", upstream_id=message_id, result={"message_id": message_id})


def not_called(*_: object) -> Ending:
    pytest.fail("nothing is left to decide")


class TestDue:
    async def test_rows_become_due_in_their_time_and_only_one_server_takes_them(
        self, ledger: Ledger, other: Ledger, clock: Clock
    ):
        soon = await brought(ledger, Ending(state="UNKNOWN", look_at=clock.now + 5))
        later = await brought(ledger, Ending(state="UNKNOWN", look_at=clock.now + 9), act("other"))

        assert await ledger.next_due() == 5.0
        assert await ledger.take_due(60) == []
        clock.forward(6)
        assert await ledger.next_due() == 0.0
        assert [send.send_id for send in await ledger.take_due(60)] == [soon.send_id]
        assert await other.take_due(60) == []
        assert await other.next_due() == 3.0
        clock.forward(60)
        assert [send.send_id for send in await other.take_due(60)] == [soon.send_id, later.send_id]

    async def test_what_is_settled_or_on_its_way_or_anothers_is_never_due(
        self, store: Store, ledger: Ledger, clock: Clock
    ):
        for number, ending in enumerate([SENT, NOT_SENT, GIVEN_UP, None]):
            await brought(ledger, ending, act(str(number)))
        await brought(Ledger(store, "another account", clock=clock), UNKNOWN)
        clock.forward(LONG_AFTER)

        assert await ledger.next_due() is None
        assert await ledger.take_due(60) == []


class TestRecovering:
    async def test_it_says_of_all_that_dead_processes_left_what_is_known(self, ledger: Ledger, gone: Ledger):
        intended, _ = await claim(gone)
        left, _ = await claim(gone, act("other"))
        await gone.leave(left.send_id)
        mine = await brought(ledger, None, act("mine"))

        await ledger.recover()

        assert [send.send_id for send in await ledger.take_due(60)] == [left.send_id]
        assert [(await row(ledger, send)).state for send in (intended, left, mine)] == [
            "NOT_SENT",
            "UNKNOWN",
            "INFLIGHT",
        ]

    async def test_what_a_dead_process_meant_to_look_for_later_is_due_at_once_and_from_then_on_this_servers(
        self, ledger: Ledger, other: Ledger, gone: Ledger, clock: Clock
    ):
        later = Ending(state="UNKNOWN", look_at=clock.now + 100)
        left = await brought(gone, later)
        await brought(other, later, act("anothers"))

        await ledger.recover()

        assert [send.send_id for send in await ledger.take_due(60)] == [left.send_id]
        await other.recover()
        assert await other.take_due(60) == []
        assert await other.next_due() == 60.0

    async def test_the_number_of_an_act_in_doubt_is_forgotten_after_a_day_and_it_is_looked_for_no_more(
        self, ledger: Ledger, clock: Clock
    ):
        old, given_up = await brought(ledger, UNKNOWN), await brought(ledger, GIVEN_UP, act("other"))
        clock.forward(KEEP_FACTS_SECONDS)
        young = await brought(ledger, UNKNOWN, act("young"))
        await ledger.recover()
        assert (await row(ledger, old)).facts is not None

        clock.forward(1)
        await ledger.recover()

        assert [(await row(ledger, send)).facts for send in (old, given_up)] == [None, None]
        assert [(await row(ledger, send)).settled_at for send in (old, given_up)] == [clock.now, 1.0]
        assert (await row(ledger, young)).facts is not None
        assert [send.send_id for send in await ledger.take_due(60)] == [young.send_id]
        assert (await row(ledger, old)).state == "UNKNOWN"

    async def test_rows_are_forgotten_after_a_month(self, ledger: Ledger, clock: Clock):
        old = await brought(ledger, SENT)
        clock.forward(KEEP_SECONDS)
        await ledger.recover()
        assert await ledger.get(old.send_id) is not None

        clock.forward(1)
        young = await brought(ledger, SENT)
        await ledger.recover()

        assert await ledger.get(old.send_id) is None
        assert await ledger.get(young.send_id) is not None


class TestOnDisk:
    async def test_two_servers_over_one_folder_share_the_ledger(self, tmp_path: Path):
        one, two = (Ledger(Store.open(tmp_path), ACCOUNT) for _ in range(2))
        send = await brought(one)

        assert await claim(two) == (send, False)
        await one.end(send.send_id, SENT)
        assert (await row(two, send)).state == "SENT"

    async def test_texts_are_hashed_alike_in_every_process_of_one_store_and_otherwise_in_another(self, tmp_path: Path):
        one, two = [await Ledger(Store.open(tmp_path), ACCOUNT).hasher() for _ in range(2)]
        elsewhere = await Ledger(Store.open(None), ACCOUNT).hasher()

        assert one("Hello!") == two("Hello!") != elsewhere("Hello!")
        assert one("Hello!") != one("Hello?")
        assert len(one("half an emoji \ud83d")) == 32

    @pytest.mark.parametrize(
        ("written", "read"),
        [
            ("Hello  there\n", "Hello there"),
            ("Jose\u0301", "Jos\u00e9"),
            (" a\u00a0b", "a b"),
            ("a\u200b\x1b[mb\r\n", "ab"),
        ],
    )
    async def test_two_texts_that_read_the_same_are_the_same(self, ledger: Ledger, written: str, read: str):
        hashed = await ledger.hasher()

        assert hashed(written) == hashed(read)

    @pytest.mark.of_the_file
    @pytest.mark.parametrize("ending", [SENT, NOT_SENT], ids=["sent", "not sent"])
    async def test_a_number_is_in_the_file_only_until_the_outcome_is_known(self, tmp_path: Path, ending: Ending):
        store = Store.open(tmp_path)
        ledger = Ledger(store, ACCOUNT)
        send = await brought(ledger)
        assert MARIA.encode() in contents(tmp_path)
        await ledger.end(send.send_id, ending)
        store.close()

        assert send.send_id.encode() in contents(tmp_path)
        assert MARIA.encode() not in contents(tmp_path)


def contents(folder: Path) -> bytes:
    assert (folder / FILE_NAME).exists()
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))
