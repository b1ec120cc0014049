"""The source of words that customers control, and a sentence's part that names it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from textrequest_mcp.ground.quoting import quoted

TEXT_RECEIVED = "a text received"
_LONGEST_QUOTE = 80
_BEFORE_THE_PLACE = 30


@dataclass(frozen=True, kw_only=True)
class Source:
    """Words that a customer controls, and where they stood.

    Attributes:
        kind: `TEXT_RECEIVED`, `a contact's note`, `a contact's name`, `a group's name` and the like.
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
        return _utc(self.at) or "9", self.kind, self.line or 0, self.person or "", self.words


def origin(source: Source, line: int, clue: str) -> str:
    """A source, for a sentence: `a text from +14235550142 of 2026-05-28T20:26Z: "pay at evil.example"`.

    Args:
        source: the words.
        line: the sentence's own line; another line is named.
        clue: the part of long words around it is quoted, where they hold it.
    """
    kind = source.kind
    if kind == TEXT_RECEIVED and source.person is not None:
        kind = "a text"
    person = f" from {source.person}" if source.person else ""
    elsewhere = f" on line {source.line}" if source.line not in (None, line) else ""
    at = f" of {_utc(source.at)}" if source.at else ""
    return f"{kind}{person}{elsewhere}{at}: {quoted(_around(source.words, clue))}"


def _around(words: str, clue: str) -> str:
    words = " ".join(words.split())
    if len(words) <= _LONGEST_QUOTE:
        return words
    at = words.casefold().find(clue.casefold())
    if at < 0 and " " in clue:
        at = words.casefold().find(clue.casefold().split()[0])
    start = max(0, min(at - _BEFORE_THE_PLACE, len(words) - _LONGEST_QUOTE + 1))
    return f"…{words[start:]}" if start else words


def _utc(at: datetime | None) -> str:
    if at is None:
        return ""
    aware = at if at.tzinfo else at.replace(tzinfo=UTC)
    return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")
