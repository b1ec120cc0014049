"""Reading on in a line's list: no text is skipped and none repeated, whatever the list and the clocks do."""

import random
from collections.abc import Callable
from contextlib import suppress
from email.utils import formatdate
from pathlib import Path

import pytest
from tests.desk import LINE
from tests.guard.once.rows import SENT, brought, may_write
from tests.guard.once.rows import row as row_of
from tests.live.line import PretendLine, Row, Watched, moment, row, watched
from tests.sandbox.service import START

from textrequest_mcp.ground.store import Store, StoreError
from textrequest_mcp.upstream.errors import TextRequestError, TooBusy

pytestmark = pytest.mark.usefixtures("both_engines")

OLD = [row("old", START - 100)]


async def begun(line: PretendLine, **how: object) -> Watched:
    """A line that is watched from now on."""
    room = watched(line, **how)  # pyright: ignore[reportArgumentType] - a table
    assert await room.reader.read_on(LINE) == 0
    line.queries.clear()
    return room


def numbered(count: int, *, first: float, step: float) -> list[Row]:
    return [row(f"m{number}", first + number * step) for number in range(count)]


def in_order(rows: list[Row]) -> list[str]:
    return [each["message_id"] for each in rows]


class TestBeginning:
    async def test_what_a_line_has_when_it_is_first_watched_is_old(self):
        room = await begun(PretendLine(numbered(150, first=START - 300, step=2.0)))
        room.line.rows.append(row("new", START + 1))

        assert await room.reader.read_on(LINE) == 1
        assert await room.ids() == ["new"]

    async def test_of_two_texts_of_the_same_moment_the_later_one_is_new(self):
        room = await begun(PretendLine([row("old", START - 3)]))
        room.line.rows.append(row("new", START - 3))

        await room.reader.read_on(LINE)

        assert await room.ids() == ["new"]

    async def test_a_line_without_texts_can_be_watched(self):
        room = await begun(PretendLine())
        room.line.rows.append(row("new", START))

        await room.reader.read_on(LINE)

        assert await room.ids() == ["new"]

    async def test_old_texts_from_the_future_or_without_a_time_are_old(self):
        room = await begun(PretendLine([row("future", START + 9e6), row("timeless", None), row("old", START - 9)]))
        room.line.rows += [row("new", START + 1), row("new and timeless", None)]

        await room.reader.read_on(LINE)

        assert sorted(await room.ids()) == ["new", "new and timeless"]

    async def test_two_processes_that_begin_at_once_agree(self, tmp_path: Path):
        line = PretendLine(list(OLD))
        one, two = (watched(line, Store.open(tmp_path)) for _ in range(2))
        line.after_page = lambda _: line.rows.append(row(f"m{len(line.rows)}", START + len(line.rows)))

        for room in (one, two, one):
            await room.reader.read_on(LINE)

        ids = await one.ids()
        assert sorted(ids, key=lambda each: int(each[1:])) == [f"m{n}" for n in range(1, len(ids) + 1)]
        assert ids == await two.ids()


class TestOneLook:
    async def test_it_is_one_call_from_before_where_it_read_to(self):
        room = await begun(PretendLine(list(OLD)))

        await room.reader.read_on(LINE)

        [query] = room.line.queries
        assert (query["page"], query["page_size"]) == ("0", "1000")
        assert moment(query["start_date"]) == int(START - 100 - 86_400)

    async def test_a_text_is_noted_once_however_often_it_is_seen(self):
        room = await begun(PretendLine(list(OLD)))
        room.line.rows.append(row("m1", START + 1))

        assert [await room.reader.read_on(LINE) for _ in range(3)] == [1, 0, 0]

    async def test_a_text_that_the_list_shows_late_is_not_skipped(self):
        room = await begun(PretendLine(list(OLD)))
        room.line.rows.append(row("newer", START + 200))
        await room.reader.read_on(LINE)
        room.line.rows.append(row("late", START))

        await room.reader.read_on(LINE)

        assert await room.ids() == ["newer", "late"]

    async def test_a_text_from_the_future_does_not_hide_those_before_it(self):
        room = await begun(PretendLine(list(OLD)))
        room.line.rows.append(row("future", START + 9e6))
        await room.reader.read_on(LINE)
        for number in range(3):
            room.clock.forward(400)
            room.line.rows.append(row(f"m{number}", room.clock.now))
            await room.reader.read_on(LINE)

        assert await room.ids() == ["future", "m0", "m1", "m2"]

    async def test_what_is_no_text_is_passed_over(self, caplog: pytest.LogCaptureFixture):
        room = await begun(PretendLine(list(OLD)))
        room.line.rows += [row("m1", START + 1), row("x", START + 2, customer_phone=None), row("m2", START + 3)]

        await room.reader.read_on(LINE)

        assert await room.ids() == ["m1", "m2"]
        assert "line 121 lists 1 rows that are no texts: it names no contact" in caplog.text
        assert "Words" not in caplog.text

    async def test_l7_the_same_unreadable_thing_is_logged_once_with_its_count(self, caplog: pytest.LogCaptureFixture):
        room = await begun(PretendLine(list(OLD)))
        room.line.rows += [row(f"x{number}", START + number, message_direction="?") for number in range(3)]
        for _ in range(20):
            await room.reader.read_on(LINE)
        assert [message.split(" ")[3] for message in caplog.messages if "no texts" in message] == ["3"]

        room.line.rows += [row(f"y{number}", START + number, message_direction="?") for number in range(3)]
        room.line.rows += [row("z", START + 1, customer_phone=None)]
        for _ in range(20):
            await room.reader.read_on(LINE)
        assert sorted(message.split(" ")[3] for message in caplog.messages if "no texts" in message) == ["1", "3", "6"]

    @pytest.mark.parametrize("given", [None, ""], ids=["null", "empty"])
    async def test_l7_a_text_without_an_id_is_noted_once(self, given: str | None):
        nameless = {"message_id": given}
        room = await begun(PretendLine([*OLD, row("", START - 50) | nameless]))
        room.line.rows += [row("", START + 1, body=body) | nameless for body in ("one", "two")]

        assert [await room.reader.read_on(LINE) for _ in range(3)] == [2, 0, 0]
        assert [noted.event.body for noted in await room.noted()] == ["one", "two"]

    @pytest.mark.parametrize("minutes", [2, 6, 60, 23 * 60])
    @pytest.mark.parametrize("before", [1, 150], ids=["few texts", "many texts"])
    async def test_l5_a_text_that_comes_late_is_told_with_its_own_time(self, minutes: int, before: int):
        old = [row(f"old{number}", START - 90_000 - number) for number in range(before)]
        room = await begun(PretendLine([row("old", START - 2), *old]))
        room.line.rows.append(row("m1", START))
        await room.reader.read_on(LINE)
        room.line.rows.append(row("late", START - minutes * 60))

        assert [await room.reader.read_on(LINE) for _ in range(2)] == [1, 0]
        assert [(noted.event.message_id, noted.event.at) for noted in await room.noted()] == [
            ("m1", START),
            ("late", START - minutes * 60),
        ]

    async def test_l5_before_the_hundred_that_were_there_at_first_all_is_old(self):
        room = await begun(PretendLine(numbered(150, first=START - 300, step=2.0)))
        room.line.rows += [row("of before", START - 290), row("late", START - 150)]

        await room.reader.read_on(LINE)

        assert await room.ids() == ["late"]

    async def test_l5_where_many_come_a_look_reads_few_of_them_again(self):
        room = await begun(PretendLine(list(OLD)))
        room.line.rows += numbered(900, first=START + 1, step=10.0)
        room.clock.forward(9000)
        await room.reader.read_on(LINE)
        room.line.queries.clear()

        assert await room.reader.read_on(LINE) == 0
        [query] = room.line.queries
        assert abs(moment(query["start_date"]) - (START + 1 + 700 * 10)) < 2

    async def test_what_an_older_version_kept_of_a_line_is_read(self):
        room = await begun(PretendLine([*OLD, row("old too", START - 50)]))
        await room.store.transact(
            lambda connection: connection.execute(
                "UPDATE live_lines SET since = ?, old = ?", (START - 100, '["old", "old too"]')
            )
        )
        room.line.rows.append(row("m1", START))

        assert await room.reader.read_on(LINE) == 1
        assert await room.ids() == ["m1"]

    @pytest.mark.parametrize("says", [(204, b""), (200, b"[]"), (200, b'{"items": null}')])
    async def test_an_empty_answer_has_no_texts(self, says: tuple[int, bytes]):
        room = await begun(PretendLine(list(OLD)))
        room.line.says = says

        assert await room.reader.read_on(LINE) == 0

    async def test_our_own_sends_learn_of_their_delivery(self):
        room = await begun(PretendLine(list(OLD)))
        send = await brought(room.ledger, SENT)
        room.line.rows.append(row("m1", START + 1, message_direction="S", delivery_status="delivered"))

        await room.reader.read_on(LINE)

        assert (await row_of(room.ledger, send)).result["delivery_status"] == "delivered"


SLOW = {"a second each": 1.0, "hundreds in a second": 0.0015, "all in one second": 0.00001}


class TestManyTexts:
    @pytest.mark.uncounted
    @pytest.mark.parametrize("step", SLOW.values(), ids=SLOW)
    @pytest.mark.parametrize("exclusive", [False, True], ids=["from the start date on", "after it"])
    async def test_five_thousand_between_two_looks_are_noted_once_and_in_order(self, step: float, exclusive: bool):
        room = await begun(PretendLine(list(OLD), exclusive=exclusive))
        new = numbered(5000, first=float(int(START)) + 10, step=step)
        room.line.rows += new
        room.clock.forward(6000)

        assert await room.reader.read_on(LINE) == 5000
        assert await room.ids() == in_order(new)
        assert await room.reader.read_on(LINE) == 0
        assert len(room.line.queries) <= 16

    async def test_a_thousand_of_the_very_same_moment_and_nothing_else_do_not_stop_it(self):
        """The page from the moment on is the same as the one before; it must be read on by pages."""
        room = await begun(PretendLine())
        room.line.rows += [row(f"m{number:04}", START + 5) for number in range(2500)]

        assert await room.reader.read_on(LINE) == 2500

    async def test_texts_that_come_and_go_while_it_reads_are_not_skipped_nor_repeated(self):
        room = await begun(PretendLine(list(OLD)))
        new = numbered(3000, first=START + 1, step=0.5)
        room.line.rows += new
        room.clock.forward(2000)

        def shift(page: int) -> None:
            del room.line.rows[0:200]  # the oldest are deleted, and newer ones come
            room.line.rows.append(row(f"later{page}", START + 1900 + page))

        room.line.after_page = shift
        await room.reader.read_on(LINE)
        room.line.after_page = lambda _: None
        await room.reader.read_on(LINE)

        ids = await room.ids()
        assert len(ids) == len(set(ids))
        assert set(in_order(new)) <= set(ids)
        assert {each["message_id"] for each in room.line.rows} <= set(ids)

    @pytest.mark.parametrize("says", ["page_size total_items", "page_size", "total_items"])
    async def test_a_service_that_gives_fewer_than_asked_for_has_them_all_read(self, says: str):
        room = await begun(PretendLine(list(OLD)))
        room.line.most, room.line.says_of_a_page = 100, set(says.split())
        new = numbered(1000, first=START + 1, step=0.5)
        room.line.rows += new
        room.clock.forward(1000)

        await room.reader.read_on(LINE)

        assert await room.ids() == in_order(new)


def oldest_first(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda each: each["message_timestamp_utc"])


def newest_first(rows: list[Row]) -> list[Row]:
    return oldest_first(rows)[::-1]


def shuffled(rows: list[Row]) -> list[Row]:
    return random.Random(7).sample(rows, len(rows))


def by_person(rows: list[Row]) -> list[Row]:
    """Conversations one after the other, each in order: the first row of a page may be older than its last."""
    return [each for person in range(8) for each in oldest_first(rows)[person::8]]


ORDERS = {"newest first": newest_first, "none": shuffled, "by person": by_person}


class TestWithoutSorting:
    @pytest.mark.parametrize("how", ["refuses", "ignores"])
    @pytest.mark.parametrize("old", [0, 1, 99, 100, 2500])
    async def test_l8_a_line_is_watched_without_the_word_that_no_document_promises(self, how: str, old: int):
        rows = numbered(old, first=START - old * 3.0 - 5, step=3.0)
        room = await begun(PretendLine(rows, **{how: frozenset({"sort"})}))  # pyright: ignore[reportArgumentType] - a table
        room.line.rows.append(row("new", START + 1))

        assert [await room.reader.read_on(LINE) for _ in range(2)] == [1, 0]
        assert await room.ids() == ["new"]
        assert not any("sort" in query for query in room.line.queries)

    async def test_l8_it_is_asked_once_without_and_never_again_with_it(self):
        room = watched(PretendLine(list(OLD), refuses=frozenset({"sort"})))
        await room.reader.read_on(LINE)
        await room.reader.read_on(LINE + 1)
        await room.reader.read_on(LINE)

        assert ["sort" in query for query in room.line.queries] == [True] + [False] * 5

    async def test_l8_a_refusal_of_everything_is_told(self):
        room = watched(PretendLine(list(OLD), says=(400, b"{}")))
        for _ in range(2):
            with pytest.raises(TextRequestError):
                await room.reader.read_on(LINE)
        assert ["sort" in query for query in room.line.queries] == [True, False] * 2

    async def test_a_service_that_says_no_total_is_sorted_all_the_same(self):
        room = await begun(PretendLine(numbered(3, first=START - 30, step=10.0), says_of_a_page=set()))
        room.line.rows += [row("before", START - 40), row("late", START - 15)]

        await room.reader.read_on(LINE)

        assert await room.ids() == ["late"]


class TestFromACursor:
    async def test_l6_a_line_begins_where_it_is_asked_to(self):
        room = watched(PretendLine([row("before", START - 60), row("m1", START - 30), row("timeless", None)]))
        room.reader.begin_at(LINE, START - 40)
        room.reader.begin_at(LINE, START - 20)

        await room.reader.read_on(LINE)

        assert await room.ids() == ["m1"]
        line = await room.reader.lines.get(LINE)
        assert line is not None
        assert line.known_from(START) == START - 60

    async def test_l6_further_back_than_the_newest_hundred(self):
        room = watched(PretendLine(numbered(1500, first=START - 1500, step=1.0)))
        room.reader.begin_at(LINE, START - 1000)

        assert await room.reader.read_on(LINE) == 1001

    async def test_l6_what_is_known_of_a_line_begins_with_its_last_old_text(self):
        room = await begun(PretendLine([row("a", START - 60), row("b", START - 30), row("future", START + 9e6)]))
        line = await room.reader.lines.get(LINE)

        assert line is not None
        assert line.known_from(START) == START - 30


class TestAnotherService:
    @pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
    async def test_another_order_than_is_promised_hides_nothing(self, order: Callable[[list[Row]], list[Row]]):
        room = await begun(PretendLine(list(OLD)))
        new = numbered(3500, first=START + 1, step=1.0)
        room.line.rows += new
        room.line.order = order
        room.clock.forward(4000)

        assert await room.reader.read_on(LINE) == 3500
        room.line.rows.append(row("last", START + 3900))
        assert await room.reader.read_on(LINE) == 1
        assert sorted(await room.ids()) == sorted([*in_order(new), "last"])

    @pytest.mark.uncounted
    async def test_a_service_that_ignores_the_start_date_is_read_through_by_pages(self):
        old = [row(f"old{number}", START - 9000 + number) for number in range(3200)]
        room = await begun(PretendLine(old, ignores=frozenset({"start_date"})))
        new = numbered(1500, first=START + 1, step=0.5)
        room.line.rows += new
        room.clock.forward(1000)

        assert await room.reader.read_on(LINE) == 1500
        assert await room.ids() == in_order(new)
        room.line.rows.append(row("last", START + 900))
        assert await room.reader.read_on(LINE) == 1

    async def test_a_service_that_ignores_everything_does_not_keep_it_for_ever(self):
        room = await begun(PretendLine(list(OLD)))
        room.line.ignores = frozenset({"start_date", "page"})
        room.line.rows += numbered(2500, first=START + 1, step=0.5)
        room.clock.forward(2000)

        assert await room.reader.read_on(LINE) == 999
        assert len(room.line.queries) <= 4

    async def test_texts_without_a_time_are_noted_too(self):
        room = await begun(PretendLine(list(OLD)))
        room.line.rows += [row("timeless", None), row("m1", START + 1)]

        await room.reader.read_on(LINE)

        assert sorted(await room.ids()) == ["m1", "timeless"]


class TestClocks:
    @pytest.mark.parametrize("wrong", [3600.0, -3600.0, 40 * 86400.0, -40 * 86400.0])
    async def test_a_machine_whose_clock_is_wrong_loses_nothing_even_at_its_first_look(self, wrong: float):
        """The date of the service's answers tells what time it is."""
        line = PretendLine([*OLD, row("future", START + 9e6)], date=formatdate(START, usegmt=True))
        room = watched(line)
        room.clock.forward(wrong)

        await room.reader.read_on(LINE)
        line.rows.append(row("m1", START + 10))
        await room.reader.read_on(LINE)

        assert await room.ids() == ["m1"]
        assert abs(room.reader.now() - START) < 2.0

    @pytest.mark.parametrize("jump", [86400.0, -86400.0, 400.0, -400.0])
    async def test_a_jump_of_the_clock_skips_and_repeats_nothing(self, jump: float):
        room = await begun(PretendLine(list(OLD)))
        for number in range(4):
            room.line.rows.append(row(f"m{number}", START + 1 + number))
            await room.reader.read_on(LINE)
            room.clock.forward(jump * (-1) ** number)

        await room.reader.read_on(LINE)

        assert await room.ids() == ["m0", "m1", "m2", "m3"]

    async def test_clocks_that_agree_to_a_second_are_taken_for_the_same(self):
        room = watched(PretendLine())
        room.api.clock.heard(room.clock.now + 1.4)
        assert room.reader.now() == room.clock.now
        room.api.clock.heard(room.clock.now - 1.6)
        assert room.reader.now() == room.clock.now - 1.6


class TestTurns:
    async def test_a_line_is_due_once_in_its_time_over_all_processes(self, tmp_path: Path):
        line = PretendLine(list(OLD))
        one, two = (watched(line, Store.open(tmp_path)) for _ in range(2))
        assert await one.reader.is_due(LINE, 5.0) == 0.0
        await one.reader.read_on(LINE)

        assert await two.reader.is_due(LINE, 5.0) == 5.0
        two.steady.forward(4.0)
        assert await two.reader.is_due(LINE, 5.0) == 1.0
        two.steady.forward(1.0)
        assert await two.reader.is_due(LINE, 5.0) == 0.0
        assert await two.reader.is_due(LINE, 5.0) == 5.0

    async def test_a_look_of_an_earlier_start_of_the_machine_counts_for_nothing(self):
        room = await begun(PretendLine(list(OLD)))
        room.steady.now = 1.0

        assert await room.reader.is_due(LINE, 5.0) == 0.0

    @pytest.mark.uncounted
    async def test_what_was_read_before_the_share_was_used_up_is_kept_and_the_rest_follows(self):
        room = await begun(PretendLine(list(OLD)), rate_limit=(20, 60.0))
        new = numbered(5000, first=START + 1, step=1.0)
        room.line.rows += new
        room.clock.forward(6000)
        with pytest.raises(TooBusy):
            await room.reader.read_on(LINE)
        kept = await room.ids()
        for _ in range(2):
            room.steady.forward(61)
            with suppress(TooBusy):
                await room.reader.read_on(LINE)

        assert 0 < len(kept) < 5000
        assert await room.ids() == in_order(new)

    async def test_processes_that_look_one_after_the_other_note_each_text_once(self, tmp_path: Path):
        line = PretendLine(list(OLD))
        rooms = [watched(line, Store.open(tmp_path)) for _ in range(3)]
        new = 0
        for number in range(12):
            new += await rooms[number % 3].reader.read_on(LINE)
            line.rows.append(row(f"m{number}", START + 1 + number))

        assert new == 11
        assert await rooms[0].ids() == [f"m{number}" for number in range(11)]


class TestFailures:
    async def test_a_service_that_fails_is_told_and_nothing_is_skipped(self):
        room = await begun(PretendLine(list(OLD)))
        room.line.rows.append(row("m1", START + 1))
        for says in ((500, b""), (200, b'"no list"'), (400, b"{}"), (401, b"")):
            room.line.says = says
            with pytest.raises(TextRequestError):
                await room.reader.read_on(LINE)
        room.line.says = None

        await room.reader.read_on(LINE)

        assert await room.ids() == ["m1"]

    async def test_a_store_that_fails_is_told_and_nothing_is_skipped(self):
        room = await begun(PretendLine(list(OLD)))
        room.line.rows.append(row("m1", START + 1))
        may_write(room.store, False)
        with pytest.raises(StoreError):
            await room.reader.read_on(LINE)
        may_write(room.store, True)

        await room.reader.read_on(LINE)

        assert await room.ids() == ["m1"]

    @pytest.mark.uncounted
    async def test_a_look_that_is_torn_off_between_pages_keeps_what_it_has_and_skips_nothing(self):
        room = await begun(PretendLine(list(OLD)))
        new = numbered(2500, first=START + 1, step=1.0)
        room.line.rows += new
        room.clock.forward(3000)

        def fail(page: int) -> None:
            room.line.says = (400, b"{}") if page == 1 else None

        room.line.after_page = fail
        with pytest.raises(TextRequestError):
            await room.reader.read_on(LINE)
        assert await room.ids() == in_order(new)[: 1000 - 1] or await room.ids() == in_order(new)[:1000]
        room.line.after_page, room.line.says = lambda _: None, None
        await room.reader.read_on(LINE)

        assert await room.ids() == in_order(new)

    async def test_a_store_that_forgets_the_line_begins_again(self):
        room = await begun(PretendLine(list(OLD)))
        await room.store.transact(lambda connection: connection.execute("DELETE FROM live_lines"))

        assert await room.reader.read_on(LINE) == 0
