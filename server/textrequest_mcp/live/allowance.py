"""Leaves most of the rate limit to whoever works: looking for texts gets a fifth of it, over all processes together."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from textrequest_mcp.ground.store import Store
from textrequest_mcp.upstream.errors import TooBusy

if TYPE_CHECKING:
    import sqlite3

SHARE = 0.2

_SCHEMA = """
CREATE TABLE IF NOT EXISTS live_looks (account TEXT NOT NULL, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS live_looks_at ON live_looks (account, at);
"""


class Allowance:
    """The calls that looking for texts may take.

    Args:
        store: where they are counted, shared by all processes.
        account: names the account without telling its key.
        rate_limit: calls and seconds of the account's key.
        steady: seconds that only go forward, the same in every process of this machine.
    """

    def __init__(
        self,
        store: Store,
        account: str,
        rate_limit: tuple[int, float],
        *,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._account = account
        self._most, self._within = max(1, int(rate_limit[0] * SHARE)), rate_limit[1]
        self._steady = steady
        store.ensure(_SCHEMA)

    async def take(self) -> None:
        """Use one call.

        Raises:
            TooBusy: there is none left for now.
            StoreError: the store cannot be used.
        """
        now = self._steady()

        def take(connection: sqlite3.Connection) -> float | None:
            # A time from the future is of an earlier start of the machine.
            connection.execute(
                "DELETE FROM live_looks WHERE account = ? AND NOT (at > ? AND at <= ?)",
                (self._account, now - self._within, now),
            )
            taken, first = connection.execute(
                "SELECT count(*), min(at) FROM live_looks WHERE account = ?", (self._account,)
            ).fetchone()
            if taken >= self._most:
                return first + self._within - now
            connection.execute("INSERT INTO live_looks VALUES (?, ?)", (self._account, now))
            return None

        wait = await self._store.transact(take, durable=False)
        if wait is not None:
            raise TooBusy("The share of the rate limit that may go to looking for texts is used up.", retry_in=wait)
