"""Stands in for stderr: takes each line at once, also where nobody reads it, and counts the lines that it drops.

Without it, a host that never reads stderr stops the whole server as soon as 64 kB of log fill the pipe between them.
"""

import atexit
import io
import os
import select
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from typing import Any, Protocol

MOST_BYTES = 256 * 1024
LAST_SECONDS = 0.5


class Raw(Protocol):
    """The system's own stream: a write may wait, may fail, and may take a part or (None) nothing."""

    def write(self, data: bytes, /) -> int | None: ...

    def fileno(self) -> int: ...

    def isatty(self) -> bool: ...


class Lines(io.RawIOBase):
    """The lines that wait to be written. `write` and `flush` never wait and never raise; a thread writes.

    When too many lines wait, the oldest are dropped. A line in their place says how many, as soon as another can be
    written. A text without a line break waits for one.

    Args:
        raw: takes the lines.
        most: the most bytes that may wait.
    """

    name = "<stderr>"

    def __init__(self, raw: Raw, most: int = MOST_BYTES) -> None:
        self._raw = raw
        self._most = most
        self._turn = threading.Condition()  # re-entrant: a signal's handler may write in the middle of a write
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._begun = b""
        self._dropped = 0
        self._torn = False
        self._writing_since: float | None = None
        self._thread: threading.Thread | None = None

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._raw.fileno()

    def isatty(self) -> bool:
        return self._raw.isatty()

    def write(self, data: Any, /) -> int:
        written = bytes(data)
        with self._turn:
            *lines, begun = (self._begun + written).split(b"\n")
            self._begun = begun[: self._most + 1]  # enough to know that it is too long
            for line in lines:
                self._take(line + b"\n")
            self._wake()
        return len(written)

    def drain(self, seconds: float = LAST_SECONDS) -> None:
        """Wait until all lines are written, before the process ends; at most `seconds` from the last write's start."""
        with self._turn:
            if self._begun:
                self._take(self._begun)
                self._begun = b""
            self._wake()
            now = time.monotonic()
            since = now if self._writing_since is None else self._writing_since
            if self._thread is not None:
                self._turn.wait_for(self._is_idle, since + seconds - now)

    def _is_idle(self) -> bool:
        return not self._waiting and self._writing_since is None

    def _take(self, line: bytes) -> None:
        if len(line) > self._most:
            self._dropped += 1
            return
        self._waiting.append(line)
        self._bytes += len(line)
        while self._bytes > self._most:
            self._bytes -= len(self._waiting.popleft())
            self._dropped += 1

    def _wake(self) -> None:
        if not self._waiting:
            return
        if self._thread is None or not self._thread.is_alive():  # no thread yet, or it stayed in the parent process
            thread = threading.Thread(target=self._write_all, name="stderr", daemon=True)
            with suppress(RuntimeError):  # the system allows no more threads: perhaps at the next line
                thread.start()
                self._thread = thread
        self._turn.notify_all()

    def _write_all(self) -> None:
        while True:
            with self._turn:
                self._writing_since = None
                self._turn.notify_all()
                self._turn.wait_for(lambda: self._waiting)
                line = self._waiting.popleft()
                self._bytes -= len(line)
                dropped = self._dropped
                self._writing_since = time.monotonic()
            told = not dropped or self._is_written(_told(dropped))
            lost = not told or not self._is_written(line)
            with self._turn:
                self._dropped += lost - (dropped if told else 0)

    def _is_written(self, line: bytes) -> bool:
        """Write a line, in any time; False where it cannot be written."""
        whole = b"\n" + line if self._torn else line
        rest = whole
        try:
            while rest:
                count = self._raw.write(rest)
                if count is None:  # a full pipe that its maker set not to block
                    select.select([], [self._raw], [])
                else:
                    rest = rest[count:]
        except (OSError, ValueError):  # nobody reads any more, the disk is full, the descriptor is closed
            self._torn = self._torn or len(rest) < len(whole)
            return False
        self._torn = False
        return True


def stand_in() -> None:
    """Make this process write to stderr through `Lines`, to its end; another program's stand-in stays.

    Closed descriptors are filled first, so that no file and no connection gets a standard number, and with it the lines
    for stderr.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one
    given = sys.stderr
    if given is not sys.__stderr__:
        return
    if given is None:  # it was closed when Python started
        raw, encoding = open(os.devnull, "wb", buffering=0), "utf-8"  # noqa: SIM115 - to the end of the process
    else:
        raw, encoding = getattr(given.buffer, "raw", given.buffer), given.encoding
    lines = Lines(raw)
    sys.stderr = io.TextIOWrapper(lines, encoding, "backslashreplace", write_through=True)
    atexit.register(lines.drain)


def let_out() -> None:
    """Give the lines for stderr a moment to get out; for a process that ends without Python's own end."""
    lines = getattr(sys.stderr, "buffer", None)
    if isinstance(lines, Lines):
        lines.drain()


def _told(dropped: int) -> bytes:
    lines = "1 line was" if dropped == 1 else f"{dropped} lines were"
    return f"textrequest-mcp: {lines} dropped here, because stderr took no more.\n".encode()
