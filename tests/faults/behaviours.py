"""Everything that can go wrong with one request, each way by its name."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from enum import Enum
from typing import Literal, Protocol

import anyio
import httpx2
from anyio.abc import SocketStream
from tests.upstream.faulty_server import Wire

HTML_PAGE = b"<!doctype html><title>Sorry</title><p>We are down for maintenance."
ERROR_BODY = b'{"message_id": "", "status": "error", "delivery_error": "2100"}'
_JSON = "Content-Type: application/json"
_LENGTHLESS = {101, 204, 304}
FRAMING = frozenset({"connection", "content-length", "host", "transfer-encoding"})  # each connection's own


@dataclass(eq=False)
class Request:
    """One request that arrived to its last byte.

    Attributes:
        headers: by their name in lower case; the values as they were sent.
        fault: what was done to it; None where it was passed on and answered faithfully.
        acted: whether the service was given it, and took it.
        at: when, by the service's clock (`time.monotonic`).
    """

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    fault: "Fault | None" = None
    acted: bool = False
    at: float = field(default_factory=time.monotonic)


class Line(Wire):
    """A connection whose requests are told by their method before they are read."""

    def __init__(self, stream: SocketStream) -> None:
        super().__init__(stream, [])

    async def method(self) -> str:
        """The method of the request that comes; nothing of it counts as read."""
        while b" " not in self._read:
            self._read += await self._stream.receive()
        return self._read.partition(b" ")[0].decode()

    async def whole(self) -> Request:
        """Read a request to its last byte."""
        first, *lines = (await self.headers()).decode().split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))
        while len(self._read) < length:
            self._read += await self._stream.receive()
        body, self._read = self._read[:length], self._read[length:]
        return Request(method, target, headers, body)

    async def hung_up(self) -> None:
        """Wait until the caller gives up."""
        while await self.more():
            self._read = b""


class Visit(Protocol):
    """What a behaviour can do with the request that it was chosen for."""

    wire: Line
    slow_seconds: float
    elsewhere_url: str

    async def request(self) -> Request:
        """Read it to its last byte; from here on it counts as received."""
        ...

    async def act(self, request: Request) -> httpx2.Response:
        """Pass it on to the service."""
        ...

    async def say(self, status: int, body: bytes, *headers: str) -> bool:
        """Give a whole answer; whether the connection stays."""
        ...


# What happens to one request, and whether its connection stays.
Behave = Callable[[Visit], Awaitable[bool | None]]


async def faithful(visit: Visit) -> bool:
    """Passes it on, and gives the service's own answer."""
    return await pass_back(visit, await visit.act(await visit.request()))


async def pass_back(visit: Visit, response: httpx2.Response) -> bool:
    """Gives the service's own answer."""
    named = [f"{name}: {value}" for name, value in response.headers.multi_items() if name not in FRAMING]
    return await visit.say(response.status_code, response.content, *named)


async def stall(visit: Visit) -> None:
    """Reads all of it, does nothing, and never answers."""
    await visit.request()
    await visit.wire.hung_up()


async def close_unread(visit: Visit) -> None:
    """Ends the connection in an orderly way, with the request unread."""


async def reset_after_headers(visit: Visit) -> None:
    """Resets once the headers are there, whatever comes of the body."""
    await visit.wire.headers()
    await visit.wire.reset()


async def reset_after_body(visit: Visit) -> None:
    """Resets once all is there, and does nothing."""
    await visit.request()
    await visit.wire.reset()


async def close_after_body(visit: Visit) -> None:
    """Closes once all is there, without a byte of answer, and does nothing."""
    await visit.request()


async def act_and_reset(visit: Visit) -> None:
    """Does it, and resets."""
    await visit.act(await visit.request())
    await visit.wire.reset()


async def act_and_close(visit: Visit) -> None:
    """Does it, and closes without a byte of answer."""
    await visit.act(await visit.request())


async def act_and_stall(visit: Visit) -> None:
    """Does it, and never answers."""
    await visit.act(await visit.request())
    await visit.wire.hung_up()


async def act_slowly(visit: Visit) -> bool:
    """Does it, and answers properly, but late."""
    response = await visit.act(await visit.request())
    await anyio.sleep(visit.slow_seconds)
    return await pass_back(visit, response)


async def redirect(visit: Visit, status: int) -> bool:
    """Points to another host, and does nothing."""
    await visit.request()
    return await visit.say(status, b"", f"Location: {visit.elsewhere_url}")


def written(status: int, body: bytes, *headers: str) -> bytes:
    """A whole answer as it goes over the wire; dated, because clocks are compared by that (`ServiceClock`)."""
    date = f"Date: {formatdate(usegmt=True)}"
    length = [] if status in _LENGTHLESS else [f"Content-Length: {len(body)}"]
    return "\r\n".join([f"HTTP/1.1 {status} Said", date, *headers, *length, "", ""]).encode() + body


def says(status: int, body: bytes = b"", *headers: str, acting: bool = False) -> Behave:
    """Answers with this, whole and well-formed, after doing it or instead."""

    async def behave(visit: Visit) -> bool:
        request = await visit.request()
        if acting:
            await visit.act(request)
        return await visit.say(status, body, *headers)

    return behave


def half(part: str, *, acting: bool = False) -> Behave:
    """Breaks a good answer off in the middle of its header or its body."""

    async def behave(visit: Visit) -> None:
        request = await visit.request()
        body = (await visit.act(request)).content if acting else b'{"message_id": "9f", "status": "sent"}'
        whole = written(200, body, _JSON)
        head = len(whole) - len(body)
        await visit.wire.send(whole[: head // 2 if part == "header" else head + len(body) // 2])

    return behave


def redirects(status: int) -> Behave:
    """As `redirect`, with this status."""
    return lambda visit: redirect(visit, status)


@dataclass(frozen=True, eq=False)
class Way:
    """How a fault happens.

    Attributes:
        behave: what is done with the request.
        at_door: what happens to a whole connection instead, before any request on it is read.
        on_kept: it waits for a request on a connection that has carried another.
    """

    behave: Behave = field(default=faithful)
    at_door: Literal["", "refused", "reset"] = ""
    on_kept: bool = False


class Fault(Enum):
    """Whatever begins with ACT reaches the service; nothing else does."""

    REFUSE = Way(at_door="refused")  # connections are refused, for a moment
    RESET_ON_ACCEPT = Way(at_door="reset")  # the next connection is reset before anything is read from it
    BREAK_KEPT_ALIVE = Way(close_unread, on_kept=True)  # a connection that served before is gone when it is used again
    STALL = Way(stall)
    RESET_AFTER_HEADERS = Way(reset_after_headers)
    RESET_AFTER_BODY = Way(reset_after_body)
    CLOSE_AFTER_BODY = Way(close_after_body)
    HALF_HEADER = Way(half("header"))
    HALF_BODY = Way(half("body"))
    HTML = Way(says(200, HTML_PAGE, "Content-Type: text/html"))
    EMPTY_OBJECT = Way(says(200, b"{}", _JSON))
    STATUS_500 = Way(says(500))
    STATUS_502 = Way(says(502, HTML_PAGE, "Content-Type: text/html"))
    STATUS_503 = Way(says(503, b"", "Retry-After: 1"))
    STATUS_504 = Way(says(504))

    ACT_AND_RESET = Way(act_and_reset)
    ACT_AND_CLOSE = Way(act_and_close)
    ACT_AND_STALL = Way(act_and_stall)
    ACT_SLOWLY = Way(act_slowly)
    ACT_AND_HALF_HEADER = Way(half("header", acting=True))
    ACT_AND_HALF_BODY = Way(half("body", acting=True))
    ACT_AND_HTML = Way(says(200, HTML_PAGE, "Content-Type: text/html", acting=True))
    ACT_AND_EMPTY_OBJECT = Way(says(200, b"{}", _JSON, acting=True))
    ACT_AND_500 = Way(says(500, acting=True))
    ACT_AND_502 = Way(says(502, HTML_PAGE, "Content-Type: text/html", acting=True))
    ACT_AND_503 = Way(says(503, b"", "Retry-After: 1", acting=True))
    ACT_AND_504 = Way(says(504, acting=True))

    BUSY_FOR_A_SECOND = Way(says(429, b"", "Retry-After: 1"))
    BUSY_FOR_DAYS = Way(says(429, b"", "Retry-After: 999999"))
    BUSY_NEGATIVE = Way(says(429, b"", "Retry-After: -5"))
    BUSY_UNTIL_2099 = Way(says(429, b"", "Retry-After: Thu, 01 Jan 2099 00:00:00 GMT"))
    BUSY_GARBAGE = Way(says(429, b"", "Retry-After: soon, I hope"))

    STATUS_400 = Way(says(400, b'{"error_message": "No.", "error_code": "bodyInvalid"}', _JSON))
    STATUS_408 = Way(says(408))
    ERROR_BODY = Way(says(200, ERROR_BODY, _JSON))
    REDIRECT_301 = Way(redirects(301))
    REDIRECT_302 = Way(redirects(302))
    REDIRECT_303 = Way(redirects(303))
    REDIRECT_307 = Way(redirects(307))
    REDIRECT_308 = Way(redirects(308))

    @property
    def acts(self) -> bool:
        """Whether the service gets the request."""
        return self.name.startswith("ACT_")

    def __repr__(self) -> str:
        return f"Fault.{self.name}"
