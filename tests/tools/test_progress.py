"""A call that has to wait under the rate limit tells its host at once, and is refused rather than waiting long."""

import re

import pytest
from tests.desk import ERAS, LINE, MARIA, Era, open_desk, refusal, said

from textrequest_mcp.upstream.errors import NOTHING_CHANGED


@pytest.mark.parametrize("era", ERAS)
async def test_h7_a_host_is_told_at_once_that_its_call_waits(era: Era):
    told: list[tuple[float, float | None, str | None]] = []

    async def tell(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, total, message))

    async with open_desk(rate_limit=(1, 1.0)) as desk, desk.host(era=era) as host:
        await host.call_tool("list_dashboards", {}, progress_callback=tell)
        assert told == []
        said(await host.call_tool("list_dashboards", {}, progress_callback=tell))

    ((progress, total, message),) = told
    assert progress < (total or 0)
    assert message == "Waiting about 1 seconds for a place under the rate limit"


@pytest.mark.parametrize("tool", ["list_messages", "send_message"])
async def test_h7_a_call_that_would_wait_long_is_refused_and_says_when_to_come_back(tool: str):
    more = {"body": "Hello"} if tool == "send_message" else {}
    async with open_desk(rate_limit=(1, 60.0)) as desk, desk.host() as host:
        await host.call_tool("list_dashboards", {})
        result = await host.call_tool(tool, {"dashboard_id": LINE, "phone_number": MARIA, **more})

    said = re.search(rf"used up for the moment. {NOTHING_CHANGED} Try again in ([0-9]+) seconds", refusal(result))
    assert said is not None
    assert 30 <= int(said[1]) <= 61
    assert desk.changes == []


@pytest.mark.parametrize("tool", ["list_messages", "send_message"])
async def test_h1_results_carry_no_links_unless_the_settings_want_them(tool: str):
    arguments = {"dashboard_id": LINE, "phone_number": MARIA} | ({"body": "Hello"} if tool == "send_message" else {})
    async with open_desk() as desk, desk.host() as host:
        without = await host.call_tool(tool, arguments)
    async with open_desk(resource_links=True) as desk, desk.host() as host:
        linked = await host.call_tool(tool, arguments)

    assert [part.type for part in without.content] == ["text"]
    assert [part.type for part in linked.content] == ["text", "resource_link"]
