"""A call that waits for what a person decides at the desk."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

import anyio
from mcp.server.mcpserver import Context

from textrequest_mcp.guard.approval.approval_rows import Row
from textrequest_mcp.guard.approval.desk import Desk
from textrequest_mcp.guard.approval.question import Question
from textrequest_mcp.guard.approval.shown import Shown
from textrequest_mcp.guard.approval.verdict import Yes
from textrequest_mcp.guard.outcome import Outcome, declined_at_the_desk, facts_changed, waits_at_the_desk
from textrequest_mcp.upstream.errors import TextRequestError

PATIENCE_SECONDS = 40.0  # many hosts give a call up after 60, and it has to act in that time too
_TELL_EVERY_SECONDS = 4.0  # some hosts give up sooner on a call that says nothing


class ByText(Protocol):
    """Asks people who answer by text."""

    async def ask(self, row: Row) -> None:
        """Text them the question, once however often this is called; raises where nobody could be asked."""
        ...

    async def look(self, row: Row) -> None:
        """Write down what one of them answered."""
        ...


@dataclass(frozen=True)
class AtDesk:
    """A question that a person decides at the desk.

    Attributes:
        binding: what the yes is bound to.
        since: when the call began (`anyio.current_time`); a host that was asked first has used up some of its patience.
        why: a sentence about a host that says it can ask and did not.
        by_text: asks by text instead of on the page.
        told_by: tells by text that something waits on the page.
    """

    binding: bytes
    since: float
    why: str = ""
    by_text: ByText | None = None
    told_by: ByText | None = None


# By text or not, of a team or not: where it waits.
_WAITS = {
    (False, False): "on a page that only they can see",
    (False, True): "at the team's desk, where a colleague who may approve decides",
    (True, False): "and was asked by text",
    (True, True): "and was asked by text",
}


async def decided(
    desk: Desk,
    ctx: Context[Any, Any],
    question: Question,
    at: AtDesk,
    tool: str,
    shown: Callable[[], Awaitable[Shown]],
    again: Callable[[], Awaitable[Question | None]],
) -> Outcome | Yes:
    """Wait for what a person decides at the desk, as long as hosts wait; a yes is used up.

    Args:
        desk: where they decide.
        ctx: of the call.
        question: what they are asked.
        at: what the yes is bound to.
        tool: that was called.
        shown: reads what they are shown, where the question is new.
        again: as for `Gate.settle`.
    """
    binding = at.binding.hex()
    row = await desk.approvals.asked(binding) or await desk.approvals.ask(binding, tool, await shown())
    if row.decision is None:
        await bring(desk, row, at)
        row = await _wait(desk, ctx, row, at)
    if row.decision is None:
        where = _WAITS[at.by_text is not None, desk.of_team]
        return waits_at_the_desk(tool, at.why, where=where)
    if row.decision == "no":
        return declined_at_the_desk()
    if await again() != question:
        return facts_changed()
    return Yes(row.by or "page") if await desk.approvals.use(row.id) else declined_at_the_desk()


async def bring(desk: Desk, row: Row, at: AtDesk) -> None:
    """Bring a question before the person who decides it; raises as `ByText.ask` where it is asked by text."""
    if at.by_text is not None:
        await at.by_text.ask(row)
        return
    desk.show()
    if at.told_by is not None:
        with suppress(TextRequestError):  # the question waits all the same
            await at.told_by.ask(row)


async def _wait(desk: Desk, ctx: Context[Any, Any], row: Row, at: AtDesk) -> Row:
    until = at.since + PATIENCE_SECONDS
    on_page = "at the team's desk" if desk.of_team else "on this computer"
    where = on_page if at.by_text is None else "by text"
    row = await looked(desk, row, at) or row  # an answer may have come between two calls
    while row.decision is None and (left := until - anyio.current_time()) > 0:
        await ctx.report_progress(PATIENCE_SECONDS - left, PATIENCE_SECONDS, f"A person decides {where}")
        row = await desk.approvals.wait(row, anyio.current_time() + min(_TELL_EVERY_SECONDS, left))
        row = await looked(desk, row, at) or row
    return row


async def looked(desk: Desk, row: Row, at: AtDesk) -> Row | None:
    """The row after a look at the texts that came in; None once over. One that fails is made up for by the next."""
    if row.decision is not None:
        return row
    if at.by_text is not None:
        with suppress(TextRequestError):
            await at.by_text.look(row)
    return await desk.approvals.get(row.id)
