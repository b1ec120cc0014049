"""Lets the time of scheduled texts come, and their server see to them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio
from tests.desk import Desk

from textrequest_mcp.guard.once.later import Later
from textrequest_mcp.guard.once.scheduled_rows import ScheduledText

# Clocks of tests begin on Thursday 28 May 2026 at 16:26:40 in New York, where line 121 is.
IN_AN_HOUR, TOMORROW = "2026-05-28T17:30", "2026-05-29T16:30"
HOUR, DAY = 3600.0, 86_400.0
_OPEN = {"WAITING", "CLAIMED"}


def later_of(desk: Desk) -> Later:
    later = desk.account.at_most_once.later
    assert later is not None
    return later


@asynccontextmanager
async def seen_to(desk: Desk) -> AsyncGenerator[None]:
    """The chore of the scheduled texts runs inside the block."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(desk.account.also[0])
        yield
        tasks.cancel_scope.cancel()


async def rows_of(desk: Desk, send_id: str) -> list[ScheduledText]:
    return await later_of(desk).schedule.get(send_id)


async def ended(desk: Desk, send_id: str) -> list[ScheduledText]:
    """The rows of a text or batch once none is open, while the chore runs."""
    with anyio.fail_after(10):
        while True:
            rows = await rows_of(desk, send_id)
            if not any(row.state in _OPEN for row in rows):
                return rows
            await anyio.sleep(0.01)


async def leaves(desk: Desk, send_id: str, *, after: float = HOUR + 300) -> list[ScheduledText]:
    """What became of a text, so many seconds from now."""
    desk.clock.forward(after)
    async with seen_to(desk):
        return await ended(desk, send_id)
