"""Of a mailing the rules leave people out, each with the reason, and ask about the rest as one."""

from collections.abc import Sequence

import pytest
from tests.desk import DEVON, LINE, MARIA, OWES
from tests.guard.once.rows import ACCOUNT
from tests.sandbox.service import Clock

from textrequest_mcp.ground.store import Store
from textrequest_mcp.guard.change import Change, PersonAndWords, PersonFacts
from textrequest_mcp.guard.provenance.memory import Memory
from textrequest_mcp.guard.rules.allowlist import Allowlist
from textrequest_mcp.guard.rules.caps import Caps
from textrequest_mcp.guard.rules.consent import Consent
from textrequest_mcp.guard.rules.forbidden import Forbidden
from textrequest_mcp.guard.rules.in_force import Rules
from textrequest_mcp.guard.rules.person_facts import KnownPeople
from textrequest_mcp.guard.rules.policy import Policy
from textrequest_mcp.guard.rules.remaining import Limits, Reservation
from textrequest_mcp.guard.rules.sorting import sort_out

TO_EVENING = 4 * 3600.0 + 33 * 60 + 19  # 20:59:59 in Chattanooga
OUTSIDE = "+18005550123"
OFF = Rules(consent=False, quiet_hours=None, provenance=False, visible_only=False, if_unanswered=False)


class People:
    """An account with a record for each number."""

    def __init__(self, **facts: PersonFacts) -> None:
        self.facts = {f"+{number.removeprefix('n')}": facts for number, facts in facts.items()}

    async def contact(self, line: int, number: str) -> PersonFacts:
        return self.facts.get(number, PersonFacts())

    async def newer(self, caller: str, line: int, number: str, since: float) -> Sequence[str]:
        raise AssertionError("nobody reads what came since")


def policy(clock: Clock, rules: Rules | None = None) -> Policy:
    consent, memory = Consent(Store.open(None), ACCOUNT, clock=clock), Memory()
    return Policy(rules or Rules(), consent, lambda _: memory, KnownPeople(clock=clock), clock=clock)


def to(*numbers: str, words: str = "We close early.") -> Change:
    uses = [PersonAndWords(line=LINE, person=number, words={"body": words}) for number in numbers]
    return Change(caller="host", uses=uses, texts=numbers[0])


async def test_each_reason_is_a_few_words():
    people = People(n14235550100=PersonFacts(opted_out_at=1.0), n14235550105=PersonFacts(is_blocked=True))
    rules = policy(Clock())
    await rules.consent.heard(LINE, DEVON, "STOP", 5.0)
    await rules.consent.heard(LINE, "+14235550150", "please stop texting me", 1_779_999_999.0)

    out = await sort_out(rules, people, to(MARIA, OWES, DEVON, "+14235550150", "+14235550151", OUTSIDE, "+19005550100"))

    assert out.left_out == {
        MARIA: "opted out",
        OWES: "blocked",
        DEVON: "asked for no more texts",
        "+14235550150": "wrote what may mean that they want no more texts",
        OUTSIDE: "The number is toll-free, so it is a company's and not a person's",
        "+19005550100": "The number is a premium one, which charges whoever reaches it",
    }


async def test_only_to():
    rules = policy(Clock(), Rules(only_to=Allowlist(MARIA)))

    assert (await sort_out(rules, People(), to(MARIA, OWES))).left_out == {
        OWES: "not among those whom TEXTREQUEST_ONLY_TO lets be texted"
    }


async def test_the_hour_counts_now_and_when_the_last_text_leaves():
    clock = Clock()
    clock.forward(TO_EVENING - 1)
    many = [f"+1423555{number:04}" for number in range(110, 113)]

    assert (await sort_out(policy(clock), People(), to(MARIA))).left_out == {}
    assert len((await sort_out(policy(clock), People(), to(*many))).left_out) == 3
    clock.forward(3600.0)
    assert list((await sort_out(policy(clock), People(), to(MARIA))).left_out.values()) == [
        "in their quiet hours when the first or the last text leaves"
    ]


async def test_a_mailing_is_no_answer_and_a_number_of_no_place_is_left_out():
    clock = Clock()
    clock.forward(TO_EVENING + 3600.0)
    just_wrote = People(n14235550100=PersonFacts(received_at=clock.now - 60), n18005550123=PersonFacts(received_at=1.0))

    assert set((await sort_out(policy(clock), just_wrote, to(MARIA, OUTSIDE))).left_out.values()) == {
        "in their quiet hours when the first or the last text leaves",
        "with a number that does not tell whether it is a quiet hour there",
    }


async def test_with_every_rule_off_only_what_holds_always_is_left():
    out = await sort_out(policy(Clock(), OFF), People(), to(MARIA, OUTSIDE))

    assert list(out.left_out) == [OUTSIDE]


async def test_words_that_nobody_would_see_go_to_nobody_and_a_use_without_a_person_is_none():
    with pytest.raises(Forbidden):
        await sort_out(policy(Clock()), People(), to(MARIA, words="Hi\u2062"))

    nobody = Change(caller="host", uses=[PersonAndWords(line=LINE)])
    assert (await sort_out(policy(Clock()), People(), nobody)).left_out == {}


async def test_who_ever_wrote_to_the_line_is_nobody_new():
    limits = Limits(
        texts_per_hour=None, texts_per_day=None, new_people_per_day=1, dollars_per_request=None, dollars_per_day=None
    )
    caps = Caps(Store.open(None), ACCOUNT, limits, clock=Clock())
    known = Reservation(send_id="1", dashboard_id=LINE, person="a", texts=1, dollars=None, is_known=True)

    assert (await caps.reserve(known)).new_people_per_day == 1
