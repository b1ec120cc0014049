"""How long a call may wait for its turns under the rate limit, and who is told at once that it waits."""

from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager, suppress
from contextvars import ContextVar

import anyio

# Hosts give up on a tool call after about 60 seconds, and the service may take 20 to answer. Changes wait less than
# reads, so that a read keeps its place in the queue where bulk work is refused and comes again.
READ_SECONDS = 30.0
CHANGE_SECONDS = 20.0

_TELLING_SECONDS = 0.5  # a host that does not listen must not keep the queue


class Patience:
    """The seconds that one call of a tool, with all the calls of the service that it makes, may wait.

    Args:
        seconds: the longest wait, of all its waits together.
        tell: told of a wait as it begins: the seconds so far since the call began, and how many more it may take.
    """

    def __init__(self, seconds: float, tell: Callable[[float, float], Awaitable[None]] | None = None) -> None:
        self.left = seconds
        self._tell = tell
        self._began = anyio.current_time()

    async def waits(self, seconds: float) -> None:
        """Tell of a wait of so many seconds; whether that can be told changes nothing."""
        if self._tell is None:
            return
        with anyio.move_on_after(_TELLING_SECONDS), suppress(Exception):  # the host is gone, or does not want to hear
            await self._tell(anyio.current_time() - self._began, seconds)


ambient_patience: ContextVar[Patience | None] = ContextVar("ambient_patience", default=None)


@contextmanager
def waiting_with(patience: Patience) -> Generator[None]:
    """Use this patience for each call of the service inside the context."""
    before = ambient_patience.set(patience)
    try:
        yield
    finally:
        ambient_patience.reset(before)
