"""Caps: exactly so much leaves as they say, over all processes, and a place that was not needed is there again."""

import itertools
import math
import subprocess
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import forks
from tests.guard.rules.caps_child import LIMITS as LIMITS_OF_THE_CHILD
from tests.guard.rules.caps_child import TEXTS as TEXTS_OF_THE_CHILD
from tests.sandbox.service import Clock

from textrequest_mcp.ground.store import Store
from textrequest_mcp.guard.rules.caps import KEEP_SECONDS, Caps
from textrequest_mcp.guard.rules.remaining import Limits, OverCap, Remaining, Reservation
from textrequest_mcp.upstream.errors import TextRequestError

pytestmark = pytest.mark.usefixtures("both_engines")

CHILD = Path(__file__).with_name("caps_child.py")
ACCOUNT = "one account"
LINE = 121
HOUR, DAY = 3600.0, 86400.0
NO_LIMITS = Limits(
    texts_per_hour=None, texts_per_day=None, new_people_per_day=None, dollars_per_request=None, dollars_per_day=None
)
NAMES = tuple(asdict(NO_LIMITS))
NO_REMAINDER = Remaining(
    texts_per_hour=None, texts_per_day=None, new_people_per_day=None, dollars_per_request=None, dollars_per_day=None
)
SEND_IDS = (f"send_{number}" for number in itertools.count())


def use(person: str | None = "Maria", **differences: Any) -> Reservation:
    """A text to somebody, unless told otherwise."""
    given: dict[str, Any] = {"send_id": next(SEND_IDS), "dashboard_id": LINE, "texts": 1, "dollars": None}
    return Reservation(person=person, **(given | differences))


def asking(dollars: str, **differences: Any) -> Reservation:
    return use(dollars=Decimal(dollars), **differences)


def limited(**limits: int | str) -> Limits:
    """Only these caps; dollars as text."""
    chosen: dict[str, Any] = {name: Decimal(most) if isinstance(most, str) else most for name, most in limits.items()}
    return replace(NO_LIMITS, **chosen)


def child_process(name: str, folder: Path) -> subprocess.Popen[str]:
    return forks.start(str(CHILD), name, str(folder))


async def refusal(caps: Caps, wanted: Reservation) -> OverCap:
    with pytest.raises(OverCap) as refused:
        await caps.reserve(wanted)
    return refused.value


@pytest.fixture
def clock() -> Clock:
    return Clock(1_780_000_000.0)  # 2026-05-28 20:26:40 UTC


@pytest.fixture
def store() -> Store:
    return Store.open(None)


@dataclass
class Desk:
    """Caps over one store and one clock."""

    store: Store
    clock: Clock

    def under(self, account: str = ACCOUNT, **limits: int | str) -> Caps:
        return Caps(self.store, account, limited(**limits), clock=self.clock)


@pytest.fixture
def desk(store: Store, clock: Clock) -> Desk:
    return Desk(store, clock)


class TestTexts:
    @pytest.mark.parametrize(("name", "seconds"), [("texts_per_hour", HOUR), ("texts_per_day", DAY)])
    async def test_so_many_leave_in_any_window_and_the_next_when_the_first_is_out_of_it(
        self, desk: Desk, clock: Clock, name: str, seconds: float
    ):
        caps = Caps(desk.store, ACCOUNT, limited(**{name: 2}), clock=clock)
        lefts: list[int] = []
        for _ in range(2):
            lefts.append(getattr(await caps.reserve(use()), name))
            clock.forward(100)

        first = await refusal(caps, use())
        clock.forward(seconds - 201)
        just_before = await refusal(caps, use())
        clock.forward(1)

        assert lefts == [1, 0]
        assert first.frees_at == just_before.frees_at == clock.now
        assert getattr(await caps.reserve(use()), name) == 0
        assert (await refusal(caps, use())).frees_at == clock.now + 100

    async def test_the_refusal_tells_the_cap_what_is_used_when_it_has_room_and_who_sets_it(self, desk: Desk):
        caps = desk.under(texts_per_hour=1)
        await caps.reserve(use())

        refused = await refusal(caps, use())

        assert isinstance(refused, TextRequestError)
        assert refused.setting == "TEXTREQUEST_TEXTS_PER_HOUR"
        assert str(refused) == (
            "The cap on a line's texts in any 60 minutes leaves no room: 1 of 1 used, and this needs 1. "
            "Nothing was sent or changed. There is room from Thu 28 May 21:27 UTC; whoever runs this server sets the "
            "cap with TEXTREQUEST_TEXTS_PER_HOUR. Do not work around it: tell the person you work for."
        )

    async def test_an_act_of_several_texts_waits_until_there_is_room_for_all_of_them(self, desk: Desk, clock: Clock):
        caps = desk.under(texts_per_hour=5)
        began = clock.now
        for texts in (1, 2, 2):
            await caps.reserve(use(texts=texts))
            clock.forward(60)

        assert (await refusal(caps, use(texts=2))).frees_at == began + HOUR + 60
        assert (await refusal(caps, use(texts=4))).frees_at == began + HOUR + 120
        never = await refusal(caps, use(texts=6))

        assert never.frees_at == math.inf
        assert "There is never room for that much; " in str(never)

    async def test_a_cap_of_none_lets_no_text_leave_and_everything_else(self, desk: Desk):
        caps = desk.under(texts_per_day=0)

        assert (await refusal(caps, use())).frees_at == math.inf
        await caps.reserve(asking("5", texts=0))

    async def test_where_no_cap_is_set_nothing_is_refused_and_it_is_counted_all_the_same(self, desk: Desk):
        room = [await desk.under().reserve(asking("1000000")) for _ in range(3)][-1]

        assert set(asdict(room).values()) == {None}
        assert (await refusal(desk.under(texts_per_day=3), use())).setting == "TEXTREQUEST_TEXTS_PER_DAY"

    async def test_a_cap_that_was_lowered_leaves_nothing_rather_than_less(self, desk: Desk):
        for _ in range(3):
            await desk.under().reserve(use())

        lowered = desk.under(texts_per_hour=2)

        assert (await lowered.left(LINE)).texts_per_hour == 0
        assert "3 of 2 used" in str(await refusal(lowered, use()))
        await lowered.reserve(asking("5", texts=0))

    async def test_of_several_caps_the_one_that_has_room_last_is_told(self, desk: Desk):
        caps = desk.under(texts_per_hour=1, texts_per_day=1, new_people_per_day=1, dollars_per_request="5")
        await caps.reserve(use())

        assert (await refusal(caps, use())).setting == "TEXTREQUEST_TEXTS_PER_DAY"
        assert (await refusal(caps, asking("6"))).setting == "TEXTREQUEST_DOLLARS_PER_REQUEST"

    async def test_lines_and_accounts_have_places_of_their_own(self, desk: Desk):
        caps, elsewhere = desk.under(texts_per_hour=1), desk.under("another account", texts_per_hour=1)
        taken = use()

        for each, wanted in [(caps, taken), (caps, use(dashboard_id=122)), (elsewhere, taken)]:
            assert (await each.reserve(wanted)).texts_per_hour == 0
        await elsewhere.release(taken.send_id)

        assert (await caps.left(LINE)).texts_per_hour == 0
        assert (await elsewhere.left(LINE)).texts_per_hour == 1
        assert (await caps.left(123)).texts_per_hour == 1


class TestNewPeople:
    async def test_a_person_is_new_once_and_others_are_refused_when_the_day_is_full(self, desk: Desk):
        caps = desk.under(new_people_per_day=2)

        room = [await caps.reserve(use(person)) for person in ("Maria", "Maria", "Devon", "Maria")]
        refused = await refusal(caps, use("Sam"))

        assert [each.new_people_per_day for each in room] == [1, 1, 0, 0]
        assert refused.setting == "TEXTREQUEST_NEW_PEOPLE_PER_DAY"
        assert "The cap on new people a line texts in any 24 hours leaves no room: 2 of 2 used" in str(refused)

    async def test_the_place_is_free_a_day_after_the_first_text_however_many_followed(self, desk: Desk, clock: Clock):
        caps = desk.under(new_people_per_day=1)
        await caps.reserve(use("Maria"))
        clock.forward(DAY - 1)
        await caps.reserve(use("Maria"))

        assert (await refusal(caps, use("Devon"))).frees_at == clock.now + 1
        clock.forward(1)
        assert (await caps.reserve(use("Devon"))).new_people_per_day == 0

    @pytest.mark.parametrize(("days", "left"), [(29.99, 1), (30, 0)], ids=["within the memory", "after it"])
    async def test_a_person_is_known_for_thirty_days(self, desk: Desk, clock: Clock, days: float, left: int):
        caps = desk.under(new_people_per_day=1)
        await caps.reserve(use("Maria"))
        clock.forward(days * DAY)
        await desk.under().reserve(use("Devon", dashboard_id=122))

        assert (await caps.reserve(use("Maria"))).new_people_per_day == left

    async def test_a_person_is_new_on_each_line(self, desk: Desk):
        caps = desk.under(new_people_per_day=1)

        rooms = [await caps.reserve(use("Maria", dashboard_id=line)) for line in (LINE, 122)]

        assert [room.new_people_per_day for room in rooms] == [0, 0]

    async def test_who_is_not_texted_or_not_known_by_number_is_nobody_new(self, desk: Desk):
        caps = desk.under(new_people_per_day=1)

        await caps.reserve(use("Maria", texts=0))
        await caps.reserve(use(None))
        assert (await caps.left(LINE)).new_people_per_day == 1
        assert (await caps.reserve(use("Maria"))).new_people_per_day == 0

    async def test_a_person_stays_new_to_the_text_that_is_left_when_the_first_is_given_back(self, desk: Desk):
        caps = desk.under(new_people_per_day=1)
        first, second = use("Maria"), use("Maria")
        for each in (first, second):
            await caps.reserve(each)

        await caps.release(first.send_id)
        assert (await caps.left(LINE)).new_people_per_day == 0
        await caps.release(second.send_id)
        assert (await caps.left(LINE)).new_people_per_day == 1

    async def test_who_stays_new_is_judged_by_the_texts_of_that_line_within_the_memory(self, desk: Desk, clock: Clock):
        caps = desk.under(new_people_per_day=3)
        await caps.reserve(use("Maria"))
        clock.forward(30 * DAY)
        await caps.reserve(use("Maria", texts=0))
        await caps.reserve(use("Maria", dashboard_id=122))
        same_act = use("Maria")
        await desk.under("another account").reserve(same_act)
        await caps.reserve(same_act)
        for _ in range(2):
            await caps.reserve(use("Maria"))
        await caps.reserve(use("Maria", texts=0))

        await caps.release(same_act.send_id)

        assert (await caps.left(LINE)).new_people_per_day == 2


class TestDollars:
    async def test_one_request_may_ask_for_so_much_and_no_cent_more(self, desk: Desk):
        caps = desk.under(dollars_per_request="49.50")

        room = await caps.reserve(asking("49.5"))
        refused = await refusal(caps, asking("49.51"))

        assert room.dollars_per_request == Decimal("49.50")
        assert (refused.setting, refused.frees_at) == ("TEXTREQUEST_DOLLARS_PER_REQUEST", math.inf)
        assert str(refused).startswith(
            "The cap on the dollars of one payment request is $49.50, and this asks for $49.51. Nothing was sent or "
            "changed. There is never room for that much; whoever "
        )

    async def test_a_line_asks_for_so_much_in_a_day_to_the_cent(self, desk: Desk, clock: Clock):
        """In binary fractions, ten times 0.10 is not 1.00."""
        caps = desk.under(dollars_per_day="1.00")

        left = [(await caps.reserve(asking("0.10"))).dollars_per_day for _ in range(10)]
        refused = await refusal(caps, asking("0.01"))

        assert left == [Decimal(f"0.{tenth}0") for tenth in range(9, -1, -1)]
        assert str(left[-1]) == "0.00"
        assert refused.frees_at == clock.now + DAY
        assert "leaves no room: $1.00 of $1.00 used, and this needs $0.01." in str(refused)
        assert refused.setting == "TEXTREQUEST_DOLLARS_PER_DAY"
        await caps.reserve(use())

    @pytest.mark.parametrize("dollars", ["0.001", "1E-3", "-1", "-0.01"])
    def test_an_amount_that_is_no_number_of_cents_is_a_mistake(self, dollars: str):
        with pytest.raises(ValueError, match=r"cents|negative"):
            asking(dollars)

    def test_a_negative_number_of_texts_is_a_mistake(self):
        with pytest.raises(ValueError, match="negative"):
            use(texts=-1)

    @pytest.mark.parametrize(
        ("dollars", "cents"),
        [("0", 0), ("0.07", 7), ("1.1", 110), ("19.99", 1999), ("2E+3", 200_000), ("9" * 30 + ".99", 10**32 - 1)],
    )
    def test_cents_are_exact(self, dollars: str, cents: int):
        assert asking(dollars).cents == cents


class TestPlaces:
    async def test_the_same_act_takes_no_second_place(self, desk: Desk):
        caps, again = desk.under(texts_per_hour=2), use()

        rooms = [await each.reserve(again) for each in (caps, desk.under(texts_per_hour=2), caps)]

        assert [room.texts_per_hour for room in rooms] == [1, 1, 1]

    async def test_an_act_that_has_its_place_keeps_it_when_the_cap_is_full(self, desk: Desk):
        caps, first = desk.under(texts_per_hour=1), use()
        await caps.reserve(first)

        assert (await caps.reserve(first)).texts_per_hour == 0

    async def test_what_is_given_back_is_free_at_once_and_can_be_taken_again(self, desk: Desk):
        caps, given_back = desk.under(texts_per_hour=1, dollars_per_day="5"), asking("5")
        await caps.reserve(given_back)

        await caps.release(given_back.send_id)
        await caps.release(given_back.send_id)
        await caps.release("never taken")

        assert await caps.left(LINE) == replace(NO_REMAINDER, texts_per_hour=1, dollars_per_day=Decimal("5.00"))
        assert (await caps.reserve(given_back)).texts_per_hour == 0

    async def test_a_refused_act_takes_nothing_under_the_caps_that_had_room(self, desk: Desk):
        caps = desk.under(texts_per_hour=2, dollars_per_day="5")
        await refusal(caps, asking("6"))

        assert (await caps.left(LINE)).texts_per_hour == 2

    async def test_rows_are_forgotten_when_nothing_asks_for_them_any_more(self, desk: Desk, store: Store, clock: Clock):
        await desk.under().reserve(use("Maria"))
        clock.forward(KEEP_SECONDS)
        kept = use("Devon")

        await desk.under().reserve(kept)

        rows = await store.transact(lambda connection: connection.execute("SELECT send_id FROM caps_uses").fetchall())
        assert rows == [(kept.send_id,)]

    async def test_of_four_processes_that_race_for_the_last_places_exactly_as_many_win_as_there_are(
        self, tmp_path: Path
    ):
        children = [child_process(str(name), tmp_path) for name in range(4)]
        for child in children:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
        for child in children:
            assert child.stdin is not None
            child.stdin.write("go\n")
            child.stdin.flush()
        got = [int(child.communicate(timeout=30)[0]) for child in children]

        left = await Caps(Store.open(tmp_path), ACCOUNT, LIMITS_OF_THE_CHILD).left(LINE)
        assert sum(got) == TEXTS_OF_THE_CHILD
        assert (left.texts_per_hour, left.texts_per_day, left.new_people_per_day) == (0, 1, 0)
        assert left.dollars_per_day == 0


class TestTheClock:
    @pytest.mark.parametrize("back", [1.0, HOUR, 20 * DAY, 400 * DAY])
    async def test_one_that_is_set_back_opens_no_cap_and_the_refusal_says_why_it_is_closed_for_so_long(
        self, desk: Desk, clock: Clock, back: float
    ):
        caps = desk.under(texts_per_hour=1, new_people_per_day=1, dollars_per_day="5")
        frees_at = clock.now + DAY
        await caps.reserve(asking("5"))
        clock.forward(-back)

        refused = await refusal(caps, asking("0.01", person="Devon"))

        assert refused.frees_at == frees_at
        assert "because this computer's clock was ahead when some were used; " in str(refused)
        assert (await caps.left(LINE)).texts_per_hour == 0

    async def test_the_first_place_to_be_free_is_the_one_whose_time_is_first(self, desk: Desk, clock: Clock):
        caps = desk.under(texts_per_hour=2)
        await caps.reserve(use())
        clock.forward(-100)
        await caps.reserve(use())

        assert (await refusal(caps, use())).frees_at == clock.now + HOUR

    async def test_a_person_texted_under_a_clock_that_was_ahead_is_known(self, desk: Desk, clock: Clock):
        caps = desk.under(new_people_per_day=2)
        await caps.reserve(use("Maria"))
        clock.forward(-20 * DAY)

        assert (await caps.reserve(use("Maria"))).new_people_per_day == 1

    async def test_the_minute_that_is_told_is_never_too_early(self, desk: Desk, clock: Clock):
        caps = desk.under(texts_per_hour=1)
        for late, minute in [(-40, "21:26"), (-39.75, "21:27"), (19.75, "21:27"), (20, "21:27"), (20.25, "21:28")]:
            wanted = use()
            clock.now = 1_780_000_000.0 + late
            await caps.reserve(wanted)
            assert f"There is room from Thu 28 May {minute} UTC; " in str(await refusal(caps, use()))
            await caps.release(wanted.send_id)


@dataclass
class Placed:
    """A place as the model sees it."""

    use: Reservation
    at: float


class Model:
    """The caps by their definition: everything that was placed and not given back, looked through anew each time."""

    def __init__(self, limits: Limits) -> None:
        self.limits = {name: most for name, most in asdict(limits).items() if name in asdict(NO_REMAINDER)}
        self.placed: list[Placed] = []

    def counted(self, now: float) -> dict[str, Any]:
        hour, day = ([each for each in self.placed if each.at > now - window] for window in (HOUR, DAY))
        return {
            "texts_per_hour": sum(each.use.texts for each in hour),
            "texts_per_day": sum(each.use.texts for each in day),
            "new_people_per_day": sum(self.is_new(each) for each in day),
            "dollars_per_request": Decimal(0),
            "dollars_per_day": sum((each.use.dollars or Decimal(0) for each in day), Decimal(0)),
        }

    def is_new(self, placed: Placed) -> bool:
        before = self.placed[: self.placed.index(placed)] if placed in self.placed else self.placed
        return bool(placed.use.texts and placed.use.person) and not any(
            each.use.person == placed.use.person and each.use.texts and each.at > placed.at - 30 * DAY
            for each in before
        )

    def needs(self, wanted: Reservation, now: float) -> dict[str, Any]:
        dollars = wanted.dollars or Decimal(0)
        per_request_and_day = {"dollars_per_request": dollars, "dollars_per_day": dollars}
        return {
            "texts_per_hour": wanted.texts,
            "texts_per_day": wanted.texts,
            "new_people_per_day": int(self.is_new(Placed(wanted, now))),
        } | per_request_and_day

    def full(self, wanted: Reservation, now: float) -> set[str]:
        """The caps that have no room."""
        counted, needs = self.counted(now), self.needs(wanted, now)
        return {
            name
            for name, most in self.limits.items()
            if most is not None and needs[name] and counted[name] + needs[name] > most
        }

    def left(self, now: float) -> Remaining:
        counted = self.counted(now)
        left: dict[str, Any] = {
            name: None if most is None else max(0, most - counted[name]) for name, most in self.limits.items()
        }
        return Remaining(**left)


def dollars(most_cents: int) -> st.SearchStrategy[Decimal | None]:
    return st.none() | st.decimals(0, Decimal(most_cents) / 100, places=2)


limits_of_any_kind = st.builds(
    Limits,
    texts_per_hour=st.none() | st.integers(0, 3),
    texts_per_day=st.none() | st.integers(0, 5),
    new_people_per_day=st.none() | st.integers(0, 2),
    dollars_per_request=dollars(300),
    dollars_per_day=dollars(600),
)
moves = st.sampled_from(
    [0, 1, 600, HOUR - 1, HOUR, DAY - HOUR, DAY, 29 * DAY, 30 * DAY, -1, -HOUR, -2 * DAY, -40 * DAY]
)
acts = st.builds(
    Reservation,
    send_id=st.builds(lambda: next(SEND_IDS)),
    dashboard_id=st.just(LINE),
    person=st.sampled_from(["Maria", "Devon", None]),
    texts=st.integers(0, 2),
    dollars=dollars(300),
)


placed_before = st.integers(0, 24)
steps = (
    acts
    | acts
    | st.tuples(st.just("wait"), moves)
    | st.tuples(st.just("release"), placed_before)
    | st.tuples(st.just("again"), placed_before)
)


@settings(max_examples=150, deadline=None)
@given(limits=limits_of_any_kind, planned=st.lists(steps, max_size=25))
async def test_whatever_is_taken_given_back_and_waited_for_the_caps_are_what_their_definition_says(
    limits: Limits, planned: list[Reservation | tuple[str, int]]
):
    clock, model = Clock(1_780_000_000.0), Model(limits)
    caps = Caps(Store.open(None), ACCOUNT, limits, clock=clock)
    for step in planned:
        match step:
            case Reservation():
                await reserve_in_both(caps, model, step, clock)
            case "wait", seconds:
                clock.forward(seconds)
            case "release", which if which < len(model.placed):
                await caps.release(model.placed.pop(which).use.send_id)
            case "again", which if which < len(model.placed):
                await caps.reserve(model.placed[which].use)
            case _:
                pass  # there is no such place
        assert await caps.left(LINE) == model.left(clock.now)


async def reserve_in_both(caps: Caps, model: Model, wanted: Reservation, clock: Clock) -> None:
    full = model.full(wanted, clock.now)
    if not full:
        await caps.reserve(wanted)
        model.placed.append(Placed(wanted, clock.now))
        model.placed = [each for each in model.placed if each.at > clock.now - KEEP_SECONDS]
        return
    refused = await refusal(caps, wanted)
    assert refused.setting.removeprefix("TEXTREQUEST_").lower() in full
    if refused.frees_at < math.inf:
        assert full & model.full(wanted, refused.frees_at - 0.5)
        assert not model.full(wanted, refused.frees_at)
    else:
        needs = model.needs(wanted, clock.now)
        assert any(needs[name] > model.limits[name] for name in full)
