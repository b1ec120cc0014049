"""Finds in a text, in all its forms, the things that an assistant should not take from one person to another."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from textrequest_mcp.ground.quoting import one_line
from textrequest_mcp.guard.provenance.amounts import amounts, bare_amounts
from textrequest_mcp.guard.provenance.disguises import Form, forms, plain_form
from textrequest_mcp.guard.provenance.links import addresses, leads_to
from textrequest_mcp.guard.provenance.passages import Passages, passages, words_of
from textrequest_mcp.guard.provenance.phone_mentions import all_numbers, meant_numbers, same_number
from textrequest_mcp.guard.provenance.suspicion import speaks_to_an_assistant, with_letters

Thing = Literal["link", "number", "e-mail address", "amount"]


@dataclass(frozen=True)
class Things:
    """Links, phone numbers, e-mail addresses and amounts (in cents) in a text."""

    links: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    amounts: frozenset[int] = frozenset()
    bare_amounts: frozenset[int] = frozenset()

    def names(self, number: str) -> bool:
        """Whether a phone number is among them, in E.164 or without its area code."""
        return any(same_number(number, other) for other in self.numbers)

    def holds(self, thing: Thing, value: str | int) -> bool:
        """Whether it is among them in a form that people would take for the same."""
        if thing == "link":
            return any(leads_to(str(value), link) for link in self.links)
        if thing == "number":
            return self.names(str(value))
        return value in (self.emails if thing == "e-mail address" else self.amounts)

    def holds_exactly(self, thing: Thing, value: str | int) -> bool:
        """Whether exactly it is among them: a link with another query can lead anywhere."""
        if thing == "link":
            return value in self.links
        return self.holds(thing, value) or (thing == "amount" and value in self.bare_amounts)


class ReadText:
    """One text that was read; each finding is made when it is first asked for.

    Args:
        words: as the model saw them.
        in_disguise: whether to read hidden forms too.
        tools: the names of this server's tools.
    """

    def __init__(self, words: str, *, in_disguise: bool, tools: tuple[str, ...] = ()) -> None:
        self._words = words
        self._tools = tools
        self._in_disguise = in_disguise

    @cached_property
    def plain(self) -> Things:
        """The things that it says openly."""
        return _things(plain_form(self._words), numbers_meant=False)

    @cached_property
    def things(self) -> Things:
        """The things that it says in any form."""
        return _things(self._forms(), numbers_meant=False) if self._in_disguise else self.plain

    @cached_property
    def passages(self) -> Passages:
        """Its runs of words, for a comparison."""
        return passages(form.text for form in self._forms() if not form.turned or _is_language(form))

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """Its lines in all forms, in plain words with one space around each."""
        texts = [text for way in self._forms() for text in (way.text, with_letters(way.text))]
        words = (words_of(line) for text in texts for line in text.split("\n"))
        return tuple(dict.fromkeys(f" {' '.join(each)} " for each in words if each))

    @cached_property
    def suspicious(self) -> str | None:
        """The part that speaks to an assistant."""
        return speaks_to_an_assistant(self._forms(), self._tools)

    def _forms(self) -> tuple[Form, ...]:
        return forms(self._words) if self._in_disguise else plain_form(self._words)


@dataclass(frozen=True)
class Outgoing:
    """One argument that is about to leave.

    Attributes:
        words: its words.
        things: the certain ones, each with its kind, always in the same order.
    """

    words: tuple[str, ...]
    things: tuple[tuple[Thing, str | int], ...]


def outgoing(text: str) -> Outgoing:
    """Read a text that is about to leave."""
    things = _things((way for way in forms(text) if not way.turned), numbers_meant=True)
    return Outgoing(
        tuple(words_of(plain_form(text)[0].text)),
        (
            *(("link", link) for link in sorted(things.links)),
            *(("number", number) for number in sorted(things.numbers)),
            *(("e-mail address", email) for email in sorted(things.emails)),
            *(("amount", amount) for amount in sorted(things.amounts)),
        ),
    )


def _things(ways: Iterable[Form], *, numbers_meant: bool) -> Things:
    links: set[str] = set()
    emails: set[str] = set()
    numbers: set[str] = set()
    money: set[int] = set()
    bare: set[int] = set()
    for way in ways:
        some_links, some_emails = addresses(way.text)
        links |= some_links
        emails |= some_emails
        if not way.turned or way.backwards:
            numbers |= meant_numbers(way.text) if numbers_meant else all_numbers(way.text)
        if not way.turned:
            money |= amounts(way.text)
            bare |= bare_amounts(way.text)
    return Things(frozenset(links), frozenset(emails), frozenset(numbers), frozenset(money), frozenset(bare))


def shown(thing: Thing, value: str | int) -> str:
    """A thing, for a sentence."""
    if isinstance(value, int):
        return f"${value // 100:,}.{value % 100:02d}"
    return one_line(value) if thing != "number" else value


def clue(thing: Thing, value: str | int) -> str:
    """The part of a thing that is likely to stand in the words as it is."""
    if isinstance(value, int):
        return f"{value // 100}"
    if thing == "number":
        return value[-4:]
    return value.partition("/")[0].partition("@")[0]


_FREQUENT = frozenset(
    {
        *("the", "to", "and", "you", "of", "is", "it", "in", "for", "this", "that", "a"),
        *("el", "la", "de", "que", "los", "un", "es", "y", "por"),
    }
)
_FEWEST_FREQUENT = 2


def _is_language(form: Form) -> bool:
    """Whether turned letters make words again; mostly they do not, and would only fill the memory."""
    return len(_FREQUENT.intersection(form.text.split())) >= _FEWEST_FREQUENT
