"""A pretend account on a real socket that lists its texts late, slightly out of order, and with a clock of its own."""

import heapq
import json
import socket
import time
from bisect import bisect_left, insort
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import anyio
from anyio.abc import SocketAttribute, SocketStream
from tests.faults.behaviours import Line as Wire
from tests.faults.behaviours import Request

from textrequest_mcp.sandbox.messages import view
from textrequest_mcp.sandbox.payloads import text as payload_of
from textrequest_mcp.sandbox.records import Contact, Line, Message
from textrequest_mcp.sandbox.stamps import moment_of

LINES = (121, 122, 123)
_MOST = 1000
_EVENTS = ("msg_received", "msg_sent")


class Text(NamedTuple):
    """A text of the account, and the payload that a webhook tells it with."""

    line: int
    contact: Contact
    message: Message

    @property
    def payload(self) -> bytes:
        line = Line(self.line, "Front Desk", "14235550199")
        return json.dumps(payload_of(line, self.contact, self.message), separators=(",", ":")).encode()

    @property
    def event(self) -> str:
        return _EVENTS[self.message.direction == "S"]


class _Row(NamedTuple):
    """A text in a list: where it stands, when it happened, and how it is written."""

    place: float
    number: int
    at: float
    written: bytes


@dataclass(eq=False)
class ListedAccount:
    """The account.

    Attributes:
        key: the only one that is let in.
        pace: seconds of its clock in one of ours.
        hooks: the addresses that it calls, as `GET hooks` shows them; one list for each line.
        repaired: how often a hook was connected again.
        asked: how many calls it has had.
        port: where it is; 0 before it is served.
        between: how many texts appeared on an earlier page between two calls for pages.
    """

    key: str
    pace: float = 1.0
    hooks: dict[int, list[dict[str, Any]]] = field(default_factory=dict[int, list[dict[str, Any]]])
    repaired: int = 0
    asked: int = 0
    port: int = 0
    between: int = 0
    _began: float = field(default_factory=time.time)
    _jumped: float = 0.0
    _lists: dict[int, list[_Row]] = field(default_factory=lambda: {line: [] for line in LINES})
    _later: list[tuple[float, int, _Row]] = field(default_factory=list[tuple[float, int, _Row]])
    _numbers: int = 0

    def now(self) -> float:
        """Seconds since 1970 by its own clock."""
        return self._began + (time.time() - self._began) * self.pace + self._jumped

    def jump(self, seconds: float) -> None:
        """Let so much time have gone by for the service, as for a machine that was asleep."""
        self._jumped += seconds

    def show(self, text: Text, *, late: float = 0.0, off: float = 0.0) -> None:
        """List a text.

        Args:
            text: which.
            late: seconds of its clock after which the list has it.
            off: seconds by which its place in the list differs from the one that its time asks for.
        """
        self._numbers += 1
        shown: dict[str, Any] = view(text.message) | {
            "dashboard_phone": "14235550199",
            "customer_phone": text.contact.phone,
            "segments_count": 1,
        }
        row = _Row(text.message.at + off, self._numbers, text.message.at, json.dumps(shown).encode())
        if late:
            heapq.heappush(self._later, (self.now() + late, text.line, row))
        else:
            insort(self._lists[text.line], row)

    def hook(self, url: str) -> None:
        """Have every line call a server at this address, and think that it does not answer any more."""
        for line in LINES:
            self.hooks[line] = [
                {
                    "id": line * 10 + place,
                    "target_url": f"{url}/webhooks/textrequest/{line}/{event}",
                    "event": event,
                    "is_connected": False,
                }
                for place, event in enumerate(_EVENTS)
            ]

    @property
    def pending(self) -> int:
        """How many texts are still to be listed."""
        self._catch_up()
        return len(self._later)

    @asynccontextmanager
    async def serve(self) -> AsyncGenerator[None]:
        """Be reachable on loopback, for as long as the context."""
        async with (
            await anyio.create_tcp_listener(local_host="127.0.0.1", family=socket.AF_INET) as listener,
            anyio.create_task_group() as tasks,
        ):
            self.port = listener.extra(SocketAttribute.local_port)
            tasks.start_soon(listener.serve, self._serve)
            yield
            tasks.cancel_scope.cancel()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/v3"

    async def _serve(self, stream: SocketStream) -> None:
        wire = Wire(stream)
        async with stream:
            # Servers that ask are killed at any moment.
            with suppress(anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
                while await wire.more():
                    body = self._answer(await wire.whole())
                    head = f"HTTP/1.1 200 OK\r\nDate: {formatdate(self.now(), usegmt=True)}\r\n"
                    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
                    await wire.send(head.encode() + body)

    def _answer(self, request: Request) -> bytes:
        assert request.headers.get("x-api-key") == self.key, "a call without the key"
        self.asked += 1
        target = urlsplit(request.target)
        parts = target.path.removeprefix("/api/v3/dashboards").strip("/").split("/")
        query = {name: values[0] for name, values in parse_qs(target.query).items()}
        if parts == [""]:
            return _page([json.dumps({"id": line, "name": f"Line {line}"}).encode() for line in LINES], query)
        if parts[1] == "hooks" and request.method == "PUT":
            self.repaired += 1
            next(hook for hook in self.hooks[int(parts[0])] if hook["id"] == int(parts[2]))["is_connected"] = True
            return b"{}"
        if parts[1] == "hooks":
            return _page([json.dumps(hook).encode() for hook in self.hooks.get(int(parts[0]), [])], query)
        if parts[1:] == ["contacts"]:  # nobody has a name
            return _page([], query)
        assert parts[1:] == ["messages"], f"{request.method} {request.target} is not pretended here"
        return self._messages(int(parts[0]), query)

    def _messages(self, line: int, query: dict[str, str]) -> bytes:
        self._catch_up()
        rows = self._lists[line]
        if "start_date" in query:
            start = moment_of(query["start_date"], None, "start_date")
            first = bisect_left(rows, (start - 60.0,))  # further off is no row
            rows = [row for row in rows[first:] if row.at >= start]
        if query.get("sort") == "desc":
            rows = rows[::-1]
        answer = _page([row.written for row in rows], query)
        if len(rows) > (int(query.get("page", 0)) + 1) * _MOST:
            self._bring_forward(line)
        return answer

    def _bring_forward(self, line: int) -> None:
        """List a late text of the line now, so that it appears on an earlier page between two calls."""
        found = next((entry for entry in self._later if entry[1] == line), None)
        if found is not None:
            self._later.remove(found)
            heapq.heapify(self._later)
            insort(self._lists[line], found[2])
            self.between += 1

    def _catch_up(self) -> None:
        while self._later and self._later[0][0] <= self.now():
            _, line, row = heapq.heappop(self._later)
            insort(self._lists[line], row)


def _page(rows: list[bytes], query: dict[str, str]) -> bytes:
    number, size = int(query.get("page", 0)), min(int(query.get("page_size", 100)), _MOST)
    meta = {"page": number, "page_size": size, "total_items": len(rows)}
    items = b",".join(rows[number * size : (number + 1) * size])
    return b'{"items":[' + items + b'],"meta":' + json.dumps(meta).encode() + b"}"
