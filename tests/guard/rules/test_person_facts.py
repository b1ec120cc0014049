"""What was just read spares a second look, and nothing older or outdated does."""

from dataclasses import dataclass, replace

import pytest
from tests.desk import DEVON, LINE, MARIA

from textrequest_mcp.guard.change import PersonFacts
from textrequest_mcp.guard.rules import person_facts as module
from textrequest_mcp.guard.rules.person_facts import FRESH_SECONDS, KnownPeople

PLACE = (LINE, MARIA)
RECORD = PersonFacts(opted_out_at=None, received_at=100.0, sent_at=90.0)
BARRED = [PersonFacts(opted_out_at=1.0), PersonFacts(is_blocked=True)]


@dataclass
class Steady:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def steady() -> Steady:
    return Steady()


@pytest.fixture
def known(steady: Steady) -> KnownPeople:
    return KnownPeople(clock=steady)


def test_a_record_counts_for_a_minute(known: KnownPeople, steady: Steady):
    known.saw(PLACE, RECORD)

    steady.now += FRESH_SECONDS
    assert known.facts(PLACE) == RECORD
    steady.now += 0.1
    assert known.facts(PLACE) is None


def test_a_conversation_tells_newer_times_than_the_record_but_makes_it_no_younger(known: KnownPeople, steady: Steady):
    known.saw(PLACE, RECORD)
    steady.now += 40
    known.saw_talk(PLACE, 110.0, None)

    assert known.facts(PLACE) == replace(RECORD, received_at=110.0)
    steady.now += 40
    assert known.facts(PLACE) is None
    assert known.talk(PLACE) == PersonFacts(received_at=110.0)


def test_of_a_conversation_alone_no_record_is_made(known: KnownPeople):
    known.saw_talk(PLACE, 110.0, 105.0)

    assert known.facts(PLACE) is None
    assert known.talk(PLACE) == PersonFacts(received_at=110.0, sent_at=105.0)


@pytest.mark.parametrize("barred", BARRED)
def test_who_was_barred_when_last_looked_at_is_not_let_go_by_a_conversation(
    known: KnownPeople, steady: Steady, barred: PersonFacts
):
    known.saw(PLACE, barred)
    steady.now += 2 * FRESH_SECONDS
    known.outdate(PLACE)
    known.saw_talk(PLACE, 110.0, None)

    assert known.talk(PLACE) is None


@pytest.mark.parametrize(("at", "stays"), [(100.0, True), (102.0, True), (102.1, False), (None, False)])
def test_a_text_outdates_what_does_not_know_of_it(known: KnownPeople, at: float | None, stays: bool):
    known.saw(PLACE, RECORD)
    known.happened(PLACE, at)

    assert (known.facts(PLACE) == RECORD) is stays


def test_a_text_outdates_a_conversation_too_and_nobody_elses(known: KnownPeople):
    known.saw_talk(PLACE, 100.0, None)
    known.saw_talk((LINE, DEVON), 100.0, None)
    known.happened(PLACE, 200.0)

    assert known.talk(PLACE) is None
    assert known.talk((LINE, DEVON)) is not None


def test_a_text_to_somebody_whose_conversation_was_empty_outdates_that(known: KnownPeople):
    known.saw(PLACE, PersonFacts())
    known.happened(PLACE, 5.0)

    assert known.facts(PLACE) is None


def test_up_to_where_each_host_has_read_is_kept_for_an_hour_and_never_goes_back(known: KnownPeople, steady: Steady):
    known.read("desk", PLACE, 100.0)
    known.read("desk", PLACE, 50.0)

    assert known.read_to("desk", PLACE) == 100.0
    assert known.read_to("other", PLACE) is None
    assert known.read_to("desk", (LINE + 1, MARIA)) is None
    steady.now += 3600.1
    assert known.read_to("desk", PLACE) is None


def test_our_own_text_is_nobodys_answer_and_a_colleagues_is(known: KnownPeople):
    known.sent(PLACE, 200.0)

    assert known.answered_at(PLACE, PersonFacts(received_at=100.0, sent_at=201.9)) == 100.0
    assert known.answered_at(PLACE, PersonFacts(received_at=100.0, sent_at=202.1)) == 202.1
    assert known.answered_at((LINE, DEVON), PersonFacts(sent_at=50.0)) == 50.0
    assert known.answered_at(PLACE, PersonFacts()) is None


def test_our_own_text_outdates_what_was_read(known: KnownPeople):
    known.saw(PLACE, RECORD)
    known.sent(PLACE, 200.0)

    assert known.facts(PLACE) is None


def test_of_whom_a_payment_is_asked_is_known_once_it_was_read(known: KnownPeople):
    known.pays(LINE, 2501, MARIA)

    assert known.payer(LINE, 2501) == MARIA
    assert known.payer(LINE + 1, 2501) is None


def test_the_oldest_goes_where_there_are_too_many(known: KnownPeople, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "_MOST", 2)
    for number in (MARIA, DEVON, "+14235550109"):
        known.saw((LINE, number), RECORD)

    assert [known.facts((LINE, number)) is None for number in (MARIA, DEVON, "+14235550109")] == [True, False, False]
