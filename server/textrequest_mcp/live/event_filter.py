"""A filter for the events of the log, and an event with its number in the log."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from textrequest_mcp.live.events import Direction, TextEvent


@dataclass(frozen=True)
class Noted:
    """An event with its number in the log."""

    number: int
    event: TextEvent


@dataclass(frozen=True, kw_only=True)
class EventFilter:
    """A filter: only the events that match each given attribute; None matches all.

    Attributes:
        dashboard_id: the line.
        phone_number: the contact's number.
        direction: whether the text came in or went out.
        since: the event happened at this time or later, in seconds since 1970.
    """

    dashboard_id: int | None = None
    phone_number: str | None = None
    direction: Direction | None = None
    since: float | None = None

    def where(self, account: str, after: int, mark: Callable[[str], str]) -> tuple[str, tuple[Any, ...]]:
        """The SQL condition on the log's table, and its values; the first value is `after`."""
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
