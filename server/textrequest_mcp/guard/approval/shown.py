"""What a person is shown of a question: the facts, why they are asked, and the conversation beside it."""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import TypeAdapter


@dataclass(frozen=True, kw_only=True)
class Bubble:
    """One text of a conversation.

    Attributes:
        theirs: whether the customer wrote it.
        words: clean, and cut to what fits a page.
        at: seconds since 1970; None where the service does not say.
        by: the colleague who sent it.
    """

    theirs: bool
    words: str
    at: float | None = None
    by: str | None = None


@dataclass(frozen=True, kw_only=True)
class Beside:
    """What was read for a person beside their question, at the time it was asked.

    Attributes:
        person: whose conversation it is, by name and number; empty where the question is about nobody.
        texts: the newest of it, oldest first.
        facts: each a name and what it is: the line, the segments, what is left of the caps.
        note: a sentence about what could not be read.
    """

    person: str = ""
    texts: tuple[Bubble, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    note: str = ""


NOTHING = Beside()


@dataclass(frozen=True)
class Shown:
    """What a person is shown of a question.

    Attributes:
        text: the facts and the question.
        must_type: what the person types to agree; None where a button does.
        caller: the host that asks.
        title: what the tool does, in a few words.
        why: the reasons that stand at the beginning of the text; without one, the policy asks before any such act.
        beside: what was read beside it.
        by_passkey: whether only a passkey agrees.
        is_final: whether it cannot be undone.
        line: that it is about; None for the whole account.
        member: of the team, whose assistant asks; empty where one person uses the server.
        rules: the settings of the rules that have the reasons.
    """

    text: str
    must_type: str | None
    caller: str
    title: str
    why: tuple[str, ...] = ()
    beside: Beside = NOTHING
    by_passkey: bool = False
    is_final: bool = False
    line: int | None = None
    member: str = ""
    rules: tuple[str, ...] = ()

    @property
    def asked(self) -> str:
        """The question without the reasons."""
        return self.text.removeprefix(" ".join(self.why)).strip()


def from_kept(kept: dict[str, Any]) -> Shown:
    """What was kept of it, as JSON; a server of 0.1.0 kept only the first four fields."""
    return _reader().validate_python(kept)


@cache
def _reader() -> "TypeAdapter[Shown]":
    from pydantic import TypeAdapter

    return TypeAdapter(Shown)
