"""Ends the server when a person or the system asks for it, and first lets a change that is on its way be answered."""

import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import anyio

from textrequest_mcp.account.account import Account
from textrequest_mcp.commands.logs import tell_the_rest
from textrequest_mcp.ground import telemetry
from textrequest_mcp.ground.stderr import let_out

_LAST_MOMENTS_SECONDS = 8.0  # containers and services are killed about ten seconds after they were asked to end
_QUIET_SECONDS = 0.8


async def end_when_asked(
    requests: AsyncIterator[object], account: Account, end: Callable[[], Coroutine[Any, Any, None]]
) -> None:
    """Call `end` at the first request; at the second one leave at once, because somebody does not want to wait."""
    asked = False
    async with anyio.create_task_group() as tasks:
        async for _ in requests:
            if asked:
                leave(account)
            asked = True
            tasks.start_soon(end)


async def let_finish(account: Account) -> None:
    """Wait until each change is answered and its outcome written, but not for longer than the system waits for us."""
    began = anyio.current_time()
    told = False
    while is_changing(account) and anyio.current_time() < began + _LAST_MOMENTS_SECONDS:
        await anyio.sleep(0.02)
        if is_changing(account) and not told and anyio.current_time() > began + _QUIET_SECONDS:
            told = True
            sys.stderr.write("textrequest-mcp waits for the answer to a change that is on its way.\n")
            sys.stderr.flush()


def is_changing(account: Account) -> bool:
    """Whether a change is on its way, or its outcome is not written yet."""
    return bool(account.api.changing or account.at_most_once.ledger.leaving or account.audit.leaving)


def leave(account: Account) -> None:
    """End the process now, even while a thread waits for a line of stdin, which nothing can interrupt."""
    if is_changing(account):
        sys.stderr.write(
            "textrequest-mcp was ended while a change was on its way; whether it took effect is unknown. "
            "A send is looked for at the next start.\n"
        )
    telemetry.end()
    tell_the_rest()
    let_out()
    os._exit(0)
