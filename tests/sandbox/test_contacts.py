"""Contacts: what a change keeps, what it clears, and who can be deleted."""

from typing import Any

import pytest
from tests.sandbox.service import DEVON, MARIA, SUPPRESSED, Service

from textrequest_mcp.sandbox import receive

NEW = "13125550155"


async def change(service: Service, number: str, **values: Any) -> Any:
    answer = await service.api.post(f"/dashboards/121/contacts/{number}", json=values)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("written", ["14235550100", "+14235550100", "4235550100", "(423) 555-0100", "423.555.0100"])
async def test_any_usual_way_to_write_a_number_finds_the_contact(service: Service, written: str):
    assert (await service.contact(written))["phone_number"] == MARIA


@pytest.mark.parametrize("written", ["555-0100", "abc", "+442079460000", "24235550100", "142355501000", "١٤٢٣٥٥٥٠١٠٠"])
async def test_a_number_that_is_not_north_american_is_nobodys(service: Service, written: str):
    """The vendor lists no 400 for reading a contact. A save or a delete of such a number is one."""
    path = f"/dashboards/121/contacts/{written}"

    assert (await service.api.get(path)).status_code == 204
    assert (await service.api.get(f"{path}/messages")).status_code == 204
    assert (await service.api.post(path, json={})).status_code == 400
    assert (await service.api.delete(path)).status_code == 400
    service.checked.violations.clear()  # these are no numbers to the contract


async def test_an_absent_contact_is_a_204(service: Service):
    assert await service.contact(NEW) is None


async def test_a_new_contact_needs_nothing_but_a_number(service: Service):
    made = await change(service, NEW)

    assert made == await service.contact(NEW)
    assert (made["display_name"], made["groups"], made["last_message"]) == (None, [], None)


async def test_a_display_name_is_made_of_the_names_where_none_is_given(service: Service):
    assert (await change(service, NEW, first_name="Ana", last_name="Peña"))["display_name"] == "Ana Peña"


async def test_what_is_left_out_or_null_stays_as_it_was(service: Service):
    before = await service.contact(MARIA)

    after = await change(service, MARIA, note="New note", first_name=None, custom_fields=None, contact_tags=None)

    assert after == {**before, "note": "New note"}
    service.checked.violations.clear()  # first_name has no null in the contract


async def test_empty_lists_clear(service: Service):
    tags = [tag["id"] for tag in await service.items("/dashboards/121/tags")]
    await change(service, MARIA, contact_tags=tags)

    after = await change(service, MARIA, contact_tags=[], custom_fields=[], groups=[])

    assert (after["contact_tags"], after["custom_fields"], after["groups"]) == ([], [], [])


async def test_custom_fields_override_one_by_one(service: Service):
    vehicle, plate, _ = await service.get("/dashboards/121/fields")

    after = await change(service, MARIA, custom_fields=[{"id": plate["id"], "value": "TN-77"}])

    assert after["custom_fields"] == [
        {"id": vehicle["id"], "value": "2021 Toyota RAV4"},
        {"id": plate["id"], "value": "TN-77"},
    ]


async def test_a_reason_goes_when_suppression_ends(service: Service):
    before = await service.contact(SUPPRESSED)

    after = await change(service, SUPPRESSED, is_suppressed=False)

    assert before["suppressed_reason"]
    assert after["suppressed_reason"] is None


@pytest.mark.parametrize(
    "values",
    [
        {"groups": [99]},
        {"contact_tags": ["6a7c1d9e-0000-0000-0000-000000000000"]},
        {"custom_fields": [{"id": "6a7c1d9e-0000-0000-0000-000000000000", "value": "x"}]},
        {"is_blocked": "yes"},
        {"groups": "1211"},
        {"first_name": 5},
        {"custom_fields": ["x"]},
    ],
)
async def test_a_bad_value_is_a_400_and_changes_nothing(service: Service, values: dict[str, Any]):
    before = await service.contact(MARIA)

    answer = await service.api.post(f"/dashboards/121/contacts/{MARIA}", json={"note": "changed", **values})

    assert answer.status_code == 400
    assert await service.contact(MARIA) == before


async def test_many_are_saved_at_once_and_answered_as_a_bare_list(service: Service):
    answer = await service.api.post(
        "/dashboards/121/contacts",
        json=[{"phone_number": "+1 312 555 0155", "note": "a"}, {"phone_number": MARIA, "note": "b"}],
    )

    assert [(contact["phone_number"], contact["note"]) for contact in answer.json()] == [(NEW, "a"), (MARIA, "b")]
    assert (await service.contact(MARIA))["first_name"] == "Maria"


@pytest.mark.parametrize(
    "bad", [{"note": "no number"}, {"phone_number": "12"}, {"phone_number": NEW, "groups": [9]}, 5]
)
async def test_one_bad_item_refuses_the_whole_list(service: Service, bad: object):
    answer = await service.api.post("/dashboards/121/contacts", json=[{"phone_number": MARIA, "note": "x"}, bad])

    assert answer.status_code == 400
    assert (await service.contact(MARIA))["note"] is None


async def test_a_contact_without_history_is_deleted(service: Service):
    answer = await service.api.delete(f"/dashboards/121/contacts/{DEVON}")

    assert (answer.status_code, answer.content) == (200, b"")
    assert await service.contact(DEVON) is None


@pytest.mark.parametrize(("number", "status"), [(MARIA, 400), (NEW, 404), ("12", 400)])
async def test_what_cannot_be_deleted_says_why_by_status(service: Service, number: str, status: int):
    answer = await service.api.delete(f"/dashboards/121/contacts/{number}")

    assert answer.status_code == status
    assert service.account.journal == []


async def test_a_contacts_figures_follow_the_texts(service: Service):
    receive(service.account, 121, NEW, "Hello?")
    service.clock.forward(60)
    await service.send(NEW, "Hi!")
    service.clock.forward(60)
    receive(service.account, 121, NEW, "Are you open?")

    contact = await service.contact(NEW)

    assert (contact["total_msgs_sent"], contact["total_msgs_received"], contact["response_count"]) == (1, 2, 1)
    assert contact["last_message"]["body"] == "Are you open?"
    assert contact["last_msg_sent_utc"] < contact["last_msg_received_utc"]


async def test_times_come_with_and_without_a_zone(service: Service):
    maria = await service.contact(MARIA)

    assert maria["date_created_utc"].endswith("Z")
    assert len(maria["last_msg_sent_utc"]) == len("2026-01-01T00:00:00.1234567Z")
    assert maria["first_contact_utc"] == "2026-05-28T15:26:40.3734567"
