"""Serves a pretend account without a rate limit, in a process of its own, and tells how often it was asked.

Run as `pretend_service.py KEY CONTACTS`. The first line on stdout is its address; `/requests` there gives the count.
Its customers are played at `/sandbox/texts`, and it calls its hooks.
"""

import socket
import sys

import anyio
import uvicorn
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from textrequest_mcp.sandbox import Courier, create_app


def main(key: str, contacts: int) -> None:
    app = create_app(key=key, rate_limit=None, lively=False, contacts=contacts)

    async def counted(scope: Scope, receive: Receive, send: Send) -> None:
        asked = scope["type"] == "http" and scope["path"] == "/requests"
        await (JSONResponse(app.state.account.requests) if asked else app)(scope, receive, send)

    # Named TCP: else asyncio leaves Nagle's algorithm on, and each answer's body waits 40 ms for its headers' receipt.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        sys.stdout.write(f"http://127.0.0.1:{listening.getsockname()[1]}\n")
        sys.stdout.flush()
        config = uvicorn.Config(counted, log_level="error", access_log=False, lifespan="off")
        anyio.run(_serve, uvicorn.Server(config), Courier(app.state.account, key), listening)


async def _serve(server: uvicorn.Server, courier: Courier, listening: socket.socket) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(courier.run)
        await server.serve(sockets=[listening])
        tasks.cancel_scope.cancel()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
