"""What the server tells of requests, acts, refusals and approvals to whoever listens."""

from collections.abc import Generator, Mapping
from typing import Any

import anyio
import pytest
from mcp import MCPError
from mcp.server.context import ServerRequestContext
from tests.desk import DEVON, agrees, call, declines, open_desk
from tests.unruled import RULED

from textrequest_mcp.ground import telemetry
from textrequest_mcp.ground.telemetry import Name
from textrequest_mcp.tools.timed import timed

Heard = list[tuple[Name, Mapping[str, str]]]


@pytest.fixture
def heard() -> Generator[Heard]:
    kept = Heard()
    telemetry.goes_to(lambda name, value, labels: kept.append((name, labels)) if value >= 0 else None)
    yield kept
    telemetry.end()


def of(heard: Heard, name: Name) -> list[Mapping[str, str]]:
    return [labels for each, labels in heard if each == name]


async def test_each_request_is_told_of_with_the_kind_of_error_that_it_ended_with(heard: Heard):
    async with open_desk() as desk, desk.host() as host:
        await call(host, "get_contact", phone_number=DEVON)
        await call(host, "get_contact", phone_number="911")
        with pytest.raises(MCPError):
            await call(host, "no_such_tool")

    called = [
        labels for labels in of(heard, "mcp.server.operation.duration") if labels["mcp.method.name"] == "tools/call"
    ]
    assert [(each["gen_ai.tool.name"], each.get("error.type")) for each in called] == [
        ("get_contact", None),
        ("get_contact", "tool_error"),
        ("other", "-32602"),
    ]
    assert {"http.request.method": "GET", "url.template": "/dashboards/{id}/contacts/{id}"} | {
        "http.response.status_code": "200"
    } in of(heard, "http.client.request.duration")


@pytest.mark.parametrize(("error", "kind"), [(RuntimeError("a word"), "RuntimeError"), (None, "CancelledError")])
async def test_a_crash_and_a_cancelled_request_are_told_by_their_kind(heard: Heard, error: Exception | None, kind: str):
    async def crash(_: Any) -> Any:
        if error is not None:
            raise error
        scope.cancel()
        await anyio.sleep(1)

    request: Any = ServerRequestContext.__new__(ServerRequestContext)
    for name, value in {"method": "x/y", "request_id": 1, "params": None}.items():
        object.__setattr__(request, name, value)
    with anyio.CancelScope() as scope:
        if error is None:
            await timed(())(request, crash)
        else:
            with pytest.raises(type(error)):
                await timed(())(request, crash)

    assert heard == [("mcp.server.operation.duration", {"mcp.method.name": "other", "error.type": kind})]


async def test_acts_refusals_and_a_persons_answers_are_counted_by_their_kind(heard: Heard):
    settings: dict[str, Any] = {**RULED, "confirm": "sends", "only_to": DEVON}
    async with open_desk(**settings) as desk:
        for person, body in ((agrees(), "It is ready."), (declines(), "It is not ready.")):
            async with desk.host(person) as host:
                await call(host, "send_message", phone_number=DEVON, body=body)
        async with desk.host(agrees()) as host:
            await call(host, "send_message", phone_number="+14235550105", body="To somebody who is not on the list")

    assert of(heard, "textrequest.sends") == [{"outcome": "sent", "tool": "send_message"}]
    assert of(heard, "textrequest.approvals") == [{"decision": "yes", "way": "host"}, {"decision": "no", "way": "any"}]
    assert of(heard, "textrequest.refusals") == [{"rule": "TEXTREQUEST_ONLY_TO", "tool": "send_message"}]


async def test_nobody_hears_after_the_end(heard: Heard):
    ended = list[str]()
    telemetry.at_end(lambda: ended.append("once"))
    telemetry.end()
    telemetry.end()
    telemetry.record("textrequest.sends")

    assert (heard, ended) == ([], ["once"])
