"""The pretend account: its lines, its clock, and the events that time brings."""

import heapq
import time
import uuid
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from textrequest_mcp.sandbox.records import Accepted, Delivery, Event, Hook, Line
from textrequest_mcp.sandbox.refusals import Refusal


class Account:
    """Nothing runs in the background: each request lets `advance` catch up with the clock.

    The calls to its hooks wait in `outbox` for a `Courier`. `passed` has the times of the requests that count for the
    rate limit. Between two turns, the records of an account that is kept in a file may be replaced by newer ones.
    """

    key = ""

    def __init__(self, clock: Callable[[], float] = time.time, *, lively: bool = True) -> None:
        self.clock = clock
        self.lively = lively
        self.started_at = clock()
        self.lines: dict[int, Line] = {}
        self.media: set[str] = set()
        self.journal: list[Accepted] = []
        self.outbox: deque[Delivery] = deque()
        self.passed: deque[float] = deque()
        self.requests = 0
        self.last_id = 0
        self.events: list[Event] = []

    @contextmanager
    def turn(self) -> Generator[None]:
        """One piece of work on the account, in which nothing waits: it is done as a whole or not at all."""
        yield

    def refresh(self) -> None:
        """Take over what other processes did to the same account."""

    def close(self) -> None:
        """Give back what the account holds open."""

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
        while self.events and self.events[0].at <= now:
            event = heapq.heappop(self.events)
            event.happen(self, event.at, *event.about)

    def later(self, at: float, happen: Callable[..., None], *about: object) -> None:
        """Call `happen(account, at, *about)` once the clock passes `at`."""
        heapq.heappush(self.events, Event(at, self.next_id(), happen, about))

    def is_due(self, now: float) -> bool:
        """Whether `advance` or a courier has something to do."""
        return bool(self.outbox) or bool(self.events and self.events[0].at <= now)

    def hook(self, told: Hook) -> Hook | None:
        """A hook as it is by now; None if it was removed. That of a single text is in no list."""
        if told.id < 0:
            return told
        return next((line.hooks[told.id] for line in self.lines.values() if told.id in line.hooks), None)

    def next_id(self) -> int:
        self.last_id += 1
        return self.last_id

    def next_guid(self, kind: str) -> str:
        """The same for the same history, so that two sandboxes with one start time agree."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"sandbox:{kind}:{self.next_id()}"))
