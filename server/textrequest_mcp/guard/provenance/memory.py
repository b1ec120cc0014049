"""Notices when customers' words are about to steer a text, a payment or a contact's record.

A customer can try to give orders to a business's assistant. So a person is asked, and shown the source:
- before a call passes on a number, link, amount or passage that the assistant read in customers' words within the hour;
- before an act on a person whom another customer wrote about;
- before any act after words that speak to an assistant.

This is a net with holes. It compares forms, not meanings: a customer gets through with a paraphrase, a translation, a
riddle, a link split over several texts, a picture, or an hour's patience. It knows only the words that this process has
read. That is why sends have caps, and deletions always ask.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from textrequest_mcp.ground.clean import LONGEST_TEXT, clean
from textrequest_mcp.ground.quoting import one_line
from textrequest_mcp.guard.change import PersonAndWords
from textrequest_mcp.guard.provenance.expiring import Expiring
from textrequest_mcp.guard.provenance.findings import Outgoing, ReadText, Thing, clue, outgoing, shown
from textrequest_mcp.guard.provenance.names import called, spoken_of
from textrequest_mcp.guard.provenance.passages import handed_on
from textrequest_mcp.guard.provenance.source import TEXT_RECEIVED, Source, origin

Reason = Literal[
    "named_number", "unknown_number", "spoken_of", "named_amount", "read_before", "repeated", "suspicious", "too_much"
]

MOST_TEXTS = 4_000
MOST_CHARACTERS = 1_500_000
_MOST_NUMBERS = 50_000
_HOUR = 3600.0


@dataclass(frozen=True)
class Doubt:
    """A reason to ask a person first.

    Attributes:
        reason: for programs.
        sentence: for people; it quotes the source.
    """

    reason: Reason
    sentence: str


@dataclass(frozen=True)
class _Read:
    source: Source
    told: ReadText


class Provenance:
    """The texts that one account's assistant has read within the hour: in memory only, at most `MOST_TEXTS`.

    Args:
        tools: the names of this server's tools.
        clock: seconds that only grow.
    """

    def __init__(self, tools: Iterable[str], clock: Callable[[], float] = time.monotonic) -> None:
        self._tools = tuple(tools)
        self._read = Expiring[Source, _Read](seconds=_HOUR, most=MOST_TEXTS, most_weight=MOST_CHARACTERS, clock=clock)
        self._ours = Expiring[str, ReadText](seconds=_HOUR, most=MOST_TEXTS, most_weight=MOST_CHARACTERS, clock=clock)
        self._people = Expiring[tuple[int, str], set[str]](
            seconds=_HOUR, most=_MOST_NUMBERS, most_weight=_MOST_NUMBERS, clock=clock
        )

    def read_words(self, source: Source) -> None:
        """Keep words that customers control and the model now sees."""
        if not source.words.strip():
            return
        if len(source.words) > LONGEST_TEXT:  # no more of it is shown
            source = replace(source, words=clean(source.words)[:LONGEST_TEXT])
        told = ReadText(source.words, in_disguise=True, tools=self._tools)
        self._read.put(source, _Read(source, told), weight=len(source.words))

    def trust_number(self, line: int, e164: str, *names: str | None) -> None:
        """Keep a number that the account itself lists (in a contact, conversation, payment or line), and its names."""
        known = self._names(line, e164)
        known.update(called(names))
        self._people.put((line, e164), known)

    def _names(self, line: int | None, e164: str | None) -> set[str]:
        known = self._people.get((line or 0, e164 or ""))
        return set() if known is None else known

    def trust_words(self, text: str) -> None:
        """Keep words of our own side: colleagues' texts, names of lines, settings."""
        text = text[:LONGEST_TEXT]
        self._ours.put(text, ReadText(text, in_disguise=False), weight=len(text))

    def doubts(self, use: PersonAndWords) -> list[Doubt]:
        """The reasons to ask a person first; the same state gives the same doubts in the same order."""
        read = sorted(self._read.all(), key=lambda one: one.source.rank)
        return [
            *self._about_the_number(use, read),
            *self._about_the_name(use, read),
            *self._about_the_amount(use, read),
            *self._about_the_words(use, read),
            *_about_suspicions(use, read),
            *self._about_the_memory(),
        ]

    def _about_the_number(self, use: PersonAndWords, read: list[_Read]) -> Iterator[Doubt]:
        person = use.person
        if person is None:
            return
        for one in _others(read, person):
            if one.told.things.names(person):
                said = _said(f"The number {person}", one, use, "was named", hidden=not one.told.plain.names(person))
                yield Doubt("named_number", said(person[-4:]))
                return
        wrote_here = any(one.source.person == person and one.source.line == use.line for one in read)
        if read and not wrote_here and not self._people.has((use.line, person)):
            yield Doubt(
                "unknown_number",
                f"The number {person} was in no contact, conversation or payment of this line that was read in the "
                "last hour, but words of customers were read, which can hold it in a form that is not recognized.",
            )

    def _about_the_name(self, use: PersonAndWords, read: list[_Read]) -> Iterator[Doubt]:
        """A doubt where somebody else wrote about the person: that may be the cause of this call."""
        names = self._names(use.line, use.person)
        for one in _others(read, use.person) if names else ():
            own = self._names(one.source.line, one.source.person)
            name = spoken_of(names - own, one.told.lines, in_a_record=one.source.kind != TEXT_RECEIVED)
            if name is not None:
                sentence = f"Somebody else wrote of {one_line(name.title())}: {origin(one.source, use.line, name)}."
                yield Doubt("spoken_of", sentence)
                return

    def _about_the_amount(self, use: PersonAndWords, read: list[_Read]) -> Iterator[Doubt]:
        if use.kind != "payment" or use.amount is None:
            return
        cents = int(use.amount * 100)
        if any(one.plain.holds_exactly("amount", cents) for one in self._ours.all()):
            return
        for one in read:
            if one.told.things.holds_exactly("amount", cents):
                hidden = not one.told.plain.holds_exactly("amount", cents)
                said = _said(f"The amount {shown('amount', cents)}", one, use, "was named", hidden=hidden)
                yield Doubt("named_amount", said(clue("amount", cents)))
                return

    def _about_the_words(self, use: PersonAndWords, read: list[_Read]) -> Iterator[Doubt]:
        told_of: set[tuple[Thing, str | int]] = set()
        if use.kind == "payment" and use.amount is not None:
            told_of.add(("amount", int(use.amount * 100)))  # it has a doubt of its own
        for argument, text in sorted((use.words or {}).items()):
            leaving = outgoing(text)
            quoted: set[Source] = set()
            for one, thing, value in self._things_read_before(leaving, use, read):
                quoted.add(one.source)
                if (thing, value) not in told_of:
                    told_of.add((thing, value))
                    hidden = not one.told.plain.holds(thing, value)
                    what = f"The {thing} {shown(thing, value)} in {argument}"
                    said = _said(what, one, use, "was read", hidden=hidden)
                    yield Doubt("read_before", said(clue(thing, value)))
            yield from self._repetition(argument, leaving, use, read, quoted)

    def _things_read_before(
        self, leaving: Outgoing, use: PersonAndWords, read: list[_Read]
    ) -> Iterator[tuple[_Read, Thing, str | int]]:
        """The things that are about to leave, with the words in which each was read first."""
        own_is_free = use.kind != "payment"
        free = [one.plain for one in self._ours.all()]
        if own_is_free:
            free += [one.told.things for one in _own(read, use.person)]
        for thing, value in leaving.things:
            if any(things.holds_exactly(thing, value) for things in free):
                continue
            for one in _others(read, use.person) if own_is_free else read:
                if one.told.things.holds(thing, value):
                    yield one, thing, value
                    break

    def _repetition(
        self, argument: str, leaving: Outgoing, use: PersonAndWords, read: list[_Read], quoted: set[Source]
    ) -> Iterator[Doubt]:
        """A doubt about the first words that are handed on, unless this argument's doubts quoted their source."""
        free = [one.passages for one in self._ours.all()]
        free += [one.told.passages for one in _own(read, use.person)]
        for one in _others(read, use.person):
            passage = handed_on(leaving.words, one.told.passages, free)
            if passage is not None:
                if one.source not in quoted:
                    place = origin(one.source, use.line, passage)
                    yield Doubt("repeated", f'The words "{one_line(passage)}" in {argument} repeat {place}.')
                return

    def _about_the_memory(self) -> Iterator[Doubt]:
        if self._read.lost:
            yield Doubt(
                "too_much",
                "More words of customers were read in the last hour than can be remembered, so nobody can say whether "
                "this call comes from them.",
            )


def _about_suspicions(use: PersonAndWords, read: list[_Read]) -> Iterator[Doubt]:
    found = [one for one in read if one.told.suspicious is not None]
    if found:
        first = found[0]
        others = f", and {len(found) - 1} more like it" if len(found) > 1 else ""
        place = origin(first.source, use.line, first.told.suspicious or "")
        yield Doubt(
            "suspicious",
            f"Words that were read in the last hour speak to an assistant and not to the business: {place}{others}.",
        )


def _others(read: Iterable[_Read], person: str | None) -> list[_Read]:
    return [one for one in read if person is None or one.source.person != person]


def _own(read: Iterable[_Read], person: str | None) -> list[_Read]:
    return [one for one in read if person is not None and one.source.person == person]


def _said(what: str, one: _Read, use: PersonAndWords, how: str, *, hidden: bool) -> Callable[[str], str]:
    """Answers a function from a clue, by which `origin` finds the part to quote, to the sentence."""
    form = ", in a hidden form," if hidden else ""
    return lambda place: f"{what} {how}{form} in {origin(one.source, use.line, place)}."
