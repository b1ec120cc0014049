"""Custom fields: what a line records about contacts."""

from tests.account.snapshot import check_snapshot
from tests.desk import MARIA, Desk, said


async def test_the_tool_is_as_in_the_snapshot():
    await check_snapshot("fields")


async def test_all_fields_come_at_once_though_the_service_sends_a_bare_list(desk: Desk):
    listed = said(await desk.call("list_custom_fields"))

    assert [field["name"] for field in listed["items"]] == ["Vehicle", "License plate", "Referred by"]
    assert listed["total_items"] == 3
    assert "next_page" not in listed


async def test_a_field_and_its_value_find_their_contact(desk: Desk):
    vehicle = said(await desk.call("list_custom_fields"))["items"][0]["id"]

    found = said(
        await desk.call(
            "list_contacts", custom_field_id_2=vehicle, custom_field_value_2="2021 Toyota RAV4", page_size=1
        )
    )

    assert found["items"][0]["phone_number"] == MARIA
    assert {"id": vehicle, "name": "Vehicle", "value": "2021 Toyota RAV4"} in found["items"][0]["custom_fields"]
