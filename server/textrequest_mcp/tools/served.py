"""What a call needs of the account behind it."""

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Any, Protocol

from textrequest_mcp.guard.approval.gate import Gate
from textrequest_mcp.guard.approval.shown import Beside
from textrequest_mcp.guard.audit.writer import Audit
from textrequest_mcp.guard.change import Account as Facts
from textrequest_mcp.guard.change import Change, Place
from textrequest_mcp.guard.once.carry_out import AtMostOnce
from textrequest_mcp.guard.rules.policy import Policy
from textrequest_mcp.guard.rules.sorting import Sorted
from textrequest_mcp.tools.line_clocks import LineClocks
from textrequest_mcp.tools.pages import Pages


class Served(Protocol):
    """What a call needs of the account that the server was started for."""

    gate: Gate
    at_most_once: AtMostOnce
    policy: Policy
    audit: Audit
    pages: Pages

    @property
    def usual_line(self) -> int | None:
        """Where a call happens that names no line, as far as that was read."""
        ...

    async def clocks(self, *, read: bool) -> LineClocks:
        """The clocks of the account's lines; those that are known, unless others are to be `read` in short time."""
        ...

    async def zone(self, dashboard_id: int) -> tzinfo | None:
        """A line's time zone, where the account says it."""
        ...

    async def reasons(self, change: Change, *, wished: bool = False) -> list[str]:
        """Why a person has to be asked before a change; raises what a rule says no with."""
        ...

    async def wish(self, change: Change) -> str | None:
        """The standing wish that allows a change; None without one."""
        ...

    async def who_is(self, name: str, dashboard_id: int | None) -> str:
        """The people of a line who have a name, as a sentence."""
        ...

    async def written_out(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of a text with the words of the saved reply that they name."""
        ...

    async def sort_out(self, change: Change, facts: Facts) -> Sorted:
        """As `sorting.sort_out`."""
        ...

    async def beside(self, line: int | None, people: Sequence[Place], body: str | None) -> Beside:
        """What a person is shown beside a question about these people, and about a text that would leave."""
        ...

    def acted(self, people: Sequence[Place]) -> None:
        """These people were texted."""
        ...
