"""Serves the pretend service on this machine until it is interrupted, and calls its hooks."""

import re
import secrets
import socket
import sys
from collections.abc import Generator
from contextlib import contextmanager

import anyio
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from textrequest_mcp.sandbox.app import PREFIX, create_app
from textrequest_mcp.sandbox.courier import Courier

_HERE = re.compile(rb"(https?://)?(localhost|127(\.[0-9]{1,3}){3}|\[::1\])\.?(:[0-9]*)?", re.IGNORECASE)


def make_key() -> str:
    """A key of the service's own form: 32 upper-case hexadecimal digits."""
    return secrets.token_hex(16).upper()


def serve(port: int, *, key: str | None = None) -> None:
    """Serve on 127.0.0.1; port 0 is any free one. The first line on stderr names the address and the key."""
    key = key or make_key()
    # Named TCP, so that asyncio sends small answers at once instead of waiting for more (Nagle).
    with socket.socket(proto=socket.IPPROTO_TCP) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        listening.listen()
        try:
            anyio.run(_serve, key, listening)
        except KeyboardInterrupt:
            return  # how a person ends it; uvicorn has closed its connections by now


async def _serve(key: str, listening: socket.socket) -> None:
    import uvicorn  # large: only this needs it

    class Server(uvicorn.Server):
        @contextmanager
        def capture_signals(self) -> Generator[None]:
            with super().capture_signals():
                # Not before: Python loses a Ctrl-C that comes while an object is cleared away.
                sys.stderr.write(f"Text Request sandbox at http://127.0.0.1:{bound}{PREFIX} with key {key}\n")
                sys.stderr.flush()
                yield

    bound = listening.getsockname()[1]
    app = create_app(key=key)
    config = uvicorn.Config(
        _OnlyHere(app), log_level="error", access_log=False, lifespan="off", timeout_graceful_shutdown=1
    )
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(Courier(app.state.account, key).run)
        await Server(config).serve(sockets=[listening])
        tasks.cancel_scope.cancel()


class _OnlyHere:
    """Refuses what comes to another name than this machine's, and what web pages of elsewhere send."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        foreign = {
            name for name, value in scope["headers"] if name in {b"host", b"origin"} and not _HERE.fullmatch(value)
        }
        if foreign:
            status = 421 if b"host" in foreign else 403
            await PlainTextResponse("The sandbox serves this machine only.", status)(scope, receive, send)
        else:
            await self._app(scope, receive, send)
