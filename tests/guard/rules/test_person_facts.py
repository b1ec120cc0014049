"""How far a host has read, what this server wrote itself, and who owes: all that is remembered of a person."""

from dataclasses import dataclass

import pytest
from tests.desk import DEVON, LINE, MARIA

from textrequest_mcp.guard.change import PersonFacts
from textrequest_mcp.guard.rules import person_facts as module
from textrequest_mcp.guard.rules.person_facts import KnownPeople

PLACE = (LINE, MARIA)


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


def test_of_whom_a_payment_is_asked_is_known_once_it_was_read(known: KnownPeople):
    known.pays(LINE, 2501, MARIA)

    assert known.payer(LINE, 2501) == MARIA
    assert known.payer(LINE + 1, 2501) is None


def test_the_oldest_goes_where_there_are_too_many(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "_MOST", 2)
    known = KnownPeople()
    for payment, number in enumerate((MARIA, DEVON, "+14235550109")):
        known.pays(LINE, payment, number)

    assert [known.payer(LINE, payment) for payment in range(3)] == [None, DEVON, "+14235550109"]
