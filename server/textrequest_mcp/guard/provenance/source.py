"""The source of words that were read, and a sentence's part that names it."""

from dataclasses import dataclass
from datetime import datetime

from textrequest_mcp.ground.quoting import quoted

TEXT_RECEIVED = "a text received"
_LONGEST_QUOTE = 80
_BEFORE_THE_PLACE = 30


@dataclass(frozen=True, kw_only=True)
class Source:
    """Words that a customer controls, and where they stood.

    Attributes:
        kind: `TEXT_RECEIVED`, `a contact's record`, `a name` and the like.
        line: the line's id; None for words of the whole account.
        person: the words' author, in E.164; None where the author is unknown.
        at: when a text was received.
        words: as the model saw them.
    """

    kind: str
    line: int | None
    person: str | None = None
    at: datetime | None = None
    words: str

    @property
    def rank(self) -> tuple[str, str, int, str, str]:
        """Sorts the oldest first, whenever the words were read."""
        return self.at.isoformat() if self.at else "9", self.kind, self.line or 0, self.person or "", self.words

    @property
    def is_text(self) -> bool:
        """Whether it is a text, and no record."""
        return self.kind == TEXT_RECEIVED


def origin(source: Source, line: int, clue: str, *, name: str | None = None, when: str | None = None) -> str:
    """A source, for a sentence: `a text from "Ann Ng" (+14235550142), Thu 28 May 16:26: "pay at evil.example"`.

    Args:
        source: the words.
        line: the sentence's own line; another line is named.
        clue: the part of long words around it is quoted, where they hold it.
        name: of the words' author.
        when: its time, for a sentence.
    """
    kind = "a text" if source.is_text and source.person is not None else source.kind
    person = f"{quoted(name)} ({source.person})" if name else source.person
    elsewhere = f" on line {source.line}" if source.line not in (None, line) else ""
    at = f", {when}" if when else ""
    return f"{kind}{f' from {person}' if person else ''}{elsewhere}{at}: {quoted(_around(source.words, clue))}"


def _around(words: str, clue: str) -> str:
    words = " ".join(words.split())
    if len(words) <= _LONGEST_QUOTE:
        return words
    at = words.casefold().find(clue.casefold())
    if at < 0 and " " in clue:
        at = words.casefold().find(clue.casefold().split()[0])
    start = max(0, min(at - _BEFORE_THE_PLACE, len(words) - _LONGEST_QUOTE + 1))
    return f"…{words[start:]}" if start else words
