"""Serves hosts over SSE or streamable HTTP, and the service's webhooks, until somebody ends the server."""

import logging
import socket
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import anyio
import uvicorn
from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.types import ASGIApp

from textrequest_mcp.account.account import Account
from textrequest_mcp.commands.ending import end_when_asked, is_changing, leave, let_finish
from textrequest_mcp.commands.http_admission import Admission
from textrequest_mcp.commands.http_connection import ImpatientProtocol
from textrequest_mcp.commands.http_limits import IDLE_SECONDS, MOST_SESSIONS
from textrequest_mcp.commands.probes import HEALTH, READY, Readiness, health
from textrequest_mcp.commands.signals import requests_to_end
from textrequest_mcp.ground.raw_json import MOST_BYTES
from textrequest_mcp.live.hooks import Health, Hooks
from textrequest_mcp.live.webhooks import PATH, Door, Receiver
from textrequest_mcp.settings.table import Settings

_FAILED = 1
_GRACE_SECONDS = 0.5  # a host keeps its stream open as long as it likes, and the end of the server does not wait for it

_MOST_CONNECTIONS = 500  # more are answered 503: a process can usually hold 1024 files


async def serve_http(
    settings: Settings, server: MCPServer[Any], account: Account, admission: Admission, readiness: Readiness
) -> int:
    """Serve hosts that are let in, until a person or the system ends it; returns the exit status."""
    hooked = None if settings.public_url is None else _take_webhooks(settings, settings.public_url, server, account)
    server.custom_route(HEALTH, methods=["GET"])(health)
    server.custom_route(READY, methods=["GET"])(readiness.answer)
    for route in account.routes:
        server.custom_route(route.path, methods=list(route.methods))(route.endpoint)
    if admission.doors is not None:
        account.still_may_send = admission.doors.still_may_send
    door = admission.door(_app(settings, server), account.gate.desk.approvals)
    running = _Server(door.app, account)

    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # Named TCP, so that asyncio sends small answers at once instead of waiting for more (Nagle).
    with socket.socket(family, proto=socket.IPPROTO_TCP) as listening:
        if sys.platform != "win32":  # there it would let a second server take the same port
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
        with requests_to_end() as requests:
            _say_where(settings, listening)
            async with anyio.create_task_group() as tasks:
                if hooked is not None:
                    tasks.start_soon(hooked.run)
                if door.run is not None:
                    tasks.start_soon(door.run)
                tasks.start_soon(end_when_asked, requests, account, running.end)
                await running.serve(sockets=[listening])
                tasks.cancel_scope.cancel()
    return 0


class _Server(uvicorn.Server):
    """uvicorn, ended by `end`: its own way raises the signal again at the end, as an error."""

    def __init__(self, app: ASGIApp, account: Account) -> None:
        grace: Any = _GRACE_SECONDS  # uvicorn says int, and takes any number
        super().__init__(
            uvicorn.Config(
                app,
                http=ImpatientProtocol,
                ws="none",
                limit_concurrency=_MOST_CONNECTIONS,
                access_log=False,
                log_config=None,
                timeout_graceful_shutdown=grace,
            )
        )
        self._account = account
        # At the end uvicorn logs that open streams are cut off, which is meant.
        logging.getLogger("uvicorn.error").addFilter(lambda _: not self.should_exit)

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield

    async def end(self) -> None:
        """Stop when each change is answered; if one does not finish in time, end the process."""
        await let_finish(self._account)  # before uvicorn stops, which would cut a change off on its way
        if is_changing(self._account):
            leave(self._account)
        self.should_exit = True


def _take_webhooks(settings: Settings, public_url: str, server: MCPServer[Any], account: Account) -> Health:
    """Add the addresses that the service calls to the server; returns what keeps the webhooks connected."""
    hooked = Health(Hooks(account.api, public_url, token=settings.webhook_token), account.live, account.line_ids)
    keys = [account.api.key, *([settings.previous_api_key] if settings.previous_api_key else [])]
    door = Door(keys=keys, token=settings.webhook_token)
    receiver = Receiver(account.live, account.at_most_once.ledger, door, hooked.watches)
    for path in (f"{PATH}/{{dashboard_id}}/{{event}}", f"{PATH}/{{dashboard_id}}/{{event}}/{{token}}"):
        server.custom_route(path, methods=["POST"])(receiver.answer)
    return hooked


def _app(settings: Settings, server: MCPServer[Any]) -> ASGIApp:
    # The SDK's own check covers some paths; `KnownNames` covers all.
    off = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    # What comes to the app has been measured; it may be longer by what was marked in it.
    if settings.transport == "sse":
        return server.sse_app(transport_security=off, max_request_body_size=3 * MOST_BYTES)
    return server.streamable_http_app(
        transport_security=off,
        max_request_body_size=3 * MOST_BYTES,
        session_idle_timeout=IDLE_SECONDS,
        max_sessions=MOST_SESSIONS,
    )


def _say_where(settings: Settings, listening: socket.socket) -> None:
    path = "/sse" if settings.transport == "sse" else "/mcp"
    where = f"http://{_in_address(settings.host)}:{listening.getsockname()[1]}{path}"
    sys.stderr.write(f"textrequest-mcp serves {settings.transport} at {where}\n")
    sys.stderr.flush()


def _in_address(host: str) -> str:
    """A host as a web address holds it: IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host
