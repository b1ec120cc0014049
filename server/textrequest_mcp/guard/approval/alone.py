"""A question that no host asked: a person decides at the desk or by text, as long as the question waits there."""

from collections.abc import Awaitable, Callable

import anyio

from textrequest_mcp.guard.approval.approval_rows import Row
from textrequest_mcp.guard.approval.at_desk import bring, looked
from textrequest_mcp.guard.approval.gate import Gate
from textrequest_mcp.guard.approval.shown import Shown
from textrequest_mcp.guard.approval.verdict import Yes

_LOOK_EVERY_SECONDS = 4.0

CANNOT_ASK = "A person would have to agree, and nobody can be asked here."
SAID_NO = "The person who was asked said no."
NOBODY_SAID = "A person was asked, and nobody decided in time."


async def decided_alone(
    gate: Gate, binding: bytes, tool: str, shown: Callable[[], Awaitable[Shown]], hold: Callable[[], Awaitable[None]]
) -> Yes | str:
    """Wait for what a person decides; a yes is used up. Otherwise the sentence that says why there is none.

    Args:
        gate: knows where they decide.
        binding: what the yes is bound to.
        tool: that is about to act.
        shown: reads what they are shown, where the question is new.
        hold: called while it waits.

    Raises:
        TextRequestError: too many questions wait, or nobody could be asked.
        StoreError: the store cannot be used.
    """
    at = gate.away(binding, anyio.current_time())
    if at is None:
        return CANNOT_ASK
    approvals = gate.desk.approvals
    row = await approvals.asked(binding.hex()) or await approvals.ask(binding.hex(), tool, await shown())
    if row.decision is None:
        await bring(gate.desk, row, at)
    there: Row | None = row
    while there is not None and there.decision is None:
        await hold()
        there = await approvals.wait(there, anyio.current_time() + _LOOK_EVERY_SECONDS)
        there = await looked(gate.desk, there, at)
    if there is None:
        return NOBODY_SAID
    if there.decision == "no" or not await approvals.use(there.id):
        return SAID_NO
    return Yes(there.by or "page")
