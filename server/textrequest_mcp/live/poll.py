"""Polls a line: reads the texts that came since the last look from the line's list, and leaves no gap.

The store keeps up to where each line is read, as a time that stands in the texts themselves, so no clock has to agree
with the service's. A look begins some minutes before that time; the event log ignores the texts that it already has.
`look` decides which page is read next.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from textrequest_mcp.ground.store import Store
from textrequest_mcp.guard.once.ledger import Ledger
from textrequest_mcp.live.allowance import Allowance
from textrequest_mcp.live.events import NotAnEvent, TextEvent, of_row
from textrequest_mcp.live.log import EventLog
from textrequest_mcp.live.look import Look
from textrequest_mcp.upstream.api import Api
from textrequest_mcp.upstream.page import MAX_SIZE, Page, read_page
from textrequest_mcp.upstream.times import show_time

if TYPE_CHECKING:
    import sqlite3

logger = logging.getLogger(__name__)

_NEWEST = 100  # texts that are read to know where a new line begins

_SCHEMA = """
CREATE TABLE IF NOT EXISTS live_lines (
    account TEXT NOT NULL, dashboard_id INTEGER NOT NULL, since REAL NOT NULL, old TEXT NOT NULL,
    read_to REAL NOT NULL, looked_at REAL NOT NULL, PRIMARY KEY (account, dashboard_id)) WITHOUT ROWID;
"""


class _Progress(NamedTuple):
    """Up to where a line is read; times are seconds since 1970 by the service's clock.

    Attributes:
        since: the watch began here. Texts from before are old.
        old: the ids of texts that are old although their time is `since` or later.
        read_to: up to where the list was read.
    """

    since: float
    old: frozenset[str]
    read_to: float

    def is_new(self, event: TextEvent) -> bool:
        return event.message_id not in self.old and (event.at is None or event.at >= self.since)


class Poller:
    """Reads the lines of one account into its event log.

    Args:
        api: sends requests to the account.
        log: takes the events.
        store: keeps up to where each line is read, for all processes.
        account: an id of the account that does not show its key.
        rate_limit: the calls that the account's key allows, and in how many seconds.
        ledger: keeps our sends, and notes their delivery.
        clock: seconds since 1970 by the service's clock.
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
        self._allowance = Allowance(store, account, rate_limit, steady=steady)
        self._ledger = ledger
        self._clock = clock
        self._steady = steady
        store.ensure(_SCHEMA)

    def now(self) -> float:
        """Seconds since 1970 by the service's clock; by this machine's until the service first answers."""
        return self._clock()

    async def is_due(self, dashboard_id: int, every: float) -> float:
        """The seconds until the line is due for a look; 0 gives the look to this process and to no other.

        Raises:
            StoreError: the store cannot be used.
        """
        now = self._steady()

        def claim(connection: sqlite3.Connection) -> float:
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

    async def read_on(self, dashboard_id: int) -> int:
        """Note the texts that came since the last look, in one or more calls; returns how many were new.

        If a later call fails, the texts of the earlier ones are kept.

        Raises:
            TooBusy: the share of the rate limit is used up.
            TextRequestError: the line cannot be read.
            StoreError: the store cannot be used.
        """
        progress = await self._progress(dashboard_id) or await self._begin(dashboard_id)
        look, new = Look(progress.read_to), 0
        while not look.is_over:
            began = self._steady()
            page = await self._ask(dashboard_id, start_date=_written(look.start), page=look.page, page_size=MAX_SIZE)
            asked_at = self.now() - (self._steady() - began)  # by the clock as this answer tells it
            events = _events(dashboard_id, page.items)
            look.take(page, events, asked_at)
            events.sort(key=lambda event: event.at or 0.0)
            new += await self._note(dashboard_id, events, progress, look.read_to)
        return new

    async def _begin(self, dashboard_id: int) -> _Progress:
        """Begin to watch a line; the texts that it has now are old."""
        found = await self._ask(dashboard_id, sort="desc", page=0, page_size=_NEWEST)
        listed = _events(dashboard_id, found.items)
        # A text that came during this request is not old. If the clocks differ, rather too many texts are new.
        begin = min(max((event.at or 0.0 for event in listed), default=0.0), self.now())
        old = [event.message_id for event in listed if event.at is None or event.at >= begin]

        def write(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT OR IGNORE INTO live_lines VALUES (?, ?, ?, ?, ?, ?)",
                (self._account, dashboard_id, begin, json.dumps(old), begin, self._steady()),
            )

        await self._store.transact(write, durable=False)
        return await self._progress(dashboard_id) or _Progress(begin, frozenset(old), begin)

    async def _progress(self, dashboard_id: int) -> _Progress | None:
        def read(connection: sqlite3.Connection) -> tuple[float, str, float] | None:
            return connection.execute(
                "SELECT since, old, read_to FROM live_lines WHERE account = ? AND dashboard_id = ?",
                (self._account, dashboard_id),
            ).fetchone()

        row = await self._store.transact(read, durable=False)
        return None if row is None else _Progress(row[0], frozenset(json.loads(row[1])), row[2])

    async def _note(self, dashboard_id: int, events: Sequence[TextEvent], progress: _Progress, read_to: float) -> int:
        """Write the new events and up to where the line is read, in one transaction."""

        def write(connection: sqlite3.Connection) -> None:
            connection.execute(
                "UPDATE live_lines SET read_to = max(read_to, ?) WHERE account = ? AND dashboard_id = ?",
                (read_to, self._account, dashboard_id),
            )

        new = await self._log.append(filter(progress.is_new, events), also=write)
        await self._ledger.delivered({e.message_id: (e.status, e.error) for e in events if e.direction == "S"})
        return new

    async def _ask(self, dashboard_id: int, **query: str | int) -> Page:
        """One page of the line's texts."""
        await self._allowance.take()
        answer = await self._api.get("dashboards", dashboard_id, "messages", query=query)
        return read_page(answer, page=0, page_size=int(query["page_size"]))


def _events(dashboard_id: int, rows: Sequence[object]) -> list[TextEvent]:
    events: list[TextEvent] = []
    for row in rows:
        try:
            events.append(of_row(dashboard_id, row))
        except NotAnEvent as problem:
            logger.warning("line %d lists something that is no text: %s", dashboard_id, problem)
    return events


def _written(moment: float) -> str:
    return show_time(datetime.fromtimestamp(max(0.0, moment), UTC))
