"""The one door to Text Request: five verbs over one funnel that knows what may be tried again and what must not.

A call is limiter -> HTTP -> status to JSON or error. What has certainly not left this machine is tried again; what only
reads, or gives the same result twice, is tried again after a passing fault too; anything else whose answer got lost is
`Uncertain` and never repeated, because a repeated POST is a second text (wire-facts, Base).
"""

import logging
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import anyio
import httpx2

from textrequest_mcp import __version__
from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.upstream import answer
from textrequest_mcp.upstream.departure import Departure, ambient_departure
from textrequest_mcp.upstream.errors import (
    NotFound,
    Refused,
    TextRequestError,
    TooBusy,
    Uncertain,
    Unreachable,
    Unreadable,
)
from textrequest_mcp.upstream.limiter import Limiter, RateLimited
from textrequest_mcp.upstream.request import Query, Request, Segment, flatten, join
from textrequest_mcp.upstream.scrub import Scrubber

if TYPE_CHECKING:
    from typing import Self

logger = logging.getLogger(__name__)

_TRIES = 3
_LONGEST_RETRY_AFTER = 60.0
_DEADLINE_SECONDS = 45.0  # hosts give up on a tool call after about 60
# Connecting fails fast; an answer may take long when the service is busy; nobody waits for a free connection for long.
_TIMEOUT = httpx2.Timeout(connect=5.0, read=20.0, write=10.0, pool=10.0)
_NEVER_LEFT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)
# What the HTTP library raises over certificates that are missing or none, and over proxies that it cannot use.
_BAD_SURROUNDINGS = (OSError, ValueError, ImportError, httpx2.InvalidURL)


class _Lost(Exception):
    """One try without a usable answer.

    Attributes:
        left: whether any byte of the request can have left this machine.
    """

    def __init__(self, why: str, *, left: bool) -> None:
        super().__init__(why)
        self.left = left


class _Busy(Exception):
    """The service answered 429: it took nothing, and wants a pause of so many seconds."""

    def __init__(self, pause: float) -> None:
        super().__init__(pause)
        self.pause = pause


class Api:
    """A connection to one account.

    Args:
        base_url: e.g. `https://api.textrequest.com/api/v3`.
        key: the account's API key; it is sent in one header and kept out of everything else, also where the service
            repeats it.
        limiter: the key's rate limit, shared by every process of this user.
        secrets: further keys that are kept out of what the service says, such as the one before this.
        transport: what carries the requests; the network when left out.
        deadline_seconds: the longest that one call may take with all its tries and waits.
        sleep: how to wait between tries; for tests.

    Attributes:
        key: as given; the service signs its own calls with it.
        changing: how many requests that change something are on their way.
        ahead: seconds by which the service's clock is ahead of this machine's, as its last answer with a date said.
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
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self.key = key
        self._limiter = limiter
        self._scrubber = Scrubber([key, *secrets])
        self._transport = transport
        self._deadline = deadline_seconds
        self._sleep = sleep
        self._client: httpx2.AsyncClient | None = None
        self.changing = 0
        self.ahead = 0.0

    async def get(self, *path: Segment, query: Query | None = None) -> Any | None:
        """Read; None where nothing is there. Raises any `TextRequestError` but `Uncertain`."""
        return await self._send("GET", path, query=query, repeatable=True)

    async def post(
        self, *path: Segment, body: Any = None, repeatable: bool = False, departure: Departure | None = None
    ) -> Any | None:
        """Create or act; `repeatable` only where doing it twice equals doing it once. Raises any `TextRequestError`."""
        return await self._send("POST", path, body=body, repeatable=repeatable, departure=departure)

    async def put(self, *path: Segment, body: Any = None) -> Any | None:
        """Replace; the same twice is the same as once. Raises any `TextRequestError`."""
        return await self._send("PUT", path, body=body, repeatable=True)

    async def patch(self, *path: Segment, body: Any = None) -> Any | None:
        """Change in part; not repeated. Raises any `TextRequestError`."""
        return await self._send("PATCH", path, body=body, repeatable=False)

    async def delete(self, *path: Segment) -> Any | None:
        """Delete; not repeated, because a second try would report the first one's success as 'not found'."""
        return await self._send("DELETE", path, repeatable=False)

    async def aclose(self) -> None:
        """Close the connections; a later call opens them again."""
        if self._client is not None:
            client, self._client = self._client, None
            await client.aclose()

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
        request = Request(method, join(path), flatten(query or {}), body, repeatable)
        departure = None if method == "GET" else departure or ambient_departure.get()
        until = anyio.current_time() + self._deadline
        attempt = 0
        may_have_left: _Lost | None = None  # the last try, if any, that can have changed something
        while True:
            attempt += 1
            try:
                return await self._try(request, departure, until - anyio.current_time())
            except _Lost as lost:
                may_have_left = lost if lost.left else may_have_left
                may_repeat = repeatable or not lost.left
                pause = random.uniform(0.1, 0.4) * 2**attempt  # noqa: S311 - jitter, not a secret
                if not may_repeat or attempt == _TRIES or anyio.current_time() + pause >= until:
                    raise _final(request, may_have_left or lost) from None
                logger.info("%s: %s; trying again", request, lost)
            except _Busy as busy:
                pause = busy.pause
                if attempt == _TRIES or anyio.current_time() + pause >= until:
                    raise _no_room(
                        request, may_have_left, "Text Request asks for fewer calls (429).", retry_in=pause
                    ) from None
                logger.info("%s: asked to wait %.0f s", request, pause)
                continue  # the limiter keeps everybody waiting
            except (Refused, NotFound, Unreachable, StoreError):
                if may_have_left is not None and method != "GET":
                    raise _final(request, may_have_left) from None  # how the last try ended says nothing of the first
                raise
            except RateLimited as limited:
                why = "The rate limit of this API key is used up for the moment."
                raise _no_room(request, may_have_left, why, retry_in=limited.retry_in) from None
            await self._sleep(pause)

    async def _try(self, request: Request, departure: Departure | None, seconds: float) -> Any | None:
        """One try: a slot, the exchange, the reading. Raises `_Lost`, `_Busy`, `RateLimited` or what it means."""
        self._open()  # before the slot: surroundings that allow no connection take no place and leave no doubt
        async with self._limiter.slot(deadline_seconds=max(0.0, seconds)) as slot:
            try:
                if departure is not None:
                    await departure.leaving()
                response = await self._exchange(request, max(1.0, seconds))
            except (_Lost, TextRequestError, StoreError) as stopped:
                if not (isinstance(stopped, _Lost) and stopped.left):
                    slot.unused()
                    _stays(departure)
                raise
        sent_at = answer.date_of(response.headers)
        self.ahead = sent_at - time.time() if sent_at is not None else self.ahead
        logger.debug("%s -> %d", request, response.status_code)
        if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            _stays(departure)
            pause = _pause_of(response)
            await self._limiter.hold_off(pause)
            raise _Busy(pause)
        try:
            body = self._scrubber.scrub(response.content)
            return answer.read_answer(request.method, response.status_code, body)
        except answer.Unusable as reading:
            raise _Lost(str(reading), left=True) from None

    async def _exchange(self, request: Request, seconds: float) -> httpx2.Response:
        """Send and receive, noting whether bytes left; what must not repeat is finished even when cancelled."""
        client = self._open()  # again, because waiting for the slot may have outlasted it
        left = False
        traced = False

        async def trace(event: str, _: Mapping[str, Any]) -> None:
            nonlocal left, traced
            traced = True
            left = left or event == "http11.send_request_headers.started"

        change = request.method != "GET"
        self.changing += change
        try:
            with anyio.fail_after(seconds, shield=not request.repeatable):
                return await client.request(
                    request.method,
                    request.path,
                    params=request.query or None,
                    json=request.body,
                    extensions={"trace": trace},
                )
        except _NEVER_LEFT as error:
            raise _Lost(f"no connection ({type(error).__name__})", left=left) from None
        except (httpx2.HTTPError, httpx2.StreamError, TimeoutError) as error:
            # A transport that tells nothing may have sent everything.
            raise _Lost(f"the connection broke ({type(error).__name__})", left=left or not traced) from None
        finally:
            self.changing -= change

    def _open(self) -> httpx2.AsyncClient:
        """The client, made at the first call: a server that is only listed needs no TLS set-up.

        Raises:
            Unreachable: the settings of this machine for certificates and proxies cannot be used.
        """
        why = ""
        if self._client is None:
            try:
                self._client = httpx2.AsyncClient(
                    base_url=self._base_url,
                    headers={
                        "x-api-key": self.key,
                        "accept": "application/json",
                        "user-agent": f"textrequest-mcp/{__version__}",
                    },
                    timeout=_TIMEOUT,
                    follow_redirects=False,
                    transport=self._transport,
                    # Plain http stays on this machine (settings); a proxy would read the key.
                    trust_env=httpx2.URL(self._base_url).scheme == "https",
                )
            except _BAD_SURROUNDINGS as error:
                why = type(error).__name__
        if self._client is None:  # raised out here, so that nothing carries the proxy's address and its password
            raise Unreachable(
                f"No connection to Text Request can be set up on this machine ({why}).",
                todo="Ask the person to check the environment that the server runs in: SSL_CERT_FILE and "
                "SSL_CERT_DIR must name certificates, and HTTPS_PROXY and ALL_PROXY an http:// proxy.",
            )
        return self._client


def _stays(departure: Departure | None) -> None:
    if departure is not None:
        departure.staying()


def _pause_of(response: httpx2.Response) -> float:
    asked = answer.retry_after(response.headers)
    return 1.0 if asked is None else min(asked, _LONGEST_RETRY_AFTER)


def _no_room(request: Request, may_have_left: _Lost | None, why: str, *, retry_in: float) -> TextRequestError:
    """The error for a call that the rate limit ends; an earlier try of a change may still have taken effect."""
    if may_have_left is not None and request.method != "GET":
        return _final(request, may_have_left)
    return TooBusy(why, retry_in=retry_in)


def _final(request: Request, lost: _Lost) -> TextRequestError:
    """The error for a call that will not be tried again."""
    if not lost.left:
        return Unreachable(f"Text Request cannot be reached: {lost}.", todo="Try again in a minute.")
    if request.method == "GET":
        return Unreadable(
            f"Text Request gave no usable answer: {lost}.", todo="Try again in a minute; reading again is safe."
        )
    if request.repeatable:
        todo = "Read it back to see; making the same change again is safe."
    else:
        todo = "Do not repeat it; first read the conversation, the list or the payment to see whether it happened."
    return Uncertain(
        f"The call left, but no usable answer came back: {lost}.",
        changed="Whether it took effect is unknown.",
        todo=todo,
    )
