"""Reaches what the MCP SDK keeps private and has no public way to. Read from mcp 2.3.0; check it with each newer SDK.

- `add_request_handler`: hosts from before protocol 2026-07-28 send `resources/subscribe`, which `MCPServer` does not
  answer. Only the low-level server inside it takes a handler for another method.
- `serve_streams`: the SDK serves stdin and stdout by its own reader only, which drops what it cannot read. The server
  inside `MCPServer` serves any two streams.
- `connection_of`: a handler gets a `ServerSession`. The state that lives as long as the host is connected, and the
  stack that closes with it, belong to the `Connection` inside that session.
"""

from typing import TypeVar

from mcp.server.connection import Connection
from mcp.server.lowlevel.server import RequestHandler
from mcp.server.mcpserver import MCPServer
from mcp.server.session import ServerSession
from mcp.shared._stream_protocols import ReadStream, WriteStream
from mcp.shared.message import SessionMessage
from pydantic import BaseModel

_Lifespan = TypeVar("_Lifespan")
_Params = TypeVar("_Params", bound=BaseModel)


def add_request_handler(
    server: MCPServer[_Lifespan], method: str, params: type[_Params], handler: RequestHandler[_Lifespan, _Params]
) -> None:
    """Have the server answer a method of the protocol, in place of any handler that it has for it."""
    server._lowlevel_server.add_request_handler(method, params, handler)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]


async def serve_streams(
    server: MCPServer[_Lifespan], heard: ReadStream[SessionMessage | Exception], answers: WriteStream[SessionMessage]
) -> None:
    """Serve one host, until nothing more is heard; closes both streams."""
    inside = server._lowlevel_server  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    await inside.run(heard, answers, inside.create_initialization_options())


def connection_of(session: ServerSession) -> Connection:
    """The connection of the host that a session talks to; the same one for each request of this host."""
    return session._connection  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
