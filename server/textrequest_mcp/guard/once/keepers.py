"""The servers of an account that stay up, so that one that ends with its host can leave a text to them."""

from __future__ import annotations

import time
from collections.abc import Callable

from textrequest_mcp.ground.connection import Connection
from textrequest_mcp.ground.store import Store

BEAT_SECONDS = 30.0
GONE_SECONDS = 4 * BEAT_SECONDS

SCHEMA = """
CREATE TABLE IF NOT EXISTS once_keepers (owner TEXT PRIMARY KEY, account TEXT NOT NULL, seen_at REAL NOT NULL);
"""


class Keepers:
    """Who stays up for one account.

    Args:
        store: where they are noted; its methods raise `StoreError` where it cannot be used.
        account: names the account without telling its key.
        clock: seconds since 1970.
    """

    def __init__(self, store: Store, account: str, *, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._account = account
        self._clock = clock
        store.ensure(SCHEMA)

    async def beat(self, owner: str) -> None:
        """Note that a server is up and means to stay; to be said again every `BEAT_SECONDS`."""

        def write(connection: Connection) -> None:
            now = self._clock()
            connection.execute(
                "INSERT INTO once_keepers VALUES (?, ?, ?)"
                " ON CONFLICT (owner) DO UPDATE SET seen_at = excluded.seen_at",
                (owner, self._account, now),
            )
            connection.execute("DELETE FROM once_keepers WHERE seen_at < ?", (now - 86_400.0,))

        await self._store.transact(write, durable=False)

    async def leave(self, owner: str) -> None:
        """Note that a server ends."""
        await self._store.transact(
            lambda connection: connection.execute("DELETE FROM once_keepers WHERE owner = ?", (owner,)), durable=False
        )

    async def are_there(self) -> bool:
        """Whether any server stays up."""

        def read(connection: Connection) -> bool:
            seen = "SELECT owner FROM once_keepers WHERE account = ? AND seen_at > ?"
            found = connection.execute(seen, (self._account, self._clock() - GONE_SECONDS)).fetchall()
            return any(connection.lives(owner) is not False for (owner,) in found)

        return await self._store.transact(read, durable=False)
