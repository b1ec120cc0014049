"""Reads on in a line's list of texts: what came since the last time, without a gap and without moving a clock.

How far a line is read is known from the texts themselves and kept in the store. Each look begins some minutes before
that, because a list may show a text later than a newer one; the event log drops what it has. Long lists are read on
from the last text of a full page and not by page numbers, which shift while texts come and go.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from textrequest_mcp.guard.ledger import Ledger
from textrequest_mcp.live.events import NotAnEvent, TextEvent, of_row
from textrequest_mcp.live.log import EventLog
from textrequest_mcp.store import Store
from textrequest_mcp.upstream.api import Api
from textrequest_mcp.upstream.errors import TooBusy
from textrequest_mcp.upstream.page import MAX_SIZE, read_page
from textrequest_mcp.upstream.times import show_time

if TYPE_CHECKING:
    import sqlite3

logger = logging.getLogger(__name__)

SHARE = 0.2  # of the rate limit; the rest is for whoever works
_OVERLAP_SECONDS = 300.0
# What the date of an HTTP answer can be off by itself: it has whole seconds, and took some time to arrive.
_SAME_CLOCK_SECONDS = 1.5

_SCHEMA = """
CREATE TABLE IF NOT EXISTS live_lines (
    account TEXT NOT NULL, dashboard_id INTEGER NOT NULL, since REAL NOT NULL, read_to REAL NOT NULL,
    looked_at REAL NOT NULL, PRIMARY KEY (account, dashboard_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS live_looks (account TEXT NOT NULL, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS live_looks_at ON live_looks (account, at);
"""


class Reader:
    """Reads the lines of one account into its event log.

    Args:
        api: the way to the account.
        log: where the events go.
        store: where it is kept how far each line is read, shared by all processes.
        account: names the account without telling its key.
        rate_limit: calls and seconds of the account's key.
        ledger: whose sends learn of their delivery.
        clock: seconds since 1970.
        steady: seconds that only go forward, the same in every process of this machine.
    """

    def __init__(
        self,
        api: Api,
        log: EventLog,
        store: Store,
        account: str,
        *,
        rate_limit: tuple[int, float],
        ledger: Ledger,
        clock: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._log = log
        self._store = store
        self._account = account
        self._most, self._within = max(1, int(rate_limit[0] * SHARE)), rate_limit[1]
        self._ledger = ledger
        self._clock = clock
        self._steady = steady
        store.ensure(_SCHEMA)

    def now(self) -> float:
        """Seconds since 1970 by the service's clock, as far as it is known."""
        ahead = self._api.ahead
        return self._clock() + (ahead if abs(ahead) > _SAME_CLOCK_SECONDS else 0.0)

    async def is_due(self, dashboard_id: int, every: float) -> float:
        """Seconds until the line is to be looked at again; 0 means that the caller is to do it, and nobody else will.

        Raises:
            StoreError: the store cannot be used.
        """
        now = self._steady()

        def claim(connection: sqlite3.Connection) -> float:
            row = connection.execute(
                "SELECT looked_at FROM live_lines WHERE account = ? AND dashboard_id = ?",
                (self._account, dashboard_id),
            ).fetchone()
            # A time from the future is of an earlier start of the machine.
            if row is not None and row[0] <= now < row[0] + every:
                return row[0] + every - now
            connection.execute(
                "UPDATE live_lines SET looked_at = ? WHERE account = ? AND dashboard_id = ?",
                (now, self._account, dashboard_id),
            )
            return 0.0

        return await self._store.transact(claim, durable=False)

    async def read_on(self, dashboard_id: int) -> int:
        """Note what came since the last look, which may take several calls; answers how many texts were new.

        What was read is kept when a later call of it fails.

        Raises:
            TooBusy: the share of the rate limit is used up.
            TextRequestError: the line cannot be read.
            StoreError: the store cannot be used.
        """
        since, read_to = await self._progress(dashboard_id) or await self._begin(dashboard_id)
        start, page, new = math.floor(read_to - _OVERLAP_SECONDS), 0, 0
        newest = 0.0
        seen: set[str] = set()
        while True:
            asked_at = self.now()
            rows, size = await self._ask(dashboard_id, start_date=_written(start), page=page, page_size=MAX_SIZE)
            events = sorted(_events(dashboard_id, rows), key=lambda event: event.at or 0.0)
            last = max((event.at or 0.0 for event in events), default=0.0)
            newest = max(newest, last)
            whole = len(rows) < size
            oldest_first = _oldest_first(dashboard_id, rows)
            if whole or oldest_first:
                read_to = max(read_to, min(newest, asked_at))
            new += await self._note(dashboard_id, events, since, read_to)
            known = seen.issuperset(event.message_id for event in events)
            if whole or known:  # a service that gives the same again and again has no more
                return new
            seen.update(event.message_id for event in events)
            if oldest_first and math.floor(last) > start:
                start, page = math.floor(last), 0
            else:  # a thousand within one second, or a list in another order than is promised
                page += 1

    async def _begin(self, dashboard_id: int) -> tuple[float, float]:
        """Watch a line from now on: what it has is old. Answers from when on it counts, and how far it is read."""
        now = self.now()
        rows, _ = await self._ask(dashboard_id, sort="desc", page=0, page_size=1)
        newest = max((event.at or 0.0 for event in _events(dashboard_id, rows)), default=0.0)
        # A text that came while this was asked for is not old; if the clocks differ, rather too many are new.
        begin = min(newest, now)

        def write(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT OR IGNORE INTO live_lines VALUES (?, ?, ?, ?, ?)",
                (self._account, dashboard_id, begin, begin, self._steady()),
            )

        await self._store.transact(write, durable=False)
        return await self._progress(dashboard_id) or (begin, begin)

    async def _progress(self, dashboard_id: int) -> tuple[float, float] | None:
        def read(connection: sqlite3.Connection) -> tuple[float, float] | None:
            return connection.execute(
                "SELECT since, read_to FROM live_lines WHERE account = ? AND dashboard_id = ?",
                (self._account, dashboard_id),
            ).fetchone()

        return await self._store.transact(read, durable=False)

    async def _note(self, dashboard_id: int, events: Sequence[TextEvent], since: float, read_to: float) -> int:
        """Events and how far the line is read, in one."""

        def write(connection: sqlite3.Connection) -> None:
            connection.execute(
                "UPDATE live_lines SET read_to = max(read_to, ?) WHERE account = ? AND dashboard_id = ?",
                (read_to, self._account, dashboard_id),
            )

        new = await self._log.append((e for e in events if e.at is None or e.at > since), also=write)
        await self._ledger.delivered({e.message_id: (e.status, e.error) for e in events if e.direction == "S"})
        return new

    async def _ask(self, dashboard_id: int, **query: str | int) -> tuple[list[Any], int]:
        """One page of the line's texts, and how many the service gives at most."""
        await self._take_call()
        answer = await self._api.get("dashboards", dashboard_id, "messages", query=query)
        wanted = query["page_size"]
        read = read_page(answer, page=0, page_size=int(wanted))
        return read.items, read.page_size

    async def _take_call(self) -> None:
        """Use a call of the share that looking may take, over all processes."""
        now = self._steady()

        def take(connection: sqlite3.Connection) -> float | None:
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


def _events(dashboard_id: int, rows: Sequence[object]) -> list[TextEvent]:
    events: list[TextEvent] = []
    for row in rows:
        try:
            events.append(of_row(dashboard_id, row))
        except NotAnEvent as problem:
            logger.warning("line %d lists something that is no text: %s", dashboard_id, problem)
    return events


def _oldest_first(dashboard_id: int, rows: Sequence[object]) -> bool:
    times = [event.at for event in _events(dashboard_id, rows[:1]) + _events(dashboard_id, rows[-1:])]
    return len(times) == 2 and None not in times and (times[0] or 0.0) <= (times[1] or 0.0)


def _written(moment: float) -> str:
    return show_time(datetime.fromtimestamp(max(0.0, moment), UTC))
