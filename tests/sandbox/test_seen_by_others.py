"""What other clients of the service count on: its own way to send, redaction, labels that are written, its nulls."""

import re
from typing import Any

import pytest
from tests.sandbox.service import DEVON, MARIA, OPTED_OUT_EVEN, OPTED_OUT_ODD, Service

LINE = "/dashboards/121"
DEVONS = f"{LINE}/contacts/{DEVON}"
OWN = {"from": "4235550190", "to": "4235550102", "body": "Hello!"}


async def write(service: Service, method: str, path: str, **body: Any) -> Any:
    answer = await service.api.request(method, path, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_s4_the_own_number_decides_the_line_of_a_text(service: Service):
    sent = await write(service, "POST", "/messages", **OWN, sender_name="Dana")
    (text,) = await service.texts(DEVON)

    assert sent == {
        "message_id": text["message_id"],
        "segments_count": 1,
        "from": "14235550190",
        "to": DEVON,
        "status": "sending",
    }
    assert (text["body"], text["response_by_username"]) == ("Hello!", "Dana")


async def test_s4_such_a_text_can_ask_where_its_reader_is(service: Service):
    await write(service, "POST", "/messages", **OWN, geolocation_requested=True)

    assert re.fullmatch(r"Hello! Go to https://\S+ to share your location", (await service.texts(DEVON))[0]["body"])


async def test_s4_such_a_text_to_somebody_who_opted_out_is_a_400_or_says_error(service: Service):
    even = await service.api.post("/messages", json={**OWN, "to": OPTED_OUT_EVEN})
    odd = await write(service, "POST", "/messages", **{**OWN, "to": OPTED_OUT_ODD})

    assert (even.status_code, even.json()["error_code"]) == (400, "30050")
    assert odd["status"] == "error"


@pytest.mark.parametrize("missing", ["from", "to", "body"])
async def test_s4_such_a_text_lacks_nothing(service: Service, missing: str):
    answer = await service.api.post("/messages", json={name: OWN[name] for name in OWN if name != missing})

    assert answer.status_code == 400


@pytest.mark.parametrize(
    "wrong",
    [{"from": "14235550100"}, {"to": "12"}, {"body": "x" * 1601}, {"location_callback": "https://example.com/where"}],
)
async def test_s4_such_a_text_that_breaks_a_rule_is_not_sent(service: Service, wrong: dict[str, str]):
    answer = await service.api.post("/messages", json={**OWN, **wrong, "geolocation_requested": True})

    assert answer.status_code == 400
    assert await service.texts(DEVON) == []


async def test_s4_a_redacted_text_shows_no_words_until_it_is_unredacted(service: Service):
    sent = (await service.send(DEVON, "Your code is 1234")).json()
    path = f"/messages/{sent['message_id']}"

    redacted = await service.api.put(f"{path}/redact")
    hidden = await service.texts(DEVON)
    unredacted = await service.api.put(f"{path}/unredact")
    nobodys = await service.api.put("/messages/none/redact")

    assert [(answer.status_code, answer.content) for answer in (redacted, unredacted, nobodys)] == [(200, b"")] * 3
    assert hidden == [{**sent, "body": ""}]
    assert await service.texts(DEVON) == [sent]


async def test_s4_a_tag_is_made_changed_and_removed_and_its_contacts_stay(service: Service):
    made = await write(service, "POST", f"{LINE}/tags", tag="Loyal", tag_color="#000000")
    path = f"{LINE}/tags/{made['id']}"
    await write(service, "POST", DEVONS, contact_tags=[made["id"]])
    renamed = await write(service, "PUT", path, tag="Very loyal")
    painted = await write(service, "PUT", path, tag_color="#ffffff")
    read = await service.get(path)

    removed, again = [await service.api.delete(path) for _ in range(2)]

    assert renamed == {**made, "tag": "Very loyal"}
    assert painted == read == {**renamed, "tag_color": "#ffffff"}
    assert (removed.status_code, again.status_code) == (204, 404)
    assert (await service.contact(DEVON))["contact_tags"] == []
    assert await service.get(path) is None


async def test_s4_a_tag_needs_a_name_of_its_own_but_no_colour(service: Service):
    nameless = await service.api.post(f"{LINE}/tags", json={"tag_color": "#000000"})
    taken = await service.api.post(f"{LINE}/tags", json={"tag": "VIP"})
    absent = await service.api.put(f"{LINE}/tags/none", json={"tag": "VIP"})
    plain = await write(service, "POST", f"{LINE}/tags", tag="Plain")

    assert [answer.status_code for answer in (nameless, taken, absent)] == [400] * 3
    assert await service.get(f"{LINE}/tags/{plain['id']}") == plain


async def test_s4_a_field_is_made_renamed_and_removed_when_nobody_has_a_value(service: Service):
    made = await write(service, "POST", f"{LINE}/fields", name="Color")
    path = f"{LINE}/fields/{made['id']}"
    renamed = await write(service, "PUT", path, name="Colour")
    await write(service, "POST", DEVONS, custom_fields=[{"id": made["id"], "value": "red"}])
    in_use = await service.api.delete(path)
    emptied = await write(service, "POST", DEVONS, custom_fields=[{"id": made["id"], "value": ""}])

    removed, again = [await service.api.delete(path) for _ in range(2)]

    assert renamed == {**made, "name": "Colour"}
    assert emptied["custom_fields"] == [{"id": made["id"], "value": None}]
    assert [answer.status_code for answer in (in_use, removed, again)] == [400, 204, 204]
    assert (await service.contact(DEVON))["custom_fields"] == []
    assert await service.get(path) is None


async def test_s4_a_field_needs_a_name(service: Service):
    answers = [
        await service.api.post(f"{LINE}/fields", json={}),
        await service.api.put(f"{LINE}/fields/none", json={"name": "x"}),
        await service.api.put(f"{LINE}/fields/{(await service.get(f'{LINE}/fields'))[0]['id']}", json={"name": ""}),
    ]

    assert [answer.status_code for answer in answers] == [400] * 3


async def test_s4_a_contact_is_patched_one_label_at_a_time(service: Service):
    (tag, *_), (field, *_) = await service.items(f"{LINE}/tags"), await service.get(f"{LINE}/fields")
    before = await service.contact(DEVON)
    adding = {"group": 1211, "add_group_to_contact": True, "contact_tag": tag["id"], "add_tag_to_contact": True}

    added = await write(
        service, "PATCH", DEVONS, **adding, custom_field_id=field["id"], custom_field_value="2019 Civic"
    )
    unsaid = await write(service, "PATCH", DEVONS, group=before["groups"][0], contact_tag=tag["id"])
    again = await write(service, "PATCH", DEVONS, **adding)
    taken = await write(
        service,
        "PATCH",
        DEVONS,
        group=1211,
        add_group_to_contact=False,
        contact_tag=tag["id"],
        add_tag_to_contact=False,
    )
    marked = await write(service, "PATCH", DEVONS, custom_field_id=field["id"], custom_field_value=True)
    emptied = await write(service, "PATCH", DEVONS, custom_field_id=field["id"])

    assert added == {
        **before,
        "groups": [*before["groups"], 1211],
        "contact_tags": [tag["id"]],
        "custom_fields": [{"id": field["id"], "value": "2019 Civic"}],
    }
    assert added == unsaid == again
    assert taken == {**added, "groups": before["groups"], "contact_tags": []}
    assert marked["custom_fields"] == [{"id": field["id"], "value": "true"}]
    assert emptied == await service.contact(DEVON) == before


@pytest.mark.parametrize(
    ("number", "body"),
    [
        ("13125550155", {}),
        (DEVON, {"group": 99, "add_group_to_contact": True}),
        (DEVON, {"contact_tag": "none", "add_tag_to_contact": True}),
        (DEVON, {"custom_field_id": "none", "custom_field_value": "x"}),
    ],
)
async def test_s4_a_patch_of_what_is_not_there_is_a_400(service: Service, number: str, body: dict[str, Any]):
    before = await service.contact(DEVON)

    assert (await service.api.patch(f"{LINE}/contacts/{number}", json=body)).status_code == 400
    assert await service.contact(DEVON) == before


async def test_s4_the_rows_of_a_line_name_the_customer_and_their_times_are_short_and_bare(service: Service):
    sent = (await service.send(MARIA, "Hi")).json()
    service.clock.forward(0.5)
    await service.send("13125550155", "Hi")

    stranger, maria, *_ = await service.items(f"{LINE}/messages", sort="desc")

    assert (maria["customer_friendly_name"], stranger["customer_friendly_name"]) == ("Maria Lopez", None)
    assert maria["message_timestamp_utc"] == "2026-05-28T20:26:40.250"
    assert sent["message_timestamp_utc"] == "2026-05-28T20:26:40.2500000Z"


async def test_s4_what_nobody_filled_in_is_null(service: Service):
    await service.send("13125550155", "Hi")
    contact = await service.contact("13125550155")
    group = await write(service, "POST", f"{LINE}/groups", name="New")
    received = (await service.texts(MARIA))[-1]

    assert {contact[name] for name in ("first_name", "last_name", "display_name", "note")} == {None}
    assert (group["notes"], group["last_message_sent_utc"]) == (None, None)
    assert isinstance(contact["thread_id"], str)
    assert received["response_by_username"] is not None  # Maria was written to before


async def test_s4_a_text_of_one_direction_where_there_is_none_is_an_empty_list(service: Service):
    await service.api.delete("/dashboards/122")
    number = (await service.get("/dashboards/provisioning", area_code=206))[0]
    made = await write(service, "POST", "/dashboards", name="New", phone=number)
    path = f"/dashboards/{made['id']}/messages"
    unused = await service.api.get(path)

    await write(service, "POST", f"/dashboards/{made['id']}/contacts/{MARIA}/messages", body="Hi")

    assert unused.status_code == 204
    assert await service.items(path, message_direction="R") == []
