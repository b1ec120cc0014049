"""A port of this machine that can refuse connections for a while, and stays ours meanwhile."""

import socket
import sys
from collections.abc import Iterable
from contextlib import suppress

import anyio
from anyio.abc import SocketAttribute, SocketStream


class Door:
    """Open from the start; everything but `accept` is for the thread of its event loop, and happens at once.

    Attributes:
        port: where it is.
    """

    def __init__(self) -> None:
        first = _bound(0)
        self.port: int = first.getsockname()[1]
        # A second claim on the port, so that nobody else is given it while the door is shut.
        self._claim: socket.socket | None = _bound(self.port) if sys.platform == "linux" else None
        self._listening: socket.socket | None = first
        self._opened = anyio.Event()
        self._opened.set()
        first.listen(128)

    def open(self) -> None:
        """Take connections again."""
        if self._listening is None:
            self._listening = _bound(self.port)
            self._listening.listen(128)
            self._opened.set()

    def shut(self) -> None:
        """Refuse connections."""
        if self._listening is not None:
            anyio.notify_closing(self._listening)
            self._listening.close()
            self._listening = None
            self._opened = anyio.Event()

    async def accept(self) -> SocketStream:
        """The next connection."""
        while True:
            await self._opened.wait()
            listening = self._listening
            if listening is None:
                continue
            try:
                await anyio.wait_readable(listening)
                if listening is not self._listening:
                    continue  # shut while this task waited for its turn
                connection, _ = listening.accept()
            except (anyio.ClosedResourceError, BlockingIOError):
                continue  # it was shut, or the caller did not wait
            return await SocketStream.from_socket(connection)

    def close(self) -> None:
        """For good."""
        self.shut()
        if self._claim is not None:
            self._claim.close()


def _bound(port: int) -> socket.socket:
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.setblocking(False)
    bound.bind(("127.0.0.1", port))
    return bound


def hang_up(streams: Iterable[SocketStream]) -> None:
    """End connections at once, from outside of whoever serves them."""
    for stream in streams:
        with suppress(OSError):  # the caller was faster
            stream.extra(SocketAttribute.raw_socket).shutdown(socket.SHUT_RDWR)
