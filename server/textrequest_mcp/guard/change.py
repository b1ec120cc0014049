"""A change that is about to happen, as the rules see it: whom it is about, in whose words, what is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Protocol, Self

# A text; a payment request; a note of a person; that their conversation is settled; what else reaches or names them,
# such as a block; their groups; a new group, tag or field that nobody is in yet.
Kind = Literal["reply", "payment", "remark", "settle", "rank", "group", "label"]
Place = tuple[int, str]  # a line's id, and a number in E.164


class Reason(str):
    """A sentence why a person is asked.

    Attributes:
        rule: the setting of the rule that asks; empty where no setting switches it off.
    """

    __slots__ = ("rule",)
    rule: str

    def __new__(cls, what: str, rule: str = "") -> Self:
        reason = super().__new__(cls, what)
        reason.rule = rule
        return reason


@dataclass(frozen=True, kw_only=True)
class PersonAndWords:
    """What a call is about to do.

    Attributes:
        line: the line's id.
        person: the person that the call is about, in E.164; None for a call about nobody, such as a group's change.
        words: the call's words, by the names of its arguments.
        amount: the dollars that the call asks for.
        kind: what is done with the person.
    """

    line: int
    person: str | None = None
    words: Mapping[str, str] | None = None
    amount: Decimal | None = None
    kind: Kind = "reply"


@dataclass(frozen=True)
class PersonFacts:
    """The account's facts about a person; times are seconds since 1970 by the service's clock.

    Attributes:
        opted_out_at: when they texted STOP, as far as the service knows.
        is_blocked: whether the service drops their texts.
        received_at: when the line last received a text from them.
        sent_at: when the line last sent them a text.
        labels: their groups and tags, `group:NAME` and `tag:NAME` in plain words, where a standing wish goes by them.
        waits: whether their last text waits for an answer, as far as the record tells.
    """

    opted_out_at: float | None = None
    is_blocked: bool = False
    received_at: float | None = None
    sent_at: float | None = None
    labels: frozenset[str] = frozenset()
    waits: bool = False


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change that a host asks for.

    Attributes:
        caller: the host.
        uses: each person that the change is about, with the words for them.
        texts: the number that the change texts; None where it texts nobody.
        callbacks: addresses for the service to call.
        since: the caller says that it knows the conversation up to this time, in seconds since 1970; None where it
            does not say.
        at: when it is to leave, in seconds since 1970; None for now.
        planned_at: of a text that was to leave later and leaves now, when it was asked for.
        closes: whether the change ends something and only informs the person. Then a rule that refuses any other text
            gives a reason to ask instead.
        alike: the same for acts that differ only in the person; None where a yes to one never holds for another.
        is_asked: whether a person is asked anyway, by what they set; then the question says no more than it must.
    """

    caller: str
    uses: Sequence[PersonAndWords]
    texts: str | None = None
    callbacks: Sequence[str] = ()
    since: float | None = None
    at: float | None = None
    planned_at: float | None = None
    closes: bool = False
    is_asked: bool = False
    alike: str | None = None

    @property
    def asks_to_pay(self) -> bool:
        """Whether a person is asked for money."""
        return any(use.kind == "payment" for use in self.uses)


class Account(Protocol):
    """The rules' view of the account; both methods raise `TextRequestError`."""

    async def contact(self, line: int, number: str) -> PersonFacts:
        """The facts in a contact's record; empty facts where there is no record."""
        ...

    async def newer(self, caller: str, line: int, number: str, since: float) -> Sequence[str]:
        """The conversation's texts after a moment, oldest first, each as one line for the caller."""
        ...
