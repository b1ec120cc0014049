"""Serves one host over stdin and stdout: whatever bytes come on a line, the host gets an answer or an error."""

import json
import logging
import os
import select
from collections.abc import Iterator
from typing import Any

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.server.mcpserver import MCPServer
from mcp.shared.message import SessionMessage
from mcp_types import JSONRPCMessage

from textrequest_mcp.commands.messages import TOO_LONG, Unreadable, read
from textrequest_mcp.ground.clean import whole
from textrequest_mcp.ground.raw_json import MOST_BYTES, id_at_the_ends
from textrequest_mcp.ground.sdk import serve_streams

logger = logging.getLogger(__name__)

_FAILED = 1
_AT_ONCE = 256 * 1024
_KEPT_OF_A_LONG_LINE = 1024


async def serve_stdio(server: MCPServer[Any]) -> int:
    """Serve until the host closes stdin, or reads no more answers; returns the exit status."""
    told, heard = anyio.create_memory_object_stream[SessionMessage | Exception]()
    answers, answered = anyio.create_memory_object_stream[SessionMessage]()
    async with anyio.create_task_group() as tasks:
        host = _Host(tasks.cancel_scope)
        tasks.start_soon(_listen, host, told)
        tasks.start_soon(_answer, host, answered)
        await serve_streams(server, heard, answers)
    return _FAILED if tasks.cancel_scope.cancelled_caught else 0


async def _listen(host: "_Host", told: MemoryObjectSendStream[SessionMessage | Exception]) -> None:
    async with told:
        lines = Lines()
        while True:
            some = await host.read()
            for message in [each for line in lines.take(some) for each in _messages(line)]:
                if isinstance(message, Unreadable):
                    logger.warning("a line on stdin was answered with an error: %s", message.why)
                    await host.write(message.answer)
                else:
                    await told.send(SessionMessage(message))
            if not some:
                return


async def _answer(host: "_Host", answered: MemoryObjectReceiveStream[SessionMessage]) -> None:
    async with answered:
        async for answer in answered:
            await host.write(_written(answer.message))


class Lines:
    """Cuts what comes into lines, and keeps only the ends of a line that is too long.

    Args:
        longest: the most bytes of a line.
    """

    def __init__(self, longest: int = MOST_BYTES) -> None:
        self._longest = longest
        self._begin()

    def _begin(self) -> None:
        self._kept = bytearray()
        self._end = b""
        self._is_long = False

    def take(self, some: bytes) -> Iterator[bytes | Unreadable]:
        """The lines that end in these bytes; nothing at all ends the last one."""
        *ending, rest = some.split(b"\n")
        for part in ending:
            self._add(part)
            yield self._line()
        self._add(rest)
        if not some and (self._kept or self._is_long):
            yield self._line()

    def _add(self, part: bytes) -> None:
        if not self._is_long:
            self._kept += part
            self._is_long = len(self._kept) > self._longest
            part = bytes(self._kept[-_KEPT_OF_A_LONG_LINE:]) if self._is_long else b""
        if self._is_long:
            del self._kept[_KEPT_OF_A_LONG_LINE:]
            self._end = (self._end + part)[-_KEPT_OF_A_LONG_LINE:]

    def _line(self) -> bytes | Unreadable:
        beginning, end, is_long = bytes(self._kept), self._end, self._is_long
        self._begin()
        return Unreadable(TOO_LONG, id_at_the_ends(beginning, end)) if is_long else beginning


class _Host:
    """The two pipes to the host, under numbers of their own: what else this process prints to stdout goes to stderr.

    Args:
        served: is cancelled when the host reads no more answers.
    """

    def __init__(self, served: anyio.CancelScope) -> None:
        self._served = served
        self._stdin, self._stdout = os.dup(0), os.dup(1)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(2, 1)
        os.close(nothing)
        self._turn = anyio.Lock()

    async def read(self) -> bytes:
        """What the host wrote; nothing at the end. A cancelled read leaves its thread behind, which holds up nobody."""
        return await anyio.to_thread.run_sync(self._read, abandon_on_cancel=True)

    async def write(self, line: bytes) -> None:
        """Write a line to its end."""
        async with self._turn:
            try:
                await anyio.to_thread.run_sync(self._write, line + b"\n")
            except OSError:
                logger.warning("the host reads no more answers, so the server ends")
                self._served.cancel()

    def _read(self) -> bytes:
        while True:
            try:
                return os.read(self._stdin, _AT_ONCE)
            except BlockingIOError:  # some hosts' pipes do not wait
                select.select([self._stdin], [], [])
            except OSError:  # such as a terminal that is gone
                return b""

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(self._stdout, rest) :]
            except BlockingIOError:
                select.select([], [self._stdout], [])


def _messages(line: bytes | Unreadable) -> Iterator[JSONRPCMessage | Unreadable]:
    if isinstance(line, Unreadable):
        yield line
    elif line.strip():  # an empty line is no message, and nobody waits for its answer
        yield from read(line)


def _written(message: JSONRPCMessage) -> bytes:
    try:
        return message.model_dump_json(by_alias=True, exclude_unset=True).encode()
    except ValueError:  # half a character, which no JSON in UTF-8 can hold
        said = json.dumps(message.model_dump(by_alias=True, exclude_unset=True), ensure_ascii=False)
        return whole(said).encode()
