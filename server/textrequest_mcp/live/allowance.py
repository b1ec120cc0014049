"""Keeps polling to a fifth of the rate limit, over all processes together, so that the rest is left for tools."""

from __future__ import annotations

from collections.abc import Callable

from textrequest_mcp.ground.connection import Connection
from textrequest_mcp.ground.store import Store
from textrequest_mcp.upstream.errors import TooBusy

SHARE = 0.2

_SCHEMA = """
CREATE TABLE IF NOT EXISTS live_looks (account TEXT NOT NULL, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS live_looks_at ON live_looks (account, at);
"""


class Allowance:
    """The calls that polling may use.

    Args:
        store: counts the calls, for all processes.
        account: an id of the account that does not show its key.
        rate_limit: the calls that the account's key allows, and in how many seconds.
        steady: seconds that only go forward, the same in every process; by default the store's.
    """

    def __init__(
        self,
        store: Store,
        account: str,
        rate_limit: tuple[int, float],
        *,
        steady: Callable[[], float] | None = None,
    ) -> None:
        self._store = store
        self._account = account
        self._most, self._within = max(1, int(rate_limit[0] * SHARE)), rate_limit[1]
        self._steady = steady or store.steady
        store.ensure(_SCHEMA)

    async def take(self) -> None:
        """Use one call.

        Raises:
            TooBusy: no call is left for now.
            StoreError: the store cannot be used.
        """

        def take(connection: Connection) -> float | None:
            now = self._steady()
            # A time in the future was written before the machine was last started.
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
