"""The audit: what happened is written down once, read in order, and whatever was done to it by hand is found."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import psycopg
import pytest
from tests import engines, forks
from tests.desk import MARIA
from tests.guard.once.rows import GIVEN_UP, NOT_SENT, SENT, UNKNOWN, act, brought, claim, may_write
from tests.sandbox.service import START, Clock

from textrequest_mcp.ground.store import FILE_NAME, Store, StoreError
from textrequest_mcp.guard.audit.chain import Walk, walk_on
from textrequest_mcp.guard.audit.reader import Entry, Recorded, Trail, Verification
from textrequest_mcp.guard.audit.writer import Audit
from textrequest_mcp.guard.once.ledger import Ledger
from textrequest_mcp.guard.once.ledger_rows import Ending

pytestmark = pytest.mark.usefixtures("both_engines")

CHILD = Path(__file__).with_name("audit_child.py")
ACCOUNT = "one account"
DAY = 86400.0
CANARY = "CANARY words of a text"


def entry(**differences: Any) -> Entry:
    given: dict[str, Any] = {"caller": "test-host", "tool": "send_message", "kind": "send", "outcome": "sent"}
    return Entry(**(given | differences))


def trail_of(audit: Audit | Trail) -> Trail:
    return audit if isinstance(audit, Trail) else audit.trail


async def read(audit: Audit | Trail, **which: Any) -> list[Recorded]:
    return [recorded async for recorded in trail_of(audit).entries(**which)]


async def outcomes(audit: Audit | Trail, **which: Any) -> list[str]:
    return [recorded.entry.outcome for recorded in await read(audit, **which) if recorded.entry is not None]


async def verified(audit: Audit) -> Verification:
    return await trail_of(audit).verify()


async def fill(audit: Audit, count: int) -> None:
    for number in range(1, count + 1):
        await audit.record(entry(outcome=f"sent {number}"))


def all_bytes(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


def start(folder: Path, account: str) -> subprocess.Popen[str]:
    """Another server process that stands ready to record fifty entries."""
    child = forks.start(str(CHILD), str(folder), account)
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    return child


def no_database(folder: Path) -> None:
    (folder / FILE_NAME).write_text("Dear diary, " * 1000)


def folder_in_its_place(folder: Path) -> None:
    (folder / FILE_NAME).mkdir()


def by_hand(folder: Path, *statements: str) -> None:
    """What somebody does to the file who first takes the triggers away."""
    with sqlite3.connect(folder / FILE_NAME) as connection:
        for trigger in ("audit_never_changes", "audit_keeps_its_time", "audit_only_grows"):
            connection.execute(f"DROP TRIGGER {trigger}")
        for statement in statements:
            connection.execute(statement)
    connection.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def audit(tmp_path: Path, clock: Clock) -> Audit:
    return Audit(Store.open(tmp_path), ACCOUNT, keep_days=365, clock=clock)


class TestReading:
    async def test_an_entry_is_read_as_it_was_recorded(self, audit: Audit):
        full = entry(
            dashboard_id=121,
            person="hash of a number",
            outcome="refused",
            kind="refusal",
            rule="quiet_hours",
            ids={"send_id": "send_1", "payment_id": 7},
            note="It is night there.",
        )
        await audit.record(full)
        await audit.record(entry())

        first, second = await read(audit)

        assert (first.number, first.account, first.entry) == (1, ACCOUNT, full)
        assert first.at is not None
        assert first.at.timestamp() == START
        assert (second.number, second.entry) == (2, entry())

    async def test_all_accounts_of_the_store_are_read_in_one_order(self):
        store = Store.open(None)
        one, other = Audit(store, "one"), Audit(store, "other")
        for audit in (one, other, one):
            await audit.record(entry())

        assert [(row.number, row.account) for row in await read(Trail(store))] == [(1, "one"), (2, "other"), (3, "one")]

    async def test_rows_that_nobody_set_a_time_for_are_kept_as_long_as_the_newest(self, tmp_path: Path):
        store = Store.open(tmp_path)
        assert await Trail(store).keep_days() == 365

        await Audit(store, ACCOUNT, keep_days=7).record(entry())

        assert await Trail(store).keep_days() == 7

    async def test_times_tools_and_a_limit_choose(self, audit: Audit, clock: Clock):
        for number in range(4):
            tool = "save_contact" if number % 2 else "send_message"
            await audit.record(entry(outcome=str(number), tool=tool))
            clock.forward(10)

        assert await outcomes(audit, since=START + 10) == ["1", "2", "3"]
        assert await outcomes(audit, until=START + 10) == ["0"]
        assert await outcomes(audit, since=START + 10, until=START + 30) == ["1", "2"]
        assert await outcomes(audit, tool="save_contact") == ["1", "3"]
        assert await outcomes(audit, limit=2) == ["2", "3"], "the newest"
        assert await outcomes(audit, limit=1, tool="send_message", until=START + 20) == ["0"]
        assert await outcomes(audit, limit=9) == ["0", "1", "2", "3"]

    async def test_many_rows_are_read_in_pages_and_in_order(self):
        audit = Audit(Store.open(None), ACCOUNT)
        await fill(audit, 501)

        assert [row.number for row in await read(audit)] == list(range(1, 502))
        assert await verified(audit) == Verification(count=501, bad=None)


class TestWhatIsKept:
    async def test_the_words_of_a_text_only_where_they_are_wanted(self, tmp_path: Path):
        store = Store.open(tmp_path)
        await Audit(store, ACCOUNT).record(entry(body=CANARY))
        files = all_bytes(tmp_path)
        await Audit(store, ACCOUNT, with_bodies=True).record(entry(body=CANARY))

        without, with_body = await read(Trail(store))

        assert CANARY.encode() not in files
        assert without.entry == entry()
        assert with_body.entry == entry(body=CANARY)

    async def test_no_whole_number_in_a_note_and_no_lines_in_a_host_s_name(self, audit: Audit):
        await audit.record(entry(note=f"{MARIA} was texted.", caller="evil\nhost\ud800" + "x" * 200))

        (recorded,) = await read(audit)

        assert recorded.entry is not None
        assert recorded.entry.note is not None
        assert MARIA[-7:] not in recorded.entry.note
        assert recorded.entry.caller.startswith("evil host\ufffdxxx")
        assert len(recorded.entry.caller) == 80

    async def test_what_is_older_than_the_keeping_time_is_forgotten_and_the_rest_still_holds(
        self, audit: Audit, clock: Clock
    ):
        await fill(audit, 3)
        clock.forward(364 * DAY)
        await audit.record(entry(outcome="later"))
        assert len(await read(audit)) == 4
        clock.forward(1.5 * DAY)

        await audit.record(entry(outcome="latest"))

        assert [row.number for row in await read(audit)] == [4, 5]
        assert await verified(audit) == Verification(count=2, bad=None)

    async def test_a_row_that_is_to_be_kept_keeps_those_behind_it(self, audit: Audit, tmp_path: Path, clock: Clock):
        await audit.record(entry(outcome="long"))
        await Audit(Store.open(tmp_path), ACCOUNT, keep_days=1, clock=clock).record(entry(outcome="short"))
        clock.forward(2 * DAY)
        await audit.record(entry(outcome="now"))

        assert await outcomes(audit) == ["long", "short", "now"]

    @pytest.mark.of_the_file
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE audit_entries SET entry = '{}' WHERE number = 2",
            "UPDATE OR REPLACE audit_entries SET number = 3 WHERE number = 2",
            "DELETE FROM audit_entries WHERE number = 1",
            "DELETE FROM audit_entries",
            "INSERT OR REPLACE INTO audit_entries SELECT 2, at, at, account, tool, '{}', mac FROM audit_entries",
        ],
    )
    async def test_the_database_itself_refuses_to_change_it(self, audit: Audit, tmp_path: Path, statement: str):
        await fill(audit, 3)

        with sqlite3.connect(tmp_path / FILE_NAME) as connection, pytest.raises(sqlite3.IntegrityError, match="audit"):
            connection.execute(statement)
        connection.close()

        assert await verified(audit) == Verification(count=3, bad=None)


COPY = (
    "INSERT INTO audit_entries SELECT {}, at, keep_until, account, tool, entry, mac FROM audit_entries WHERE number = 5"
)
TAMPERED = {
    "changed": ("UPDATE audit_entries SET entry = replace(entry, 'sent 3', 'not sent') WHERE number = 3", 3),
    "moved in time": ("UPDATE audit_entries SET at = at - 1 WHERE number = 3", 3),
    "to be forgotten sooner": ("UPDATE audit_entries SET keep_until = at WHERE number = 1", 1),
    "given to another account": ("UPDATE audit_entries SET account = 'other' WHERE number = 2", 2),
    "made no text": ("UPDATE audit_entries SET tool = CAST(x'ff' AS TEXT) WHERE number = 2", 2),
    "made bytes": ("UPDATE audit_entries SET tool = CAST(tool AS BLOB) WHERE number = 2", 2),
    "mac made text": ("UPDATE audit_entries SET mac = 'mac' WHERE number = 4", 4),
    "removed in the middle": ("DELETE FROM audit_entries WHERE number = 3", 3),
    "removed at the front": ("DELETE FROM audit_entries WHERE number = 1", 1),
    "removed at the end": ("DELETE FROM audit_entries WHERE number >= 4", 4),
    "all removed": ("DELETE FROM audit_entries", 1),
    "put in at the end": (COPY.format(6), 6),
    "put in before the first": (COPY.format(0), 0),
    "renumbered": ("UPDATE audit_entries SET number = 10 WHERE number = 5", 5),
    "the end moved": ("UPDATE audit_ends SET number = 4 WHERE name = 'last'", 1),
    "the end removed": ("DELETE FROM audit_ends WHERE name = 'last'", 6),
    "a beginning put in": ("INSERT INTO audit_ends SELECT 'first', number, mac, seal FROM audit_ends", 1),
}


@pytest.mark.of_the_file
class TestTampering:
    @pytest.mark.parametrize(("statement", "bad"), TAMPERED.values(), ids=TAMPERED)
    async def test_what_somebody_did_to_the_file_is_found_and_stays_found(
        self, audit: Audit, tmp_path: Path, clock: Clock, statement: str, bad: int
    ):
        await fill(audit, 5)

        by_hand(tmp_path, statement)

        verdict = await verified(audit)
        assert (verdict.ok, verdict.bad) == (False, bad)
        await audit.record(entry())
        assert not (await verified(audit)).ok, "another entry does not heal it"
        clock.forward(400 * DAY)
        await audit.record(entry())
        assert not (await verified(audit)).ok, "nor is it forgotten"

    async def test_an_end_cut_off_together_with_its_seal_is_found(self, audit: Audit, tmp_path: Path):
        await fill(audit, 5)

        by_hand(tmp_path, "DELETE FROM audit_entries WHERE number > 3", "DELETE FROM audit_ends")

        assert await verified(audit) == Verification(count=3, bad=4)
        await audit.record(entry())
        assert await verified(audit) == Verification(count=3, bad=4)

    async def test_a_beginning_cut_off_after_rows_were_forgotten_is_found(
        self, audit: Audit, tmp_path: Path, clock: Clock
    ):
        await fill(audit, 2)
        clock.forward(366 * DAY)
        await fill(audit, 3)
        assert await verified(audit) == Verification(count=3, bad=None)

        by_hand(tmp_path, "DELETE FROM audit_entries WHERE number = 3")

        assert await verified(audit) == Verification(count=0, bad=3)

    async def test_a_row_that_cannot_be_read_any_more_is_shown_as_such(self, audit: Audit, tmp_path: Path):
        await fill(audit, 4)

        by_hand(
            tmp_path,
            "UPDATE audit_entries SET entry = 'no JSON' WHERE number = 1",
            "UPDATE audit_entries SET entry = CAST(x'ff' AS TEXT) WHERE number = 2",
            "UPDATE audit_entries SET at = 1e300 WHERE number = 3",
        )

        assert [(row.number, row.entry and row.entry.outcome) for row in await read(audit)] == [
            *((1, None), (2, None), (3, None), (4, "sent 4"))
        ]


class TestTogether:
    async def test_two_stores_and_two_processes_write_one_chain(self, tmp_path: Path):
        children = [start(tmp_path, account) for account in ("child 1", "child 2")]
        one, other = (Audit(Store.open(tmp_path), account) for account in ("one", "other"))
        for child in children:
            assert child.stdin is not None
            child.stdin.write("go\n")
            child.stdin.flush()

        async with anyio.create_task_group() as group:
            for audit in (one, other):
                group.start_soon(fill, audit, 50)
        for child in children:
            child.communicate(timeout=20)

        accounts = [row.account for row in await read(one)]
        assert {account: accounts.count(account) for account in accounts} == dict.fromkeys(
            ("one", "other", "child 1", "child 2"), 50
        )
        assert await verified(other) == Verification(count=200, bad=None)

    async def test_entries_of_one_server_that_wait_for_another_are_each_written_once(
        self, audit: Audit, tmp_path: Path
    ):
        await audit.record(entry(outcome="0"))
        other = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")

        async with anyio.create_task_group() as group:
            for number in range(1, 20):
                group.start_soon(audit.record, entry(outcome=str(number)))
            await anyio.wait_all_tasks_blocked()
            other.execute("COMMIT")
        other.close()

        assert sorted(await outcomes(audit), key=int) == [str(number) for number in range(20)]

    async def test_it_is_checked_while_rows_are_added_and_forgotten(self, clock: Clock):
        store = Store.open(None)
        audit = Audit(store, ACCOUNT, clock=clock)
        await fill(audit, 500)
        secret = await store.secret()
        begun = await store.transact(partial(walk_on, secret=secret, walk=Walk()))
        clock.forward(366 * DAY)
        await fill(audit, 2)

        walk = begun
        while not walk.over:
            walk = await store.transact(partial(walk_on, secret=secret, walk=walk))

        assert (begun.sound, walk.sound, walk.bad) == (500, 502, None)
        assert await verified(audit) == Verification(count=2, bad=None)

    async def test_rows_forgotten_before_they_could_be_checked_are_not_missed(self, clock: Clock):
        store = Store.open(None)
        audit = Audit(store, ACCOUNT, clock=clock)
        await fill(audit, 3)
        secret = await store.secret()
        clock.forward(366 * DAY)
        await audit.record(entry())

        walk = await store.transact(partial(walk_on, secret=secret, walk=Walk()))

        assert (walk.reached.number, walk.sound, walk.bad) == (4, 1, None)


class TestTrouble:
    async def test_a_disk_that_refuses_is_told_once_and_the_entries_come_later(self, caplog: pytest.LogCaptureFixture):
        store = Store.open(None)
        audit = Audit(store, ACCOUNT)
        await audit.record(entry(outcome="before"))
        may_write(store, False)

        await audit.record(entry(outcome="meanwhile", body=CANARY))
        await audit.record(entry(outcome="and again"))

        assert [record.levelname for record in caplog.records] == ["ERROR"]
        assert CANARY not in caplog.text
        may_write(store, True)
        await audit.record(entry(outcome="after"))
        assert await outcomes(audit) == ["before", "meanwhile", "and again", "after"]
        assert await verified(audit) == Verification(count=4, bad=None)
        may_write(store, False)
        await audit.record(entry())
        assert len(caplog.records) == 2, "a new outage is told"

    @pytest.mark.of_the_file
    @pytest.mark.parametrize("broken", [no_database, folder_in_its_place])
    async def test_a_broken_file_never_fails_what_has_happened(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture, broken: Callable[[Path], None]
    ):
        broken(tmp_path)

        await Audit(Store.open(tmp_path), ACCOUNT).record(entry())

        assert len(caplog.records) == 1

    async def test_an_entry_that_cannot_be_written_does_not_hold_up_the_next(
        self, audit: Audit, caplog: pytest.LogCaptureFixture
    ):
        await audit.record(entry(ids={"send_id": object()}))
        await audit.record(entry(outcome="next"))

        assert len(caplog.records) == 1
        assert await outcomes(audit) == ["next"]

    async def test_a_cancelled_call_is_recorded_all_the_same(self, audit: Audit):
        with anyio.CancelScope() as scope:
            scope.cancel()
            await audit.record(entry())

        assert await outcomes(audit) == ["sent"]


class TestChangesOnTheirWay:
    """What the ledger does not keep: noted before it leaves, and closed by whoever is there to do it."""

    async def test_a_change_that_ended_has_one_row_and_no_note(self, audit: Audit, tmp_path: Path):
        act = audit.begin(entry(tool="save_contact", kind="write", outcome="on its way"))
        await audit.leave(act)
        assert (audit.leaving, noted(tmp_path)) == (1, 1)

        await audit.record(entry(tool="save_contact", kind="write", outcome="done"), closes=act)

        assert (audit.leaving, noted(tmp_path)) == (0, 0)
        assert await outcomes(audit) == ["done"]

    async def test_a_change_that_did_not_leave_after_all_is_not_waited_for(self, audit: Audit, tmp_path: Path):
        act = audit.begin(entry())
        await audit.leave(act)

        audit.stays(act)

        assert (audit.leaving, noted(tmp_path)) == (0, 1)

    @pytest.mark.of_the_file
    async def test_what_cannot_be_noted_does_not_leave(self, tmp_path: Path):
        folder_in_its_place(tmp_path)
        audit = Audit(Store.open(tmp_path), ACCOUNT)

        with pytest.raises(StoreError, match="Nothing was sent or changed"):
            await audit.leave(audit.begin(entry()))

    async def test_what_is_being_worked_on_is_nobody_else_s_to_close(self, audit: Audit, tmp_path: Path):
        await audit.leave(audit.begin(entry()))
        other = Audit(Store.open(tmp_path), "another account", clock=Clock())

        await audit.close_abandoned()
        await other.close_abandoned()

        assert await outcomes(audit) == []

    async def test_what_an_ended_server_left_may_have_happened(self, audit: Audit, tmp_path: Path):
        await audit.leave(audit.begin(entry(tool="delete_contact", kind="destroy", person="hash", dashboard_id=7)))
        abandon(tmp_path)
        other = Audit(Store.open(tmp_path), "another account", clock=Clock())

        await other.close_abandoned()
        await other.close_abandoned()

        (row,) = await read(other)
        assert row.account == ACCOUNT
        assert row.entry == entry(
            tool="delete_contact",
            kind="destroy",
            person="hash",
            dashboard_id=7,
            outcome="unknown",
            note="The server ended while this was on its way, so it may have happened.",
        )
        assert await verified(other) == Verification(count=1, bad=None)

    async def test_a_server_that_is_found_alive_after_all_adds_how_it_ended(
        self, audit: Audit, tmp_path: Path, clock: Clock
    ):
        """Nobody can tell from here whether a server in another container lives; after a while it counts as gone."""
        audit._owner = "1.5@another container x"  # pyright: ignore[reportPrivateUsage]
        act = audit.begin(entry())
        await audit.leave(act)
        clock.forward(121)
        other = Audit(Store.open(tmp_path), ACCOUNT, clock=clock)
        await other.close_abandoned()

        await audit.record(entry(outcome="done", ids={"id": 7}), closes=act)

        first, later = await read(audit)
        assert (first.entry and first.entry.outcome, doubts(tmp_path)) == ("unknown", [])
        assert later.entry == entry(outcome="done", ids={"id": 7, "first_row": first.number}, note="Found out later.")

    async def test_what_is_said_of_a_later_finding_stays(self, audit: Audit):
        act = audit.begin(entry())
        await audit.record(entry(outcome="unknown"), closes=act, in_doubt=True)
        await audit.record(entry(outcome="refused", note="It said no."), closes=act)

        assert [row.entry and row.entry.note for row in await read(audit)] == [None, "It said no."]

    async def test_a_doubt_goes_with_its_row(self, audit: Audit, tmp_path: Path, clock: Clock):
        await audit.record(entry(outcome="unknown"), closes=audit.begin(entry()), in_doubt=True)
        clock.forward(366 * DAY)
        await audit.record(entry(outcome="later"))
        assert doubts(tmp_path) == [1]

        await audit.close_abandoned()

        assert doubts(tmp_path) == []

    async def test_how_a_change_ended_is_written_as_soon_as_the_disk_takes_it(self, audit: Audit, clock: Clock):
        """It was called unknown for ever, by the very server that knew better."""
        act = audit.begin(entry())
        await audit.leave(act)
        may_write(audit._store, False)  # pyright: ignore[reportPrivateUsage]
        await audit.record(entry(outcome="done"), closes=act)
        clock.forward(121)
        may_write(audit._store, True)  # pyright: ignore[reportPrivateUsage]

        async with anyio.create_task_group() as group:
            group.start_soon(audit.run)
            await anyio.wait_all_tasks_blocked()
            group.cancel_scope.cancel()

        assert await outcomes(audit) == ["done"]

    @pytest.mark.of_the_file
    async def test_in_the_background_it_goes_on_although_the_store_fails(
        self, audit: Audit, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ):
        await audit.leave(audit.begin(entry()))
        abandon(tmp_path)
        async with anyio.create_task_group() as group:
            group.start_soon(audit.run)  # it is this server's own, so it stays
            await anyio.wait_all_tasks_blocked()
            group.cancel_scope.cancel()
        broken = tmp_path / "broken"
        broken.mkdir()
        folder_in_its_place(broken)
        async with anyio.create_task_group() as group:
            group.start_soon(Audit(Store.open(broken), ACCOUNT).run)
            await anyio.wait_all_tasks_blocked()
            group.cancel_scope.cancel()

        assert await outcomes(audit) == []
        warned = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
        assert ["cannot be looked at" in each for each in warned] == [True]


class TestActsOfTheLedger:
    """The row of an act that the ledger keeps is written with the end of its row there, whoever ends it."""

    @pytest.fixture
    def ledger(self, tmp_path: Path, clock: Clock) -> Ledger:
        store = Store.open(tmp_path)
        audit = Audit(store, ACCOUNT, with_bodies=True, kinds={"cancel_payment": "destroy"}, clock=clock)
        return Ledger(store, ACCOUNT, clock=clock, witness=audit.follow)

    @pytest.mark.parametrize(
        ("tool", "ending", "kind", "outcome"),
        [
            ("send_message", SENT, "send", "sent"),
            ("cancel_payment", SENT, "destroy", "done"),
            ("send_message", NOT_SENT, "refusal", "not_sent"),
            ("cancel_payment", UNKNOWN, "destroy", "unknown"),
        ],
    )
    async def test_it_says_how_the_act_ended(
        self, ledger: Ledger, audit: Audit, tool: str, ending: Ending, kind: str, outcome: str
    ):
        facts = {"audit_body": CANARY}
        send = await brought(ledger, replace(ending, rule="A_RULE"), act(tool=tool, facts=facts))

        (row,) = await read(audit)

        assert row.entry is not None
        assert (row.account, row.entry.tool, row.entry.kind, row.entry.outcome) == (ACCOUNT, tool, kind, outcome)
        assert (row.entry.caller, row.entry.person, row.entry.dashboard_id) == ("test-host", "hash of a number", 121)
        assert (row.entry.rule, row.entry.body) == ("A_RULE", CANARY)
        assert row.entry.ids == {"send_id": send.send_id, **ending.result}

    async def test_the_same_ending_again_is_no_news(self, ledger: Ledger, audit: Audit):
        send = await brought(ledger, UNKNOWN, act(facts={}))
        for ending in (UNKNOWN, GIVEN_UP, SENT, SENT, UNKNOWN):
            await ledger.end(send.send_id, ending)

        first, found = await read(audit)

        assert [row.entry and row.entry.outcome for row in (first, found)] == ["unknown", "sent"]
        assert found.entry is not None
        assert found.entry.ids == {"send_id": send.send_id, "message_id": "m1", "first_row": first.number}

    async def test_what_an_ended_server_left_is_told_at_once_to_who_asks_for_any_account(
        self, ledger: Ledger, audit: Audit, tmp_path: Path
    ):
        await claim(ledger, act("not left", facts={}))
        await brought(ledger, None, act("left", facts={}))
        abandon(tmp_path)
        store = Store.open(tmp_path)

        await Ledger(store, "another account", witness=Audit(store, "another account").follow).bury()

        assert [(row.account, row.entry and row.entry.outcome) for row in await read(audit)] == [
            (ACCOUNT, "not_sent"),
            (ACCOUNT, "unknown"),
        ]

    async def test_an_audit_that_cannot_be_written_keeps_no_ledger_from_its_outcome(
        self, ledger: Ledger, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ):
        store = Store.open(tmp_path)
        audit = Audit(store, ACCOUNT)
        ledger = Ledger(store, ACCOUNT, witness=audit.follow)
        await audit.record(entry(outcome="before"))
        engines.by_hand(tmp_path, "ALTER TABLE audit_entries RENAME TO elsewhere")

        sends = [await brought(ledger, SENT, act(f"{number}")) for number in range(2)]

        assert [send.state for send in sends] == ["SENT", "SENT"]
        assert [record.levelname for record in caplog.records] == ["ERROR"]
        engines.by_hand(tmp_path, "ALTER TABLE elsewhere RENAME TO audit_entries")
        await audit.record(entry(outcome="after"))
        assert await outcomes(audit) == ["before", "sent", "sent", "after"]


def noted(folder: Path) -> int:
    return engines.by_hand(folder, "SELECT count(*) FROM audit_noted")[0][0]


def doubts(folder: Path) -> list[int]:
    return [number for (number,) in engines.by_hand(folder, "SELECT number FROM audit_doubts")]


def abandon(folder: Path) -> None:
    """Have everything on its way belong to a process that has ended."""
    gone = subprocess.run(
        [sys.executable, "-c", "from textrequest_mcp.ground.processes import *; print(this_process())"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    for table in ("audit_noted", "ledger_sends"):
        with suppress(sqlite3.OperationalError, psycopg.errors.UndefinedTable):
            engines.by_hand(folder, f"UPDATE {table} SET owner = ?", f"{gone} x")


class TestWhatACheckSays:
    async def test_r7_each_start_says_the_head_of_an_audit_that_has_rows(
        self, audit: Audit, caplog: pytest.LogCaptureFixture
    ):
        caplog.set_level("INFO")
        for rows in (0, 1):
            await fill(audit, rows)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(audit.run)
                await anyio.wait_all_tasks_blocked()
                tasks.cancel_scope.cancel()
            assert (f"the audit's head is {await audit.trail.head()};" in caplog.text) == (rows > 0)

    @pytest.mark.of_the_file
    async def test_r7_an_earlier_head_is_there_until_its_row_was_replaced(self, audit: Audit, tmp_path: Path):
        assert await audit.trail.head() is None
        await fill(audit, 2)
        head = await audit.trail.head() or ""
        await fill(audit, 1)

        assert [await audit.trail.is_there(each) for each in (head, "2:00000000", "7:00000000", "no")] == [
            True,
            False,
            False,
            False,
        ]
        by_hand(tmp_path, "UPDATE audit_entries SET mac = 'words' WHERE number = 3")
        assert await audit.trail.head() == "3:unreadable"

    @pytest.mark.of_the_file
    async def test_r7_an_act_of_the_ledger_without_a_row_is_named(self, audit: Audit, tmp_path: Path):
        await audit.record(entry())
        store = Store.open(tmp_path)
        ledger = Ledger(store, ACCOUNT, witness=audit.follow)
        told = await brought(ledger, SENT, act("told", facts={}))
        assert await audit.trail.unrecorded() == []

        silent = await brought(Ledger(store, ACCOUNT), SENT, act("silent", facts={}))
        assert await audit.trail.unrecorded() == [silent.send_id]
        by_hand(tmp_path, "DELETE FROM audit_entries")
        assert await audit.trail.unrecorded() == [told.send_id, silent.send_id]

    async def test_r7_where_old_rows_are_forgotten_older_acts_need_none(
        self, audit: Audit, clock: Clock, tmp_path: Path
    ):
        await audit.record(entry())
        await brought(Ledger(Store.open(tmp_path), ACCOUNT, clock=clock), SENT, act("old", facts={}))
        clock.forward(366 * DAY)
        await audit.record(entry())

        assert [row.number for row in await read(audit)] == [2]
        assert await audit.trail.unrecorded() == []

    @pytest.mark.of_the_file
    async def test_r7_a_row_that_cannot_be_read_tells_of_no_act(self, audit: Audit, tmp_path: Path):
        await audit.record(entry())
        told = act("told", facts={})
        send = await brought(Ledger(Store.open(tmp_path), ACCOUNT, witness=audit.follow), SENT, told)
        by_hand(tmp_path, "UPDATE audit_entries SET entry = '{}', at = 'never'")

        assert await audit.trail.unrecorded() == [send.send_id]

    async def test_r20_a_limit_gives_the_newest_of_the_rows_that_are_chosen(self, audit: Audit, clock: Clock):
        await fill(audit, 3)
        clock.forward(10)
        await audit.record(entry(tool="save_contact"))

        async def numbers(**wanted: Any) -> list[int]:
            return [row.number async for row in audit.trail.entries(**wanted)]

        assert await numbers(limit=2) == [3, 4]
        assert await numbers(limit=2, until=START + 5) == [2, 3]
        assert await numbers(limit=2, tool="save_contact") == [4]
        assert await numbers(limit=2, tool="no_such_tool") == []
