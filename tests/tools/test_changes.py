"""What the rules have to know of a call is read from its arguments."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from tests.desk import DEVON, LINE, MARIA, OWES, Desk

from textrequest_mcp.account.contact import ContactInput, FieldValueInput
from textrequest_mcp.app import all_specs
from textrequest_mcp.tools.changes import change_of, person_texted

SPECS = {spec.name: spec for spec in all_specs()}
AT = SimpleNamespace(id=LINE)
GUID = "11111111-2222-4333-8444-555555555555"


async def plan(tool: str, **given: Any) -> Any:
    return await change_of(SPECS[tool], "desk", {"line": AT} | given)


async def test_a_text():
    made = await plan(
        "send_message",
        phone_number=MARIA,
        body="Hi",
        sender_name=None,
        mms_media=["https://a.example/1", "https://a.example/2"],
        status_callback="https://b.example",
        location_callback=None,
        if_unanswered_since="2026-05-28T20:26:40Z",
    )

    assert (made.caller, made.texts, made.closes, made.since) == ("desk", MARIA, False, 1_780_000_000.0)
    assert made.callbacks == ["https://b.example"]
    (use,) = made.uses
    assert (use.line, use.person, use.kind) == (LINE, MARIA, "reply")
    assert use.words == {"body": "Hi", "mms_media": "https://a.example/1\nhttps://a.example/2"}


async def test_a_request_for_money():
    made = await plan(
        "create_payment", customer_phone=MARIA, amount_requested=Decimal("4.50"), description="Oil", message=None
    )

    (use,) = made.uses
    assert (made.texts, use.kind, use.amount, use.words) == (MARIA, "payment", Decimal("4.50"), {"description": "Oil"})


async def test_many_contacts_are_one_use_each_with_all_their_words():
    contacts = [
        ContactInput(phone_number=MARIA, note="a", custom_fields=[FieldValueInput(id=GUID, value="b")]),
        ContactInput(phone_number=DEVON, first_name="c", contact_tags=[GUID]),
    ]

    made = await plan("save_contacts", contacts=contacts)

    assert made.texts is None
    assert [(use.person, use.words, use.kind) for use in made.uses] == [
        (MARIA, {"note": "a", "custom_fields": "b"}, "remark"),
        (DEVON, {"first_name": "c"}, "rank"),
    ]


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"note": "a", "is_resolved": True}, "settle"),
        ({"note": "a", "is_blocked": True}, "rank"),
        ({"groups": [1], "note": "a"}, "group"),
        ({"clear": ["note"]}, "rank"),
        ({}, "rank"),
    ],
)
async def test_what_a_save_does_with_a_person(given: dict[str, Any], kind: str):
    made = await plan("save_contact", phone_number=MARIA, **given)

    assert [use.kind for use in made.uses] == [kind]


async def test_a_line_of_its_own_is_named_by_its_id():
    made = await change_of(SPECS["rename_dashboard"], "desk", {"dashboard_id": 122, "name": "Back"})

    assert (made.uses[0].line, made.uses[0].person) == (122, None)


@pytest.mark.parametrize(("tool", "closes"), [("send_payment_reminder", False), ("cancel_payment", True)])
async def test_whom_a_text_about_a_payment_goes_to_is_read_once(desk: Desk, tool: str, closes: bool):
    line = await desk.account.line(LINE)
    made = await change_of(SPECS[tool], "desk", {"line": line, "payment_id": 2501})
    before = desk.sandbox.requests
    await change_of(SPECS[tool], "desk", {"line": line, "payment_id": 2501})

    assert (made.texts, made.closes) == (OWES, closes)
    assert desk.sandbox.requests == before
    assert await person_texted(SPECS[tool], {"line": line, "payment_id": 2501}) == [(LINE, OWES)]
    assert await person_texted(SPECS[tool], {"line": line, "payment_id": 1}) == []


async def test_a_payment_that_is_not_there_texts_nobody(desk: Desk):
    line = await desk.account.line(LINE)

    assert (await change_of(SPECS["send_payment_reminder"], "desk", {"line": line, "payment_id": 1})).texts is None
