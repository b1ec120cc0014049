"""Tells the time by the service's clock, because this machine's can be wrong, or be set while a server runs."""

import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import NamedTuple

import anyio

from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.upstream.errors import TextRequestError

# By so much the date of an HTTP answer can be wrong by itself: it has whole seconds, and took some time to arrive.
SAME_CLOCK_SECONDS = 1.5
# A clock that is corrected little by little stays within this for as long as a server runs; one that was set does not.
_SET_SECONDS = 60.0
_ASK_EVERY_SECONDS = 60.0
_WAIT_SECONDS = 5.0
# Where the two clocks differ by more, one of them is wrong, and nothing is forgotten by either.
_CONTRADICTION_SECONDS = 3600.0


class _Heard(NamedTuple):
    """What the clocks said when the service was last heard."""

    service: float
    wall: float
    steady: float


def steady_seconds() -> float:
    """Seconds that only grow, also while the machine sleeps, where the system has such a clock."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


class ServiceClock:
    """Seconds since 1970 by the dates of the service's answers, and between them by elapsed time.

    Until the service is first heard it is this machine's clock.

    Args:
        wall: this machine's clock.
        steady: seconds that only grow.

    Attributes:
        ask: makes the service answer something; set by what talks to it.
    """

    def __init__(self, wall: Callable[[], float] = time.time, *, steady: Callable[[], float] = steady_seconds) -> None:
        self._wall = wall
        self._steady = steady
        self._heard: _Heard | None = None
        self._asked_at: float | None = None
        self.ask: Callable[[], Awaitable[object]] | None = None

    def __call__(self) -> float:
        """Seconds since 1970."""
        if self._heard is None:
            return self._wall()
        return self._heard.service + self._steady() - self._heard.steady

    def heard(self, date: float) -> None:
        """Take the date of an answer that just came."""
        wall = self._wall()
        same = abs(date - wall) <= SAME_CLOCK_SECONDS
        self._heard = _Heard(wall if same else date, wall, self._steady())

    @property
    def ahead(self) -> float:
        """Seconds by which the service's clock was ahead of this machine's when it was last heard; 0 before."""
        return 0.0 if self._heard is None else self._heard.service - self._heard.wall

    @property
    def is_sure(self) -> bool:
        """Whether the service was heard, and this machine's clock was not set since."""
        if self._heard is None:
            return False
        moved = (self._wall() - self._heard.wall) - (self._steady() - self._heard.steady)
        return abs(moved) <= _SET_SECONDS

    def confirmed(self) -> float | None:
        """The time, where the service and this machine say the same; None where it is not sure."""
        return self() if self.is_sure and abs(self.ahead) <= _CONTRADICTION_SECONDS else None

    async def make_sure(self) -> None:
        """Ask the service for its time, unless it is sure. A service that tells no time is asked once a minute.

        Raises:
            TextRequestError: the service cannot be read.
            StoreError: the store cannot be used.
        """
        lately = self._asked_at is not None and self._steady() - self._asked_at < _ASK_EVERY_SECONDS
        if self.is_sure or lately or self.ask is None:
            return
        await self.ask()
        self._asked_at = self._steady()

    async def try_to_be_sure(self) -> None:
        """As `make_sure`, for a few seconds; where the service cannot be read, the act itself will tell."""
        with suppress(TextRequestError, StoreError), anyio.move_on_after(_WAIT_SECONDS):
            await self.make_sure()
