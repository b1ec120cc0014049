"""Finds the reasons to ask a person before a change, because a customer's words may be what steers it.

Two nets, one over the other. The floor reads no words: once customers' words were read, an act about anybody but their
one author, or somebody who waits for an answer in a conversation that was opened, asks. What the floor lets go is
compared with the words that were read: links, numbers, amounts and passages of others, and other customers' names.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from textrequest_mcp.ground.quoting import one_line, quoted
from textrequest_mcp.guard.change import PersonAndWords
from textrequest_mcp.guard.provenance.memory import Memory
from textrequest_mcp.guard.provenance.names import spoken_of
from textrequest_mcp.guard.provenance.passages import RUN, handed_on, telling
from textrequest_mcp.guard.provenance.source import Source
from textrequest_mcp.guard.provenance.things import Kind, ReadText, Value, clue, shown
from textrequest_mcp.guard.provenance.words import plainly, words_of

Reason = Literal["floor", "spoken_of", "discloses", "read_before", "repeated", "too_much"]
Read = tuple[Source, ReadText]

_SEVERAL = 2  # words that a text shares with an act that it may be about
UNRELATED = (
    "The assistant has read customers' texts. None of them seems to be about this, so agree only if you asked for it."
)


@dataclass(frozen=True)
class Doubt:
    """A reason to ask a person first.

    Attributes:
        reason: for programs.
        what: the sentence up to the source; whole where there is no source.
        source: where the wish may come from.
        clue: the part of its words to quote.
    """

    reason: Reason
    what: str
    source: Source | None = None
    clue: str = ""


class Reads(NamedTuple):
    """What was read, the oldest first; the texts of it; and where each word and phone number stands in all of it."""

    all: list[Read]
    texts: list[Read]
    places: dict[str, list[int]]


def in_order(memory: Memory) -> Reads:
    """What was read, for the acts of one change."""
    read = sorted(memory.read.all().items(), key=lambda one: one[0].rank)
    places: dict[str, list[int]] = {}
    for place, (_, text) in enumerate(read):
        for word in {*text.words, *(str(value) for kind, value in text.things if kind == "number")}:
            places.setdefault(word, []).append(place)
    return Reads(read, [one for one in read if one[0].is_text], places)


def doubts(
    memory: Memory, use: PersonAndWords, reads: Reads | None = None, *, final: bool = False, asked: bool = False
) -> list[Doubt]:
    """The reasons to ask a person first; the same memory gives the same doubts in the same order.

    Args:
        memory: what else is known.
        use: whom the act is about, and with which words.
        reads: as `in_order` gives it, where it was asked already.
        final: whether the act cannot be undone.
        asked: whether a person is asked anyway; then the words that it may come from are told where there are some.
    """
    reads = in_order(memory) if reads is None else reads
    read = reads.all
    found = [
        *_about_the_person(memory, use, reads),
        *_about_the_words(memory, use, read),
        *_disclosed(memory, use, reads),
    ]
    told = any(doubt.source for doubt in found)
    if not told and (asked or _is_held_back(memory, use, reads, final=final)):
        likeliest = _likeliest(memory, use, reads.texts)
        found += [likeliest] if likeliest is not None else [] if asked else [Doubt("floor", UNRELATED)]
    if memory.read.lost:
        found.append(Doubt("too_much", "More words of customers were read in the last hour than can be remembered."))
    return found


def _is_held_back(memory: Memory, use: PersonAndWords, reads: Reads, *, final: bool) -> bool:
    """The floor: whether this act may be somebody else's wish, whatever it says."""
    if use.kind == "label":  # nobody is in it yet, so it matters only where somebody wrote of it
        named = {*telling(words_of(plainly(" ".join((use.words or {}).values()))))}
        return any(not named.isdisjoint(text.words) for _, text in reads.texts)
    if final or use.person is None or use.kind == "group":
        return bool(reads.texts)
    if not _others(reads.texts, use.person):
        return False
    place = (use.line, use.person)
    if use.kind == "settle" and memory.opened.has(place):
        return memory.waits(place) and not memory.answered.has(place)
    if use.kind in ("rank", "settle") or not memory.waits(place):
        return True
    return use.kind == "payment" and use.amount is not None and not _is_ours(memory, "amount", _cents(use), reads.all)


def _likeliest(memory: Memory, use: PersonAndWords, texts: list[Read]) -> Doubt | None:
    """The words that share most with an act, the newest of several; None where none are about it."""
    names = {word for name in _names(memory, use.line, use.person) for word in name.split()}
    about = names.union(words_of(plainly(" ".join((use.words or {}).values()))))

    def shared(one: Read) -> list[str]:
        return sorted(about.intersection(telling(one[1].words)), key=lambda word: (-len(word), word))

    read = _others(texts, use.person) or texts
    best = max(read, key=lambda one: (len(shared(one)), _at(one[0]), one[0].rank), default=None)
    words = shared(best) if best is not None else []
    if best is None or (len(words) < _SEVERAL and names.isdisjoint(words)):  # others would only mislead
        return None
    return Doubt("floor", "Check whose wish this is. The assistant has read", best[0], words[0])


def _about_the_person(memory: Memory, use: PersonAndWords, reads: Reads) -> Iterator[Doubt]:
    """A doubt where somebody else wrote of the person: that may be the cause of this call."""
    if use.person is None:
        return
    names = _names(memory, use.line, use.person)
    signs = {use.person, *(f"{name.split()[0]}{end}" for name in names for end in ("", "s"))}
    places = sorted({place for sign in signs for place in reads.places.get(sign, ())})
    for source, text in _others((reads.all[place] for place in places), use.person):
        if ("number", use.person) in text.things:
            yield Doubt("spoken_of", f"The number {use.person} was named in", source, use.person[-4:])
            return
        own = _names(memory, source.line, source.person)
        name = spoken_of(names - own, text.lines, in_a_record=not source.is_text)
        if name is not None:
            yield Doubt("spoken_of", f"Somebody else wrote of {one_line(name.title())}:", source, name)
            return


def _about_the_words(memory: Memory, use: PersonAndWords, read: list[Read]) -> Iterator[Doubt]:
    """Doubts about what is about to leave: what a customer wrote of, once for each; else words that are handed on."""
    amount = {"amount": shown("amount", _cents(use))} if use.kind == "payment" and use.amount is not None else {}
    told: set[tuple[Kind, Value]] = set()
    for argument, words in sorted({**amount, **(use.words or {})}.items()):
        leaving = ReadText(words)
        found = {thing: _about_a_thing(memory, thing, use, read) for thing in sorted(leaving.things - told)}
        told.update(thing for thing, doubt in found.items() if doubt is not None)
        yield from filter(None, found.values())
        if told.isdisjoint(leaving.things):
            yield from _repetition(memory, argument, leaving, use, read)


def _about_a_thing(memory: Memory, thing: tuple[Kind, Value], use: PersonAndWords, read: list[Read]) -> Doubt | None:
    """A doubt where no colleague wrote it, but a customer: its reader too where it asks them to pay, or is a price."""
    kind, value = thing
    binds = use.kind == "payment" or (use.kind == "reply" and kind == "amount")
    own = [] if binds else _own(read, use.person)
    if any(text.says(kind, value) for _, text in own) or _is_ours(memory, kind, value, read):
        return None
    others = [one for one in read if one not in own]
    what = f"The {kind} {shown(kind, value)}"
    for source, text in others:
        if text.leads_to(kind, value):
            return Doubt("read_before", f"{what} was read in", source, clue(kind, value))
    texts = [one for one in _others(others, use.person) if one[0].is_text]
    if texts and kind in ("link", "e-mail address"):  # however it was spelled, split or described there
        newest, _ = max(texts, key=lambda one: (_at(one[0]), one[0].rank))
        return Doubt("read_before", f"{what} is in no text of a colleague's. The assistant has read", newest)
    return None


def _repetition(
    memory: Memory, argument: str, leaving: ReadText, use: PersonAndWords, read: list[Read]
) -> Iterator[Doubt]:
    """A doubt about the first words that are handed on."""
    for source, text in _others(read, use.person):
        free = [one for said, one in memory.ours.all().items() if not said.here or _is_before(said.at, source.at)]
        free += [one for _, one in _own(read, use.person)]
        phrase = f" {' '.join(leaving.words)} "
        lines = () if any(phrase in line for one in free for line in one.lines) else text.lines
        passage = handed_on(leaving.words, text.runs.difference(*(one.runs for one in free)), lines)
        if passage is not None and (use.kind in ("reply", "payment") or len(leaving.words) >= RUN):
            yield Doubt("repeated", f'The words "{one_line(passage)}" in {argument} repeat', source, passage)
            return


def _disclosed(memory: Memory, use: PersonAndWords, reads: Reads) -> Iterator[Doubt]:
    """A doubt about a text that names another customer of the line, or gives their number."""
    if use.kind not in ("reply", "payment") or not reads.texts:
        return
    leaving = ReadText("\n".join((use.words or {}).values()))
    line = f" {' '.join(leaving.words)} "
    own = _names(memory, use.line, use.person) | memory.colleagues
    written = [text for _, text in _own(reads.all, use.person)]
    for (on, number), known in memory.people.all().items():
        if on != use.line or number == use.person:
            continue
        theirs = {name for name in known.names - own if f" {name} " in line or f" {name}s " in line}
        said = {name for name in known.names - own if any(f" {name} " in row for text in written for row in text.lines)}
        is_whole = any(" " in name for name in theirs | said)  # a given name alone may be of somebody in the family
        if ("number", number) in leaving.things or (theirs and (is_whole or not theirs & said)):
            who = f"{quoted(known.name)} ({number})" if known.name else number
            yield Doubt("discloses", f"This tells {use.person} of another customer, {who}.")
            return


def _is_ours(memory: Memory, kind: Kind, value: Value, read: list[Read]) -> bool:
    """Whether our own side said it: a colleague, or anybody before the first customer did."""
    holds = [source.at for source, text in read if text.says(kind, value)]
    first = min(filter(None, holds), default=None)
    return any(
        one.says(kind, value) for said, one in memory.ours.all().items() if not said.here or _is_before(said.at, first)
    )


def _is_before(said: datetime | None, first: datetime | None) -> bool:
    return said is not None and first is not None and said < first


def _names(memory: Memory, line: int | None, person: str | None) -> frozenset[str]:
    known = memory.people.get((line or 0, person or ""))
    return frozenset() if known is None else known.names


def _cents(use: PersonAndWords) -> int:
    return int((use.amount or 0) * 100)


def _at(source: Source) -> float:
    return source.at.timestamp() if source.at is not None else 0.0


def _others(read: Iterable[Read], person: str | None) -> list[Read]:
    return [one for one in read if person is None or one[0].person != person]


def _own(read: Iterable[Read], person: str | None) -> list[Read]:
    return [one for one in read if person is not None and one[0].person == person]
