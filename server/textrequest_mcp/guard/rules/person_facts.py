"""Remembers the facts that were just read about a person on a line, so that a send does not read them again."""

import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from textrequest_mcp.guard.change import PersonFacts, Place

FRESH_SECONDS = 60.0
_READ_SECONDS = 3600.0
_MOST = 5000
SAME_MOMENT_SECONDS = 2.0  # two times of one text differ by at most so much

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class KnownPeople:
    """The facts that one server process has read, and how far each host has read a conversation.

    Args:
        clock: seconds that only grow.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._facts: dict[Place, tuple[float, PersonFacts]] = {}
        self._talks: dict[Place, tuple[float, PersonFacts]] = {}
        self._read: dict[tuple[str, Place], tuple[float, float]] = {}
        self._own: dict[Place, float] = {}
        self._payers: dict[Place, str] = {}

    def saw(self, place: Place, facts: PersonFacts) -> None:
        """Keep the facts of a contact's record that was just read."""
        _keep(self._facts, place, (self._clock(), facts))

    def saw_talk(self, place: Place, received_at: float | None, sent_at: float | None) -> None:
        """Keep the times of a conversation that was just read; the contact's record gets no younger by it."""
        _keep(self._talks, place, (self._clock(), PersonFacts(received_at=received_at, sent_at=sent_at)))

    def facts(self, place: Place) -> PersonFacts | None:
        """The facts of a contact's record read within the last minute, with the conversation's newer times."""
        facts, talk = self._fresh(self._facts, place), self._fresh(self._talks, place)
        if facts is None or talk is None:
            return facts
        received_at = _latest(facts.received_at, talk.received_at)
        return replace(facts, received_at=received_at, sent_at=_latest(facts.sent_at, talk.sent_at))

    def talk(self, place: Place) -> PersonFacts | None:
        """The times of a conversation read within the last minute; they say nothing of an opt-out or a block.

        None where the last record, however old, had an opt-out or a block: then only a new record will do.
        """
        _, facts = self._facts.get(place, (0.0, None))
        barred = facts is not None and (facts.opted_out_at is not None or facts.is_blocked)
        return None if barred else self._fresh(self._talks, place)

    def _fresh(self, kept: dict[Place, tuple[float, PersonFacts]], place: Place) -> PersonFacts | None:
        read_at, facts = kept.get(place, (0.0, None))
        return facts if facts is not None and self._clock() - read_at <= FRESH_SECONDS else None

    def read(self, caller: str, place: Place, to: float) -> None:
        """Keep the time up to which a host has read a conversation."""
        _keep(self._read, (caller, place), (self._clock(), max(to, self.read_to(caller, place) or 0.0)))

    def read_to(self, caller: str, place: Place) -> float | None:
        """The time up to which a host has read a conversation within the last hour; None where it has not."""
        read_at, to = self._read.get((caller, place), (0.0, None))
        return to if to is not None and self._clock() - read_at <= _READ_SECONDS else None

    def sent(self, place: Place, at: float) -> None:
        """Keep the time of this server's own text, which is nobody's answer."""
        _keep(self._own, place, at)
        self.outdate(place)

    def answered_at(self, place: Place, facts: PersonFacts) -> float | None:
        """When the person, or somebody of the business beside this server, last wrote; None where nobody did."""
        own = self._own.get(place)
        ours = None if own is not None and (facts.sent_at or 0.0) <= own + SAME_MOMENT_SECONDS else facts.sent_at
        return _latest(facts.received_at, ours)

    def happened(self, place: Place, at: float | None) -> None:
        """Mark a person's facts as old when a newer text arrives; a repeated report of a text changes nothing."""
        known = [self._fresh(kept, place) or PersonFacts() for kept in (self._facts, self._talks)]
        told = _latest(*(moment for facts in known for moment in (facts.received_at, facts.sent_at)))
        if at is None or told is None or at > told + SAME_MOMENT_SECONDS:
            self.outdate(place)

    def outdate(self, place: Place) -> None:
        """Mark a person's facts as old, because something happened since."""
        _, facts = self._facts.get(place, (0.0, None))
        if facts is not None:
            self._facts[place] = (-math.inf, facts)  # its opt-out or block still counts
        self._talks.pop(place, None)

    def pays(self, line: int, payment_id: int, number: str) -> None:
        """Keep the number that a payment is asked of, which never changes."""
        _keep(self._payers, (line, str(payment_id)), number)

    def payer(self, line: int, payment_id: int) -> str | None:
        """The number that a payment is asked of; None where it was not read."""
        return self._payers.get((line, str(payment_id)))


def _latest(*moments: float | None) -> float | None:
    return max((at for at in moments if at is not None), default=None)


def _keep(kept: dict[_Key, _Value], key: _Key, value: _Value) -> None:
    """Put the newest at the end, and drop the oldest of too many."""
    kept.pop(key, None)
    while len(kept) >= _MOST:
        kept.pop(next(iter(kept)))
    kept[key] = value
