"""What happens on a line, and what each event's hooks are owed for it."""

from typing import Any

import pytest
from tests.sandbox.contract import faults
from tests.sandbox.service import (
    BLOCKED,
    DEVON,
    MARIA,
    OPTED_OUT_EVEN,
    OPTED_OUT_ODD,
    PAYER,
    UNREACHABLE,
    Service,
)
from tests.sandbox.targets import HERE, hook

from textrequest_mcp.sandbox import receive

EVENTS = {
    "msg_received": "HookMessage",
    "msg_sent": "HookMessage",
    "msg_status_updated": "HookMessageStatus",
    "contact_created": "HookContactCreated",
    "contact_updated": "HookContactUpdated",
    "payment_status_updated": "HookPayment",
}
STRANGER = "13125550150"


@pytest.fixture
async def watched(service: Service) -> Service:
    """A service with a hook for each event on line 121."""
    for event in EVENTS:
        await hook(service, event, f"{HERE}/{event}")
    return service


def owed(service: Service) -> list[tuple[str, Any]]:
    """What the hooks are owed, in order: event and payload, each as the contract has it. The outbox is empty then."""
    found = [(delivery.hook.event, delivery.payload) for delivery in service.account.outbox]
    service.account.outbox.clear()
    for event, payload in found:
        assert faults(payload, EVENTS[event]) == []
    return found


async def test_without_a_hook_nothing_is_owed(service: Service):
    await service.send(STRANGER)
    receive(service.account, 121, STRANGER, "STOP")
    service.clock.forward(5)
    service.account.advance(service.clock.now)

    assert not service.account.outbox


async def test_a_text_in_is_told_with_its_line_and_its_sender(watched: Service):
    message = receive(watched.account, 121, MARIA, "Is it ready? 🚗")

    ((event, told),) = owed(watched)
    assert message
    assert event == "msg_received"
    assert told["messageUniqueIdentifier"] == message.id
    assert told["yourPhoneNumber"]["id"] == 121
    assert told["yourPhoneNumber"]["description"] == "Front Desk"
    assert told["yourPhoneNumber"]["phoneNumber"] == "14235550190"
    assert told["conversation"] == {
        "id": watched.account.lines[121].contacts[MARIA].id,
        "date": "2026-05-28T20:26:40.2500000Z",
        "consumerPhoneNumber": MARIA,
        "messageDirection": "R",
        "message": "Is it ready? 🚗",
        "numSegments": 1,
        "status": "unclaimed",
        "claimedBy": None,
        "consumerFriendlyName": "Maria Lopez",
        "mmsAttachments": [],
    }


async def test_a_text_out_is_told_and_then_its_delivery_and_then_the_answer(watched: Service):
    picture = (await watched.api.post("/mms", files={"file": ("a.png", b"\x89PNG", "image/png")})).json()
    sent = (await watched.send(MARIA, "Yes.", mms_media=[picture["url"]])).json()
    watched.clock.forward(5)
    watched.account.advance(watched.clock.now)

    (_, out), (_, delivered), (_, answer) = told = owed(watched)
    assert [event for event, _ in told] == ["msg_sent", "msg_status_updated", "msg_received"]
    assert out["messageUniqueIdentifier"] == sent["message_id"]
    assert out["conversation"]["messageDirection"] == "S"
    assert out["conversation"]["mmsAttachments"] == [{"mimeType": "image/png", "url": picture["url"]}]
    assert delivered == {"message_id": sent["message_id"], "status": "delivered", "error_code": None, "errorCode": None}
    assert answer["conversation"]["message"] == "Great, thank you!"


@pytest.mark.parametrize(("number", "code"), [(UNREACHABLE, "2001"), (OPTED_OUT_ODD, "2100")])
async def test_a_text_that_does_not_arrive_is_told_with_its_code(watched: Service, number: str, code: str):
    sent = (await watched.send(number)).json()
    watched.clock.forward(5)
    watched.account.advance(watched.clock.now)

    (first, _), (second, failed) = owed(watched)
    assert (first, second) == ("msg_sent", "msg_status_updated")
    assert failed == {"message_id": sent["message_id"], "status": "error", "error_code": code, "errorCode": code}


async def test_a_stranger_who_texts_is_a_contact_first(watched: Service):
    receive(watched.account, 121, STRANGER, "Hello?")

    (first, created), (second, _) = owed(watched)
    assert (first, second) == ("contact_created", "msg_received")
    assert created == {
        "ContactId": watched.account.lines[121].contacts[STRANGER].id,
        "LocationPhoneNumber": "14235550190",
        "ContactPhoneNumber": STRANGER,
        "ContactFriendlyName": None,
    }


async def test_a_text_to_a_stranger_makes_a_contact_too(watched: Service):
    await watched.send(STRANGER)

    assert [event for event, _ in owed(watched)] == ["contact_created", "msg_sent"]


async def test_a_saved_contact_is_told_as_created_or_as_updated(watched: Service):
    await watched.api.post(f"/dashboards/121/contacts/{STRANGER}", json={"first_name": "Kim"})
    people = [{"phone_number": STRANGER, "note": "Hi"}, {"phone_number": DEVON, "is_blocked": True}]
    await watched.api.post("/dashboards/121/contacts", json=people)

    (_, created), (_, kim), (_, devon) = told = owed(watched)
    assert [event for event, _ in told] == ["contact_created", "contact_updated", "contact_updated"]
    assert created["ContactFriendlyName"] == "Kim"
    assert (kim["phone_number"], kim["note"]) == (STRANGER, "Hi")
    read = await watched.contact(DEVON)
    assert devon == {name: read[name] for name in devon}
    assert devon["is_blocked"]


async def test_stop_and_start_change_the_contact(watched: Service):
    for word in ("STOP", "START", "START"):
        receive(watched.account, 121, MARIA, word)

    told = owed(watched)
    texts = [event for event, _ in told if event == "msg_received"]
    changes = [payload["opted_out_utc"] for event, payload in told if event == "contact_updated"]
    assert len(texts) == 3
    assert changes == ["2026-05-28T20:26:40.25", None]  # a START to one who never left changes nothing
    assert [event for event, _ in told][:2] == ["msg_received", "contact_updated"]


async def test_what_the_service_itself_texts_for_a_payment_is_told(watched: Service):
    order = {"description": "Hose", "customer_phone": PAYER, "amount_requested": 12.5, "reference_number": "RO-9"}
    made = (await watched.api.post("/dashboards/121/payments", json=order)).json()
    await watched.api.post(f"/dashboards/121/payments/{made['payment_id']}/resend")
    await watched.api.post(f"/dashboards/121/payments/{made['payment_id']}/cancel")

    told = owed(watched)
    assert [event for event, _ in told] == ["msg_sent", "msg_sent", "payment_status_updated", "msg_sent"]
    assert told[2][1] == {"payment_id": made["payment_id"], "status": "Cancelled", "reference_id": "RO-9"}


async def test_a_payment_marked_as_paid_is_told_without_a_text(watched: Service):
    open_one = await watched.payment(customer_phone=PAYER)
    await watched.api.post(f"/dashboards/121/payments/{open_one['payment_id']}/mark_as_paid")

    ((event, told),) = owed(watched)
    assert (event, told["status"]) == ("payment_status_updated", "MarkedAsPaid")


async def test_what_is_refused_or_dropped_is_told_to_nobody(watched: Service):
    await watched.send(OPTED_OUT_EVEN)
    receive(watched.account, 121, BLOCKED, "Hello?")
    await watched.api.post(f"/dashboards/121/contacts/{STRANGER}", json={"groups": [1]})

    assert owed(watched) == []


async def test_hooks_of_another_line_and_hooks_that_were_given_up_are_owed_nothing(service: Service):
    await hook(service, "msg_received", f"{HERE}/other", line=122)
    given_up = await hook(service, "msg_received", f"{HERE}/gone")
    service.account.lines[121].hooks[given_up["id"]].is_connected = False

    receive(service.account, 121, MARIA, "Hello?")

    assert not service.account.outbox


async def test_what_is_owed_stays_as_it_was_when_it_happened(watched: Service):
    (group, *_) = await watched.items("/dashboards/121/groups")
    await watched.api.post(f"/dashboards/121/contacts/{DEVON}", json={"groups": [group["id"]]})
    await watched.api.delete(f"/dashboards/121/groups/{group['id']}")

    ((_, told),) = owed(watched)
    assert told["groups"] == [group["id"]]


async def test_every_conversation_has_a_number_of_its_own(service: Service):
    numbers = [contact.id for line in service.account.lines.values() for contact in line.contacts.values()]

    assert len(set(numbers)) == len(numbers)
    assert max(numbers) < 2**31
