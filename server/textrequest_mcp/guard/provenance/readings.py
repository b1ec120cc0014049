"""What an answer tells of words and people, as the memory keeps it and writes it down."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from textrequest_mcp.guard.change import Place
from textrequest_mcp.guard.provenance.source import Source


@dataclass(frozen=True, kw_only=True)
class Said:
    """Words of our own side.

    Attributes:
        words: as they stand in the account.
        line: the line's id.
        person: to whom they were written; None for words to nobody, such as a line's name.
        at: when a text was sent.
        by: the colleague who sent it, as the service names them.
        thing: the id of the text or payment, by which this server knows its own.
        here: whether this server made them, in words that a model chose.
    """

    words: str
    line: int = 0
    person: str | None = None
    at: datetime | None = None
    by: str | None = None
    thing: str | None = None
    here: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Called:
    """Somebody whom the account lists, by their whole and given name."""

    place: Place
    whole: str = ""
    given: str = ""


@dataclass(frozen=True)
class Opened:
    """A conversation that was opened."""

    place: Place


@dataclass(frozen=True)
class Answered:
    """Somebody whom this server texted."""

    place: Place


Reading = Source | Said | Called | Opened | Answered


def as_json(one: Reading) -> list[Any]:
    """A thing as JSON."""
    fields = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(one).items()}
    return [type(one).__name__, fields]


def from_json(row: Sequence[Any]) -> Reading:
    """The thing that `as_json` made this of."""
    name, fields = row
    if fields.get("at") is not None:
        fields["at"] = datetime.fromisoformat(fields["at"])
    if "place" in fields:
        fields["place"] = tuple(fields["place"])
    return _KINDS[name](**fields)


_KINDS: dict[str, type[Reading]] = {kind.__name__: kind for kind in (Source, Said, Called, Opened, Answered)}
