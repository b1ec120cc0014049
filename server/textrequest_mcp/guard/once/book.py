"""The pages of the ledger: one account's rows, and what is known of those that nobody works on any more."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import anyio

from textrequest_mcp.ground.keyed_hash import as_read, keyed
from textrequest_mcp.ground.processes import has_ended, this_process
from textrequest_mcp.ground.store import Store
from textrequest_mcp.guard.once.ledger_rows import SCHEMA, Ending, Send, Witness, all_rows, one_row, write_ending

if TYPE_CHECKING:
    import sqlite3

# A row in work counts as abandoned after so long, where nobody can tell whether its process died. Longer than any call.
LEASE_SECONDS = 120.0
KEEP_SECONDS = 30 * 86400.0
KEEP_FACTS_SECONDS = 86400.0

ENDED_IN_BETWEEN = (
    "The server ended while the call was on its way, so no answer was read. Whether it took effect is unknown."
)


class Book:
    """Rows in a store, with the outcomes that its disk would not take yet.

    Args:
        store: where the rows are.
        account: names the account without telling its key.
        clock: seconds since 1970.
        witness: as `ledger_rows.Witness`.
    """

    def __init__(
        self,
        store: Store,
        account: str,
        *,
        clock: Callable[[], float] = time.time,
        witness: Witness | None = None,
    ) -> None:
        self._store = store
        self._account = account
        self.clock = clock
        self._witness = witness
        self._owner = f"{this_process()} {secrets.token_hex(4)}"
        self._at_work: dict[str, anyio.Event] = {}  # this server's own, until their outcome is written
        self._owed: dict[str, Ending] = {}
        store.ensure(SCHEMA)

    async def hasher(self) -> Callable[[str], str]:
        """What hashes a text, the same in every process: as a person reads it (`as_read`)."""
        secret = await self._store.secret()
        return lambda text: keyed(secret, as_read(text))

    async def get(self, send_id: str) -> Send | None:
        """One row of this account."""

        def read(connection: sqlite3.Connection) -> Send | None:
            self._bury(connection, "account = ? AND send_id = ?", (self._account, send_id))
            return one_row(connection, "account = ? AND send_id = ?", (self._account, send_id))

        return await self._transact(read)

    async def bury(self) -> None:
        """Say what is known of every row that an ended process left on its way, of whatever account."""
        await self._transact(lambda connection: self._bury(connection, "1", ()))

    async def recover(self) -> None:
        """Call what ended processes left on its way UNKNOWN, and forget what is old."""
        now = self.clock()

        def tidy(connection: sqlite3.Connection) -> None:
            self._bury(connection, "account = ?", (self._account,))
            for row in all_rows(connection, "account = ? AND state = 'UNKNOWN' AND look_at > ?", (self._account, now)):
                if has_ended(row.owner):  # it meant to look later itself
                    connection.execute(
                        "UPDATE ledger_sends SET look_at = ?, owner = ? WHERE send_id = ?",
                        (now, self._owner, row.send_id),
                    )
            connection.execute("DELETE FROM ledger_sends WHERE intended_at < ?", (now - KEEP_SECONDS,))
            connection.execute("DELETE FROM ledger_keys WHERE send_id NOT IN (SELECT send_id FROM ledger_sends)")
            connection.execute(
                "UPDATE ledger_sends SET facts = NULL, look_at = NULL, settled_at = coalesce(settled_at, ?1)"
                " WHERE state = 'UNKNOWN' AND facts IS NOT NULL AND intended_at < ?2",
                (now, now - KEEP_FACTS_SECONDS),
            )

        await self._transact(tidy)
        self._store.scrub()

    async def _transact(self, fn: Callable[[sqlite3.Connection], Any]) -> Any:
        """A transaction that first writes the outcomes which the disk would not take before.

        Without a wait for the disk: a power cut that takes these leaves the row INFLIGHT, and it is looked for.
        """
        owed = dict(self._owed)

        def write(connection: sqlite3.Connection) -> Any:
            for send_id, ending in owed.items():
                self._write_ending(connection, send_id, ending)
            return fn(connection)

        answer = await self._store.transact(write, durable=False)
        for send_id, ending in owed.items():
            if self._owed.get(send_id) is ending:
                del self._owed[send_id]
        return answer

    def _bury(self, connection: sqlite3.Connection, where: str, values: tuple[Any, ...]) -> None:
        """Say of rows that nobody works on any more what is known of them."""
        for row in all_rows(connection, f"{where} AND state IN ('INTENDED', 'INFLIGHT')", values):
            if not self._abandoned(row):
                continue
            ending = (
                Ending(state="NOT_SENT", said="The server ended before anything left. Nothing was sent or changed.")
                if row.state == "INTENDED"
                else Ending(state="UNKNOWN", said=ENDED_IN_BETWEEN, look_at=self.clock())
            )
            self._write_ending(connection, row.send_id, ending)

    def _write_ending(self, connection: sqlite3.Connection, send_id: str, ending: Ending) -> None:
        write_ending(connection, send_id, ending, self.clock(), self._witness)

    def _abandoned(self, row: Send) -> bool:
        if row.owner == self._owner:
            return row.send_id not in self._at_work
        return has_ended(row.owner) or self.clock() - (row.left_at or row.intended_at) > LEASE_SECONDS
