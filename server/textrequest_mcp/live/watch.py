"""Watches texting lines for whoever listens: looks at a line often while somebody waits, and never for nobody."""

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import anyio

from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.live.events import TextEvent
from textrequest_mcp.live.log import EventLog
from textrequest_mcp.live.poll import Reader
from textrequest_mcp.upstream.errors import TextRequestError, TooBusy

if TYPE_CHECKING:
    import sqlite3

logger = logging.getLogger(__name__)

OTHERS_SECONDS = 0.5  # how often the log is read, because other processes write to it too
WAITED_FOR_SECONDS = 5.0  # between looks at a line while somebody waits for a text
IDLE_SECONDS = 60.0  # while somebody only wants to be told of changes, or webhooks tell of them anyway
_JUST_NOW_SECONDS = 1.0  # so old may another's look be that a new waiter takes for its own
_LONGEST_PAUSE_SECONDS = 300.0  # between looks at a line that cannot be read


class Live:
    """What comes in and goes out on the lines of one account.

    Args:
        log: where it is noted.
        reader: how a line is looked at.

    Attributes:
        news: set when this process noted something, and then replaced by a new one.
        hooked: the lines whose texts webhooks tell of.
        status_address: where the service is to tell what becomes of a text of a line; None where it reaches nobody.
    """

    def __init__(self, log: EventLog, reader: Reader) -> None:
        self.log = log
        self.reader = reader
        self.news = anyio.Event()
        self.hooked: frozenset[int] = frozenset()
        self.status_address: Callable[[int], str | None] = lambda _: None
        self._waiting: Counter[int] = Counter()
        self._subscribed: Counter[int] = Counter()
        self._turns: defaultdict[int, anyio.Lock] = defaultdict(anyio.Lock)
        self._watched: set[int] = set()
        self._failures: Counter[int] = Counter()
        self._trouble: dict[int, str] = {}
        self._stirred = anyio.Event()

    async def note(
        self,
        events: Sequence[TextEvent],
        *,
        durable: bool = False,
        once: str | None = None,
        also: "Callable[[sqlite3.Connection], None] | None" = None,
    ) -> None:
        """Note what a webhook or our own send says; as `EventLog.append`."""
        if await self.log.append(events, durable=durable, once=once, also=also):
            self.wake()

    def rely_on_hooks(self, dashboard_ids: Iterable[int]) -> None:
        """Say of which lines webhooks tell; the others are looked at more often while somebody waits."""
        self.hooked = frozenset(dashboard_ids)
        self._stir()

    def tell_status_at(self, address: Callable[[int], str]) -> None:
        """Have the service tell what becomes of our texts at this address of a line."""
        self.status_address = address

    def wake(self) -> None:
        """Have whoever waits look into the log now."""
        news, self.news = self.news, anyio.Event()
        news.set()

    @contextmanager
    def waited_for(self, dashboard_id: int) -> Generator[None]:
        """While this is open, somebody waits for a text on the line."""
        with self._counted(self._waiting, [dashboard_id]):
            yield

    @contextmanager
    def subscribed(self, dashboard_ids: Iterable[int]) -> Generator[None]:
        """While this is open, somebody wants to be told of changes on the lines."""
        with self._counted(self._subscribed, list(dashboard_ids)):
            yield

    def trouble(self, dashboard_id: int) -> str | None:
        """Why the line cannot be looked at now, where that is so."""
        return self._trouble.get(dashboard_id)

    async def look(self, dashboard_id: int, every: float = _JUST_NOW_SECONDS) -> float:
        """Look at a line, unless somebody did so lately; answers the seconds until it is due again.

        Raises:
            TextRequestError: it cannot be read, or not now.
            StoreError: the store cannot be used.
        """
        async with self._turns[dashboard_id]:
            try:
                left = await self.reader.is_due(dashboard_id, every)
                if left > 0:
                    return left
                new = await self.reader.read_on(dashboard_id)
            except (TextRequestError, StoreError) as error:
                self._trouble[dashboard_id] = error.what if isinstance(error, TextRequestError) else str(error)
                self.wake()  # what was read before it failed is noted
                raise
        self._trouble.pop(dashboard_id, None)
        if self._failures.pop(dashboard_id, 0):
            self._stir()
        if new:
            self.wake()
        return every

    async def run(self) -> None:
        """Look at lines as long as somebody listens; never returns."""
        with suppress(StoreError):  # another time, then
            await self.log.tidy()
        async with anyio.create_task_group() as tasks:
            while True:
                stirred = self._stirred
                for dashboard_id in {*self._waiting, *self._subscribed} - self._watched:
                    if self._every(dashboard_id) is not None:
                        self._watched.add(dashboard_id)
                        tasks.start_soon(self._watch, dashboard_id)
                await stirred.wait()

    async def _watch(self, dashboard_id: int) -> None:
        try:
            while (every := self._every(dashboard_id)) is not None:
                stirred = self._stirred
                pause = await self._look_in_turn(dashboard_id, every)
                failing = self._failures[dashboard_id]
                with anyio.move_on_after(pause):
                    while self._every(dashboard_id) == every and self._failures[dashboard_id] == failing:
                        await stirred.wait()
                        stirred = self._stirred
        finally:
            self._watched.discard(dashboard_id)

    async def _look_in_turn(self, dashboard_id: int, every: float) -> float:
        """Look where it is time; answers the seconds until the next time, longer after each failure."""
        try:
            return await self.look(dashboard_id, every)
        except TooBusy as busy:
            return min(max(busy.retry_in, 1.0), IDLE_SECONDS)
        except Exception as error:
            known = isinstance(error, TextRequestError | StoreError)
            logger.log(logging.INFO if known else logging.ERROR, "line %d: %s", dashboard_id, error, exc_info=not known)
            self._failures[dashboard_id] += 1
            return min(every * 2 ** min(self._failures[dashboard_id], 10), _LONGEST_PAUSE_SECONDS)

    def _every(self, dashboard_id: int) -> float | None:
        """The seconds between looks at a line; None where nobody listens."""
        if self._waiting[dashboard_id] > 0:
            return IDLE_SECONDS if dashboard_id in self.hooked else WAITED_FOR_SECONDS
        return IDLE_SECONDS if self._subscribed[dashboard_id] > 0 else None

    @contextmanager
    def _counted(self, listeners: Counter[int], dashboard_ids: list[int]) -> Generator[None]:
        listeners.update(dashboard_ids)
        self._stir()
        try:
            yield
        finally:
            listeners.subtract(dashboard_ids)
            self._stir()

    def _stir(self) -> None:
        """Have the watch see who listens now."""
        stirred, self._stirred = self._stirred, anyio.Event()
        stirred.set()
