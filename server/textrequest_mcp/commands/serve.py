"""Runs the server over stdio, SSE or streamable HTTP, until its host leaves or a person interrupts it."""

import gc
import logging
import os
import socket
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import anyio
from mcp.server.transport_security import TransportSecuritySettings

from textrequest_mcp import __version__
from textrequest_mcp.account.line import Account
from textrequest_mcp.app import make_server
from textrequest_mcp.commands.http_access import HEALTH, HttpAccess, public_name
from textrequest_mcp.commands.http_secret import secret_in_force
from textrequest_mcp.commands.logs import start_logging
from textrequest_mcp.commands.policy import switched_off
from textrequest_mcp.commands.signals import requests_to_end
from textrequest_mcp.ground.stderr import let_out
from textrequest_mcp.live.hooks import Health, Hooks
from textrequest_mcp.live.webhooks import PATH, STATUS, Door, Receiver
from textrequest_mcp.settings.table import Settings
from textrequest_mcp.wiring import open_account

_FAILED = 1
_LAST_MOMENTS_SECONDS = 8.0  # who ends containers and services waits for about ten
_QUIET_SECONDS = 0.8
_GRACE_SECONDS = 0.5  # a stream stays open as long as its host likes; who ends the server does not wait for that


def serve(settings: Settings) -> int:
    """Serve until the end; the exit status.

    Raises:
        SettingsError: the secret that hosts are to bring over HTTP cannot be kept.
    """
    start_logging(settings.log_level)
    off = switched_off(settings)
    if off:
        sys.stderr.write(f"textrequest-mcp runs without these rules: {', '.join(off)}.\n")
        sys.stderr.flush()
    secret = None if settings.transport == "stdio" else secret_in_force(settings)  # before anything listens
    return anyio.run(_serve, settings, secret)


async def _serve(settings: Settings, secret: str | None) -> int:
    status = 0
    async with open_account(settings) as (account, store), anyio.create_task_group() as tasks:
        server = make_server(settings, account, store)
        gc.freeze()  # what was made so far stays to the end, and need not be looked through again
        gc.enable()
        tasks.start_soon(account.run)
        if settings.transport == "stdio":
            if sys.stdin.isatty():
                sys.stderr.write("textrequest-mcp waits for an MCP host on stdin; Ctrl-C ends it.\n")
            tasks.start_soon(_leave_on_signal, account)
            await server.run_stdio_async()
        else:
            if settings.public_url is not None:
                tasks.start_soon(_take_webhooks(settings, settings.public_url, server, account).run)
            status = await _serve_http(settings, server, account, secret)
        tasks.cancel_scope.cancel()
    return status


async def _leave_on_signal(account: Account) -> None:
    """End the process at Ctrl-C although a thread still waits for a line of stdin, which nothing can interrupt."""
    with requests_to_end() as requests:
        async with anyio.create_task_group() as tasks:
            asked = False
            async for _ in requests:
                if asked:  # who asks twice does not want to wait
                    _leave(account)
                asked = True
                tasks.start_soon(_leave_in_time, account)


async def _leave_in_time(account: Account) -> None:
    await _let_finish(account)
    _leave(account)


def _leave(account: Account) -> None:
    if _is_open(account):
        sys.stderr.write(
            "textrequest-mcp was ended while a change was on its way; whether it took effect is unknown. "
            "A send is looked for at the next start.\n"
        )
    let_out()
    os._exit(0)


async def _let_finish(account: Account) -> None:
    """Let a change that is on its way be answered, and its outcome be written, for so long as who ends us waits."""
    began = anyio.current_time()
    told = False
    while _is_open(account) and anyio.current_time() < began + _LAST_MOMENTS_SECONDS:
        await anyio.sleep(0.02)
        if _is_open(account) and not told and anyio.current_time() > began + _QUIET_SECONDS:
            told = True
            sys.stderr.write("textrequest-mcp waits for the answer to a change that is on its way.\n")
            sys.stderr.flush()


def _is_open(account: Account) -> bool:
    return bool(account.api.changing or account.sender.ledger.leaving or account.audit.leaving)


def _take_webhooks(settings: Settings, public_url: str, server: Any, account: Account) -> Health:
    """Serve the addresses that the service calls; answers what keeps them connected."""
    hooks = Hooks(account.api, public_url, token=settings.webhook_token)
    account.live.tell_status_at(lambda line: hooks.address(line, STATUS))
    health = Health(hooks, account.live, account.line_ids)
    keys = [account.api.key, *([settings.previous_api_key] if settings.previous_api_key else [])]
    door = Door(keys=keys, token=settings.webhook_token)
    receiver = Receiver(account.live, account.sender.ledger, door, health.watches)
    for path in (f"{PATH}/{{dashboard_id}}/{{event}}", f"{PATH}/{{dashboard_id}}/{{event}}/{{token}}"):
        server.custom_route(path, methods=["POST"])(receiver.answer)
    return health


async def _serve_http(settings: Settings, server: Any, account: Account, secret: str | None) -> int:
    from starlette.requests import Request
    from starlette.responses import JSONResponse

    @server.custom_route(HEALTH, methods=["GET"])
    async def health(_: Request) -> JSONResponse:  # pyright: ignore[reportUnusedFunction] - the server routes to it
        return JSONResponse({"status": "ok", "version": __version__})

    for route in account.routes:
        server.custom_route(route.path, methods=list(route.methods))(route.endpoint)

    # Whatever name of this machine it listens on: only these reach it, so that no web page can (DNS rebinding).
    names = sorted({"127.0.0.1", "localhost", "[::1]", _in_address(settings.host)})
    public = public_name(settings.public_url)
    # By the public name comes only who brings the secret, which no web page has.
    outside = [_in_address(public), f"{_in_address(public)}:*"] if public and secret else []
    security = TransportSecuritySettings(
        enable_dns_rebinding_protection=True,
        allowed_hosts=[f"{name}:*" for name in names] + outside,
        allowed_origins=[f"http://{name}:*" for name in names],
    )
    if settings.transport == "sse":
        app, path = server.sse_app(transport_security=security), "/sse"
    else:
        app, path = server.streamable_http_app(transport_security=security), "/mcp"
    app = HttpAccess(app, secret=secret, public=public)
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # Named TCP, so that asyncio sends small answers at once instead of waiting for more (Nagle).
    with socket.socket(family, proto=socket.IPPROTO_TCP) as listening:
        if sys.platform != "win32":  # where it would let a second server take the same port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((settings.host, settings.port))
        except OSError as error:
            sys.stderr.write(
                f"textrequest-mcp cannot listen on {settings.host} port {settings.port}: {error.strerror}. "
                "Choose another with --port. Nothing was started.\n"
            )
            return _FAILED
        listening.listen()
        await _serve_until_signal(settings, app, path, listening, account)
    return 0


def _in_address(host: str) -> str:
    """A host as a web address holds it: IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host


async def _serve_until_signal(
    settings: Settings, app: Any, path: str, listening: socket.socket, account: Account
) -> None:
    """Serve until Ctrl-C or a request to terminate; both are an orderly end here, not an error."""
    import uvicorn

    class Server(uvicorn.Server):
        @contextmanager
        def capture_signals(self) -> Generator[None]:
            yield  # uvicorn's own way raises them again at the end, as an error

    grace: Any = _GRACE_SECONDS  # uvicorn says int, and takes any number
    server = Server(uvicorn.Config(app, access_log=False, log_config=None, timeout_graceful_shutdown=grace))
    # That open streams are cut off at the end is meant, and no news.
    logging.getLogger("uvicorn.error").addFilter(lambda _: not server.should_exit)
    with requests_to_end() as requests:
        where = f"http://{_in_address(settings.host)}:{listening.getsockname()[1]}{path}"
        sys.stderr.write(f"textrequest-mcp serves {settings.transport} at {where}\n")
        sys.stderr.flush()

        async with anyio.create_task_group() as tasks:

            async def end_in_time() -> None:
                await _let_finish(account)  # before uvicorn, which would cut a change off on its way
                if _is_open(account):
                    _leave(account)
                server.should_exit = True

            async def stop() -> None:
                asked = False
                async for _ in requests:
                    if asked:  # who asks twice does not want to wait
                        _leave(account)
                    asked = True
                    tasks.start_soon(end_in_time)

            tasks.start_soon(stop)
            await server.serve(sockets=[listening])
            tasks.cancel_scope.cancel()
