"""What keeps the tables of a store: a file of SQLite's, or a database server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from textrequest_mcp.ground.connection import Connection
from textrequest_mcp.ground.losses import Loss

T = TypeVar("T")


class Engine(Protocol):
    """What keeps the tables of one store."""

    @property
    def loss(self) -> Loss | None:
        """What was lost of the tables, as of the last transaction, until the table `store_loss` is emptied."""
        ...

    async def transact(
        self, fn: Callable[[Connection], T], schemas: Sequence[str], *, durable: bool, give_up_at: float
    ) -> T:
        """As `Store.transact`, after these schemas are there; `give_up_at` is in seconds of `time.monotonic`."""
        ...

    def now(self) -> float:
        """As `Store.steady`."""
        ...

    async def listen(self, told: Callable[[str | None], None]) -> None:
        """Call `told` with each topic of `Connection.tell`, and with None where some may have been missed.

        Returns where nothing is ever told.
        """
        ...

    def scrub(self) -> None:
        """As `Store.scrub`."""
        ...

    def close(self) -> None:
        """As `Store.close`."""
        ...
