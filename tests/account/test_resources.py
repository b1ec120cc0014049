"""Resources: every address of the design opens as a document, and nothing else does."""

import json
from typing import Any

import pytest
from mcp import MCPError
from tests.desk import ARCHIVED, MARIA, Desk, open_desk, said

TEMPLATES = {
    "textrequest://dashboards{?page,page_size}": "dashboards",
    "textrequest://dashboards/{dashboard_id}": "dashboards",
    "textrequest://dashboards/{dashboard_id}/contacts{?page,page_size}": "contacts",
    "textrequest://dashboards/{dashboard_id}/contacts/{phone_number}": "contacts",
    "textrequest://dashboards/{dashboard_id}/conversations{?page,page_size}": "conversations",
    "textrequest://dashboards/{dashboard_id}/conversations/{phone_number}{?page,page_size}": "messages",
    "textrequest://dashboards/{dashboard_id}/groups{?page,page_size}": "groups",
    "textrequest://dashboards/{dashboard_id}/payments/{payment_id}": "payments",
}


async def read(desk: Desk, address: str) -> Any:
    async with desk.host() as host:
        [document] = (await host.read_resource(f"textrequest://{address}")).contents
    assert document.mime_type == "application/json"
    return json.loads(getattr(document, "text", ""))


async def fails(desk: Desk, address: str) -> str:
    async with desk.host() as host:
        with pytest.raises(MCPError) as failure:
            await host.read_resource(f"textrequest://{address}")
    return str(failure.value)


async def addresses(desk: Desk) -> set[str]:
    async with desk.host() as host:
        listed = {resource.uri for resource in (await host.list_resources()).resources}
        templates = (await host.list_resource_templates()).resource_templates
    return listed | {template.uri_template for template in templates}


async def test_the_addresses_are_those_of_the_design(desk: Desk):
    assert await addresses(desk) == {"textrequest://dashboards", *TEMPLATES}


@pytest.mark.parametrize(
    ("address", "tool", "arguments"),
    [
        ("dashboards", "list_dashboards", {}),
        ("dashboards?page=1&page_size=2", "list_dashboards", {"page": 1, "page_size": 2}),
        ("dashboards/121", "get_dashboard", {}),
        ("dashboards/121/contacts", "list_contacts", {}),
        ("dashboards/121/contacts?page_size=3", "list_contacts", {"page_size": 3}),
        ("dashboards/121/contacts?page=2&page_size=50", "list_contacts", {"page": 2, "page_size": 50}),
        (f"dashboards/121/contacts/{MARIA}", "get_contact", {"phone_number": MARIA}),
        ("dashboards/121/contacts/4235550100", "get_contact", {"phone_number": MARIA}),
        ("dashboards/121/conversations?page=1", "list_conversations", {"page": 1}),
        (f"dashboards/121/conversations/{MARIA}", "list_messages", {"phone_number": MARIA}),
        (f"dashboards/121/conversations/%2B{MARIA[1:]}", "list_messages", {"phone_number": MARIA}),
        (
            f"dashboards/121/conversations/{ARCHIVED}?page_size=1",
            "list_messages",
            {"phone_number": ARCHIVED, "page_size": 1},
        ),
        ("dashboards/121/groups", "list_groups", {}),
        ("dashboards/121/payments/2501", "get_payment", {"payment_id": 2501}),
    ],
)
async def test_a_document_says_what_its_tool_says(desk: Desk, address: str, tool: str, arguments: dict[str, Any]):
    document = await read(desk, address)

    document.pop("last_modified", None)
    assert document == said(await desk.call(tool, **arguments))


@pytest.mark.parametrize(
    ("address", "at"),
    [
        (f"dashboards/121/contacts/{MARIA}", "2026-05-28T16:01:40Z"),
        (f"dashboards/121/conversations/{MARIA}", "2026-05-28T16:01:40Z"),
        ("dashboards/121/conversations?page_size=1", "2026-05-28T19:33:40Z"),
        ("dashboards/121/payments/2501", "2026-05-26T20:26:40Z"),
        ("dashboards/121", None),
    ],
)
async def test_last_modified_is_the_latest_time_that_is_known(desk: Desk, address: str, at: str | None):
    assert (await read(desk, address)).get("last_modified") == at


async def test_a_page_past_the_end_says_so(desk: Desk):
    assert "past the end" in (await read(desk, "dashboards/121/contacts?page=99"))["note"]


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("dashboards/x", "dashboard_id in the address is wrong: must be a whole number"),
        ("dashboards/\uff11\uff12\uff11", "dashboard_id in the address is wrong: must be a whole number"),
        ("dashboards/0", "dashboard_id in the address is wrong"),
        ("dashboards/999", "dashboard id is invalid"),
        ("dashboards/121/contacts/12", "too short: 2 digits"),
        ("dashboards/121/contacts/4235550198", "no contact with the number ending in 98"),
        ("dashboards/121/payments/99999", "no payment 99999"),
        ("dashboards/121/payments/1.5", "payment_id in the address is wrong"),
        ("dashboards/121/contacts?page=x", "page in the address is wrong: must be a whole number"),
        ("dashboards/121/contacts?page=-1", "page in the address is wrong"),
        ("dashboards/121/contacts?page_size=1001", "page_size in the address is wrong"),
        ("dashboards/121/groups?page_size=0", "page_size in the address is wrong"),
    ],
)
async def test_a_bad_address_is_a_sentence(desk: Desk, address: str, reason: str):
    sentence = await fails(desk, address)

    assert reason in sentence
    assert "Nothing was sent or changed." in sentence


@pytest.mark.parametrize("address", ["tags", "dashboards/121/tags", "dashboards/121/payments", "dashboards/121/../122"])
async def test_what_is_no_resource_is_unknown(desk: Desk, address: str):
    assert "Unknown resource" in await fails(desk, address)


@pytest.mark.parametrize("noun", ["dashboards", "contacts", "conversations", "messages", "groups", "payments", "tags"])
async def test_only_the_chosen_toolsets_have_resources(noun: str):
    async with open_desk(toolsets=(noun,)) as desk:
        found = await addresses(desk)

    wanted = {template for template, owner in TEMPLATES.items() if owner == noun}
    assert found == wanted | ({"textrequest://dashboards"} if noun == "dashboards" else set())
