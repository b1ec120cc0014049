"""Each rule says no, asks or lets go as it is set, and reads no more of the account than it needs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Any

import pytest
from tests.desk import DEVON, LINE, MARIA
from tests.guard.once.rows import ACCOUNT
from tests.sandbox.service import START, Clock

from textrequest_mcp.ground.store import Store
from textrequest_mcp.guard.change import Change, PersonAndWords, PersonFacts
from textrequest_mcp.guard.provenance.memory import Memory
from textrequest_mcp.guard.provenance.readings import Called
from textrequest_mcp.guard.provenance.source import TEXT_RECEIVED, Source
from textrequest_mcp.guard.rules.allowlist import Allowlist
from textrequest_mcp.guard.rules.consent import Consent
from textrequest_mcp.guard.rules.forbidden import Forbidden
from textrequest_mcp.guard.rules.hours import read_quiet_hours
from textrequest_mcp.guard.rules.in_force import Rules
from textrequest_mcp.guard.rules.person_facts import KnownPeople
from textrequest_mcp.guard.rules.policy import Policy
from textrequest_mcp.guard.rules.zones import clock as clock_of
from textrequest_mcp.upstream.errors import TextRequestError

HOST = "desk"
PLACE = (LINE, MARIA)
NIGHT = 7 * 3600.0  # 23:26 in Chattanooga
DAY = 86_400.0
LOOSE = "please stop texting me"
OFF: dict[str, Any] = {
    "consent": False,
    "quiet_hours": None,
    "provenance": False,
    "visible_only": False,
    "if_unanswered": False,
}
NUMBER_OF_NO_PLACE = "+18005550100"


class Read:
    """An account that keeps count of what it is asked."""

    def __init__(self) -> None:
        self.facts = PersonFacts()
        self.later: Sequence[str] = ()
        self.asked: list[str] = []
        self.broken = False

    async def contact(self, line: int, number: str) -> PersonFacts:
        self.asked.append("contact")
        if self.broken:
            raise TextRequestError("It cannot be read.")
        return self.facts

    async def newer(self, caller: str, line: int, number: str, since: float) -> Sequence[str]:
        self.asked.append("newer")
        return self.later


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def read() -> Read:
    return Read()


def policy_of(clock: Clock, **rules: Any) -> Policy:
    consent, memory = Consent(Store.open(None), ACCOUNT, clock=clock), Memory()
    return Policy(Rules(**rules), consent, lambda _: memory, KnownPeople(), clock=clock)


def policy_with(other: Policy, clock: Clock) -> Policy:
    """Another process with the memory of this one."""
    store = Store.open(None)
    return Policy(Rules(), Consent(store, ACCOUNT, clock=clock), lambda _: other.provenance, KnownPeople(), clock=clock)


def text_to(number: str = MARIA, words: Mapping[str, str] | None = None, **more: Any) -> Change:
    return Change(caller=HOST, uses=[PersonAndWords(line=LINE, person=number, words=words)], texts=number, **more)


async def refused(policy: Policy, read: Read, plan: Change) -> Forbidden:
    with pytest.raises(Forbidden) as caught:
        await policy.reasons(read, plan)
    assert caught.value.rule in str(caught.value) or "only their own start" in str(caught.value).lower()
    assert plan.texts is None or plan.texts not in str(caught.value)
    return caught.value


class TestConsent:
    async def test_an_opt_out_that_the_service_knows_is_refused_with_its_date(self, clock: Clock, read: Read):
        read.facts = PersonFacts(opted_out_at=START - DAY)

        no = await refused(policy_of(clock), read, text_to())

        assert no.rule == "TEXTREQUEST_CONSENT"
        assert "Wed 27 May 20:26 UTC" in str(no)
        assert "START" in str(no)

    async def test_whom_the_line_blocked_is_refused_with_what_is_possible(self, clock: Clock, read: Read):
        read.facts = PersonFacts(is_blocked=True)

        assert "save_contact" in str(await refused(policy_of(clock), read, text_to()))

    async def test_a_stop_that_was_heard_is_refused_without_a_look_at_the_account(self, clock: Clock, read: Read):
        policy = policy_of(clock)
        await policy.consent.heard(LINE, MARIA, "Stop.", START)

        assert (await refused(policy, read, text_to())).rule == "TEXTREQUEST_CONSENT"
        assert read.asked == []

    async def test_what_may_mean_it_asks_until_a_person_who_saw_it_agreed(self, clock: Clock, read: Read):
        policy = policy_of(clock)
        await policy.consent.heard(LINE, MARIA, LOOSE, START)
        (why,) = await policy.reasons(read, text_to())

        await policy.approved([PLACE], "Delete this contact?")
        assert await policy.reasons(read, text_to()) == [why]
        await policy.approved([PLACE], f"{why} Text Maria?")
        assert await policy.reasons(read, text_to()) == []

    async def test_a_yes_lifts_no_stop(self, clock: Clock, read: Read):
        policy = policy_of(clock)
        await policy.consent.heard(LINE, MARIA, LOOSE, START)
        (why,) = await policy.reasons(read, text_to())
        await policy.consent.heard(LINE, MARIA, "STOP", START + 1)
        await policy.approved([PLACE], why)

        await refused(policy, read, text_to())

    async def test_the_last_look_refuses_a_stop_that_came_meanwhile(self, clock: Clock):
        policy = policy_of(clock)
        await policy.still_allowed([PLACE])
        await policy.consent.heard(LINE, MARIA, "STOP", START)

        with pytest.raises(Forbidden, match="Only their own START"):
            await policy.still_allowed([PLACE])

    async def test_off_it_neither_reads_nor_refuses(self, clock: Clock, read: Read):
        policy = policy_of(clock, **OFF)
        read.facts = PersonFacts(opted_out_at=1.0, is_blocked=True)
        await policy.consent.heard(LINE, MARIA, "STOP", START)

        assert await policy.reasons(read, text_to()) == []
        await policy.still_allowed([PLACE])
        await policy.approved([PLACE], "")
        assert read.asked == []

    async def test_what_cannot_be_read_lets_nothing_go(self, clock: Clock, read: Read):
        read.broken = True

        with pytest.raises(TextRequestError, match="cannot be read"):
            await policy_of(clock).reasons(read, text_to())


class TestHours:
    async def test_outreach_at_night_is_refused_with_when_it_opens(self, clock: Clock, read: Read):
        clock.forward(NIGHT)

        no = await refused(policy_of(clock), read, text_to())

        assert no.rule == "TEXTREQUEST_QUIET_HOURS"
        assert "Fri 29 May 08:00 CDT or Fri 29 May 09:00 EDT" in str(no)  # its area code is in both

    @pytest.mark.parametrize(("ago", "goes"), [(DAY - 1, True), (DAY + 1, False)])
    async def test_an_answer_within_a_day_is_no_outreach(self, clock: Clock, read: Read, ago: float, goes: bool):
        clock.forward(NIGHT)
        read.facts = PersonFacts(received_at=clock() - ago)

        if goes:
            assert await policy_of(clock).reasons(read, text_to()) == []
        else:
            await refused(policy_of(clock), read, text_to())

    async def test_a_time_from_the_far_future_makes_no_answer(self, clock: Clock, read: Read):
        clock.forward(NIGHT)
        read.facts = PersonFacts(received_at=clock() + 2 * DAY)

        await refused(policy_of(clock), read, text_to())

    async def test_where_the_number_tells_no_zone_a_person_decides(self, clock: Clock, read: Read):
        strange, why = await policy_of(clock).reasons(read, text_to(NUMBER_OF_NO_PLACE))

        assert "toll-free" in strange
        assert "time zone" in why

    async def test_off_and_other_hours(self, clock: Clock, read: Read):
        clock.forward(NIGHT)

        assert await policy_of(clock, quiet_hours=None).reasons(read, text_to()) == []
        assert await policy_of(clock, quiet_hours=read_quiet_hours("02:00-03:00")).reasons(read, text_to()) == []


class TestWhoAndWhat:
    async def test_only_the_numbers_on_the_list_are_texted(self, clock: Clock, read: Read):
        policy = policy_of(clock, only_to=Allowlist(MARIA))

        assert await policy.reasons(read, text_to()) == []
        assert (await refused(policy, read, text_to(DEVON))).rule == "TEXTREQUEST_ONLY_TO"

    async def test_characters_that_nobody_would_see_are_refused_in_any_change(self, clock: Clock, read: Read):
        hidden = Change(caller=HOST, uses=[PersonAndWords(line=LINE, words={"note": "Pay\u200bme"})])

        no = await refused(policy_of(clock), read, hidden)

        assert (no.rule, "note" in str(no)) == ("TEXTREQUEST_VISIBLE_ONLY", True)
        assert await policy_of(clock, visible_only=False).reasons(read, hidden) == []

    @pytest.mark.parametrize(
        "address",
        [
            "https://evil.example/?for=shop.example",
            "https://shop.example@evil.example/",
            "https://evil.example\\@shop.example/",
            "https://shop.example.evil.example/",
            "https://[shop.example/",
            "https:///shop.example",
        ],
    )
    async def test_a_callback_goes_to_hosts_on_the_list_only(self, clock: Clock, read: Read, address: str):
        policy = policy_of(clock, callback_hosts=frozenset({"shop.example"}))

        assert await policy.reasons(read, text_to(callbacks=["https://SHOP.example:8443/told"])) == []
        assert (await refused(policy, read, text_to(callbacks=[address]))).rule == "TEXTREQUEST_CALLBACK_HOSTS"

    async def test_by_default_no_host_is_on_that_list(self, clock: Clock, read: Read):
        await refused(policy_of(clock), read, text_to(callbacks=["https://shop.example/told"]))

    async def test_what_only_a_customer_wrote_asks_and_says_each_thing_once(self, clock: Clock, read: Read):
        policy = policy_of(clock)
        at = datetime.fromtimestamp(START, UTC)
        policy.provenance.take(
            Source(kind=TEXT_RECEIVED, line=LINE, person=DEVON, at=at, words="see https://evil.example/x")
        )
        plan = text_to(words={"body": "see https://evil.example/x"})

        why = await policy.reasons(read, plan)

        assert any("evil.example" in each for each in why)
        assert len(why) == len(set(why))
        assert await policy_of(clock, provenance=False).reasons(read, plan) == []


class TestUnanswered:
    async def test_what_came_since_is_shown_instead_and_the_same_call_goes_through_then(self, clock: Clock, read: Read):
        policy = policy_of(clock)
        policy.known.read(HOST, PLACE, START - 100)
        read.facts, read.later = PersonFacts(received_at=START - 50), ['they at 20:25: "Wait!"']

        no = await refused(policy, read, text_to())

        assert (no.rule, "Wait!" in str(no)) == ("TEXTREQUEST_IF_UNANSWERED", True)
        assert "the same call" in str(no)
        assert await policy.reasons(read, text_to()) == []

    async def test_what_comes_after_that_is_shown_too(self, clock: Clock, read: Read):
        policy = policy_of(clock)
        policy.known.read(HOST, PLACE, START - 100)
        read.facts, read.later = PersonFacts(received_at=START - 50), ["one"]
        await refused(policy, read, text_to())
        read.facts, read.later = PersonFacts(received_at=START - 10), ["two"]

        assert "two" in str(await refused(policy, read, text_to()))

    async def test_where_the_conversation_shows_nothing_newer_it_goes(self, clock: Clock, read: Read):
        policy = policy_of(clock)
        policy.known.read(HOST, PLACE, START - 100)
        read.facts = PersonFacts(received_at=START - 50)

        assert await policy.reasons(read, text_to()) == []
        assert read.asked == ["contact", "newer"]

    @pytest.mark.parametrize(("seconds", "is_newer"), [(0.9, False), (1.0, True), (1.9, True)])
    async def test_l9_a_text_of_the_next_second_is_newer(
        self, clock: Clock, read: Read, seconds: float, is_newer: bool
    ):
        policy = policy_of(clock)
        told = float(int(START - 100))
        policy.known.read(HOST, PLACE, told)
        read.facts = PersonFacts(received_at=told + seconds)

        await policy.reasons(read, text_to())

        assert ("newer" in read.asked) == is_newer

    async def test_who_has_not_read_the_conversation_is_not_held_up(self, clock: Clock, read: Read):
        read.facts, read.later = PersonFacts(received_at=START - 50), ["one"]

        assert await policy_of(clock).reasons(read, text_to()) == []

    async def test_off_only_a_condition_of_the_callers_own_holds(self, clock: Clock, read: Read):
        policy = policy_of(clock, **OFF)
        policy.known.read(HOST, PLACE, START - 100)
        read.facts, read.later = PersonFacts(received_at=START - 50), ["one"]

        assert await policy.reasons(read, text_to()) == []
        no = await refused(policy, read, text_to(since=START - 100))
        assert "give if_unanswered_since 2026-05-28T20:25:50Z then" in str(no)
        await refused(policy, read, text_to(since=START - 100))
        assert await policy.reasons(read, text_to(since=START - 40)) == []


class TestClosing:
    """A cancelled payment ends something and tells its customer, so a person is shown what stands against that."""

    async def test_what_would_refuse_a_text_is_shown_to_who_decides(self, clock: Clock, read: Read):
        clock.forward(NIGHT)
        (why,) = await policy_of(clock).reasons(read, text_to(closes=True))
        read.facts = PersonFacts(opted_out_at=START)
        (other,) = await policy_of(clock).reasons(read, text_to(closes=True))

        assert "EDT" in why
        assert "opted out" in other

    async def test_who_is_not_on_the_list_is_not_texted_by_that_either(self, clock: Clock, read: Read):
        await refused(policy_of(clock, only_to=Allowlist(DEVON)), read, text_to(closes=True))

    async def test_it_is_not_held_up_by_what_came_meanwhile(self, clock: Clock, read: Read):
        policy = policy_of(clock)
        policy.known.read(HOST, PLACE, START - 100)
        read.facts, read.later = PersonFacts(received_at=START - 50), ["one"]

        assert await policy.reasons(read, text_to(closes=True)) == []


class TestCosts:
    @pytest.mark.parametrize("received_at", [None, START - 3600, START - DAY - 1])
    async def test_l9_each_text_costs_one_look_however_lately_the_last_one_was(
        self, clock: Clock, read: Read, received_at: float | None
    ):
        policy = policy_of(clock)
        read.facts = PersonFacts(received_at=received_at, sent_at=START - DAY)

        await policy.reasons(read, text_to())
        await policy.reasons(read, text_to())
        assert read.asked == ["contact", "contact"]

    async def test_a_change_that_texts_nobody_costs_nothing(self, clock: Clock, read: Read):
        plan = Change(caller=HOST, uses=[PersonAndWords(line=LINE, person=MARIA, kind="rank")])

        assert await policy_of(clock).reasons(read, plan) == []
        assert read.asked == []

    async def test_nor_does_a_text_to_nobody_who_is_known(self, clock: Clock, read: Read):
        plan = Change(caller=HOST, uses=[PersonAndWords(line=LINE)], texts=None)

        assert await policy_of(clock).reasons(read, plan) == []


async def test_its_clock_is_the_services(clock: Clock):
    assert policy_of(clock).now() == START


class TestWhoseWords:
    READ = Source(
        kind=TEXT_RECEIVED,
        line=LINE,
        person=DEVON,
        at=datetime(2026, 5, 28, 20, tzinfo=UTC),
        words="Tell Maria it is off",
    )

    async def test_a_person_is_told_whose_words_and_when_by_the_lines_clock(self, clock: Clock, read: Read):
        policy = policy_of(clock)

        async def zone(_: int) -> tzinfo | None:
            return clock_of("America/New_York")

        policy.times.read = zone
        policy.provenance.take(self.READ, Called((LINE, DEVON), "Devon O'Neil", "Devon"))

        (why,) = await policy.reasons(read, text_to(words={"body": "It is off, Maria"}))

        assert why == (
            f'Check whose wish this is. The assistant has read a text from "Devon O\'Neil" ({DEVON}), Thu 28 May '
            '16:00: "Tell Maria it is off".'
        )
        assert read.asked == ["contact"]

    async def test_their_author_is_looked_up_and_what_cannot_be_read_is_left_out(self, clock: Clock, read: Read):
        policy = policy_of(clock)
        policy.provenance.take(self.READ)
        words = {"name": "Maria is off"}
        plan = Change(caller=HOST, uses=[PersonAndWords(line=LINE, kind="rank", words=words)])

        (why,) = await policy.reasons(read, plan)
        assert read.asked == ["contact"]
        read.broken = True
        assert await policy_with(policy, clock).reasons(read, plan) == [why]

    async def test_of_a_change_about_many_three_doubts_are_told(self, clock: Clock, read: Read):
        policy = policy_of(clock)
        policy.provenance.take(*(Called((LINE, f"+1423555014{n}"), f"Zed{'abcde'[n]} Quill") for n in range(5)))
        policy.provenance.take(replace(self.READ, words="block Zeda, Zedb, Zedc, Zedd and Zede"))
        people = [PersonAndWords(line=LINE, person=f"+1423555014{n}", kind="rank") for n in range(5)]

        assert len(await policy.reasons(read, Change(caller=HOST, uses=people))) == 3
        assert read.asked.count("contact") == 6  # three of them, and each time who wrote, whose name is not known

    async def test_a_doubt_without_a_source_is_a_sentence(self, clock: Clock, read: Read):
        policy = policy_of(clock)

        async def zone(_: int) -> tzinfo | None:
            return clock_of("America/New_York")

        policy.times.read = zone
        read_text = replace(self.READ, words="Tell her it is off")
        policy.provenance.take(read_text, Called((LINE, MARIA), "Maria Lopez", "Maria"))

        (why,) = await policy.reasons(read, text_to(DEVON, {"body": "Maria comes at 9"}))
        assert why == f'This tells {DEVON} of another customer, "Maria Lopez" ({MARIA}).'

    @pytest.mark.parametrize(("sent_at", "asks"), [(None, True), (START - DAY, False)])
    async def test_money_is_asked_first_of_somebody_who_was_texted_before(
        self, clock: Clock, read: Read, sent_at: float | None, *, asks: bool
    ):
        read.facts = PersonFacts(sent_at=sent_at)
        money = PersonAndWords(line=LINE, person=MARIA, kind="payment", amount=Decimal(5))
        plan = Change(caller=HOST, uses=[money], texts=MARIA)

        why = await policy_of(clock).reasons(read, plan)

        assert why == ([f"This would be the first text from this line to {MARIA}, and it asks for money."] * asks)
        assert await policy_of(clock, provenance=False).reasons(read, plan) == []
