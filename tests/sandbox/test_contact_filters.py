"""Each of the twenty-three filters leaves exactly those contacts it should."""

from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.sandbox.service import DEVON, MARIA, START, Service, open_service

from textrequest_mcp.sandbox import receive
from textrequest_mcp.sandbox.contacts import view

DAY = 86_400
# The words of the service's own filters, and what a contact that passes shows.
FLAGS: list[tuple[str, Callable[[dict[str, Any]], bool]]] = [
    ("is_resolved", lambda contact: contact["is_resolved"]),
    ("is_blocked", lambda contact: contact["is_blocked"]),
    ("is_archived", lambda contact: contact["is_archived"]),
    ("is_suppressed", lambda contact: contact["is_suppressed"]),
    ("has_opted_out", lambda contact: contact["opted_out_utc"] is not None),
    ("has_message_history", lambda contact: contact["last_message"] is not None),
]
TIMES = [
    ("last_message_timestamp_{}_utc", "last_contact_date_utc"),
    ("contact_created_{}", "date_created_utc"),
    ("last_message_sent_{}", "last_msg_sent_utc"),
    ("last_message_received_{}", "last_msg_received_utc"),
]


@pytest.fixture
async def service() -> AsyncGenerator[Service, None]:
    """A few dozen contacts hold every kind, and are checked against the contract the sooner."""
    async with open_service(contacts=40) as opened:
        yield opened


def all_of(service: Service) -> list[dict[str, Any]]:
    return [view(contact) for contact in service.account.lines[121].contacts.values()]


async def found(service: Service, **query: str | int) -> list[dict[str, Any]]:
    return await service.items("/dashboards/121/contacts", page_size=1000, **query)


@pytest.mark.parametrize(("name", "holds"), FLAGS)
@pytest.mark.parametrize("wanted", ["true", "false"])
async def test_a_yes_or_no_filter(service: Service, name: str, holds: Callable[[dict[str, Any]], bool], wanted: str):
    everybody = all_of(service)

    some = await found(service, **{name: wanted})

    assert some == [contact for contact in everybody if holds(contact) is (wanted == "true")]
    assert 0 < len(some) < len(everybody)


@pytest.mark.parametrize(("name", "shown"), TIMES)
@pytest.mark.parametrize("side", ["before", "after"])
async def test_a_time_filter(service: Service, name: str, shown: str, side: str):
    edge = datetime.fromtimestamp(START - 30.5 * DAY, UTC).isoformat().replace("+00:00", "Z")
    everybody = all_of(service)

    some = await found(service, **{name.format(side): edge})

    assert some == [
        contact
        for contact in everybody
        if contact[shown] and (contact[shown] < edge if side == "before" else contact[shown] > edge)
    ]
    assert 0 < len(some) < len(everybody)


async def test_a_time_without_a_zone_is_local_to_the_line_unless_the_name_says_utc(service: Service):
    receive(service.account, 121, "13125550155", "at 16:26 in New York, 20:26 UTC")
    local, utc = "2026-05-28T17:00:00", "2026-05-28T21:00:00"

    before_local = await found(service, last_message_received_before=local, contact_phone_number="13125550155")
    before_utc = await found(service, last_message_timestamp_before_utc=utc, contact_phone_number="13125550155")
    after_local = await found(service, last_message_received_after="2026-05-28T16:00:00")

    assert len(before_local) == len(before_utc) == 1
    assert [contact["phone_number"] for contact in after_local] == ["13125550155"]


@pytest.mark.parametrize("start", ["1423555", "423555", "+1 (423) 555", "423-555-01"])
async def test_a_number_matches_from_its_start(service: Service, start: str):
    some = await found(service, contact_phone_number=start)

    assert {contact["phone_number"][:7] for contact in some} == {"1423555"}
    assert len(some) > 9


async def test_a_part_from_the_middle_of_a_number_matches_nobody(service: Service):
    assert await found(service, contact_phone_number="5550100") == []


async def test_tags_and_groups_take_several_with_commas(service: Service):
    tags = [tag["id"] for tag in await service.items("/dashboards/121/tags")]
    groups = [group["id"] for group in await service.items("/dashboards/121/groups")]
    everybody = all_of(service)

    tagged = await found(service, tags=f"{tags[0]}, {tags[1]}")
    grouped = await found(service, groups=f"{groups[0]},{groups[3]}")

    assert tagged == [one for one in everybody if set(one["contact_tags"]) & set(tags[:2])]
    assert grouped == [one for one in everybody if set(one["groups"]) & {groups[0], groups[3]}]
    assert {MARIA, DEVON} < {one["phone_number"] for one in grouped}
    assert len(tagged) > 3


async def test_custom_field_pairs_must_all_hold(service: Service):
    vehicle, plate, _ = await service.get("/dashboards/121/fields")
    pair = {"custom_field_id_1": vehicle["id"], "custom_field_value_1": "2016 Honda Civic"}

    civics = await found(service, **pair)
    one = await found(service, **pair, custom_field_id_3=plate["id"], custom_field_value_3="TN-1000")
    none = await found(service, **pair, custom_field_id_2=plate["id"], custom_field_value_2="TN-1009")

    assert len(civics) > 2
    assert len(one) == 1
    assert none == []


async def test_filters_are_taken_together(service: Service):
    some = await found(service, is_archived="true", has_opted_out="false")

    assert some
    assert all(contact["is_archived"] and not contact["opted_out_utc"] for contact in some)


async def test_an_empty_filter_is_none(service: Service):
    everybody = all_of(service)

    assert await found(service, tags="", groups="", contact_phone_number="", is_blocked="") == everybody
    service.checked.violations.clear()  # the contract allows no empty values; the service does


@pytest.mark.parametrize(
    "query",
    [
        "is_blocked=maybe",
        "groups=spring",
        "contact_phone_number=abc",
        "contact_created_before=yesterday",
        "custom_field_id_1=x",
        "custom_field_value_2=x",
    ],
)
async def test_a_filter_that_cannot_be_read_is_a_400(service: Service, query: str):
    assert (await service.api.get(f"/dashboards/121/contacts?{query}")).status_code == 400
