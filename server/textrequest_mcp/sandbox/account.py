"""The pretend account: its lines, its clock, and what happens by itself as time goes by."""

import heapq
import itertools
import time
import uuid
from collections.abc import Callable

from textrequest_mcp.sandbox import texting
from textrequest_mcp.sandbox.phone import eleven_digits
from textrequest_mcp.sandbox.records import Accepted, Event, Line, Message
from textrequest_mcp.sandbox.refusals import Refusal


class Account:
    """Nothing runs in the background: `advance` catches up with the clock whenever somebody asks."""

    def __init__(self, clock: Callable[[], float] = time.time, *, lively: bool = True) -> None:
        self.clock = clock
        self.lively = lively
        self.started_at = clock()
        self.lines: dict[int, Line] = {}
        self.media: set[str] = set()
        self.journal: list[Accepted] = []
        self.requests = 0
        self._ids = itertools.count(1)
        self._events: list[Event] = []

    def receive(self, dashboard_id: int, phone_number: str, body: str) -> Message | None:
        """A customer texts a line; None when the service drops it because the contact is blocked."""
        now = self.clock()
        self.advance(now)
        return texting.receive(self, self.line(dashboard_id), eleven_digits(phone_number), body, now)

    def line(self, dashboard_id: int) -> Line:
        """wire-facts, Base: a bad dashboard id is a 400."""
        if dashboard_id not in self.lines:
            raise Refusal(400, "The dashboard id is invalid.", "dashboardInvalid")
        return self.lines[dashboard_id]

    def advance(self, now: float) -> None:
        while self._events and self._events[0].at <= now:
            event = heapq.heappop(self._events)
            event.happen(event.at)

    def later(self, at: float, happen: Callable[[float], None]) -> None:
        heapq.heappush(self._events, Event(at, self.next_id(), happen))

    def next_id(self) -> int:
        return next(self._ids)

    def next_guid(self, kind: str) -> str:
        """The same for the same history, so that two sandboxes with one start agree."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"sandbox:{kind}:{self.next_id()}"))
