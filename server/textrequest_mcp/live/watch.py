"""Watches lines: looks at a line often while a tool waits for its texts, and not at all while nobody listens to it."""

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager, suppress

import anyio

from textrequest_mcp.ground.connection import Connection
from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.live.events import TextEvent
from textrequest_mcp.live.log import EventLog
from textrequest_mcp.live.poll import Poller
from textrequest_mcp.upstream.errors import TextRequestError, TooBusy

logger = logging.getLogger(__name__)

OTHERS_SECONDS = 0.5  # how often the log is read, because other processes write to it too
WAITED_FOR_SECONDS = 5.0  # between two looks at a line while a tool waits for a text
IDLE_SECONDS = 60.0  # the same while hosts only want to be told of changes, or webhooks tell of the texts anyway
_JUST_NOW_SECONDS = 1.0  # a look that is not older than this counts as a look of now
_LONGEST_PAUSE_SECONDS = 300.0  # between looks at a line that cannot be read


class Watch:
    """Hears of the texts of one account's lines.

    Args:
        log: keeps the texts.
        reader: reads the texts of a line from the service.
        status_address: makes the address at which the service tells the delivery of a line's texts; None if the service
            cannot reach this server.
        hidden: the numbers whose texts are not noted.

    Attributes:
        news: set when this process noted a text, and then replaced by a new event.
        hooked: the lines whose texts webhooks tell of.
    """

    def __init__(
        self,
        log: EventLog,
        reader: Poller,
        *,
        status_address: Callable[[int], str] | None = None,
        hidden: frozenset[str] = frozenset(),
    ) -> None:
        self.log = log
        self.reader = reader
        self.news = anyio.Event()
        self.hooked: frozenset[int] = frozenset()
        self._status_address = status_address
        self._hidden = hidden
        self._waiting: Counter[int] = Counter()
        self._subscribed: Counter[int] = Counter()
        self._turns: defaultdict[int, anyio.Lock] = defaultdict(anyio.Lock)
        self._watched: set[int] = set()
        self._failures: Counter[int] = Counter()
        self._trouble: dict[int, str] = {}
        self._stirred = anyio.Event()
        log.when_others_note(self.wake)

    async def note(
        self,
        events: Sequence[TextEvent],
        *,
        durable: bool = False,
        once: str | None = None,
        also: Callable[[Connection], None] | None = None,
    ) -> None:
        """Note the texts that a webhook or our own send tells of; the arguments are those of `EventLog.append`."""
        told = [event for event in events if event.phone_number not in self._hidden]
        if await self.log.append(told, durable=durable, once=once, also=also):
            self.wake()

    def rely_on_hooks(self, dashboard_ids: Iterable[int]) -> None:
        """Set the lines whose texts webhooks tell of; the other lines are looked at more often while a tool waits."""
        self.hooked = frozenset(dashboard_ids)
        self._stir()

    def status_address(self, dashboard_id: int) -> str | None:
        """The address at which the service tells the delivery of this line's texts; None if it cannot reach us."""
        return self._status_address(dashboard_id) if self._status_address is not None else None

    def wake(self) -> None:
        """Make all who wait for texts read the log now."""
        news, self.news = self.news, anyio.Event()
        news.set()

    @contextmanager
    def waited_for(self, *dashboard_ids: int) -> Generator[None]:
        """While this is open, a tool waits for a text on the lines."""
        with self._counted(self._waiting, list(dashboard_ids)):
            yield

    @contextmanager
    def subscribed(self, dashboard_ids: Iterable[int]) -> Generator[None]:
        """While this is open, a host wants to be told of changes on the lines."""
        with self._counted(self._subscribed, list(dashboard_ids)):
            yield

    def trouble(self, dashboard_id: int) -> str | None:
        """The reason why the last look at the line failed; None if it did not."""
        return self._trouble.get(dashboard_id)

    async def look(self, dashboard_id: int, every: float = _JUST_NOW_SECONDS) -> float:
        """Look at a line, unless it was looked at less than `every` seconds ago; returns the seconds until it is due.

        Raises:
            TextRequestError: the line cannot be read, or not now.
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
                self.wake()  # the texts that were read before the failure are in the log
                raise
        self._trouble.pop(dashboard_id, None)
        if self._failures.pop(dashboard_id, 0):
            self._stir()
        if new:
            self.wake()
        return every

    async def run(self) -> None:
        """Look at the lines that somebody listens to; never returns."""
        with suppress(StoreError):  # the next note tidies too
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
        """Look at a line if it is due; returns the seconds until the next look, more after each failure."""
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
        """The seconds between two looks at a line; None if nobody listens to it."""
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
        """Make `run` and each watch check again who listens."""
        stirred, self._stirred = self._stirred, anyio.Event()
        stirred.set()
