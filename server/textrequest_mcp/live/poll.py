"""Polls a line: reads the texts that came since the last look from the line's list, and leaves no gap.

The store keeps up to where each line is read, as a time that stands in the texts themselves, so no clock has to agree
with the service's. A look begins well before that time; the event log ignores the texts that it already has.
`look` decides which page is read next.
"""

import math
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from textrequest_mcp.ground.store import Store
from textrequest_mcp.guard.once.ledger import Ledger
from textrequest_mcp.live.allowance import Allowance
from textrequest_mcp.live.events import TextEvent
from textrequest_mcp.live.log import EventLog
from textrequest_mcp.live.look import Look
from textrequest_mcp.live.rows import Rows
from textrequest_mcp.live.watched_lines import WatchedLine, WatchedLines
from textrequest_mcp.upstream.api import Api
from textrequest_mcp.upstream.errors import Refused
from textrequest_mcp.upstream.page import MAX_SIZE, Page, read_page
from textrequest_mcp.upstream.service_clock import SAME_CLOCK_SECONDS
from textrequest_mcp.upstream.times import show_time

_NEWEST = 100  # texts that are read to know where a new line begins
_UNSORTED_SECONDS = 3600.0  # the same where the service cannot list the newest first
# Each look begins so long before the place that was reached, because a list may show a text later than newer ones; but
# it reads no more texts again than so many, as far as they came before the shorter time.
_LATE_SECONDS = 86_400.0
_REREAD = 200
_OVERLAP_SECONDS = 300.0


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
        steady: seconds that only go forward, the same in every process; by default the store's.

    Attributes:
        lines: up to where each line is read.
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
        steady: Callable[[], float] | None = None,
    ) -> None:
        self._api = api
        self._log = log
        self._allowance = Allowance(store, account, rate_limit, steady=steady)
        self._ledger = ledger
        self._clock = clock
        self._steady = steady or store.steady
        self.lines = WatchedLines(store, account)
        self._rows = Rows(log.hashed)
        self._can_sort = True
        self._begin_at: dict[int, float] = {}
        self._heard: dict[int, frozenset[str]] = {}  # by this process's last look, so they need not be noted again

    def now(self) -> float:
        """Seconds since 1970 by the service's clock; by this machine's until the service first answers."""
        return self._clock()

    async def is_due(self, dashboard_id: int, every: float) -> float:
        """The seconds until the line is due for a look; 0 gives the look to this process and to no other.

        Raises:
            StoreError: the store cannot be used.
        """
        return await self.lines.is_due(dashboard_id, every, self._steady())

    async def read_on(self, dashboard_id: int) -> int:
        """Note the texts that came since the last look, in one or more calls; returns how many were new.

        If a later call fails, the texts of the earlier ones are kept.

        Raises:
            TooBusy: the share of the rate limit is used up.
            TextRequestError: the line cannot be read.
            StoreError: the store cannot be used.
        """
        line = await self.lines.get(dashboard_id) or await self._begin(dashboard_id)
        look, new = Look(line.read_to, await self._back(dashboard_id, line.read_to)), 0
        heard = self._heard.get(dashboard_id, frozenset())
        seen: set[str] = set()
        async for events, read_to in self._pages(dashboard_id, look):
            seen.update(event.message_id for event in events)
            fresh = [event for event in events if event.message_id not in heard and line.is_new(event)]
            new += await self._note(dashboard_id, fresh, events, read_to)
        self._heard[dashboard_id] = frozenset(seen)
        return new

    async def _pages(self, dashboard_id: int, look: Look) -> AsyncGenerator[tuple[list[TextEvent], float]]:
        """The texts of each page of a look, the oldest first, and up to where the line is read then."""
        while not look.is_over:
            began = self._steady()
            page = await self._ask(dashboard_id, start_date=_written(look.start), page=look.page, page_size=MAX_SIZE)
            asked_at = self.now() - (self._steady() - began)  # by the clock as this answer tells it
            events = self._rows.texts(dashboard_id, page.items)
            look.take(page, events, asked_at)
            yield sorted(events, key=lambda event: event.at or 0.0), look.read_to

    def begin_at(self, dashboard_id: int, moment: float) -> None:
        """Say from when on texts are new, if the line has not been looked at yet; the earliest such time holds."""
        moment -= SAME_CLOCK_SECONDS
        self._begin_at[dashboard_id] = min(moment, self._begin_at.get(dashboard_id, moment))

    async def _back(self, dashboard_id: int, read_to: float) -> float:
        """How many seconds a look reaches back for texts that the list shows late: a day, or less where many came."""
        earliest = await self._log.earliest(dashboard_id, _REREAD)
        return _LATE_SECONDS if earliest is None else min(max(read_to - earliest, _OVERLAP_SECONDS), _LATE_SECONDS)

    async def _begin(self, dashboard_id: int) -> WatchedLine:
        """Begin to watch a line; the texts that it has now are old, but for those since the time of `begin_at`."""
        listed, since = await self._newest(dashboard_id)
        asked_for = self._begin_at.get(dashboard_id, math.inf)
        old = {event.message_id: event.at for event in listed if event.at is None or event.at < asked_for}
        # A text that came during this request is not old. If the clocks differ, rather too many texts are new.
        read_to = min(max([since, *(event.at or 0.0 for event in listed)]), self.now(), asked_for)
        return await self.lines.begin(dashboard_id, WatchedLine(min(since, read_to), old, read_to), self._steady())

    async def _newest(self, dashboard_id: int) -> tuple[list[TextEvent], float]:
        """The newest texts of a line, and the time before which there may be others.

        No document promises `sort` (wire-facts): where the service refuses or ignores it, the last hour is read.
        """
        page: Page | None = None
        if self._can_sort:
            with suppress(Refused):
                page = await self._ask(dashboard_id, sort="desc", page=0, page_size=_NEWEST)
        if page is not None:
            listed = self._rows.texts(dashboard_id, page.items)
            times = [event.at for event in listed if event.at is not None]
            if not page.items or (page.total_items is not None and page.next_page is None):
                return listed, 0.0
            if times and times[0] >= times[-1]:
                return listed, math.nextafter(min(times), math.inf)
        since = self.now() - _UNSORTED_SECONDS
        listed = [event async for events, _ in self._pages(dashboard_id, Look(since, 0.0)) for event in events]
        self._can_sort = False  # the line can be read, so it was this word
        return listed, since

    async def _note(
        self, dashboard_id: int, fresh: Sequence[TextEvent], listed: Sequence[TextEvent], read_to: float
    ) -> int:
        """Write the new events and up to where the line is read, in one transaction."""
        new = await self._log.append(fresh, also=self.lines.writes_read_to(dashboard_id, read_to))
        await self._ledger.delivered({e.message_id: (e.status, e.error) for e in listed if e.direction == "S"})
        return new

    async def _ask(self, dashboard_id: int, **query: str | int) -> Page:
        """One page of the line's texts."""
        await self._allowance.take()
        answer = await self._api.get("dashboards", dashboard_id, "messages", query=query)
        return read_page(answer, page=int(query["page"]), page_size=int(query["page_size"]))


def _written(moment: float) -> str:
    return show_time(datetime.fromtimestamp(max(0.0, moment), UTC))
