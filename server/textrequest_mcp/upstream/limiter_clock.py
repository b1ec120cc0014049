"""Tells the limiter the time."""

from collections.abc import Callable
from typing import Protocol

import anyio


class Clock(Protocol):
    """Seconds from an origin that all processes of the machine share, and a way to wait."""

    def now(self) -> float: ...
    async def sleep(self, seconds: float) -> None: ...


class StoreClock:
    """The store's seconds (`Store.steady`): the same in every process, and setting the clock does not move them."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(seconds)
