"""What a person is shown of a question: the facts, why they are asked, and the conversation beside it."""

import json
from dataclasses import asdict, dataclass
from typing import Any


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


def as_json(shown: Shown) -> str:
    """What is shown, to be kept; `from_json` reads it."""
    return json.dumps(asdict(shown))


def from_json(text: str) -> Shown:
    """What was kept; a server of 0.1.0 kept only the first four fields."""
    kept: dict[str, Any] = json.loads(text)
    beside: dict[str, Any] = kept.get("beside") or {}
    read = Beside(
        person=beside.get("person", ""),
        texts=tuple(Bubble(**each) for each in beside.get("texts", ())),
        facts=tuple((name, value) for name, value in beside.get("facts", ())),
        note=beside.get("note", ""),
    )
    return Shown(
        text=kept["text"],
        must_type=kept["must_type"],
        caller=kept["caller"],
        title=kept["title"],
        why=tuple(kept.get("why", ())),
        beside=read,
        by_passkey=bool(kept.get("by_passkey")),
        is_final=bool(kept.get("is_final")),
        line=kept.get("line"),
        member=kept.get("member", ""),
        rules=tuple(kept.get("rules", ())),
    )
