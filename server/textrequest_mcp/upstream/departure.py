"""Tells a listener right before a change's first byte leaves this machine, and when no byte left after all."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


class Departure(Protocol):
    """The listener of one change."""

    async def leaving(self) -> None:
        """Called right before the first byte; an exception here stops the call while nothing has left."""
        ...

    def staying(self) -> None:
        """Called when a try certainly changed nothing; another try may follow, or the call may be given up."""
        ...


# The current call's listener. It is ambient, so that no change of a tool can leave before it is written down.
ambient_departure: ContextVar[Departure | None] = ContextVar("ambient_departure", default=None)


@contextmanager
def departing_with(departure: Departure) -> Generator[None]:
    """Use this departure for each change inside the context that names none of its own."""
    before = ambient_departure.set(departure)
    try:
        yield
    finally:
        ambient_departure.reset(before)
