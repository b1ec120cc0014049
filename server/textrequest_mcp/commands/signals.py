"""Receives Ctrl-C and the system's request to end, on every operating system."""

import signal
from collections.abc import AsyncIterator, Generator
from contextlib import ExitStack, contextmanager

import anyio

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_LOOK_EVERY_SECONDS = 0.1


@contextmanager
def requests_to_end() -> Generator[AsyncIterator[object]]:
    """Yields an iterator with one item for each request. While this is open, no request ends the process by itself."""
    with ExitStack() as stack:
        try:
            yield stack.enter_context(anyio.open_signal_receiver(*_SIGNALS))
        except NotImplementedError:  # the event loop of Windows takes no signal handlers
            yield stack.enter_context(_noticed())


@contextmanager
def _noticed() -> Generator[AsyncIterator[object]]:
    noticed = 0

    def notice(*_: object) -> None:
        nonlocal noticed
        noticed += 1

    async def look() -> AsyncIterator[object]:
        seen = 0
        while True:
            if noticed > seen:
                seen += 1
                yield seen
            await anyio.sleep(_LOOK_EVERY_SECONDS)

    before = {each: signal.signal(each, notice) for each in _SIGNALS}
    try:
        yield look()
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
