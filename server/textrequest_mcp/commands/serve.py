"""The command `textrequest-mcp serve`: runs the server over stdio or HTTP until its host leaves or somebody ends it."""

import gc
import os
import sys
from functools import partial
from typing import TYPE_CHECKING

import anyio

from textrequest_mcp.account.account import Account
from textrequest_mcp.app import chosen_specs, make_server
from textrequest_mcp.commands.ending import end_when_asked, leave, let_finish
from textrequest_mcp.commands.logs import start_logging, tell_the_rest
from textrequest_mcp.commands.policy import switched_off
from textrequest_mcp.commands.signals import requests_to_end
from textrequest_mcp.commands.stdio import serve_stdio
from textrequest_mcp.ground import telemetry
from textrequest_mcp.settings.table import Settings
from textrequest_mcp.wiring import open_account

if TYPE_CHECKING:
    from textrequest_mcp.commands.http_admission import Admission


def serve(settings: Settings) -> int:
    """Serve until the end; returns the exit status.

    Raises:
        SettingsError: over HTTP: who is let in cannot be kept or read.
    """
    start_logging(settings.log_level)
    off = switched_off(settings)
    if off:
        sys.stderr.write(f"textrequest-mcp runs without these rules: {', '.join(off)}.\n")
        sys.stderr.flush()
    if settings.confirm_fallback == "token" and not settings.read_only:
        sys.stderr.write(
            "textrequest-mcp lets an assistant say the yes for a person where its host does not ask: "
            "TEXTREQUEST_CONFIRM_FALLBACK is token.\n"
        )
        sys.stderr.flush()
    admission = _admission(settings)
    if any(name.startswith("OTEL_") for name in os.environ):
        from textrequest_mcp.commands.telemetry import start_telemetry  # few servers need to load it

        start_telemetry(os.environ)
    try:
        return anyio.run(_serve, settings, admission)
    finally:
        telemetry.end()
        tell_the_rest()


def _admission(settings: Settings) -> "Admission | None":
    """Who is let in, known before anything listens; None over stdio, which does not need to load it."""
    if settings.transport == "stdio":
        return None
    from textrequest_mcp.commands.http_admission import Admission

    return Admission.of(settings, {spec.name: spec.scopes for spec in chosen_specs(settings)})


async def _serve(settings: Settings, admission: "Admission | None") -> int:
    status = 0
    async with open_account(settings) as (account, store), anyio.create_task_group() as tasks:
        server = make_server(settings, account, store)
        gc.freeze()  # what was made so far stays to the end, and need not be looked through again
        gc.enable()
        tasks.start_soon(account.run)
        if admission is None:
            if sys.stdin.isatty():
                sys.stderr.write("textrequest-mcp waits for an MCP host on stdin; Ctrl-C ends it.\n")
            tasks.start_soon(_leave_when_asked, account)
            status = await serve_stdio(server)
        else:
            from textrequest_mcp.commands.http import serve_http  # stdio does not need to load them
            from textrequest_mcp.commands.probes import Readiness

            status = await serve_http(settings, server, account, admission, Readiness(account, store))
        tasks.cancel_scope.cancel()
    return status


async def _leave_when_asked(account: Account) -> None:
    with requests_to_end() as requests:
        await end_when_asked(requests, account, partial(_finish_and_leave, account))


async def _finish_and_leave(account: Account) -> None:
    await let_finish(account)
    leave(account)
