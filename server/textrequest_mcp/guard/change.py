"""What is about to be done, as the rules look at it, and what they may read of the account to judge it."""

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
        uses: whom and which words it is about, one for each person.
        texts: the number that it would text; None where it texts nobody.
        callbacks: addresses that the service is to call.
        since: up to when the caller says to know the conversation, in seconds since 1970; None where it does not say.
        closes: whether it ends something, and only tells the person so: then somebody decides who is shown what
            stands against that, where another text would be refused.
    """

    caller: str
    uses: Sequence[Use]
    texts: str | None = None
    callbacks: Sequence[str] = ()
    since: float | None = None
    closes: bool = False


class Account(Protocol):
    """What the rules may read; both raise `TextRequestError`."""

    async def contact(self, line: int, number: str) -> Facts:
        """A contact's record; facts that say nothing where there is none."""
        ...

    async def newer(self, caller: str, line: int, number: str, since: float) -> Sequence[str]:
        """A line for each text of the conversation after a moment, oldest first, to be shown to the caller."""
        ...
