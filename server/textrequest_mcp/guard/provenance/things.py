"""Finds in a text what an assistant should not take from one person to another: links, numbers, addresses, amounts."""

import re
from functools import cached_property
from typing import Literal

from textrequest_mcp.ground.clean import LONGEST_TEXT
from textrequest_mcp.ground.quoting import one_line
from textrequest_mcp.guard.provenance.passages import runs_of
from textrequest_mcp.guard.provenance.words import plainly, words_of

Kind = Literal["link", "number", "e-mail address", "amount"]
Value = str | int

_LINK = re.compile(r"(?<![\w@.+%-])(?:https?://)?(?:www\.)?((?:[\w-]+\.)+[a-z]{2,24}(?![\w@])(?:[/?#][^\s<>\"']*)?)")
_EMAIL = re.compile(r"[\w.%+-]{1,64}@(?:[\w-]+\.)+[a-z]{2,24}")
_NUMBER = re.compile(
    r"(?<![0-9])(?:\+?1[ .-]?)?\(?([2-9][0-9]{2})\)?[ ./-]{0,2}([2-9][0-9]{2})[ .-]?([0-9]{4})(?![0-9])"
)
_MONEY = re.compile(
    r"(\$ ?|\busd ?)?(?<![\w.,/:+(-])([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,9})(\.[0-9]{2})?(?![\w/:%-]|\.[0-9])"
    r"( ?(?:dollars?|bucks|usd)\b)?"
)
_LEAST = 1000  # cents; smaller numbers without a currency count people, hours and steps
_CLOSING = ".,;:!?)]}*_/"


class ReadText:
    """One text; each finding is made when it is first asked for.

    Args:
        text: the words as the model saw them, or will have them sent.
    """

    def __init__(self, text: str) -> None:
        self.plain = plainly(text[:LONGEST_TEXT])

    @cached_property
    def words(self) -> list[str]:
        """Its words."""
        return words_of(self.plain)

    @cached_property
    def runs(self) -> frozenset[int]:
        """Its runs of words, for a comparison."""
        return frozenset(runs_of(self.words))

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """Its lines in plain words, with one space around each."""
        return tuple(f" {' '.join(words_of(line))} " for line in self.plain.split("\n"))

    @cached_property
    def things(self) -> frozenset[tuple[Kind, Value]]:
        """What it names for certain; an amount only with its currency."""
        emails = {("e-mail address", found) for found in _EMAIL.findall(self.plain)}
        links = {("link", found.rstrip(_CLOSING)) for found in _LINK.findall(_EMAIL.sub(" ", self.plain))}
        numbers = {("number", f"+1{''.join(found)}") for found in _NUMBER.findall(self.plain)}
        return frozenset({*emails, *links, *numbers, *(("amount", cents) for cents, sure in self._amounts if sure)})  # type: ignore[arg-type]

    @cached_property
    def _amounts(self) -> frozenset[tuple[int, bool]]:
        return frozenset(
            (int(whole.replace(",", "")) * 100 + int((cents or ".0")[1:]), bool(before or after))
            for before, whole, cents, after in _MONEY.findall(self.plain)
        )

    def says(self, kind: Kind, value: Value) -> bool:
        """Whether exactly it is in the text: a link with another query can lead anywhere. A number may be an amount."""
        if kind == "amount":
            return any(value == cents and (sure or cents >= _LEAST) for cents, sure in self._amounts)
        return (kind, value) in self.things

    def leads_to(self, kind: Kind, value: Value) -> bool:
        """Whether it is in the text, or for a link one that it is inside of, or that is inside of it."""
        if kind == "link":
            return any(_is_inside(str(value), str(other)) for of, other in self.things if of == "link")
        return self.says(kind, value)


def shown(kind: Kind, value: Value) -> str:
    """A thing, for a sentence."""
    if isinstance(value, int):
        return f"${value // 100:,}.{value % 100:02d}"
    return one_line(value) if kind != "number" else value


def clue(kind: Kind, value: Value) -> str:
    """The part of a thing that is likely to stand in the words as it is."""
    if isinstance(value, int):
        return f"{value // 100}"
    return value[-4:] if kind == "number" else re.split("[/@]", value, maxsplit=1)[0]


def _is_inside(one: str, other: str) -> bool:
    one, other = (re.split(r"[?#]", link, maxsplit=1)[0].rstrip("/") for link in (one, other))
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")
