"""What a tool declares, so that the guard recognizes a repeated act and finds a lost one in the account."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from textrequest_mcp.ground.clean import LONGEST_TEXT, clean
from textrequest_mcp.guard.once.ledger_rows import Send


@dataclass(frozen=True)
class Candidate:
    """Something in the account that a send may have left.

    Attributes:
        id: what the service calls it.
        at: when the service made it; None where the account does not say.
        result: its fields that hold no words of anybody.
        certain: whether only this send can have left it, and no other of the same act.
        refused: the sentence that says so, where the service noted the act but did not do it.
    """

    id: str
    at: datetime | None
    result: Mapping[str, Any] = field(default_factory=dict[str, Any])
    certain: bool = False
    refused: str | None = None


@dataclass(frozen=True)
class SearchTerms:
    """What the ledger kept of an act to find it by.

    Attributes:
        send_id: the act.
        dashboard_id: the line it happened on; None where it is about the account.
        kept: the arguments, texts hashed.
        hashed: how a text is hashed.
    """

    send_id: str
    dashboard_id: int | None
    kept: Mapping[str, Any]
    hashed: Callable[[str], str]

    def says(self, name: str, value: object) -> bool:
        """Whether words in the account are those that this argument held; none where it was left out or empty."""
        kept, said = self.kept.get(name), written(value)
        return self.hashed(said) == kept or (kept is None and not said)


@dataclass(frozen=True, kw_only=True)
class SameAct:
    """How a tool's act is known again, and how it is found in the account.

    Attributes:
        same: the arguments that make two calls the same act, besides tool and line.
        same_if_given: further ones that count only where they are given: rows of older versions do not have them.
        find: answers the traces that an act may have left, from the account and the facts.
        news: answers the kept fields as they are now, from the account and the row of an act that has an id.
        id_field: the field of the answer that holds that id.
        kept: the other fields of the answer that the ledger keeps; none that holds anybody's words or number.
        facts: the arguments that `find` needs as they are.
        words: the arguments that `find` compares by their hash.
        text: the argument that holds the words of the text, which an audit may keep.
        announce: told of the arguments and the answer once this very call made it happen.
        repeats: whether the service does it a second time, so that a repetition can be meant.
        act: the name under which the acts of several tools are the same; the tool's own where it is empty.
        further: what is said of a call that differs only in other arguments and may be meant as a further act. It is
            refused unless it says that it is; where this is empty, it is answered with the earlier one.
    """

    same: tuple[str, ...]
    find: Callable[[Any, SearchTerms], Awaitable[Sequence[Candidate]]]
    news: Callable[[Any, Send], Awaitable[Mapping[str, Any]]]
    id_field: str
    kept: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    text: str = ""
    announce: Callable[[Mapping[str, Any], Any], Awaitable[None]] | None = None
    same_if_given: tuple[str, ...] = ()
    repeats: bool = True
    act: str = ""
    further: str = ""

    def identity(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Of a call's arguments those that make another call the same act."""
        return {name: given.get(name) for name in self.same} | {
            name: given[name] for name in self.same_if_given if name in given
        }

    def keep(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        """Of an answer's fields those that the ledger keeps."""
        return {name: answer[name] for name in (self.id_field, *self.kept) if answer.get(name) is not None}


def written(value: object) -> str:
    """Words as they are hashed: clean and cut, as they come back when the account is read; a list in one order."""
    if isinstance(value, str):
        return clean(value, LONGEST_TEXT)
    return json.dumps(sorted(map(written, cast("list[str]", value)))) if value else ""
