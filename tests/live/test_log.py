"""The event log: each text once, in order, read on from a cursor that skips nothing and repeats nothing."""

from pathlib import Path
from typing import Any

import anyio
import pytest
from tests.desk import DEVON, LINE, MARIA
from tests.guard.once.rows import may_write
from tests.live.line import ACCOUNT, event
from tests.sandbox.service import START, Clock

from textrequest_mcp.ground.connection import Connection
from textrequest_mcp.ground.store import FILE_NAME, Store, StoreError
from textrequest_mcp.live.cursor import read_cursor
from textrequest_mcp.live.encryption import Cipher
from textrequest_mcp.live.event_filter import EventFilter, Noted
from textrequest_mcp.live.log import DAY_SECONDS, EventLog
from textrequest_mcp.live.made_ids import named
from textrequest_mcp.live.replays import Replayed
from textrequest_mcp.upstream.errors import BadInput

pytestmark = pytest.mark.usefixtures("both_engines")

ALL = EventFilter()


def opened(store: Store, clock: Clock | None = None, account: str = ACCOUNT, days: int = 30) -> EventLog:
    return EventLog(store, account, Cipher(account), keep_days=days, clock=clock or Clock())


def ids(noted: list[Noted]) -> list[str]:
    return [each.event.message_id for each in noted]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store() -> Store:
    return Store.open(None)


@pytest.fixture
def log(store: Store, clock: Clock) -> EventLog:
    return opened(store, clock)


class TestNoting:
    async def test_a_text_comes_back_as_it_was_noted(self, log: EventLog):
        text = event(direction="S", by="Dana", status="sent", error="2001", media=("https://example.com/a.png",))
        await log.append([text])

        assert await log.read(0, ALL, 10) == [Noted(1, text)]

    async def test_each_is_noted_once_in_the_order_in_which_it_was_heard_of(self, log: EventLog):
        assert await log.append([event("m2"), event("m1")]) == 2
        assert await log.append([event("m1", body="other"), event("m3"), event("m2"), event("m3")]) == 1

        noted = await log.read(0, ALL, 10)
        assert ids(noted) == ["m2", "m1", "m3"]
        assert noted[1].event.body == "Words of m1"

    async def test_accounts_do_not_see_each_other(self, store: Store, log: EventLog):
        other = opened(store, account="another account")
        await log.append([event("m1")])
        await other.append([event("m1", body="theirs")])

        assert [each.event.body for each in await log.read(0, ALL, 10)] == ["Words of m1"]
        assert [each.event.body for each in await other.read(0, ALL, 10)] == ["theirs"]
        assert await log.changed(0) == (1, {(LINE, log.hashed(MARIA))})

    async def test_a_text_without_a_time_happened_when_it_was_heard_of(self, log: EventLog, clock: Clock):
        await log.append([event(at=None)])

        assert [each.event.at for each in await log.read(0, ALL, 10)] == [clock.now]

    async def test_a_call_is_heard_once_and_a_second_time_writes_nothing(self, log: EventLog):
        await log.append([event("m1")], once="a call")
        with pytest.raises(Replayed):
            await log.append([event("m2")], once="a call")
        await log.append([event("m3")], once="another call", durable=True)

        assert ids(await log.read(0, ALL, 10)) == ["m1", "m3"]

    async def test_a_call_is_remembered_for_longer_than_it_may_be_old_and_not_for_ever(
        self, log: EventLog, clock: Clock
    ):
        await log.append([], once="a call")
        clock.forward(700)
        with pytest.raises(Replayed):
            await log.append([], once="a call")
        clock.forward(3600)
        assert await log.append([event()], once="a call") == 1

    async def test_what_is_to_be_written_with_it_is_written_or_neither_is(self, log: EventLog):
        def fail(connection: Connection) -> None:
            connection.execute("DELETE FROM live_log")
            raise KeyError

        with pytest.raises(KeyError):
            await log.append([event()], once="a call", also=fail)

        assert await log.read(0, ALL, 10) == []
        assert await log.append([event()], once="a call") == 1

    async def test_a_store_that_fails_loses_nothing_that_is_told_again(self, store: Store, log: EventLog):
        await log.append([event("m1")])
        may_write(store, False)
        with pytest.raises(StoreError):
            await log.append([event("m2")], once="a call")
        may_write(store, True)

        assert await log.append([event("m2")], once="a call") == 1

    async def test_many_tasks_at_once_note_each_once(self, log: EventLog):
        new: list[int] = []

        async def note(first: int) -> None:
            new.extend([await log.append([event(f"m{number}")]) for number in range(first, first + 20)])

        async with anyio.create_task_group() as tasks:
            for first in range(0, 100, 10):
                tasks.start_soon(note, first)

        assert sum(new) == 110
        noted = await log.read(0, ALL, 1000)
        assert len(set(ids(noted))) == len(noted) == 110


class TestReading:
    async def test_only_what_is_wanted_is_read(self, log: EventLog):
        await log.append(
            [
                event("m1"),
                event("m2", direction="S"),
                event("m3", phone_number=DEVON),
                event("m4", dashboard_id=122),
                event("m5", at=START - 5),
            ]
        )

        async def read(**wanted: object) -> list[str]:
            return ids(await log.read(0, EventFilter(**wanted), 10))  # pyright: ignore[reportArgumentType] - a table

        assert await read(dashboard_id=LINE) == ["m1", "m2", "m3", "m5"]
        assert await read(dashboard_id=LINE, phone_number=MARIA) == ["m1", "m2", "m5"]
        assert await read(direction="S") == ["m2"]
        assert await read(since=START) == ["m1", "m2", "m3", "m4"]

    async def test_reading_on_gives_each_once_however_few_at_a_time(self, log: EventLog):
        await log.append(event(f"m{number}") for number in range(25))

        place, got = 0, list[str]()
        while found := await log.read(place, ALL, 4):
            place = found[-1].number
            got += ids(found)

        assert got == [f"m{number}" for number in range(25)]

    async def test_what_is_damaged_hides_nothing_that_follows_it(self, store: Store, log: EventLog):
        await log.append(event(f"m{number}") for number in range(6))
        await store.transact(
            lambda connection: connection.execute(
                "UPDATE live_events SET content = ? WHERE number IN (1, 2, 4)", (b"\0",)
            )
        )

        assert ids(await log.read(0, ALL, 2)) == ["m2"]
        assert ids(await log.read(3, ALL, 2)) == ["m4"]
        assert ids(await log.read(5, ALL, 2)) == ["m5"]

    async def test_what_changed_is_told_by_line_and_conversation(self, log: EventLog):
        await log.append([event("m1"), event("m2", phone_number=DEVON), event("m3", dashboard_id=122)])

        assert await log.changed(0) == (
            3,
            {(LINE, log.hashed(MARIA)), (LINE, log.hashed(DEVON)), (122, log.hashed(MARIA))},
        )
        assert await log.changed(2) == (3, {(122, log.hashed(MARIA))})
        assert await log.changed(3) == (3, set())

    async def test_a_start_lies_before_the_first_that_happened_since_and_else_at_the_end(self, log: EventLog):
        await log.append([event("m1", at=START - 9), event("m2", at=START - 9), event("m3", at=START - 9)])
        since = EventFilter(dashboard_id=LINE, since=START)
        assert await log.start(1, since) == 3

        await log.append([event("m4"), event("m5", at=START - 9), event("m6")])

        assert await log.start(1, since) == 3
        assert ids(await log.read(3, EventFilter(dashboard_id=LINE), 10)) == ["m4", "m5", "m6"]


class TestWithoutAnId:
    async def test_l7_a_text_is_told_once_under_an_id_of_our_own(self, store: Store, log: EventLog):
        nameless = event("", body="It\u2019s me", at=START)
        assert await log.append([nameless, event("", body="It's  me", at=START + 0.2), event("", body="And me")]) == 2
        assert await opened(store).append([nameless]) == 0

        first, second = [each.event for each in await log.read(0, ALL, 10)]
        assert (first.body, second.body) == ("It\u2019s me", "And me")
        assert first.message_id.startswith("made-here-")
        assert first.message_id != second.message_id

    async def test_l7_the_id_tells_nothing_without_the_accounts_key(self):
        ids_of = [named(event("", body="x"), Cipher(key).mark).message_id for key in ("one", "one", "other")]

        assert ids_of[0] == ids_of[1] != ids_of[2]

    @pytest.mark.parametrize(
        "other",
        [
            {"dashboard_id": 122},
            {"phone_number": DEVON},
            {"direction": "S"},
            {"at": START + 1},
            {"at": None},
            {"body": None},
            {"media": ("https://example.com/a.png",)},
        ],
        ids=lambda other: next(iter(other)),
    )
    def test_l7_whatever_tells_two_texts_apart_gives_them_two_ids(self, other: dict[str, Any]):
        mark = Cipher(ACCOUNT).mark

        assert named(event(""), mark).message_id != named(event("", **other), mark).message_id


class TestEarliest:
    async def test_l5_it_is_the_earliest_of_the_lines_last_ones_if_there_are_so_many(self, log: EventLog):
        await log.append([event("m0", at=START - 9), event("m1", at=START + 5), event("m2", at=START + 3)])
        await log.append([event("m3", at=START - 5, dashboard_id=122)])

        assert await log.earliest(LINE, 2) == START + 3
        assert await log.earliest(LINE, 3) == START - 9
        assert await log.earliest(LINE, 4) is None


class TestCursors:
    async def test_l6_a_cursor_holds_its_time_to_the_second(self, log: EventLog):
        await log.append([event("m1")])
        cursor = await log.cursor(1, START + 0.7)

        assert await log.place(cursor) == 1
        assert read_cursor(cursor) == (cursor.split(".")[0], 1, float(int(START + 0.7)), None, None)
        assert read_cursor(await log.cursor(1)) == (cursor.split(".")[0], 1, None, None, None)
        assert str(read_cursor(f"{cursor}~0.abc123")) == f"{cursor}~0.abc123"

    @pytest.mark.parametrize("time", ["@", "@x", "@-1", "@1.5", "@" + "9" * 13])
    async def test_l6_a_cursor_with_a_time_that_is_none_is_none(self, log: EventLog, time: str):
        with pytest.raises(BadInput, match="not a cursor"):
            await log.place(await log.cursor(0) + time)

    async def test_a_cursor_holds_over_restarts_and_in_other_processes(self, tmp_path: Path):
        store = Store.open(tmp_path)
        log = opened(store)
        await log.append([event("m1"), event("m2")])
        cursor = await log.cursor(1)
        store.close()

        again = opened(Store.open(tmp_path))
        assert await again.place(f" {cursor} ") == 1
        await log.append([event("m3")])
        assert ids(await again.read(await again.place(cursor), ALL, 10)) == ["m2", "m3"]

    async def test_numbers_are_never_given_twice_even_when_all_is_forgotten(self, store: Store, log: EventLog):
        await log.append([event("m1"), event("m2")])
        await store.transact(lambda connection: connection.execute("DELETE FROM live_events"))
        assert await log.end() == 2
        await log.append([event("m3")])

        assert (await log.read(0, ALL, 10))[0].number == 3

    async def test_the_end_of_an_empty_log_is_zero(self, log: EventLog):
        assert await log.end() == 0
        assert await log.place(await log.cursor(0)) == 0

    @pytest.mark.parametrize("given", ["", ".", "x", "1", "{name}", "{name}.", "{name}.x", "{name}.-1", "{name}.1.1",
                                       "{name}.٣", "{name}." + "9" * 19, "\ud800.1"])  # fmt: skip
    async def test_what_is_no_cursor_is_refused(self, log: EventLog, given: str):
        name = (await log.cursor(0)).partition(".")[0]

        with pytest.raises(BadInput, match="after "):
            await log.place(given.replace("{name}", name))

    async def test_a_cursor_of_another_log_or_of_its_future_is_refused(self, log: EventLog):
        await log.append([event()])
        name = (await log.cursor(0)).partition(".")[0]

        for given in (await opened(Store.open(None)).cursor(0), f"{name}.2"):
            with pytest.raises(BadInput, match="another record of texts"):
                await log.place(given)


class TestForgetting:
    async def test_texts_are_kept_as_long_as_is_set_and_then_forgotten(self, store: Store, clock: Clock):
        log = opened(store, clock, days=2)
        await log.append([event("old"), event("young", at=START + DAY_SECONDS)])
        clock.forward(2 * DAY_SECONDS + 3600)
        await log.tidy()
        assert ids(await log.read(0, ALL, 10)) == ["old", "young"]

        clock.forward(3601)
        await log.tidy()

        assert ids(await log.read(0, ALL, 10)) == ["young"]

    async def test_what_is_forgotten_is_not_heard_of_again(self, store: Store, clock: Clock):
        log = opened(store, clock, days=2)
        await log.append([event("old")])
        clock.forward(3 * DAY_SECONDS)
        await log.tidy()

        assert await log.append([event("old")]) == 0
        assert await log.end() == 1

    async def test_who_has_not_read_what_is_forgotten_is_told_so_and_the_others_read_on(
        self, store: Store, clock: Clock
    ):
        log = opened(store, clock, days=2)
        await log.append([event("m1"), event("m2"), event("m3", at=START + DAY_SECONDS)])
        before, behind = await log.cursor(1), await log.cursor(2)
        clock.forward(2.5 * DAY_SECONDS)
        await log.tidy()

        with pytest.raises(BadInput, match="so old that texts which came since are forgotten"):
            await log.place(before)
        assert ids(await log.read(await log.place(behind), ALL, 10)) == ["m3"]

    async def test_that_something_was_forgotten_is_remembered_also_where_less_is_forgotten_later(
        self, store: Store, clock: Clock
    ):
        log = opened(store, clock, days=2)
        await log.append([event("m1", at=START + 2 * 3600), event("m2", at=START)])
        cursor = await log.cursor(1)
        clock.forward(2 * DAY_SECONDS + 2 * 3600)
        await log.tidy()
        clock.forward(2 * 3600)
        await log.tidy()

        assert await log.read(0, ALL, 10) == []
        with pytest.raises(BadInput, match="forgotten"):
            await log.place(cursor)


@pytest.mark.of_the_file
async def test_the_file_holds_no_words_no_number_and_no_name_in_plain(tmp_path: Path):
    store = Store.open(tmp_path)
    log = opened(store)
    await log.append([event(body="Is my car ready?", by="Dana Whitaker", media=("https://example.com/secret.png",))])
    store.close()

    contents = in_all_files(tmp_path)
    assert b"m1" in contents
    for secret in (b"car ready", MARIA[2:].encode(), b"Dana", b"secret.png"):
        assert secret not in contents


def in_all_files(folder: Path) -> bytes:
    assert (folder / FILE_NAME).exists()
    return b"".join(path.read_bytes() for path in folder.iterdir())
