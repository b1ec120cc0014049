"""Requests for what is not there get the protocol's own error."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from mcp import Client, MCPError
from mcp_types import INVALID_PARAMS
from tests.desk import ERAS, LINE, Desk, Era, open_desk

LISTS: dict[str, Callable[[Client], Awaitable[Any]]] = {
    "tools": lambda host: host.list_tools(cursor="x"),
    "resources": lambda host: host.list_resources(cursor="x"),
    "templates": lambda host: host.list_resource_templates(cursor="x"),
    "prompts": lambda host: host.list_prompts(cursor="x"),
}


async def error_of(asking: Awaitable[Any]) -> MCPError:
    with pytest.raises(MCPError) as caught:
        await asking
    return caught.value


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("asks", LISTS.values(), ids=LISTS)
async def test_a_cursor_that_no_list_gave_is_refused(desk: Desk, era: Era, asks: Callable[[Client], Awaitable[Any]]):
    async with desk.host(era=era) as host:
        assert (await error_of(asks(host))).error.code == INVALID_PARAMS


@pytest.mark.parametrize("era", ERAS)
async def test_an_unknown_prompt_is_refused_and_the_known_ones_are_named(desk: Desk, era: Era):
    async with desk.host(era=era) as host:
        error = await error_of(host.get_prompt("sing_along"))

    assert error.error.code == INVALID_PARAMS
    assert "catch_up, draft_reply, collect_payment, tidy_contacts" in str(error)


async def test_a_server_without_prompts_says_so():
    async with open_desk(toolsets=("tags",)) as desk, desk.host() as host:
        assert "there are: none." in str(await error_of(host.get_prompt("catch_up")))


@pytest.mark.parametrize("address", ["textrequest://nowhere", f"textrequest://dashboards/{LINE}/contacts/12"])
async def test_an_address_that_is_wrong_is_an_invalid_parameter(desk: Desk, address: str):
    async with desk.host() as host:
        assert (await error_of(host.read_resource(address))).error.code == INVALID_PARAMS
