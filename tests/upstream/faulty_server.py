"""A service on a real socket that misbehaves as scripted, and counts what fully reached it."""

import re
import socket
import struct
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import NamedTuple

import anyio
from anyio.abc import SocketAttribute, SocketStream


class Received(NamedTuple):
    """One request that arrived to its last byte."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class Wire:
    """One connection, seen from the service."""

    def __init__(self, stream: SocketStream, received: list[Received]) -> None:
        self._stream = stream
        self._received = received
        self._read = b""

    async def more(self) -> bool:
        """Wait for bytes; False when the caller hung up."""
        if not self._read:
            with suppress(anyio.EndOfStream, anyio.BrokenResourceError):
                self._read = await self._stream.receive()
        return bool(self._read)

    async def headers(self) -> bytes:
        """Read up to the end of the headers."""
        while b"\r\n\r\n" not in self._read:
            self._read += await self._stream.receive()
        head, _, self._read = self._read.partition(b"\r\n\r\n")
        return head

    async def request(self) -> Received:
        """Read a whole request, and count it."""
        first, *lines = (await self.headers()).decode().split("\r\n")
        method, target, _ = first.split(" ")
        headers = dict(re.split(r":\s*", line.lower(), maxsplit=1) for line in lines)
        length = int(headers.get("content-length", "0"))
        while len(self._read) < length:
            self._read += await self._stream.receive()
        body, self._read = self._read[:length], self._read[length:]
        self._received.append(Received(method, target, headers, body))
        return self._received[-1]

    async def send(self, data: bytes) -> None:
        await self._stream.send(data)

    async def reset(self) -> None:
        """Break the connection off with an RST instead of an orderly end."""
        raw = self._stream.extra(SocketAttribute.raw_socket)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await self._stream.aclose()


# What happens to one request. The connection is closed after it, unless it answers "keep".
Behaviour = Callable[[Wire], Awaitable[str | None]]


@dataclass
class FaultyServer:
    """Behaves as scripted, request by request; the last behaviour stays.

    Attributes:
        received: the requests that arrived in full.
        connections: how many were accepted.
        script: what is to happen to the requests to come.
    """

    url: str
    script: deque[Behaviour]
    received: list[Received] = field(default_factory=list[Received])
    connections: int = 0

    async def serve(self, stream: SocketStream) -> None:
        self.connections += 1
        async with stream:
            wire = Wire(stream, self.received)
            behaviour = self._next()
            while await behaviour(wire) == "keep" and await wire.more():
                behaviour = self._next()

    def _next(self) -> Behaviour:
        return self.script.popleft() if len(self.script) > 1 else self.script[0]


@asynccontextmanager
async def faulty(*script: Behaviour) -> AsyncGenerator[FaultyServer]:
    """A server with this script, for as long as the context."""
    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as group:
        server = FaultyServer(f"http://127.0.0.1:{listener.extra(SocketAttribute.local_port)}/api/v3", deque(script))
        group.start_soon(listener.serve, server.serve)
        yield server
        group.cancel_scope.cancel()


def nobodys_url() -> str:
    """An address of this machine where nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}/api/v3"


def answer(status: int, body: bytes = b"", *headers: str, keep: bool = False) -> Behaviour:
    """A complete answer."""
    lines = [f"HTTP/1.1 {status} Said", *headers]
    if status not in {101, 204, 304}:
        lines.append(f"Content-Length: {len(body)}")
    return bytes_after_request("\r\n".join([*lines, "", ""]).encode() + body, keep=keep)


def bytes_after_request(data: bytes, *, keep: bool = False) -> Behaviour:
    """Read the whole request, then say exactly this."""

    async def behave(wire: Wire) -> str | None:
        await wire.request()
        await wire.send(data)
        return "keep" if keep else None

    return behave


async def reset_on_accept(wire: Wire) -> None:
    await wire.reset()


async def reset_after_headers(wire: Wire) -> None:
    await wire.headers()
    await wire.reset()


async def close_after_request(wire: Wire) -> None:
    await wire.request()


async def stall(wire: Wire) -> None:
    await wire.request()
    await anyio.sleep_forever()
