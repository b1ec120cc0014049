"""Requests are taken as they are meant, and those for what is not there get the protocol's own error."""

import base64
from collections.abc import Awaitable, Callable
from typing import Any, Literal

import pytest
from mcp import Client, MCPError
from mcp_types import (
    INVALID_PARAMS,
    CancelledNotification,
    CancelledNotificationParams,
    ElicitResult,
    InputRequiredResult,
    InputResponses,
)
from tests.desk import DEVON, ERAS, LINE, MARIA, Desk, Era, agrees, call, open_desk, refusal, said

from textrequest_mcp.ground.raw_json import MARK

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


@pytest.mark.parametrize("era", ERAS)
async def test_h5_an_unknown_tool_is_an_error_of_the_protocol(desk: Desk, era: Era):
    async with desk.host(era=era) as host:
        error = await error_of(host.call_tool("sing_along", {"to": MARIA}))

    assert error.error.code == INVALID_PARAMS
    assert "Nothing was sent or changed." in str(error)


async def test_h5_a_tool_that_is_not_offered_is_unknown_too():
    async with open_desk(read_only=True) as desk, desk.host() as host:
        assert (await error_of(host.call_tool("send_message", {}))).error.code == INVALID_PARAMS


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("plan", ["- [x] look it up\n- [ ] answer", None, ["a"], {"a": 1}, "half \ud83d"], ids=repr)
async def test_h8_what_cline_adds_to_each_call_is_left_out(desk: Desk, era: Era, plan: Any):
    async with desk.host(agrees(), era=era) as host:
        read = await call(host, "list_groups", task_progress=plan)
        sent = await call(host, "send_message", phone_number=MARIA, body="Hello", task_progress=plan)
        again = await call(host, "send_message", phone_number=MARIA, body="Hello", task_progress="another")
        deleted = await call(host, "delete_contact", phone_number=DEVON, task_progress=plan)

    assert said(read)["total_items"] > 0
    assert said(sent)["outcome"] == "sent"
    assert said(again)["duplicate_suppressed"]
    assert said(deleted)["outcome"] == "done"


async def test_h8_any_other_name_is_still_refused(desk: Desk):
    for name in ("task_progres", "Task_Progress", "progress"):
        assert f"no parameter '{name}'" in refusal(await desk.call("list_groups", **{name: "x"}))


async def test_h8_the_plan_may_change_between_a_question_and_its_answer(desk: Desk):
    person = agrees()
    async with desk.host(person) as host:
        arguments = {"dashboard_id": LINE, "phone_number": DEVON}
        asked = await host.session.call_tool(
            "delete_contact", arguments | {"task_progress": "1"}, allow_input_required=True
        )
        assert isinstance(asked, InputRequiredResult)
        yes: InputResponses = {
            key: ElicitResult(action="accept", content={"confirm": True}) for key in asked.input_requests or {}
        }
        result = await host.session.call_tool(
            "delete_contact",
            arguments | {"task_progress": "2"},
            input_responses=yes,
            request_state=asked.request_state,
        )

    assert said(result)["outcome"] == "done"


async def test_h11_discovery_names_both_eras_and_says_what_the_server_is(desk: Desk):
    async with Client(desk.server) as host:  # a desk's host pins its era, and discovers nothing
        result = host.session.discover_result

    assert result is not None
    assert {"2026-07-28", "2025-11-25", "2024-11-05"} <= set(result.supported_versions)


@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_h11_the_server_has_a_website_and_an_icon_in_both_eras(desk: Desk, era: Literal["auto", "legacy"]):
    async with Client(desk.server, mode=era) as host:
        about = host.server_info

    assert about is not None
    assert about.website_url == "https://www.textrequest.com"
    [icon] = about.icons or []
    kind, _, data = icon.src.partition(";base64,")
    assert (kind, icon.mime_type) == ("data:image/svg+xml", "image/svg+xml")
    assert base64.b64decode(data, validate=True).startswith(b"<svg ")
    assert len(icon.src) < 200


@pytest.mark.parametrize("era", ERAS)
class TestHalvesOfCharacters:
    """The doors mark them in what comes as bytes; see tests/commands."""

    async def test_l1_a_tool_refuses_a_mark_as_half_a_character(self, desk: Desk, era: Era):
        async with desk.host(era=era) as host:
            result = await call(host, "save_contact", phone_number=MARIA, groups=[f"a{MARK}"], note=f"a{MARK}")

        assert "note: has half a character" in refusal(result)
        assert desk.changes == []

    async def test_l1_any_other_request_is_refused(self, desk: Desk, era: Era):
        async with desk.host(era=era) as host:
            error = await error_of(host.get_prompt("draft_reply", {"phone_number": f"a{MARK}"}))
            named = await error_of(host.call_tool(f"list{MARK}", {}))

        for each in (error, named):
            assert each.error.code == INVALID_PARAMS
            assert "half a character" in str(each)

    async def test_l1_a_notification_is_passed_on(self, desk: Desk, era: Era):
        async with desk.host(era=era) as host:
            await host.session.send_notification(
                CancelledNotification(params=CancelledNotificationParams(request_id=f"a{MARK}"))
            )
            assert said(await call(host, "list_tags"))
