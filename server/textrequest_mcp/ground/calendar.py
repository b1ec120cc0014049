"""Says by which time old rows may be forgotten, so that a clock that is wrong for one start makes nothing vanish."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from textrequest_mcp.ground.connection import Connection

SCHEMA = "CREATE TABLE IF NOT EXISTS store_time (id INTEGER PRIMARY KEY CHECK (id = 1), at REAL NOT NULL);"

_MOST_AT_ONE_START = 86400.0  # what is kept for a month loses a thirtieth at most
_WRITE_EVERY_SECONDS = 60.0


class Calendar:
    """The store's own time: follows a confirmed clock, but by no more than a day at one start of a server.

    Args:
        confirmed: answers the seconds since 1970; None as long as nobody but this machine says so.
        steady: seconds that only grow.
    """

    def __init__(self, confirmed: Callable[[], float | None], *, steady: Callable[[], float] = time.monotonic) -> None:
        self._confirmed = confirmed
        self._steady = steady
        self._start: tuple[float, float] | None = None  # the store's time, and the steady one

    def today(self, connection: Connection) -> float:
        """Seconds since 1970; before all time where nothing was ever confirmed."""
        (kept,) = connection.execute("SELECT max(at) FROM store_time").fetchone()
        now = self._confirmed()
        if now is None:
            return -math.inf if kept is None else kept
        if self._start is None:
            self._start = (now if kept is None else kept, self._steady())
        began, steady = self._start
        reached = min(now, began + _MOST_AT_ONE_START + self._steady() - steady)
        if kept is None or abs(reached - kept) > _WRITE_EVERY_SECONDS:
            connection.execute(
                "INSERT INTO store_time VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET at = excluded.at", (reached,)
            )
        return reached
