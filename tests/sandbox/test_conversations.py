"""The list of conversations, and putting one aside."""

from typing import Any

import pytest
from tests.sandbox.service import ARCHIVED, DEVON, MARIA, Service

from textrequest_mcp.sandbox import receive

LIST = "/dashboards/121/conversations"


async def numbers(service: Service, **query: str | int) -> set[str]:
    return {item["phone_number"] for item in await service.items(LIST, page_size=1000, **query)}


async def test_each_conversation_shows_its_last_text_and_the_latest_comes_first(service: Service):
    service.clock.forward(60)
    receive(service.account, 121, ARCHIVED, "Newest of all")

    items = await service.items(LIST)

    moments = [item["last_message"]["message_timestamp_utc"] for item in items]
    assert moments == sorted(moments, reverse=True)
    assert (items[0]["phone_number"], items[0]["last_message"]["body"]) == (ARCHIVED, "Newest of all")
    assert DEVON not in {item["phone_number"] for item in items}


async def test_a_line_without_conversations_is_a_204(service: Service):
    number = (await service.get("/dashboards/provisioning", area_code=206))[0]
    made = (await service.api.post("/dashboards", json={"name": "New", "phone": number})).json()

    assert (await service.api.get(f"/dashboards/{made['id']}/conversations")).status_code == 204
    assert (await service.api.get(f"/dashboards/{made['id']}/messages")).status_code == 204


async def test_archived_ones_are_left_out_unless_asked_for(service: Service):
    usual, whole = await numbers(service), await numbers(service, include_archived="true")

    archived = {contact["phone_number"] for contact in await _contacts(service, is_archived="true")}
    assert ARCHIVED in archived
    assert whole - usual == archived


async def test_only_unresolved_ones_can_be_shown(service: Service):
    unresolved = await numbers(service, show_unresolved_only="true")

    assert MARIA in unresolved
    assert unresolved == {contact["phone_number"] for contact in await _contacts(service, is_resolved="false")}


@pytest.mark.parametrize("search", ["LOPEZ", "ia lo", "14235550100", "555-0100", "423-555-0100", "Maria Lopez"])
async def test_a_search_matches_any_part_of_the_name_or_number(service: Service, search: str):
    found = await numbers(service, search=search)

    assert MARIA in found
    assert len(found) < 10


async def test_a_search_for_nobody_is_an_empty_list(service: Service):
    assert await numbers(service, search="no such name 99") == set()


async def test_conversations_can_be_of_contacts_with_certain_tags(service: Service):
    tag = (await service.items("/dashboards/121/tags"))[1]["id"]

    found = await numbers(service, tags=tag)

    tagged = await _contacts(service, tags=tag, has_message_history="true", is_archived="false")
    assert found == {contact["phone_number"] for contact in tagged}
    assert found


async def test_archiving_and_bringing_back(service: Service):
    path = f"/dashboards/121/contacts/{MARIA}/conversations"

    archived = await service.api.put(f"{path}/archive")
    hidden = await numbers(service)
    returned = await service.api.put(f"{path}/unarchive")
    again = await service.api.put(f"{path}/unarchive")
    shown = await numbers(service)

    assert [answer.status_code for answer in (archived, returned, again)] == [200, 200, 200]
    assert archived.content == b""
    assert MARIA not in hidden
    assert MARIA in shown


@pytest.mark.parametrize("number", ["13125550150", "12"])
@pytest.mark.parametrize("way", ["archive", "unarchive"])
async def test_archiving_a_stranger_does_nothing(service: Service, number: str, way: str):
    """The vendor lists no refusal for it."""
    answer = await service.api.put(f"/dashboards/121/contacts/{number}/conversations/{way}")

    assert answer.status_code == 200
    assert await service.contact("13125550150") is None
    service.checked.violations.clear()  # 12 is no number to the contract


async def _contacts(service: Service, **query: str) -> list[dict[str, Any]]:
    return await service.items("/dashboards/121/contacts", page_size=1000, **query)
