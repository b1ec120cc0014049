"""Scheduled texts as rows: written down, taken back, claimed by one server, and told of where they did not leave."""

from pathlib import Path

import pytest
from tests.guard.once.rows import ACCOUNT
from tests.sandbox.service import START, Clock

from textrequest_mcp.ground.member import Member, on_behalf_of
from textrequest_mcp.ground.store import Store
from textrequest_mcp.guard.once.due import Due
from textrequest_mcp.guard.once.keepers import Keepers
from textrequest_mcp.guard.once.later import Later
from textrequest_mcp.guard.once.schedule import Planned, Schedule
from textrequest_mcp.guard.once.scheduled_rows import Content
from textrequest_mcp.live.encryption import Cipher
from textrequest_mcp.upstream.errors import BadInput

pytestmark = pytest.mark.usefixtures("both_engines")

SEAL, LATE = Cipher("key"), 900.0
HOUR, WEEK = 3600.0, 7 * 86_400.0


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Store:
    return Store.open(tmp_path, wall_clock=clock)


@pytest.fixture
def schedule(store: Store, clock: Clock) -> Schedule:
    return Schedule(store, ACCOUNT, SEAL, clock=clock)


def server(store: Store, clock: Clock, *, is_sure: bool = True) -> Due:
    return Due(store, ACCOUNT, SEAL, late_seconds=LATE, clock=clock, is_sure=lambda: is_sure)


def text(fingerprint: str = "same", *, key: str | None = None, leaves_at: float = START + HOUR) -> Planned:
    content = Content(arguments={"phone_number": "+14235550100", "body": "Hi"}, agreed=("Why.",))
    return Planned(
        tool="send_message",
        caller="test-host",
        dashboard_id=121,
        fingerprint=fingerprint,
        key=key,
        leaves_at=leaves_at,
        content=content,
    )


async def planned(
    schedule: Schedule, *texts: Planned, repeat: bool = False, instead_of: str | None = None
) -> list[str]:
    rows = await schedule.plan(texts or [text()], repeat=repeat, instead_of=instead_of)
    return [row.send_id for row in rows]


async def states(schedule: Schedule, *send_ids: str) -> list[str]:
    return [row.state for send_id in send_ids for row in await schedule.get(send_id)]


class TestPlanning:
    async def test_another_server_of_the_account_reads_what_was_planned(self, schedule: Schedule, store: Store):
        [send_id] = await planned(schedule)

        [row] = await schedule.get(send_id)
        unread = await Schedule(store, ACCOUNT, Cipher("another key")).get(send_id)

        assert row.content == Content(arguments={"phone_number": "+14235550100", "body": "Hi"}, agreed=["Why."])
        assert unread[0].content is None
        assert await Schedule(store, "another account", SEAL).get(send_id) == []

    async def test_the_same_is_planned_once_unless_it_is_meant(self, schedule: Schedule):
        first = await planned(schedule)

        assert await planned(schedule) == first
        assert await planned(schedule, repeat=True) != first
        assert await planned(schedule, text("other")) != first

    async def test_a_name_stands_for_one_text_also_where_a_repetition_is_meant(self, schedule: Schedule):
        first = await planned(schedule, text(key="a"))

        assert await planned(schedule, text(key="a"), repeat=True) == first
        with pytest.raises(BadInput, match="for another text"):
            await planned(schedule, text("other", key="a"))

    async def test_what_it_replaces_is_taken_back_in_the_same_step(self, schedule: Schedule):
        [first] = await planned(schedule)
        [second] = await planned(schedule, instead_of=first)

        assert await states(schedule, first, second) == ["CANCELLED", "WAITING"]
        with pytest.raises(BadInput, match="was cancelled"):
            await planned(schedule, text("third"), instead_of=first)
        assert len(await schedule.listed()) == 1

    async def test_its_place_is_looked_for_as_if_the_replaced_one_was_not_there(self, schedule: Schedule):
        [first] = await planned(schedule)

        assert await schedule.alike("same", None, repeat=False, instead_of=first) is None
        assert await schedule.alike("same", None, repeat=False, instead_of="another") is not None

    async def test_several_are_one_batch_and_are_taken_back_together(self, schedule: Schedule):
        one, other = await planned(schedule, text("one"), text("other"))
        [row] = await schedule.get(one)

        assert row.batch is not None
        assert await schedule.cancel(row.batch) == 2
        assert await states(schedule, one, other) == ["CANCELLED", "CANCELLED"]
        assert await schedule.cancel(one) == 0

    async def test_old_rows_are_forgotten_and_words_before_them(self, schedule: Schedule, store: Store, clock: Clock):
        due = server(store, clock)
        gone, [kept] = (
            await planned(schedule, text("gone")),
            await planned(schedule, text("kept", leaves_at=START + 9 * WEEK)),
        )
        clock.forward(HOUR)
        await due.claim()
        await due.end(gone[0], "NOT_SENT", "No.")

        clock.forward(WEEK + HOUR)
        await planned(schedule, text("a", leaves_at=START + 9 * WEEK))
        [wordless] = await schedule.get(gone[0])
        clock.forward(4 * WEEK)
        await planned(schedule, text("b", leaves_at=START + 9 * WEEK))

        assert wordless.content is None
        assert await states(schedule, gone[0], kept) == ["WAITING"]


class TestSeeingToIt:
    async def test_of_two_servers_one_gets_a_text(self, schedule: Schedule, store: Store, clock: Clock):
        [send_id] = await planned(schedule)
        one, other = server(store, clock), server(store, clock)
        early = await one.claim()
        clock.forward(HOUR)

        claimed = [[row.send_id for row in await each.claim()] for each in (one, other, one)]

        assert early == []
        assert claimed == [[send_id], [], []]
        assert await schedule.cancel(send_id) == 0

    async def test_only_the_one_that_has_it_ends_it(self, schedule: Schedule, store: Store, clock: Clock):
        [send_id] = await planned(schedule)
        clock.forward(HOUR)
        one, other = server(store, clock), server(store, clock)
        await one.claim()

        assert await other.end(send_id, "NOT_SENT", "No.") is False
        assert await one.end(send_id, "SENT", None) is True
        [row] = await schedule.get(send_id)
        assert (row.state, row.content) == ("SENT", None)

    async def test_what_is_released_is_there_for_all_again(self, schedule: Schedule, store: Store, clock: Clock):
        first, second = await planned(schedule, text("first"), text("second"))
        clock.forward(HOUR)
        one, other = server(store, clock), server(store, clock)
        await one.claim()
        await one.release(first)
        after_one = [row.send_id for row in await other.claim()]
        await one.release_all()
        after_all = [row.send_id for row in await other.claim()]

        assert (after_one, after_all) == ([first], [second])

    async def test_what_an_ended_process_had_is_taken_over(self, schedule: Schedule, store: Store, clock: Clock):
        [send_id] = await planned(schedule)
        clock.forward(HOUR)
        killed = server(store, clock)
        killed.owner = f"999999999.1@{killed.owner.partition('@')[2]}"
        await killed.claim()
        clock.forward(2 * LATE)  # late, but perhaps it has left: the ledger knows

        assert [row.send_id for row in await server(store, clock).claim()] == [send_id]

    @pytest.mark.of_the_file  # PostgreSQL knows of every process whether it lives
    async def test_what_nobody_can_tell_of_is_taken_over_after_a_while_and_not_while_it_is_held(
        self, schedule: Schedule, store: Store, clock: Clock
    ):
        [send_id] = await planned(schedule)
        clock.forward(HOUR)
        far = server(store, clock)
        far.owner = "7.1@another-machine 1a2b"
        await far.claim()
        clock.forward(119)
        await far.hold(send_id)
        clock.forward(119)
        held = await server(store, clock).claim()
        clock.forward(2)
        unsure = await server(store, clock, is_sure=False).claim()

        assert (held, unsure) == ([], [])
        assert [row.send_id for row in await server(store, clock).claim()] == [send_id]

    async def test_what_is_too_late_is_missed(self, schedule: Schedule, store: Store, clock: Clock):
        just, [missed] = (
            await planned(schedule, text("just", leaves_at=START + 20)),
            await planned(schedule, text("missed", leaves_at=START + 10)),
        )
        clock.forward(LATE + 15)

        claimed = await server(store, clock).claim()

        assert [row.send_id for row in claimed] == just
        assert await states(schedule, missed) == ["MISSED"]

    async def test_the_next_one_is_what_nobody_here_sees_to(self, schedule: Schedule, store: Store, clock: Clock):
        one, other = server(store, clock), server(store, clock)
        nothing = await one.next_at()
        await planned(schedule)
        waiting = await one.next_at()
        clock.forward(HOUR)
        await one.claim()

        assert (nothing, waiting) == (None, START + HOUR)
        assert (await one.next_at(), await other.next_at()) == (None, START + HOUR)


class TestTelling:
    async def test_what_did_not_leave_is_told_until_somebody_was_told(
        self, schedule: Schedule, store: Store, clock: Clock
    ):
        [send_id] = await planned(schedule)
        clock.forward(HOUR + LATE + 1)
        await server(store, clock).claim()

        untold = [row.send_id for row in await schedule.untold()]
        await schedule.told(untold)

        assert untold == [send_id]
        assert await schedule.untold() == []
        assert [row.send_id for row in await schedule.listed()] == [send_id]

    async def test_a_few_at_a_time(self, store: Store, schedule: Schedule, clock: Clock):
        later = Later(schedule, server(store, clock), Keepers(store, ACCOUNT, clock=clock))
        later.news = {str(number): ("", f"Text {number} did not leave.") for number in range(4)}

        assert later.tell() == "Tell the person: Text 0 did not leave. Text 1 did not leave. Text 2 did not leave."
        assert later.tell() == "Tell the person: Text 3 did not leave."
        assert later.tell() is None
        assert later.told == ["0", "1", "2", "3"]

    async def test_to_those_alone_whose_texts_they_are(self, store: Store, schedule: Schedule, clock: Clock):
        later = Later(schedule, server(store, clock), Keepers(store, ACCOUNT, clock=clock))
        later.news = {"1": ("kim", "Text 1 did not leave."), "2": ("lee", "Text 2 did not leave.")}
        with on_behalf_of(Member(id="lee", name="Lee", scopes=frozenset())):
            told = [later.tell(), later.tell()]

        assert told == ["Tell the person: Text 2 did not leave.", None]
        assert later.tell() == "Tell the person: Text 1 did not leave."


class TestWhoStaysUp:
    async def test_a_server_that_said_so_lately_and_lives(self, store: Store, clock: Clock):
        keepers, due = Keepers(store, ACCOUNT, clock=clock), server(store, clock)
        nobody = await keepers.are_there()
        await keepers.beat(due.owner)
        await keepers.beat(due.owner)
        somebody = await keepers.are_there()
        clock.forward(121)
        silent = await keepers.are_there()
        await keepers.beat(due.owner)
        await keepers.leave(due.owner)

        assert (nobody, somebody, silent, await keepers.are_there()) == (False, True, False, False)

    async def test_not_one_that_was_killed(self, store: Store, clock: Clock):
        keepers, due = Keepers(store, ACCOUNT, clock=clock), server(store, clock)
        await keepers.beat(f"999999999.1@{due.owner.partition('@')[2]}")

        assert await keepers.are_there() is False

    async def test_a_server_that_ends_with_its_host_schedules_while_one_does(
        self, store: Store, schedule: Schedule, clock: Clock
    ):
        later = Later(schedule, server(store, clock), Keepers(store, ACCOUNT, clock=clock))
        with pytest.raises(BadInput, match="ends with its host"):
            await later.check()
        await later.keepers.beat(later.due.owner)

        await later.check()

    async def test_one_that_stays_up_itself_schedules_unless_that_is_off(
        self, store: Store, schedule: Schedule, clock: Clock
    ):
        later = Later(schedule, server(store, clock), Keepers(store, ACCOUNT, clock=clock), stays_up=True)
        await later.check()
        later.allowed = "off"

        with pytest.raises(BadInput, match="TEXTREQUEST_SEND_LATER is off"):
            await later.check()
