"""What goes along with a change on its way out: told before the first byte leaves, and when none did after all."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


class Departure(Protocol):
    """Is told before a change leaves this machine, and when it turns out that it did not."""

    async def leaving(self) -> None:
        """Called right before the first byte; what it raises stops the call while nothing has left."""
        ...

    def staying(self) -> None:
        """Called when a try certainly changed nothing; another may follow, and may be given up before it."""
        ...


# Of the call that is being worked on, so that no change of a tool can leave without being written down first.
ambient_departure: ContextVar[Departure | None] = ContextVar("ambient_departure", default=None)


@contextmanager
def departing_with(departure: Departure) -> Generator[None]:
    """Have whatever change leaves from here, and names no departure of its own, go along with this one."""
    before = ambient_departure.set(departure)
    try:
        yield
    finally:
        ambient_departure.reset(before)
