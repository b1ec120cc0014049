"""The book behind the ledger: who works on which row, and the outcomes that the disk would not take yet."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import anyio

from textrequest_mcp.ground.processes import this_process
from textrequest_mcp.ground.store import Store, StoreError
from textrequest_mcp.guard.once.abandoned import abandoned
from textrequest_mcp.guard.once.ledger_rows import SCHEMA, Ending, Send, Witness, write_ending

if TYPE_CHECKING:
    import sqlite3

logger = logging.getLogger(__name__)


class Book:
    """The rows that this server works on, and how they are ended in the store.

    Args:
        store: where the rows are.
        clock: seconds since 1970.
        witness: as `ledger_rows.Witness`.

    Attributes:
        owner: this server, as its rows name it.
    """

    def __init__(self, store: Store, *, clock: Callable[[], float], witness: Witness | None) -> None:
        self._store = store
        self._clock = clock
        self._witness = witness
        self.owner = f"{this_process()} {secrets.token_hex(4)}"
        self._at_work: dict[str, anyio.Event] = {}  # until their outcome is written
        self._owed: dict[str, Ending] = {}
        store.ensure(SCHEMA)

    def begin(self, send_id: str) -> None:
        """Work on a row from now on: before it is there, so that no twin takes it for abandoned."""
        self._at_work[send_id] = anyio.Event()

    def drop(self, send_id: str) -> None:
        """Work on a row no more, and let go who waits for it."""
        event = self._at_work.pop(send_id, None)
        if event is not None:
            event.set()

    def ended(self, send_id: str) -> anyio.Event | None:
        """What is set when a row of this server has ended; None for another server's."""
        return self._at_work.get(send_id)

    async def end(self, send_id: str, ending: Ending) -> None:
        """Write an outcome down, or owe it where the disk fails. Never raises, and a cancelled caller waits."""
        self._owed[send_id] = ending
        with anyio.CancelScope(shield=True):
            try:
                await self.transact(lambda _: None)
            except StoreError:
                logger.exception("the outcome of %s is not on disk yet", send_id)
        self.drop(send_id)

    async def transact(self, fn: Callable[[sqlite3.Connection], Any]) -> Any:
        """A transaction that first writes the outcomes which the disk would not take before.

        Without a wait for the disk: a power cut that takes these leaves the row INFLIGHT, and it is looked for.
        """
        owed = dict(self._owed)

        def write(connection: sqlite3.Connection) -> Any:
            for send_id, ending in owed.items():
                self.write_ending(connection, send_id, ending)
            return fn(connection)

        answer = await self._store.transact(write, durable=False)
        for send_id, ending in owed.items():
            if self._owed.get(send_id) is ending:
                del self._owed[send_id]
        return answer

    def bury(self, connection: sqlite3.Connection, where: str, values: tuple[Any, ...]) -> None:
        """Say of rows that nobody works on any more what is known of them."""
        for row, ending in abandoned(connection, where, values, mine=self._works_on, now=self._clock()):
            self.write_ending(connection, row.send_id, ending)

    def write_ending(self, connection: sqlite3.Connection, send_id: str, ending: Ending) -> None:
        """As `ledger_rows.write_ending`, now and before the witness."""
        write_ending(connection, send_id, ending, self._clock(), self._witness)

    def _works_on(self, row: Send) -> bool | None:
        return row.send_id in self._at_work if row.owner == self.owner else None
