"""A change that is about to happen, as the rules see it, and the questions that they may ask the account."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from textrequest_mcp.guard.provenance.memory import Use
from textrequest_mcp.guard.rules.person_facts import Facts


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A change that a host asks for.

    Attributes:
        caller: the host.
        uses: each person that the change is about, with the words for them.
        texts: the number that the change texts; None where it texts nobody.
        callbacks: addresses for the service to call.
        since: the caller says that it knows the conversation up to this time, in seconds since 1970; None where it
            does not say.
        closes: whether the change ends something and only informs the person. Then a rule that refuses any other text
            gives a reason to ask instead.
    """

    caller: str
    uses: Sequence[Use]
    texts: str | None = None
    callbacks: Sequence[str] = ()
    since: float | None = None
    closes: bool = False


class Account(Protocol):
    """The rules' view of the account; both methods raise `TextRequestError`."""

    async def contact(self, line: int, number: str) -> Facts:
        """The facts in a contact's record; empty facts where there is no record."""
        ...

    async def newer(self, caller: str, line: int, number: str, since: float) -> Sequence[str]:
        """The conversation's texts after a moment, oldest first, each as one line for the caller."""
        ...
