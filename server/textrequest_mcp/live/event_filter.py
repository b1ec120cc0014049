"""Which events somebody asks for, and what is found."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from textrequest_mcp.live.events import Direction, TextEvent


@dataclass(frozen=True)
class Noted:
    """An event with its place in the log."""

    number: int
    event: TextEvent


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which events somebody asks for.

    Attributes:
        dashboard_id: of one line; None for all of them.
        phone_number: with one contact.
        direction: only those that came in, or went out.
        since: only those that happened at or after this, in seconds since 1970.
    """

    dashboard_id: int | None = None
    phone_number: str | None = None
    direction: Direction | None = None
    since: float | None = None

    def where(self, account: str, after: int, mark: Callable[[str], str]) -> tuple[str, tuple[Any, ...]]:
        """The condition on the log's table, and its values; the first of these is `after`."""
        parts = [
            ("number > ?", after),
            ("account = ?", account),
            ("dashboard_id = ?", self.dashboard_id),
            ("person = ?", mark(self.phone_number) if self.phone_number else None),
            ("direction = ?", self.direction),
            ("happened_at >= ?", self.since),
        ]
        given = [(part, value) for part, value in parts if value is not None]
        return " AND ".join(part for part, _ in given), tuple(value for _, value in given)
