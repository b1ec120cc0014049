"""Lost answers: a trace is given to the send that left it or to none, and looking comes to an end."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import anyio
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from tests.desk import MARIA
from tests.guard.once.rows import ACCOUNT, GIVEN_UP, NOT_SENT, SENT, UNKNOWN, act, brought, claim, may_write, row
from tests.sandbox.service import START, Clock

from textrequest_mcp.ground.processes import this_process
from textrequest_mcp.ground.store import Store, StoreError
from textrequest_mcp.guard.once import book
from textrequest_mcp.guard.once.ledger import Ledger
from textrequest_mcp.guard.once.ledger_rows import Ending, Send
from textrequest_mcp.guard.once.lost_sends import PACE, LostSends, Pace
from textrequest_mcp.guard.once.same_act import Candidate, SameAct, SearchTerms, written
from textrequest_mcp.tools.answers import Text
from textrequest_mcp.upstream.errors import NotFound, Unreadable
from textrequest_mcp.upstream.service_clock import ServiceClock

pytestmark = pytest.mark.usefixtures("both_engines")

ORDERS = tuple(permutations(range(3)))
AT_ONCE = Pace(in_call=(0.0, 0.0, 0.0), after=(30.0, 60.0))
FOREVER = 60.0  # longer than any test waits


@dataclass
class Fake:
    """An account that shows these traces, and how it is looked at.

    Attributes:
        hold: keeps every look waiting until it is set.
        fails: what the next looks raise, one each.
    """

    traces: list[Candidate] = field(default_factory=list[Candidate])
    delivery: str = "delivered"
    fails: list[Exception] = field(default_factory=list[Exception])
    looks: list[SearchTerms] = field(default_factory=list[SearchTerms])
    news: list[tuple[int | None, str]] = field(default_factory=list[tuple[int | None, str]])
    hold: anyio.Event | None = None

    async def find(self, facts: SearchTerms) -> Sequence[Candidate]:
        self.looks.append(facts)
        if self.hold is not None:
            await self.hold.wait()
        self._fail()
        return list(self.traces)

    async def ask(self, line: int | None, id_: str) -> Mapping[str, Any]:
        self.news.append((line, id_))
        self._fail()
        return {"delivery_status": self.delivery}

    def _fail(self) -> None:
        if self.fails:
            raise self.fails.pop(0)


async def _find(account: Fake, facts: SearchTerms) -> Sequence[Candidate]:
    return await account.find(facts)


async def _news(account: Fake, send: Send) -> Mapping[str, Any]:
    return await account.ask(send.dashboard_id, str(send.upstream_id))


WAYS = {
    "send_message": SameAct(same=("body",), find=_find, news=_news, id_field="message_id", kept=("delivery_status",))
}


@dataclass
class Bench:
    """A ledger, its lost_sends, and the account that it looks at."""

    pace: Pace = AT_ONCE
    fake: Fake = field(default_factory=Fake)
    clock: Clock = field(default_factory=Clock)
    store: Store = field(default_factory=lambda: Store.open(None))

    def __post_init__(self) -> None:
        self.service = ServiceClock(self.clock, steady=self.clock)
        self.ledger = Ledger(self.store, ACCOUNT, clock=self.service)
        self.lost_sends = LostSends(self.ledger, pace=self.pace)
        self.lost_sends.goes_by(self.fake, WAYS)

    async def bring(self, left: float = 0.0, ending: Ending | None = UNKNOWN) -> Send:
        """Another send of the same text, that left so many seconds after the start."""
        self.clock.now = START + left
        return await brought(self.ledger, ending, repeat=True)

    def show(self, *moments: float | None) -> None:
        """Traces made so many seconds after the start, `m0` and so on; None for one without a time."""
        self.fake.traces = [trace(f"m{number}", moment) for number, moment in enumerate(moments)]

    async def look(self, send: Send) -> str | None:
        """The id of the trace that the send is given."""
        looked = await self.lost_sends.look(send)
        assert (looked.upstream_id is not None) == (looked.state == "SENT")
        return looked.upstream_id

    async def state(self, send: Send) -> str:
        return (await row(self.ledger, send)).state


def trace(id_: str, moment: float | None) -> Candidate:
    at = None if moment is None else datetime.fromtimestamp(START + moment, UTC)
    return Candidate(id_, at, {"message_id": id_, "delivery_status": "queued"})


@pytest.fixture
def bench() -> Bench:
    return Bench()


class TestWhoseATraceIs:
    @pytest.mark.parametrize(
        ("moment", "found"),
        [(0, True), (-5, True), (-5.1, False), (600, True), (600.1, False), (None, True)],
        ids=["at once", "just before", "too early", "late", "too late", "only it can have left it"],
    )
    async def test_a_trace_belongs_to_a_send_if_it_was_made_when_that_can_have_arrived(
        self, bench: Bench, moment: float | None, found: bool
    ):
        send = await bench.bring()
        bench.show(moment)

        assert await bench.look(send) == ("m0" if found else None)

    @pytest.mark.parametrize("ahead", [3600.0, -3600.0])
    async def test_the_services_clock_is_allowed_for(self, ahead: float):
        bench = Bench()
        bench.service.heard(START + ahead)
        send = await bench.bring()
        bench.show(0)
        assert await bench.look(send) is None

        bench.show(ahead + 1)
        assert await bench.look(send) == "m0"

    async def test_the_time_of_the_last_try_counts_because_the_earlier_ones_stayed(self, bench: Bench):
        send = await bench.bring(ending=None)
        bench.clock.forward(30)
        await bench.ledger.leave(send.send_id)
        await bench.ledger.end(send.send_id, UNKNOWN)
        bench.show(1)

        assert await bench.look(await row(bench.ledger, send)) is None
        bench.show(31)
        assert await bench.look(await row(bench.ledger, send)) == "m0"

    async def test_what_is_found_is_kept_with_what_the_service_says_of_it(self, bench: Bench):
        send = await bench.bring()
        bench.show(1)

        found = await bench.lost_sends.look(send)

        assert found == await row(bench.ledger, send)
        assert (found.state, found.looks, found.result) == (
            "SENT",
            1,
            {"message_id": "m0", "delivery_status": "queued"},
        )
        assert found.facts is None

    async def test_no_trace_proves_nothing(self, bench: Bench):
        send = await bench.bring()

        looked = await bench.lost_sends.look(send)

        assert (looked.state, looked.said, looked.facts) == ("UNKNOWN", "Lost.", {"phone_number": MARIA})

    async def test_of_several_traces_the_first_is_taken_whatever_their_order(self, bench: Bench):
        send = await bench.bring()
        bench.show(9, 1, 5)

        assert await bench.look(send) == "m1"

    async def test_a_trace_that_is_somebodys_already_is_nobody_elses(self, bench: Bench):
        await bench.bring(ending=Ending(state="SENT", upstream_id="m0"))
        send = await bench.bring(1)
        bench.show(1)
        assert await bench.look(send) is None

        bench.show(1, 2)
        assert await bench.look(send) == "m1"

    @pytest.mark.parametrize("rival", [UNKNOWN, GIVEN_UP, None], ids=["unknown", "given up", "in flight"])
    async def test_fewer_traces_than_sends_that_may_have_left_them_are_nobodys(
        self, bench: Bench, rival: Ending | None
    ):
        await bench.bring(0, rival)
        send = await bench.bring(2)
        bench.show(3)

        assert await bench.look(send) is None

    async def test_a_send_that_did_not_happen_or_has_not_left_is_no_rival(self, bench: Bench):
        await bench.bring(0, NOT_SENT)
        await claim(bench.ledger, repeat=True)
        send = await bench.bring(2)
        bench.show(3)

        assert await bench.look(send) == "m0"

    async def test_a_trace_that_only_one_can_have_left_is_its_own_although_there_are_rivals(self, bench: Bench):
        first, second = await bench.bring(0), await bench.bring(20)
        bench.show(1)

        assert await bench.look(second) is None
        assert await bench.look(first) == "m0"

    @pytest.mark.parametrize("order", ORDERS, ids=str)
    @pytest.mark.parametrize("moments", [(3, 4, 5), (2, 2, 2), (400, 3, 500), (None, None, None)], ids=str)
    async def test_where_there_is_one_for_each_every_send_gets_another_in_whatever_order_they_are_looked_for(
        self, bench: Bench, order: tuple[int, ...], moments: tuple[float | None, ...]
    ):
        sends = [await bench.bring(left) for left in (0.0, 1.0, 2.0)]
        bench.show(*moments)

        found = {number: await bench.look(sends[number]) for number in order}

        assert set(found.values()) == {"m0", "m1", "m2"}

    @pytest.mark.parametrize("order", ORDERS, ids=str)
    async def test_sends_get_the_traces_in_the_order_in_which_they_left(self, bench: Bench, order: tuple[int, ...]):
        sends = [await bench.bring(left) for left in (0.0, 1.0, 2.0)]
        bench.show(5, 3, 4)

        found = {number: await bench.look(sends[number]) for number in order}

        assert [found[number] for number in range(3)] == ["m1", "m2", "m0"]

    async def test_a_trace_that_turns_up_after_looking_was_given_up_is_still_believed(self, bench: Bench):
        send = await bench.bring(0, GIVEN_UP)
        bench.show(1)

        assert await bench.look(send) == "m0"

    @settings(max_examples=80, deadline=None)
    @given(
        sends=st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1, max_size=5),
        delay=st.integers(0, 4),
        data=st.data(),
    )
    async def test_no_more_sends_are_found_than_there_are_traces_and_no_trace_twice(
        self, sends: list[tuple[int, bool]], delay: int, data: st.DataObject
    ):
        bench = Bench()
        rows = [await bench.bring(float(left)) for left, _ in sends]
        bench.show(*(float(left + delay) for left, arrived in sends if arrived))

        order = data.draw(st.permutations(rows))
        found = [id_ for id_ in [await bench.look(send) for send in order] if id_ is not None]

        assert len(found) == len(set(found)) <= len(bench.fake.traces)
        if all(arrived for _, arrived in sends):
            assert len(found) == len(sends)


class TestWhatIsLeftAlone:
    @pytest.mark.parametrize("ending", [SENT, NOT_SENT, None], ids=["sent", "not sent", "in flight"])
    async def test_what_is_not_in_doubt_is_not_looked_for(self, bench: Bench, ending: Ending | None):
        send = await bench.bring(0, ending)

        assert await bench.lost_sends.look(send) == send
        assert await bench.lost_sends.settle(send, anyio.current_time() + FOREVER) == send
        assert bench.fake.looks == []

    async def test_a_tool_that_this_version_does_not_know_is_not_looked_for(self, bench: Bench):
        send = await brought(bench.ledger, UNKNOWN, act(tool="send_fax"))

        assert await bench.lost_sends.look(send) == send

    async def test_nothing_is_looked_for_once_the_facts_are_forgotten(self, bench: Bench):
        send = await bench.bring()
        bench.clock.forward(2 * 86400)
        await bench.ledger.recover()
        forgotten = await row(bench.ledger, send)

        assert await bench.lost_sends.look(forgotten) == forgotten
        assert bench.fake.looks == []

    async def test_an_account_that_cannot_be_read_leaves_everything_as_it_was(self, bench: Bench):
        send = await bench.bring()
        bench.fake.fails = [Unreadable("The service is down.")]

        assert await bench.lost_sends.look(send) == send
        assert await row(bench.ledger, send) == send

    async def test_a_disk_that_fails_is_not_taken_for_an_empty_account(self, bench: Bench):
        send = await bench.bring()
        may_write(bench.store, False)

        with pytest.raises(StoreError):
            await bench.lost_sends.look(send)

    async def test_the_account_is_asked_with_the_facts_and_texts_are_compared_by_their_hash(self, bench: Bench):
        hashed = await bench.ledger.hasher()
        wanted = act(facts={"phone_number": MARIA, "body": hashed("Hello there")})
        send = await brought(bench.ledger, UNKNOWN, wanted)

        await bench.lost_sends.look(send)

        [facts] = bench.fake.looks
        assert (facts.send_id, facts.dashboard_id, facts.kept["phone_number"]) == (send.send_id, 121, MARIA)
        assert facts.says("body", "Hello  there\n")
        assert not facts.says("body", "Hello")
        assert not facts.says("body", None)
        assert not facts.says("sender_name", "anybody"), "it was left out, so it has to be absent"
        assert facts.says("sender_name", None)
        assert facts.says("sender_name", None)


class TestThePace:
    async def test_pauses_grow_once_the_looks_of_a_call_are_over_and_end_with_the_settling_time(self, bench: Bench):
        send = await bench.bring()
        pauses: list[float | None] = []
        for _ in range(6):
            send = await bench.lost_sends.look(send)
            pauses.append(await bench.ledger.next_due())
        assert pauses == [30.0, 30.0, 30.0, 30.0, 60.0, 60.0]

        bench.clock.forward(bench.pace.total - 1)
        send = await bench.lost_sends.look(send)
        assert (await bench.ledger.next_due(), send.settled_at) == (1.0, None)

    async def test_once_the_settling_time_is_over_nothing_new_is_expected_and_that_moment_stays(self, bench: Bench):
        send = await bench.bring()
        bench.clock.forward(bench.pace.total)

        once = await bench.lost_sends.look(send)
        bench.clock.forward(5)
        twice = await bench.lost_sends.look(once)

        assert once.settled_at == twice.settled_at == START + bench.pace.total
        assert (twice.state, twice.said) == ("UNKNOWN", "Lost.")
        assert await bench.ledger.next_due() is None

    async def test_the_background_leaves_a_call_the_time_to_look_by_itself(self):
        bench = Bench(pace=Pace(in_call=(1.0, 2.0), after=(30.0,)))

        assert bench.lost_sends.first_look_at() == START + 3 + 60

    def test_a_real_service_is_given_minutes_and_a_call_stays_below_the_patience_of_hosts(self):
        lost_sends = LostSends(Ledger(Store.open(None), ACCOUNT))

        assert lost_sends.pace is PACE
        assert sum(PACE.in_call) < 45
        assert PACE.total >= 300
        assert list(PACE.in_call + PACE.after) == sorted(PACE.in_call + PACE.after)


class TestWhileACallWaits:
    async def test_it_is_looked_for_until_it_is_found(self, bench: Bench):
        send = await bench.bring()
        bench.fake.fails = [Unreadable("not yet")]
        bench.show(1)

        settled = await bench.lost_sends.settle(send, anyio.current_time() + FOREVER)

        assert (settled.state, len(bench.fake.looks)) == ("SENT", 2)

    @pytest.mark.parametrize(("at_once", "looks"), [(False, 3), (True, 4)])
    async def test_looking_ends_with_the_pauses(self, bench: Bench, at_once: bool, looks: int):
        send = await bench.bring()

        settled = await bench.lost_sends.settle(send, anyio.current_time() + FOREVER, at_once=at_once)

        assert (settled.state, settled.looks, len(bench.fake.looks)) == ("UNKNOWN", looks, looks)

    @pytest.mark.parametrize("at_once", [False, True])
    async def test_what_was_given_up_before_is_looked_for_once(self, bench: Bench, at_once: bool):
        send = await bench.bring(0, GIVEN_UP)
        bench.clock.forward(bench.pace.total)

        settled = await bench.lost_sends.settle(send, anyio.current_time() + FOREVER, at_once=at_once)

        assert (settled.settled_at, len(bench.fake.looks)) == (1.0, 1)

    async def test_looking_ends_when_the_time_of_the_call_is_over(self, bench: Bench):
        send = await bench.bring()

        assert await bench.lost_sends.settle(send, anyio.current_time()) == send
        assert bench.fake.looks == []

    async def test_no_pause_outlasts_the_time_of_the_call(self):
        bench = Bench(pace=Pace(in_call=(0.0, FOREVER), after=(FOREVER,)))
        send = await bench.bring()

        with anyio.fail_after(5):
            await bench.lost_sends.settle(send, anyio.current_time() + 1)

        assert len(bench.fake.looks) == 1

    async def test_a_look_that_hangs_is_left_when_the_time_of_the_call_is_over(self, bench: Bench):
        send = await bench.bring()
        bench.fake.hold = anyio.Event()

        with anyio.fail_after(5):
            assert await bench.lost_sends.settle(send, anyio.current_time() + 0.01) == send

    async def test_calls_that_wait_for_the_same_send_share_the_looks(self, bench: Bench):
        send = await bench.bring()
        bench.show(1)
        bench.fake.hold = anyio.Event()
        settled: list[Send] = []

        async def wait() -> None:
            settled.append(await bench.lost_sends.settle(send, anyio.current_time() + FOREVER, at_once=True))

        async with anyio.create_task_group() as group:
            for _ in range(4):
                group.start_soon(wait)
            await anyio.wait_all_tasks_blocked()
            bench.fake.hold.set()

        assert [each.state for each in settled] == ["SENT"] * 4
        assert len(bench.fake.looks) == 1

    async def test_who_shares_the_looks_waits_no_longer_than_its_own_time(self, bench: Bench):
        send = await bench.bring()
        bench.fake.hold = anyio.Event()

        async with anyio.create_task_group() as group:
            group.start_soon(bench.lost_sends.settle, send, anyio.current_time() + FOREVER)
            await anyio.wait_all_tasks_blocked()
            with anyio.fail_after(5):
                assert await bench.lost_sends.settle(send, anyio.current_time() + 0.01) == send
            group.cancel_scope.cancel()

    async def test_when_the_one_that_looks_is_cancelled_the_others_are_told_what_is_known_and_the_next_may_look(
        self, bench: Bench
    ):
        send = await bench.bring()
        bench.show(1)
        bench.fake.hold = anyio.Event()
        settled: list[Send] = []
        looker = anyio.CancelScope()

        async def look() -> None:
            with looker:
                await bench.lost_sends.settle(send, anyio.current_time() + FOREVER)

        async def wait() -> None:
            settled.append(await bench.lost_sends.settle(send, anyio.current_time() + FOREVER))

        async with anyio.create_task_group() as group:
            group.start_soon(look)
            await anyio.wait_all_tasks_blocked()
            group.start_soon(wait)
            await anyio.wait_all_tasks_blocked()
            looker.cancel()

        assert settled == [send]
        bench.fake.hold = None
        assert (await bench.lost_sends.settle(send, anyio.current_time() + FOREVER)).state == "SENT"


class TestInTheBackground:
    @asynccontextmanager
    async def running(self, bench: Bench) -> AsyncGenerator[None]:
        """With the background at work, and then at rest, when it comes in."""
        async with anyio.create_task_group() as group:
            group.start_soon(bench.lost_sends.run)
            await anyio.wait_all_tasks_blocked()
            yield
            group.cancel_scope.cancel()

    async def woken(self, bench: Bench) -> None:
        """Let a call end its looks, which wakes the background; then wait until that rests."""
        await bench.lost_sends.settle(await bench.bring(ending=UNKNOWN), anyio.current_time())
        await anyio.wait_all_tasks_blocked()

    async def test_what_is_due_is_found(self, bench: Bench):
        send = await bench.bring()
        bench.show(1)
        async with self.running(bench):
            assert await bench.state(send) == "SENT"

    async def test_what_a_dead_process_left_on_its_way_is_found(self, bench: Bench, monkeypatch: pytest.MonkeyPatch):
        place = this_process().partition("@")[2]
        with monkeypatch.context() as patch:
            patch.setattr(book, "new_owner", lambda: f"{2**22 + 1}.5@{place} x")
            dead = Ledger(bench.store, ACCOUNT, clock=bench.clock)
        send = await brought(dead)
        bench.show(1)
        async with self.running(bench):
            assert await bench.state(send) == "SENT"

    async def test_what_is_not_due_is_left_to_the_call_that_looks_by_itself(self, bench: Bench):
        await bench.bring(ending=Ending(state="UNKNOWN", look_at=START + 60))
        async with self.running(bench):
            assert bench.fake.looks == []

    async def test_a_pause_goes_by_and_it_looks_again(self):
        bench = Bench(pace=Pace(in_call=(), after=(0.01, FOREVER)))
        send = await bench.bring()
        with anyio.fail_after(5):
            async with self.running(bench):
                while len(bench.fake.looks) < 2:  # the ledger's clock stands, so each pause is a real one
                    bench.clock.forward(0.01)
                    await anyio.sleep(0.01)
        assert await bench.state(send) == "UNKNOWN"

    async def test_new_work_wakes_it(self, bench: Bench):
        async with self.running(bench):
            assert bench.fake.looks == []
            bench.show(1)
            await self.woken(bench)

            assert len(bench.fake.looks) == 1

    async def test_an_account_that_cannot_be_read_is_asked_again_later(self, bench: Bench):
        send = await bench.bring()
        bench.show(1)
        bench.fake.fails = [Unreadable("The service is down.")]
        async with self.running(bench):
            assert (await bench.state(send), len(bench.fake.looks)) == ("UNKNOWN", 1)
            assert await bench.ledger.next_due() == 60.0

    async def test_a_disk_that_fails_is_logged_and_tried_again(self, bench: Bench, caplog: pytest.LogCaptureFixture):
        send = await bench.bring()
        may_write(bench.store, False)
        async with self.running(bench):
            assert "unsettled sends cannot be looked for now" in caplog.text
            may_write(bench.store, True)
            bench.show(1)
            await self.woken(bench)

            assert bench.fake.looks[0].send_id == send.send_id

    async def test_a_crash_is_logged_and_the_next_round_goes_on(self, bench: Bench, caplog: pytest.LogCaptureFixture):
        send = await bench.bring()
        bench.show(1)
        bench.fake.fails = [RuntimeError("a mistake of ours")]
        async with self.running(bench):
            assert "crashed" in caplog.text
            assert await bench.state(send) == "UNKNOWN"
            bench.clock.forward(61)
            await bench.lost_sends.settle(await row(bench.ledger, send), anyio.current_time())
            await anyio.wait_all_tasks_blocked()

            assert await bench.state(send) == "SENT"

    async def test_a_send_whose_looks_crash_does_not_keep_the_others_from_being_found(self, bench: Bench):
        await bench.bring()
        other = await brought(bench.ledger, UNKNOWN, act("another text"))
        bench.show(1)
        bench.fake.fails = [RuntimeError("a mistake of ours")]
        async with self.running(bench):
            assert await bench.state(other) == "SENT"


class TestNews:
    async def test_a_sent_act_is_shown_as_it_is_now_and_kept_so(self, bench: Bench):
        send = await bench.bring(0, Ending(state="SENT", upstream_id="m1", result={"message_id": "m1", "segments": 2}))

        now = await bench.lost_sends.news(send)

        assert now.result == {"message_id": "m1", "segments": 2, "delivery_status": "delivered"}
        assert await row(bench.ledger, send) == now
        assert bench.fake.news == [(121, "m1")]

    @pytest.mark.parametrize(
        "ending", [NOT_SENT, UNKNOWN, None, Ending(state="SENT")], ids=["not sent", "unknown", "in flight", "no id"]
    )
    async def test_of_anything_else_there_is_no_news(self, bench: Bench, ending: Ending | None):
        send = await bench.bring(0, ending)

        assert await bench.lost_sends.news(send) == send
        assert bench.fake.news == []

    async def test_a_tool_that_this_version_does_not_know_has_no_news(self, bench: Bench):
        send = await brought(bench.ledger, SENT, act(tool="send_fax"))

        assert await bench.lost_sends.news(send) == send

    @pytest.mark.parametrize("error", [Unreadable("The service is down."), NotFound("It is gone.")], ids=repr)
    async def test_an_account_that_cannot_say_leaves_it_as_it_was(self, bench: Bench, error: Exception):
        send = await bench.bring(0, SENT)
        bench.fake.fails = [error]

        assert await bench.lost_sends.news(send) == send

    async def test_a_row_that_vanished_meanwhile_is_told_as_it_was(self, bench: Bench):
        send = await bench.bring(0, SENT)
        await bench.store.transact(lambda connection: connection.execute("DELETE FROM ledger_sends"))

        assert await bench.lost_sends.news(send) == send


def kept(**arguments: object) -> SearchTerms:
    """What the ledger keeps of these words, whose hash is readable here."""
    hashes = {name: f"hash of {written(value)}" for name, value in arguments.items()}
    return SearchTerms("s1", 121, hashes, "hash of {}".format)


class TestWords:
    @settings(deadline=None)
    @given(st.text() | st.text(st.sampled_from("ab\r\n\x1b[m\x85\x9b\u200b\u200d\u202e\u2028\U0001f468\U000e0061")))
    @example("\u3164")
    @example("x" * 5001)
    def test_a_text_that_was_sent_is_known_again_as_it_is_read(self, sent: str):
        """The account's words are clean, and cut; what was sent need not be."""
        read = TypeAdapter[Any](Text).validate_python(sent)

        assert kept(body=sent).says("body", read)

    @pytest.mark.parametrize(("sent", "there"), [("Hello", "Hell o"), ("Hello", ""), ("Hello", None), (["a"], ["b"])])
    def test_other_words_are_not(self, sent: object, there: object):
        assert not kept(body=sent).says("body", there)

    @pytest.mark.parametrize("nothing", [None, "", []])
    @pytest.mark.parametrize("sent", [{}, {"mms_media": ""}, {"mms_media": []}], ids=repr)
    def test_nothing_is_known_again_as_nothing(self, sent: dict[str, Any], nothing: object):
        assert kept(**sent).says("mms_media", nothing)
        assert not kept(**sent).says("mms_media", ["https://media.sandbox.invalid/1.png"])

    def test_a_list_is_the_same_in_any_order(self):
        assert kept(mms_media=["a", "b"]).says("mms_media", ["b", "a"])


def test_of_an_answer_the_id_and_the_named_fields_are_kept_and_nobodys_words():
    answer = {"message_id": "m1", "body": "Hello", "delivery_status": None, "customer_phone": MARIA}

    assert WAYS["send_message"].keep(answer) == {"message_id": "m1"}
    assert WAYS["send_message"].keep(answer | {"delivery_status": "sent"}) == {
        "message_id": "m1",
        "delivery_status": "sent",
    }
