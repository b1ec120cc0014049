"""A call that waits for what a person decides at the desk."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import anyio
from mcp.server.mcpserver import Context

from textrequest_mcp.guard.approval.approvals import Row, Shown
from textrequest_mcp.guard.approval.desk import Desk
from textrequest_mcp.guard.approval.question import Question
from textrequest_mcp.guard.approval.verdict import Yes
from textrequest_mcp.guard.outcome import Outcome, declined_at_the_desk, facts_changed, waits_at_the_desk

PATIENCE_SECONDS = 40.0  # many hosts give a call up after 60, and it has to act in that time too
_TELL_EVERY_SECONDS = 4.0  # some hosts give up sooner on a call that says nothing


@dataclass(frozen=True)
class AtDesk:
    """A question that a person decides at the desk.

    Attributes:
        binding: what the yes is bound to.
        since: when the call began (`anyio.current_time`); a host that was asked first has used up some of its patience.
        why: a sentence about a host that says it can ask and did not.
    """

    binding: bytes
    since: float
    why: str = ""


async def decided(
    desk: Desk,
    ctx: Context[Any, Any],
    question: Question,
    at: AtDesk,
    tool: str,
    shown: Shown,
    again: Callable[[], Awaitable[Question | None]],
) -> Outcome | Yes:
    """Wait for what a person decides at the desk, as long as hosts wait; a yes is used up."""
    row = await desk.approvals.ask(at.binding.hex(), tool, shown)
    if row.decision is None:
        desk.show()
        row = await _wait(desk, ctx, row, at.since + PATIENCE_SECONDS)
    if row.decision is None:
        return waits_at_the_desk(tool, at.why)
    if row.decision == "no":
        return declined_at_the_desk()
    if await again() != question:
        return facts_changed()
    return Yes(row.by or "page") if await desk.approvals.use(row.id) else declined_at_the_desk()


async def _wait(desk: Desk, ctx: Context[Any, Any], row: Row, until: float) -> Row:
    while row.decision is None and (left := until - anyio.current_time()) > 0:
        await ctx.report_progress(PATIENCE_SECONDS - left, PATIENCE_SECONDS, "A person decides on this computer")
        row = await desk.approvals.wait(row, anyio.current_time() + min(_TELL_EVERY_SECONDS, left))
    return row
