"""Reads on in a line's list of texts: what came since the last time, without a gap and without moving a clock.

How far a line is read is known from the texts themselves and kept in the store. Each look begins some minutes before
that, because a list may show a text later than a newer one; the event log drops what it has. Long lists are read on
from the last text of a full page and not by page numbers, which shift while texts come and go.
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from textrequest_mcp.ground.store import Store
from textrequest_mcp.guard.once.ledger import Ledger
from textrequest_mcp.live.allowance import Allowance
from textrequest_mcp.live.events import NotAnEvent, TextEvent, of_row
from textrequest_mcp.live.log import EventLog
from textrequest_mcp.upstream.api import Api
from textrequest_mcp.upstream.page import MAX_SIZE, Page, read_page
from textrequest_mcp.upstream.times import show_time

if TYPE_CHECKING:
    import sqlite3

logger = logging.getLogger(__name__)

_OVERLAP_SECONDS = 300.0
_NEWEST = 100  # texts that are looked at to know where to begin
# How far a text may stand from where its time would put it: a row at the end of a page may be newer than the next ones.
_DISORDER_SECONDS = 10
# What the date of an HTTP answer can be off by itself: it has whole seconds, and took some time to arrive.
_SAME_CLOCK_SECONDS = 1.5

_SCHEMA = """
CREATE TABLE IF NOT EXISTS live_lines (
    account TEXT NOT NULL, dashboard_id INTEGER NOT NULL, since REAL NOT NULL, old TEXT NOT NULL,
    read_to REAL NOT NULL, looked_at REAL NOT NULL, PRIMARY KEY (account, dashboard_id)) WITHOUT ROWID;
"""


class _Progress(NamedTuple):
    """How far a line is read; times are seconds since 1970 by the service's clock.

    Attributes:
        since: what happened before is old.
        old: ids of texts that are old although they are dated at or after that.
        read_to: up to where the list was read.
    """

    since: float
    old: frozenset[str]
    read_to: float

    def is_new(self, event: TextEvent) -> bool:
        return event.message_id not in self.old and (event.at is None or event.at >= self.since)


def service_clock(api: Api, clock: Callable[[], float]) -> Callable[[], float]:
    """Answers the seconds since 1970 by the service's clock, as far as it is known."""

    def now() -> float:
        return clock() + (api.ahead if abs(api.ahead) > _SAME_CLOCK_SECONDS else 0.0)

    return now


class Reader:
    """Reads the lines of one account into its event log.

    Args:
        api: the way to the account.
        log: where the events go.
        store: where it is kept how far each line is read, shared by all processes.
        account: names the account without telling its key.
        rate_limit: calls and seconds of the account's key.
        ledger: whose sends learn of their delivery.
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
        """Seconds since 1970 by the service's clock, as far as it is known."""
        return self._clock()

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
        progress = await self._progress(dashboard_id) or await self._begin(dashboard_id)
        start, page, new = math.floor(progress.read_to - _OVERLAP_SECONDS), 0, 0
        read_to, newest, read, in_order = progress.read_to, start - 1.0, 0, True
        seen: list[str] = []
        while True:
            began = self._steady()
            found = await self._ask(dashboard_id, start_date=_written(start), page=page, page_size=MAX_SIZE)
            asked_at = self.now() - (self._steady() - began)  # by the clock as this answer tells it
            listed = _events(dashboard_id, found.items)
            in_order = in_order and _is_in_order(listed, newest)
            newest = max([newest, *(event.at or 0.0 for event in listed)])
            read += len(found.items)
            whole = _is_the_last(found, read)
            if whole or in_order:
                read_to = max(read_to, min(newest, asked_at))
            new += await self._note(dashboard_id, sorted(listed, key=lambda event: event.at or 0.0), progress, read_to)
            ids = [event.message_id for event in listed]
            if whole or (page > 0 and ids == seen):  # a service that gives the same again and again has no more
                return new
            seen = ids
            further = math.ceil(newest) - _DISORDER_SECONDS
            if in_order and further > max([start, *(event.at or 0.0 for event in listed[:1])]):
                start, page, read = further, 0, 0
                newest = start - 1.0
            else:  # a thousand within some seconds, or a list from another time or in another order than is promised
                page += 1

    async def _begin(self, dashboard_id: int) -> _Progress:
        """Watch a line from now on: what it has is old."""
        found = await self._ask(dashboard_id, sort="desc", page=0, page_size=_NEWEST)
        listed = _events(dashboard_id, found.items)
        # A text that came while this was asked for is not old; if the clocks differ, rather too many are new.
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
        """Events and how far the line is read, in one."""

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


def _is_the_last(page: Page, read: int) -> bool:
    """Whether nothing follows a page; `read` is how many rows came since the first page, with this one."""
    if not page.items:
        return True
    return len(page.items) < page.page_size and (page.total_items is None or read >= page.total_items)


def _is_in_order(events: Sequence[TextEvent], newest: float) -> bool:
    """Whether the service took the start date, and lists the oldest first; else only page numbers lead to the end.

    `newest` is the time of the last text of the page before, or of a second before the start date.
    """
    times = [event.at for event in events]
    known = [at for at in times if at is not None]
    return len(known) == len(times) and all(a <= b for a, b in pairwise([newest, *known]))


def _written(moment: float) -> str:
    return show_time(datetime.fromtimestamp(max(0.0, moment), UTC))
