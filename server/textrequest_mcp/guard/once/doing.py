"""What a tool gives the guard, so that its act happens at most once."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal

from pydantic import BaseModel

from textrequest_mcp.guard.once.departure import Check, LedgerDeparture
from textrequest_mcp.guard.once.same_act import SameAct


@dataclass(frozen=True, kw_only=True)
class Doing:
    """How a tool does its act.

    Attributes:
        tool: its name.
        once: how the act is known again.
        texts: whether it counts as a text under the caps.
        do: makes it happen, given what goes along with it.
        check: as `LedgerDeparture`.
        amount: the dollars that it asks for.
        announce: told of the answer once this very call made it happen.
        claimed: called when the act is in the ledger as this call's own.
        is_known: whether the person ever wrote to the line, and is nobody new under the caps.
    """

    tool: str
    once: SameAct
    texts: bool
    do: Callable[[LedgerDeparture], Awaitable[BaseModel]]
    check: Check | None = None
    amount: Decimal | None = None
    announce: Callable[[BaseModel], Awaitable[None]] | None = None
    claimed: Callable[[], None] = lambda: None
    is_known: bool = False
