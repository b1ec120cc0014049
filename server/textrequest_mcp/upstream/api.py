"""The only way to Text Request; it repeats a request only where that is safe.

A call is limiter -> HTTP -> status to JSON or error. A request that certainly did not leave this machine is repeated.
After a passing fault, a read is repeated too, and so is a change that gives the same result twice. Any other change
whose answer got lost is `Uncertain` and never repeated, because a repeated POST is a second text (wire-facts, Base).
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import anyio
import httpx2

from textrequest_mcp.ground import telemetry
from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.upstream import answer
from textrequest_mcp.upstream.connection import Connection
from textrequest_mcp.upstream.departure import Departure, ambient_departure
from textrequest_mcp.upstream.errors import NotFound, Refused, TextRequestError, Unreachable
from textrequest_mcp.upstream.hidden import Hidden
from textrequest_mcp.upstream.limiter import Limiter, RateLimited
from textrequest_mcp.upstream.patience import READ_SECONDS, Patience, ambient_patience
from textrequest_mcp.upstream.reading_limiter import ReadingLimiter
from textrequest_mcp.upstream.request import File, Query, Request, Segment, flatten, join
from textrequest_mcp.upstream.scrub import Scrubber
from textrequest_mcp.upstream.service_clock import ServiceClock
from textrequest_mcp.upstream.traced import traced
from textrequest_mcp.upstream.tries import Busy, Lost, RetryBudget, Tries

if TYPE_CHECKING:
    from typing import Self

logger = logging.getLogger(__name__)

_USED_UP = "The rate limit of this API key is used up for the moment."
_HELD_OFF = "Text Request asked for a pause, and all calls with this API key are held off until it is over."
_DEADLINE_SECONDS = 45.0  # hosts give up on a tool call after about 60


class Api:
    """A connection to one account.

    Args:
        base_url: e.g. `https://api.textrequest.com/api/v3`.
        key: the account's API key. It is sent in one header and is removed from answers that repeat it.
        limiter: the key's rate limit, shared by every process of this user.
        secrets: further keys that are removed from answers, such as the previous one.
        transport: carries the requests; the network when left out.
        deadline_seconds: the longest time for one call with all its tries and waits.
        sleep: how to wait between tries; for tests.
        clock: takes the dates of the answers.

    Attributes:
        key: as given; the service signs its own calls with it.
        changing: the number of changing requests on their way.
        clock: tells the service's time.
        hidden: the numbers that no call reads or changes.
    """

    def __init__(
        self,
        base_url: str,
        key: str,
        limiter: Limiter,
        *,
        secrets: Sequence[str] = (),
        transport: httpx2.AsyncBaseTransport | None = None,
        deadline_seconds: float = _DEADLINE_SECONDS,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        clock: ServiceClock | None = None,
    ) -> None:
        self.key = key
        self._connection = Connection(base_url, key, Scrubber([key, *secrets]), transport)
        self._limiter = limiter
        self._reading = ReadingLimiter(limiter)
        self._deadline = deadline_seconds
        self._sleep = sleep
        self._budget = RetryBudget()
        self.hidden = Hidden()
        self.clock = clock or ServiceClock()
        self.clock.ask = lambda: self.get("dashboards", query={"page": 0, "page_size": 1})

    @property
    def changing(self) -> int:
        return self._connection.changing

    async def get(self, *path: Segment, query: Query | None = None) -> Any | None:
        """Read; None where there is nothing. Raises any `TextRequestError` but `Uncertain`."""
        return await self._send("GET", path, query=query, repeatable=True)

    async def post(
        self, *path: Segment, body: Any = None, repeatable: bool = False, departure: Departure | None = None
    ) -> Any | None:
        """Create or act; `repeatable` only where doing it twice equals doing it once. Raises any `TextRequestError`."""
        return await self._send("POST", path, body=body, repeatable=repeatable, departure=departure)

    async def upload(self, *path: Segment, file: File) -> Any | None:
        """Store a file with the service; doing it twice harms nobody. Raises any `TextRequestError`."""
        return await self._send("POST", path, body=file, repeatable=True)

    async def put(self, *path: Segment, body: Any = None) -> Any | None:
        """Replace; doing it twice equals doing it once. Raises any `TextRequestError`."""
        return await self._send("PUT", path, body=body, repeatable=True)

    async def patch(self, *path: Segment, body: Any = None) -> Any | None:
        """Change in part; not repeated. Raises any `TextRequestError`."""
        return await self._send("PATCH", path, body=body, repeatable=False)

    async def delete(self, *path: Segment) -> Any | None:
        """Delete; not repeated, because a second try would report the first one's success as 'not found'."""
        return await self._send("DELETE", path, repeatable=False)

    async def aclose(self) -> None:
        """Close the connections; a later call opens them again."""
        await self._connection.aclose()

    async def __aenter__(self) -> "Self":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def _send(
        self,
        method: str,
        path: Sequence[Segment],
        *,
        query: Query | None = None,
        body: Any = None,
        repeatable: bool,
        departure: Departure | None = None,
    ) -> Any | None:
        self.hidden.check(path, query, None if isinstance(body, File) else body)
        request = Request(method, join(path), flatten(query or {}), body, repeatable)
        departure = None if method == "GET" else departure or ambient_departure.get()
        tries = Tries(request, self._deadline, self._budget)
        while True:
            try:
                return self.hidden.without(await self._try(request, departure, tries))
            except Lost as lost:
                pause = tries.after_loss(lost)
                logger.info("%s: %s; trying again", request, lost)
                await self._sleep(pause)
            except Busy as busy:
                tries.after_busy(busy)
                logger.info("%s: asked to wait %.0f s", request, busy.pause)
            except RateLimited as limited:
                why = _HELD_OFF if limited.held_off else _USED_UP
                raise tries.without_room(why, retry_in=limited.retry_in) from None
            except (Refused, NotFound, Unreachable, StoreError):
                if doubt := tries.doubt():
                    raise doubt from None
                raise

    async def _try(self, request: Request, departure: Departure | None, tries: Tries) -> Any | None:
        """One try: wait for a slot, exchange, read. Raises `Lost`, `Busy`, `RateLimited` or the answer's error."""
        self._connection.open()  # before the slot: without a usable connection no slot is taken, and no doubt is left
        patience = ambient_patience.get() or Patience(READ_SECONDS)
        longest = max(0.0, min(patience.left, tries.seconds_left))
        limiter = self._reading if request.method == "GET" else self._limiter
        async with limiter.slot(deadline_seconds=longest, tell=patience.waits) as slot:
            patience.left -= slot.waited
            telemetry.record("textrequest.limiter.wait", slot.waited)
            try:
                if departure is not None:
                    await departure.leaving()
                exchange = self._connection.exchange(request, max(1.0, tries.seconds_left))
                status, headers, content = await traced(request, exchange)
            except (Lost, TextRequestError, StoreError) as stopped:
                lost = isinstance(stopped, Lost)
                if lost:
                    self._budget.answered(well=False)
                if not (lost and stopped.left):
                    slot.unused()
                    _stays(departure)
                raise
        logger.debug("%s -> %d", request, status)
        sent_at = answer.date_of(headers)
        if sent_at is not None:
            self.clock.heard(sent_at)
        self._budget.answered(well=status < HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.TOO_MANY_REQUESTS)
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            _stays(departure)
            busy = Busy(answer.retry_after(headers))
            await limiter.hold_off(busy.pause)
            raise busy
        try:
            return answer.read_answer(request.method, status, content)
        except answer.Unusable as reading:
            await self._heed(status, headers)
            raise Lost(str(reading), left=True) from None

    async def _heed(self, status: int, headers: Mapping[str, str]) -> None:
        """Hold all calls off where a service that is down for a while says for how long."""
        asked = answer.retry_after(headers) if status == HTTPStatus.SERVICE_UNAVAILABLE else None
        if asked is not None:
            with suppress(StoreError):  # the call is lost already, and that is the news
                await self._limiter.hold_off(Busy(asked).pause)


def _stays(departure: Departure | None) -> None:
    if departure is not None:
        departure.staying()
