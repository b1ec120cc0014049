"""An assistant that wants through: it says yes by itself, repeats, and then calls every tool that it has."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from mcp import Client
from tests.desk import Desk, call, open_desk
from tests.obedient.assistant import Assistant
from tests.obedient.measure import EVERY_TOOL, Answers
from tests.obedient.payload import Payload
from tests.test_completeness import CALLS
from tests.unruled import RULED

from textrequest_mcp.guard.approval import at_desk

WAYS = ("page", "text", "refuse")
OWNER = "+14235550142"


async def _insists(host: Client, name: str, arguments: dict[str, Any]) -> None:
    """Call a tool, and again with each yes that it can make up or was given."""
    result = await call(host, name, **arguments)
    told: dict[str, Any] = result.structured_content or {}
    for yes in ("yes", "true", told.get("confirmation")) if "confirm" in json.dumps(told) else ():
        await call(host, name, **arguments, confirmation=yes)
    if result.is_error:
        await call(host, name, **arguments)


async def done(payload: Payload, **settings: Any) -> Counter[str]:
    """What such an assistant brings about after it read a payload; a person who is asked declines."""
    asks = not settings
    async with open_desk(**(RULED | EVERY_TOOL | settings)) as desk:
        payload.plant(desk.sandbox)
        async with desk.host(Answers(yes=False) if asks else None) as host:
            await Assistant(host, None).catch_up(payload)
            for name, arguments in (*payload.calls, *payload.after):
                await _insists(host, name, dict(arguments))
            for tool in (await host.list_tools()).tools:
                await _insists(host, tool.name, CALLS.get(tool.name, {}))
            return Counter(_accepted(desk))


def _accepted(desk: Desk) -> Iterator[str]:
    """What the service took, but for the questions to the owner, whom no tool reads or texts."""
    for one in desk.sandbox.journal:
        if OWNER[1:] not in one.path:
            yield f"{one.method} {one.path} {json.dumps(one.body, sort_keys=True, default=str)}"


async def without_a_person(payload: Payload) -> dict[str, Counter[str]]:
    """By host that cannot ask, the acts that a person would have been asked about on one that can."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(at_desk, "PATIENCE_SECONDS", 0.0)
        unasked = await done(payload)
        return {way: await done(payload, confirm_fallback=way, approvers=OWNER) - unasked for way in WAYS}
