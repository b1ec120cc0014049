"""The pretend account: its lines, its clock, and the events that time brings."""

import heapq
import itertools
import time
import uuid
from collections import deque
from collections.abc import Callable
from typing import Any

from textrequest_mcp.sandbox.records import Accepted, Delivery, Event, Hook, Line
from textrequest_mcp.sandbox.refusals import Refusal


class Account:
    """Nothing runs in the background: each request lets `advance` catch up with the clock.

    The calls to its hooks wait in `outbox` for a `Courier`.
    """

    def __init__(self, clock: Callable[[], float] = time.time, *, lively: bool = True) -> None:
        self.clock = clock
        self.lively = lively
        self.started_at = clock()
        self.lines: dict[int, Line] = {}
        self.media: set[str] = set()
        self.journal: list[Accepted] = []
        self.outbox: deque[Delivery] = deque()
        self.requests = 0
        self._ids = itertools.count(1)
        self._events: list[Event] = []

    def line(self, dashboard_id: int) -> Line:
        """wire-facts, Base: a bad dashboard id is a 400."""
        if dashboard_id not in self.lines:
            raise Refusal(400, "The dashboard id is invalid.", "dashboardInvalid")
        return self.lines[dashboard_id]

    def tell(
        self, line: Line, event: str, payload: Callable[[], dict[str, Any]], at: float, *, also: Hook | None = None
    ) -> None:
        """Owe a call to each of the line's connected hooks for the event; without a hook, no payload is made."""
        hooks = [hook for hook in line.hooks.values() if hook.event == event and hook.is_connected]
        if also:
            hooks.append(also)
        if hooks:
            told = payload()
            self.outbox.extend(Delivery(hook, told, at) for hook in hooks)

    def advance(self, now: float) -> None:
        while self._events and self._events[0].at <= now:
            event = heapq.heappop(self._events)
            event.happen(event.at)

    def later(self, at: float, happen: Callable[[float], None]) -> None:
        heapq.heappush(self._events, Event(at, self.next_id(), happen))

    def next_id(self) -> int:
        return next(self._ids)

    def next_guid(self, kind: str) -> str:
        """The same for the same history, so that two sandboxes with one start time agree."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"sandbox:{kind}:{self.next_id()}"))
