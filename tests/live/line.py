"""A line whose list of texts behaves as it is told, and a reader of it over a real store."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx2
from tests.desk import LINE, MARIA
from tests.sandbox.service import START, Clock

from textrequest_mcp.ground.store import Store
from textrequest_mcp.guard.once.ledger import Ledger
from textrequest_mcp.live.encryption import Cipher
from textrequest_mcp.live.event_filter import EventFilter, Noted
from textrequest_mcp.live.events import TextEvent
from textrequest_mcp.live.log import EventLog
from textrequest_mcp.live.poll import Poller
from textrequest_mcp.upstream.api import Api
from textrequest_mcp.upstream.limiter import Limiter
from textrequest_mcp.upstream.service_clock import ServiceClock

ACCOUNT = "one account"
Row = dict[str, Any]


def event(message_id: str = "m1", **differences: Any) -> TextEvent:
    given: dict[str, Any] = {
        "dashboard_id": LINE,
        "message_id": message_id,
        "phone_number": MARIA,
        "direction": "R",
        "body": f"Words of {message_id}",
        "at": START,
    }
    return TextEvent(**(given | differences))


def row(message_id: str, at: float | None, **differences: Any) -> Row:
    """A text as the list of a line shows it; without a time where `at` is None."""
    stamp = None if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    given: Row = {
        "message_id": message_id,
        "customer_phone": MARIA[1:],
        "message_direction": "R",
        "body": f"Words of {message_id}",
        "message_timestamp_utc": stamp,
    }
    return given | differences


def moment(shown: str) -> float:
    return datetime.fromisoformat(shown).timestamp()


@dataclass
class PretendLine(httpx2.AsyncBaseTransport):
    """The list of one line's texts.

    Attributes:
        rows: all there is.
        queries: what it was asked, oldest first.
        order: puts the rows into the order in which they are listed.
        ignores: names of query parameters that it pays no attention to.
        after_page: called after each page with the number of pages so far, to change what there is meanwhile.
        says: what it answers instead, as status and body.
        most: rows on a page.
        says_of_a_page: the fields that it has beside the rows.
        exclusive: whether a start date leaves out the texts of just that moment.
        refuses: names of query parameters that it answers with a 400.
        date: the header of its answers.
    """

    rows: list[Row] = field(default_factory=list[Row])
    queries: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    order: Callable[[list[Row]], list[Row]] | None = None
    ignores: frozenset[str] = frozenset()
    most: int = 1000
    says_of_a_page: set[str] = field(default_factory=lambda: {"page", "page_size", "total_items"})
    exclusive: bool = False
    refuses: frozenset[str] = frozenset()
    after_page: Callable[[int], None] = lambda _: None
    says: tuple[int, bytes] | None = None
    date: str | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        query = dict(request.url.params)
        self.queries.append(query)
        headers = {"date": self.date} if self.date else {}
        if self.says is not None:
            return httpx2.Response(self.says[0], content=self.says[1], headers=headers)
        if self.refuses & query.keys():
            return httpx2.Response(400, content=b'{"message": "unknown parameter"}', headers=headers)
        query = {name: value for name, value in query.items() if name not in self.ignores}
        page, size = int(query.get("page", 0)), min(int(query.get("page_size", 100)), self.most)
        found = self._chosen(query)
        answer: Row = {"items": found[page * size : (page + 1) * size]}
        meta = {"page": page, "page_size": size, "total_items": len(found)}
        answer["meta"] = {name: value for name, value in meta.items() if name in self.says_of_a_page}
        self.after_page(len(self.queries))
        return httpx2.Response(200, content=json.dumps(answer).encode(), headers=headers)

    def _chosen(self, query: dict[str, str]) -> list[Row]:
        start = moment(query["start_date"]) if "start_date" in query else 0.0

        def is_in(each: Row) -> bool:
            at = moment(each["message_timestamp_utc"]) if each.get("message_timestamp_utc") else start
            return at > start if self.exclusive else at >= start

        found = [each for each in self.rows if is_in(each)]
        if self.order is not None:
            return self.order(found)
        return sorted(
            found, key=lambda each: each.get("message_timestamp_utc") or "", reverse=query.get("sort") == "desc"
        )


@dataclass
class Watched:
    """A line with all that reads it."""

    line: PretendLine
    store: Store
    clock: Clock
    api: Api
    log: EventLog
    ledger: Ledger
    reader: Poller
    steady: Clock

    async def noted(self, after: int = 0) -> list[Noted]:
        return await self.log.read(after, EventFilter(), 100_000)

    async def ids(self) -> list[str]:
        """Of all that was noted, in its order."""
        return [noted.event.message_id for noted in await self.noted()]


def watched(
    line: PretendLine, store: Store | None = None, *, rate_limit: tuple[int, float] = (10_000, 60.0), days: int = 30
) -> Watched:
    store = store or Store.open(None)
    clock, steady = Clock(), Clock(100.0)

    async def no_sleep(_: float) -> None:
        pass

    limiter = Limiter(store, ACCOUNT, calls=rate_limit[0], per_seconds=rate_limit[1])
    now = ServiceClock(clock, steady=steady)
    api = Api("http://sandbox.invalid/api/v3", "CANARY0123456789", limiter, transport=line, sleep=no_sleep, clock=now)
    log = EventLog(store, ACCOUNT, Cipher("CANARY0123456789"), keep_days=days, clock=now)
    ledger = Ledger(store, ACCOUNT, clock=clock)
    reader = Poller(api, log, store, ACCOUNT, rate_limit=rate_limit, ledger=ledger, clock=now, steady=steady)
    return Watched(line, store, clock, api, log, ledger, reader, steady)
