"""The story the sandbox opens with: enough of everything, always the same, and nobody's real number."""

import re
import time

from tests.sandbox.service import BLOCKED, DEVON, MARIA, START, SUPPRESSED, Clock, Service, open_service

from textrequest_mcp.sandbox import Account, create_app
from textrequest_mcp.sandbox.seed import fill


def account(start: float = START, contacts: int | None = None) -> Account:
    return create_app(key="k", clock=Clock(start), contacts=contacts).state.account


async def test_three_lines_one_without_payments(service: Service):
    lines = await service.items("/dashboards")

    assert [(line["id"], line["name"]) for line in lines] == [
        (121, "Front Desk"),
        (122, "Service Desk"),
        (123, "After Hours"),
    ]
    assert [line.takes_payments for line in service.account.lines.values()] == [True, True, False]


def test_there_is_enough_of_everything():
    contacts = [contact for line in account().lines.values() for contact in line.contacts.values()]
    talking = [contact for contact in contacts if contact.messages]
    waiting = [contact for contact in talking if contact.messages[-1].direction == "R" and not contact.is_resolved]

    assert len(contacts) >= 150
    assert len(talking) >= 60
    assert 10 <= len(waiting) <= 12
    assert sum(len(contact.messages) > 2 for contact in talking) >= 40
    assert sum(contact.is_archived for contact in contacts) >= 3
    assert sum(contact.is_suppressed and bool(contact.suppressed_reason) for contact in contacts) >= 2
    assert sum(bool(contact.note) for contact in contacts) >= 5
    assert any("'" in contact.display_name for contact in contacts)
    assert any("é" in contact.display_name for contact in contacts)
    assert any("🌻" in contact.display_name for contact in contacts)
    assert len({contact.phone[1:4] for contact in contacts}) >= 8


def test_payments_are_in_every_state():
    payments = account().lines[121].payments.values()

    assert {payment.status for payment in payments} == {
        "Sent",
        "Paid",
        "Cancelled",
        "Failed",
        "PastDue",
        "MarkedAsPaid",
        "Unknown",
    }
    assert len({payment.transaction_status for payment in payments}) >= 5


def test_every_number_is_fictional_and_every_time_in_the_past():
    for line in account(contacts=10_000).lines.values():
        assert re.fullmatch(r"1[2-9]\d\d55501\d\d", line.phone)
        for contact in line.contacts.values():
            assert re.fullmatch(r"1[2-9]\d\d55501\d\d", contact.phone)
            assert contact.created_at < START
            assert all(message.at < START for message in contact.messages)


def test_the_same_start_makes_the_same_story_and_another_start_moves_it():
    assert account().lines == account().lines
    later = account(START + 60).lines[121].contacts[MARIA]

    assert later.messages[-1].at - account().lines[121].contacts[MARIA].messages[-1].at == 60
    assert later.messages[-1].id == account().lines[121].contacts[MARIA].messages[-1].id


async def test_the_fixed_roles(service: Service):
    maria, devon = await service.contact(MARIA), await service.contact(DEVON)
    groups = {group["name"]: group for group in await service.items("/dashboards/121/groups")}

    assert (maria["display_name"], maria["opted_out_utc"], maria["is_resolved"]) == ("Maria Lopez", None, False)
    assert "is my car ready?" in maria["last_message"]["body"]
    assert maria["last_message"]["message_direction"] == "R"
    assert (devon["display_name"], devon["last_message"]) == ("Devon O'Neil", None)
    assert (await service.contact(BLOCKED))["is_blocked"]
    assert (await service.contact(SUPPRESSED))["suppressed_reason"]
    assert groups["Spring Specials"]["group_member_count"] >= 5
    assert 2 <= groups["Old Leads"]["group_member_count"] <= 5
    assert groups["OILCHANGE"]["is_keyword"]


def test_the_first_line_can_have_any_number_of_contacts():
    few, many = account(contacts=5), account(contacts=300)

    assert (len(few.lines[121].contacts), len(many.lines[121].contacts)) == (5, 300)
    assert MARIA in few.lines[121].contacts


async def test_ten_thousand_contacts_are_there_and_listed_quickly():
    started = time.process_time()
    async with open_service(contacts=10_000) as service:
        found = await service.get("/dashboards/121/contacts", page=399, page_size=25)
    took = time.process_time() - started

    assert found["meta"]["total_items"] == 10_000
    assert len(found["items"]) == 25
    assert took < 3


def test_filling_again_starts_the_story_over():
    changed = account()
    changed.lines.clear()

    fill(changed, None)

    assert len(changed.lines) == 3
