"""The command `textrequest-mcp hooks`: shows, makes, removes and repairs the webhooks to this server's address."""

import sys
from collections.abc import Awaitable, Callable
from typing import Literal

import anyio

from textrequest_mcp.account.account import Account
from textrequest_mcp.commands.logs import start_logging
from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.live.hooks import Hooks
from textrequest_mcp.live.webhooks import EVENTS
from textrequest_mcp.settings.table import Settings, SettingsError
from textrequest_mcp.upstream.errors import TextRequestError
from textrequest_mcp.wiring import open_account

Do = Literal["list", "add", "remove", "repair"]
_NO_ADDRESS = (
    "TEXTREQUEST_PUBLIC_URL is not set: the address at which Text Request reaches this server, "
    "such as https://texts.example.com."
)


def run_hooks(settings: Settings, do: Do, lines: list[int]) -> int:
    """Do it on these lines, or if there are none, on the default line or on all lines; returns the exit status.

    Raises:
        SettingsError: TEXTREQUEST_PUBLIC_URL is not set.
    """
    if settings.public_url is None:
        raise SettingsError([_NO_ADDRESS])
    start_logging(settings.log_level)
    return anyio.run(_run, settings, do, lines, settings.public_url)


async def _run(settings: Settings, do: Do, lines: list[int], public_url: str) -> int:
    async with open_account(settings) as (account, _):
        hooks = Hooks(account.api, public_url, token=settings.webhook_token)
        try:
            chosen = lines or await _all_lines(account)
        except (TextRequestError, StoreError) as error:
            sys.stderr.write(f"{error}\n")
            return 1
        return int(not all([await _do_on_line(hooks, do, line) for line in chosen]))


async def _do_on_line(hooks: Hooks, do: Do, line: int) -> bool:
    """Do it on one line, and print the outcome; returns whether it succeeded."""
    acts: dict[Do, Callable[[Hooks, int], Awaitable[str]]] = {
        "list": _list,
        "add": _add,
        "remove": _remove,
        "repair": _repair,
    }
    try:
        sys.stdout.write(f"line {line}: {await acts[do](hooks, line)}\n")
    except (TextRequestError, StoreError) as error:
        sys.stderr.write(f"line {line}: {error}\n")
        return False
    return True


async def _all_lines(account: Account) -> list[int]:
    return [account.default_line] if account.default_line is not None else await account.line_ids()


async def _list(hooks: Hooks, line: int) -> str:
    found = {hook.event: hook for hook in await hooks.of_line(line)}
    if not found:
        return _none(hooks)
    states = {True: "connected", False: "DISCONNECTED"}
    return ", ".join(
        f"{event} {states[found[event].is_connected] if event in found else 'missing'}" for event in EVENTS
    )


async def _add(hooks: Hooks, line: int) -> str:
    added = await hooks.add(line)
    return f"added {', '.join(added)}" if added else "all were there already"


async def _remove(hooks: Hooks, line: int) -> str:
    removed = await hooks.remove(line)
    return f"removed {', '.join(removed)}" if removed else "there was nothing to remove"


async def _repair(hooks: Hooks, line: int) -> str:
    found, repaired = await hooks.repair(line)
    if not found:
        return _none(hooks)
    return f"connected again: {', '.join(hook.event for hook in repaired)}" if repaired else "all are connected"


def _none(hooks: Hooks) -> str:
    return f"no webhooks to {hooks.root}; `textrequest-mcp hooks add` makes them"
