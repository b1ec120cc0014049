"""The book behind the ledger: who works on which row, and the outcomes that the disk would not take yet."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import anyio

from textrequest_mcp.ground.connection import Connection
from textrequest_mcp.ground.processes import new_owner
from textrequest_mcp.ground.store import Store, StoreError
from textrequest_mcp.guard.once.abandoned import abandoned
from textrequest_mcp.guard.once.ledger_rows import OWNED, SCHEMA, Ending, Send, Witness, write_ending

_BUSY = ("INTENDED", "INFLIGHT")
_LOOK_EVERY_SECONDS = 0.05
_LONGEST_LOOK_EVERY_SECONDS = 0.5

logger = logging.getLogger(__name__)


class Book:
    """The rows that this server works on, and how they are ended in the store.

    Args:
        store: where the rows are.
        clock: seconds since 1970.
        is_sure: whether the clock is more than what this machine alone says.
        witness: as `ledger_rows.Witness`.

    Attributes:
        owner: this server, as its rows name it.
    """

    def __init__(
        self, store: Store, *, clock: Callable[[], float], is_sure: Callable[[], bool], witness: Witness | None
    ) -> None:
        self._store = store
        self._clock = clock
        self._is_sure = is_sure
        self._witness = witness
        self.owner = new_owner()
        self._at_work: dict[str, anyio.Event] = {}  # until their outcome is written
        self._owed: dict[str, Ending] = {}
        store.ensure(SCHEMA, *OWNED)

    def begin(self, send_id: str) -> None:
        """Work on a row from now on: before it is there, so that no twin takes it for abandoned."""
        self._at_work[send_id] = anyio.Event()

    def drop(self, send_id: str) -> None:
        """Work on a row no more, and let go who waits for it."""
        event = self._at_work.pop(send_id, None)
        if event is not None:
            event.set()

    async def end(self, send_id: str, ending: Ending) -> None:
        """Write an outcome down, or owe it where the disk fails. Never raises, and a cancelled caller waits."""
        self._owed[send_id] = ending
        with anyio.CancelScope(shield=True):
            try:
                await self.transact(lambda _: None)
            except StoreError:
                logger.exception("the outcome of %s is not on disk yet", send_id)
        self.drop(send_id)

    async def wait_for(self, send: Send, until: float, read: Callable[[str], Awaitable[Send | None]]) -> Send:
        """A row once it has ended, or as it is at `until` (`anyio.current_time`)."""
        pause = _LOOK_EVERY_SECONDS
        while send.state in _BUSY and (left := until - anyio.current_time()) > 0:
            event = self._at_work.get(send.send_id)
            if event is not None:  # this server's own
                with anyio.move_on_after(left):
                    await event.wait()
            else:
                await anyio.sleep(min(pause, left))
                pause = min(pause * 1.5, _LONGEST_LOOK_EVERY_SECONDS)
            send = await read(send.send_id) or send
        return send

    async def transact(self, fn: Callable[[Connection], Any]) -> Any:
        """A transaction that first writes the outcomes which the disk would not take before.

        Without a wait for the disk: a power cut that takes these leaves the row INFLIGHT, and it is looked for.
        """
        owed = dict(self._owed)

        def write(connection: Connection) -> Any:
            for send_id, ending in owed.items():
                self.write_ending(connection, send_id, ending)
            return fn(connection)

        answer = await self._store.transact(write, durable=False)
        for send_id, ending in owed.items():
            if self._owed.get(send_id) is ending:
                del self._owed[send_id]
        return answer

    def bury(self, connection: Connection, where: str, values: tuple[Any, ...]) -> None:
        """Say of rows that nobody works on any more what is known of them."""
        now, is_sure = self._clock(), self._is_sure()
        for row, ending in abandoned(connection, where, values, mine=self._works_on, now=now, is_sure=is_sure):
            self.write_ending(connection, row.send_id, ending)

    def write_ending(self, connection: Connection, send_id: str, ending: Ending) -> None:
        """As `ledger_rows.write_ending`, now and before the witness."""
        write_ending(connection, send_id, ending, self._clock(), self._witness)

    def _works_on(self, row: Send) -> bool | None:
        return row.send_id in self._at_work if row.owner == self.owner else None
