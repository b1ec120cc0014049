"""Keeps up to where each line is read, and when it was last looked at, for all processes of the machine."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import NamedTuple

from textrequest_mcp.ground.connection import Connection
from textrequest_mcp.ground.store import Store
from textrequest_mcp.live.events import TextEvent

_SCHEMA = """
CREATE TABLE IF NOT EXISTS live_lines (
    account TEXT NOT NULL, dashboard_id INTEGER NOT NULL, since REAL NOT NULL, old TEXT NOT NULL,
    read_to REAL NOT NULL, looked_at REAL NOT NULL, PRIMARY KEY (account, dashboard_id)) WITHOUT ROWID;
"""


class WatchedLine(NamedTuple):
    """Up to where a line is read; times are seconds since 1970 by the service's clock.

    Attributes:
        since: texts from before are old.
        old: the texts that the line had when the watch began, as far as they are from `since` or later: id and time.
        read_to: up to where the list was read.
    """

    since: float
    old: Mapping[str, float | None]
    read_to: float

    def is_new(self, event: TextEvent) -> bool:
        """Whether the text came after the watch began."""
        return event.message_id not in self.old and (event.at is None or event.at >= self.since)

    def known_from(self, now: float) -> float:
        """The time of the last text before the watch began; an old text with a time after `now` does not count."""
        return max([self.since, *(at for at in self.old.values() if at is not None and at <= now)])


class WatchedLines:
    """The lines of one account that were looked at.

    Args:
        store: keeps them.
        account: an id of the account that does not show its key.

    The argument `now` is in seconds that only go forward, the same in every process.

    Every method raises `StoreError` if the store cannot be used.
    """

    def __init__(self, store: Store, account: str) -> None:
        self._store = store
        self._account = account
        store.ensure(_SCHEMA)

    async def get(self, dashboard_id: int) -> WatchedLine | None:
        """The line; None if it was never looked at."""

        def read(connection: Connection) -> tuple[float, str, float] | None:
            return connection.execute(
                "SELECT since, old, read_to FROM live_lines WHERE account = ? AND dashboard_id = ?",
                (self._account, dashboard_id),
            ).fetchone()

        row = await self._store.transact(read, durable=False)
        if row is None:
            return None
        old = json.loads(row[1])  # a list in older versions
        return WatchedLine(row[0], old if isinstance(old, dict) else dict.fromkeys(old), row[2])

    async def begin(self, dashboard_id: int, line: WatchedLine, now: float) -> WatchedLine:
        """Keep a line that was looked at for the first time; returns what another process kept before, if any."""
        values = (self._account, dashboard_id, line.since, json.dumps(dict(line.old)), line.read_to, now)

        def write(connection: Connection) -> None:
            connection.execute("INSERT INTO live_lines VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", values)

        await self._store.transact(write, durable=False)
        return await self.get(dashboard_id) or line

    def writes_read_to(self, dashboard_id: int, read_to: float) -> Callable[[Connection], None]:
        """What keeps that a line is read up to there, for the transaction that notes its texts."""

        def write(connection: Connection) -> None:
            connection.execute(
                "UPDATE live_lines SET read_to = :to"
                " WHERE account = :account AND dashboard_id = :line AND read_to < :to",
                {"to": read_to, "account": self._account, "line": dashboard_id},
            )

        return write

    async def is_due(self, dashboard_id: int, every: float, now: float) -> float:
        """The seconds until the line is due for a look; 0 gives the look to this process and to no other."""

        def claim(connection: Connection) -> float:
            row = connection.execute(
                "SELECT looked_at FROM live_lines WHERE account = ? AND dashboard_id = ?",
                (self._account, dashboard_id),
            ).fetchone()
            # A time in the future was written before the machine was last started.
            if row is not None and row[0] <= now < row[0] + every:
                return row[0] + every - now
            connection.execute(
                "UPDATE live_lines SET looked_at = ? WHERE account = ? AND dashboard_id = ?",
                (now, self._account, dashboard_id),
            )
            return 0.0

        return await self._store.transact(claim, durable=False)
