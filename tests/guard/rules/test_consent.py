"""What people said about further texts stands, whoever heard it, how often and in which order."""

import itertools
from pathlib import Path

import pytest
from tests.desk import DEVON, LINE, MARIA
from tests.guard.once.rows import ACCOUNT, may_write
from tests.sandbox.service import Clock

from textrequest_mcp.ground.connection import Connection
from textrequest_mcp.ground.store import Store, StoreError
from textrequest_mcp.guard.rules.consent import KEEP_PERHAPS_SECONDS, SCHEMA, Consent, Standing, note, stands

pytestmark = pytest.mark.usefixtures("both_engines")

NOTHING = Standing(None, None)
OTHER_LINE = LINE + 1
LOOSE = "please take me off your list"
DAY = 86400.0
SAID = {"STOP": 1.0, LOOSE: 2.0, "START": 3.0, "END": 4.0, "please stop texting me": 5.0}
ORDERS = list(itertools.permutations(SAID))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path)


@pytest.fixture
def consent(store: Store, clock: Clock) -> Consent:
    return Consent(store, ACCOUNT, clock=clock)


@pytest.fixture
def other(tmp_path: Path, clock: Clock) -> Consent:
    """Another server over the same file."""
    return Consent(Store.open(tmp_path), ACCOUNT, clock=clock)


async def rows(store: Store) -> list[tuple[str, float]]:
    return await store.transact(lambda connection: list(connection.execute("SELECT word, at FROM consent_words")))


def contents(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.iterdir()]


class TestStop:
    async def test_a_stop_stands_from_its_time_on_for_every_server(
        self, consent: Consent, other: Consent, clock: Clock
    ):
        assert await consent.standing(LINE, MARIA) == NOTHING

        assert await consent.heard(LINE, MARIA, "Stop.", clock.now) == "stop"

        assert await consent.standing(LINE, MARIA) == await other.standing(LINE, MARIA) == Standing(clock.now, None)

    async def test_it_is_for_this_number_on_this_line_of_this_account(
        self, consent: Consent, store: Store, clock: Clock
    ):
        await consent.heard(LINE, MARIA, "STOP", clock.now)

        assert await consent.standing(OTHER_LINE, MARIA) == NOTHING
        assert await consent.standing(LINE, DEVON) == NOTHING
        assert await Consent(store, "another account", clock=clock).standing(LINE, MARIA) == NOTHING

    @pytest.mark.parametrize("spelling", [MARIA[1:], MARIA[2:], f"({MARIA[2:5]}) {MARIA[5:8]}-{MARIA[8:]}"])
    async def test_the_number_may_be_spelled_as_the_service_or_a_person_does(
        self, consent: Consent, clock: Clock, spelling: str
    ):
        await consent.heard(LINE, spelling, "STOP", clock.now)

        assert (await consent.standing(LINE, MARIA)).stopped_at == clock.now

    @pytest.mark.parametrize("body", ["Can I come at 5?", "YES", "please text me", "START?", LOOSE])
    async def test_no_other_later_text_lifts_it(self, consent: Consent, clock: Clock, body: str):
        await consent.heard(LINE, MARIA, "STOP", clock.now)
        await consent.heard(LINE, MARIA, body, clock.now + 60)

        assert (await consent.standing(LINE, MARIA)).stopped_at == clock.now

    async def test_no_persons_judgement_and_no_time_lifts_it(self, consent: Consent, store: Store, clock: Clock):
        stopped_at = clock.now
        await consent.heard(LINE, MARIA, "STOP", stopped_at)
        await consent.lift(LINE, MARIA)
        clock.forward(20 * 365 * DAY)
        await consent.tidy()

        assert await consent.standing(LINE, MARIA) == Standing(stopped_at, None)

    async def test_their_own_later_start_lifts_it_and_a_later_stop_brings_it_back(
        self, consent: Consent, other: Consent, clock: Clock
    ):
        await consent.heard(LINE, MARIA, "STOP", clock.now)
        assert await other.heard(LINE, MARIA, "START", clock.now + 1) == "start"
        assert await consent.standing(LINE, MARIA) == NOTHING

        await other.heard(LINE, MARIA, "QUIT", clock.now + 2)
        assert await consent.standing(LINE, MARIA) == Standing(clock.now + 2, None)

    async def test_a_start_on_another_line_or_of_somebody_else_lifts_nothing(self, consent: Consent, clock: Clock):
        await consent.heard(LINE, MARIA, "STOP", clock.now)
        await consent.heard(OTHER_LINE, MARIA, "START", clock.now + 1)
        await consent.heard(LINE, DEVON, "START", clock.now + 1)

        assert (await consent.standing(LINE, MARIA)).stopped_at == clock.now

    async def test_of_a_stop_and_a_start_at_the_same_time_the_stop_holds(self, consent: Consent, clock: Clock):
        await consent.heard(LINE, MARIA, "STOP", clock.now)
        await consent.heard(LINE, MARIA, "START", clock.now)

        assert (await consent.standing(LINE, MARIA)).stopped_at == clock.now


class TestPerhapsStop:
    async def test_it_stands_beside_a_stop_and_by_itself(self, consent: Consent, clock: Clock):
        assert await consent.heard(LINE, MARIA, LOOSE, clock.now) == "perhaps_stop"
        assert await consent.standing(LINE, MARIA) == Standing(None, clock.now)

        await consent.heard(LINE, MARIA, "STOP", clock.now + 1)
        assert await consent.standing(LINE, MARIA) == Standing(clock.now + 1, clock.now)

    async def test_an_ordinary_later_text_does_not_lift_it(self, consent: Consent, clock: Clock):
        await consent.heard(LINE, MARIA, LOOSE, clock.now)

        assert await consent.heard(LINE, MARIA, "Can I come at 5?", clock.now + 60) is None
        assert (await consent.standing(LINE, MARIA)).perhaps_at == clock.now

    async def test_their_own_start_lifts_it(self, consent: Consent, clock: Clock):
        await consent.heard(LINE, MARIA, LOOSE, clock.now)
        await consent.heard(LINE, MARIA, "START", clock.now + 1)

        assert await consent.standing(LINE, MARIA) == NOTHING

    async def test_a_persons_judgement_lifts_it_for_every_server_and_nothing_else(
        self, consent: Consent, other: Consent, clock: Clock
    ):
        for line, number in [(LINE, MARIA), (OTHER_LINE, MARIA), (LINE, DEVON)]:
            await consent.heard(line, number, LOOSE, clock.now)
        await consent.heard(LINE, MARIA, "STOP", clock.now - 1)

        await other.lift(LINE, MARIA)

        assert await consent.standing(LINE, MARIA) == Standing(clock.now - 1, None)
        assert (await consent.standing(OTHER_LINE, MARIA)).perhaps_at == clock.now
        assert (await consent.standing(LINE, DEVON)).perhaps_at == clock.now

    async def test_the_same_text_heard_again_stays_judged_and_a_later_one_stands(self, consent: Consent, clock: Clock):
        await consent.heard(LINE, MARIA, LOOSE, clock.now)
        await consent.lift(LINE, MARIA)
        await consent.heard(LINE, MARIA, LOOSE, clock.now)
        assert await consent.standing(LINE, MARIA) == NOTHING

        await consent.heard(LINE, MARIA, "please stop texting me", clock.now + 1)
        assert await consent.standing(LINE, MARIA) == Standing(None, clock.now + 1)

    async def test_what_came_after_the_one_that_was_shown_is_not_judged_with_it(self, consent: Consent, clock: Clock):
        await consent.heard(LINE, MARIA, LOOSE, clock.now)
        shown = await consent.standing(LINE, MARIA)
        await consent.heard(LINE, MARIA, "please stop texting me", clock.now + 1)

        await consent.lift(LINE, MARIA, through=shown.perhaps_at)
        assert (await consent.standing(LINE, MARIA)).perhaps_at == clock.now + 1

        await consent.lift(LINE, MARIA, through=clock.now + 1)
        assert await consent.standing(LINE, MARIA) == NOTHING

    async def test_a_judgement_says_nothing_of_what_is_heard_only_later(self, consent: Consent, clock: Clock):
        await consent.lift(LINE, MARIA)
        await consent.heard(LINE, MARIA, LOOSE, clock.now - 60)
        assert (await consent.standing(LINE, MARIA)).perhaps_at == clock.now - 60

        await consent.lift(LINE, MARIA, through=clock.now + 60)
        await consent.heard(LINE, MARIA, LOOSE, clock.now)
        assert (await consent.standing(LINE, MARIA)).perhaps_at == clock.now

    async def test_an_earlier_judgement_does_not_undo_a_later_one(self, consent: Consent, clock: Clock):
        await consent.heard(LINE, MARIA, LOOSE, clock.now)
        await consent.lift(LINE, MARIA)
        await consent.lift(LINE, MARIA, through=clock.now - 60)

        assert await consent.standing(LINE, MARIA) == NOTHING

    async def test_it_stands_for_thirty_days_and_is_then_forgotten(self, consent: Consent, store: Store, clock: Clock):
        said_at = clock.now
        await consent.heard(LINE, MARIA, LOOSE, said_at)
        await consent.lift(LINE, MARIA)
        await consent.heard(LINE, DEVON, LOOSE, said_at)
        clock.forward(KEEP_PERHAPS_SECONDS)
        await consent.tidy()
        assert await consent.standing(LINE, DEVON) == Standing(None, said_at)

        clock.forward(1)
        assert await consent.standing(LINE, DEVON) == NOTHING
        await consent.tidy()
        assert await rows(store) == []


class TestOrder:
    @pytest.mark.uncounted
    @pytest.mark.parametrize("order", ORDERS, ids=" then ".join)
    async def test_it_is_the_times_that_count_and_not_the_order_of_hearing(self, order: tuple[str, ...]):
        consent = Consent(Store.open(None), ACCOUNT, clock=lambda: 10.0)

        for body in order * 2:
            await consent.heard(LINE, MARIA, body, SAID[body])

        assert await consent.standing(LINE, MARIA) == Standing(4.0, 5.0)

    @pytest.mark.parametrize("body", ["STOP", LOOSE])
    async def test_an_older_text_heard_later_does_not_undo_a_start(self, consent: Consent, clock: Clock, body: str):
        await consent.heard(LINE, MARIA, "START", clock.now)
        clock.forward(20 * 365 * DAY)
        await consent.tidy()
        await consent.heard(LINE, MARIA, body, clock.now - 20 * 365 * DAY - 1)

        assert await consent.standing(LINE, MARIA) == NOTHING

    async def test_an_older_start_heard_later_lifts_nothing(self, consent: Consent, other: Consent, clock: Clock):
        await consent.heard(LINE, MARIA, "STOP", clock.now)
        await other.heard(LINE, MARIA, "START", clock.now - 1)

        assert (await consent.standing(LINE, MARIA)).stopped_at == clock.now


class TestInsideAnothersTransaction:
    async def test_a_wish_is_noted_with_whatever_else_happens_or_not_at_all(
        self, consent: Consent, store: Store, clock: Clock
    ):
        secret = await store.secret()
        store.ensure(SCHEMA)

        def fails(connection: Connection) -> None:
            note(connection, secret, ACCOUNT, LINE, MARIA, "stop", clock.now)
            raise LookupError

        with pytest.raises(LookupError):
            await store.transact(fails)
        assert await consent.standing(LINE, MARIA) == NOTHING

        def noted(connection: Connection) -> Standing:
            note(connection, secret, ACCOUNT, LINE, MARIA, "stop", clock.now)
            return stands(connection, secret, ACCOUNT, LINE, MARIA, clock.now)

        assert await store.transact(noted) == await consent.standing(LINE, MARIA) == Standing(clock.now, None)


class TestAtRest:
    @pytest.mark.of_the_file
    async def test_neither_the_number_nor_the_words_are_in_the_files(
        self, consent: Consent, tmp_path: Path, clock: Clock
    ):
        await consent.heard(LINE, MARIA, "remove me, Maria Lopez", clock.now)
        await consent.heard(LINE, MARIA, "STOP", clock.now)
        await consent.lift(LINE, MARIA)

        files = contents(tmp_path)

        assert any(b"settled" in content for content in files)
        for secret in [MARIA[2:], MARIA[-7:], "Lopez", "STOP"]:
            assert not any(secret.encode() in content for content in files)

    async def test_the_same_person_on_two_lines_cannot_be_told_for_one(
        self, consent: Consent, store: Store, clock: Clock
    ):
        await consent.heard(LINE, MARIA, "STOP", clock.now)
        await consent.heard(OTHER_LINE, MARIA, "STOP", clock.now)

        people = await store.transact(lambda connection: list(connection.execute("SELECT person FROM consent_words")))

        assert len(set(people)) == 2

    async def test_a_text_that_says_nothing_of_it_leaves_no_trace(self, consent: Consent, store: Store, clock: Clock):
        assert await consent.heard(LINE, MARIA, "See you at 5", clock.now) is None

        assert await rows(store) == []

    async def test_a_stop_outlives_the_process_that_heard_it(self, consent: Consent, store: Store, tmp_path: Path):
        await consent.heard(LINE, MARIA, "STOP", 1.0)
        store.close()

        assert await Consent(Store.open(tmp_path), ACCOUNT).standing(LINE, MARIA) == Standing(1.0, None)

    async def test_r19_what_is_read_while_the_store_cannot_be_used_is_kept_before_anybody_is_texted(
        self, consent: Consent, store: Store, clock: Clock
    ):
        await consent.heard(LINE, DEVON, "STOP", clock.now)
        may_write(store, False)
        for _ in range(2):
            assert await consent.heard(LINE, MARIA, "STOP", clock.now) == "stop"
        with pytest.raises(StoreError):
            await consent.standing(LINE, MARIA)

        may_write(store, True)

        assert await consent.standing(LINE, MARIA) == Standing(clock.now, None)

    @pytest.mark.of_the_file
    async def test_a_store_that_cannot_be_used_is_told_and_not_taken_for_consent(
        self, consent: Consent, tmp_path: Path, store: Store, clock: Clock
    ):
        await consent.heard(LINE, DEVON, "STOP", clock.now)
        store.close()
        (tmp_path / "state.sqlite3").write_bytes(b"not a database" * 100)
        with pytest.raises(StoreError):
            await consent.standing(LINE, MARIA)


async def test_a_wish_said_to_somebody_stands_on_each_line_until_their_own_start(consent: Consent, clock: Clock):
    await consent.heard(LINE, MARIA, "START", clock.now - 5.0)
    await consent.stop([LINE, OTHER_LINE], [MARIA])

    assert (await consent.standing(LINE, MARIA)).stopped_at == clock.now
    assert (await consent.standing(OTHER_LINE, MARIA)).stopped_at == clock.now
    assert await consent.standing(LINE, DEVON) == NOTHING
    await consent.lift(LINE, MARIA)
    assert (await consent.standing(LINE, MARIA)).stopped_at == clock.now
    await consent.heard(LINE, MARIA, "START", clock.now + 5.0)
    assert await consent.standing(LINE, MARIA) == NOTHING
