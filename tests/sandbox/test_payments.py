"""Payments: asking, reminding, cancelling, and what closes one."""

from typing import Any

import pytest
from tests.sandbox.service import DEVON, MARIA, OPTED_OUT_EVEN, OPTED_OUT_ODD, PAYER, Service

from textrequest_mcp.sandbox import receive

PAYMENTS = "/dashboards/121/payments"
ORDER = {"description": "Hose", "customer_phone": "(423) 555-0105", "amount_requested": 18.4}


async def act(service: Service, payment: dict[str, Any], what: str) -> Any:
    return await service.api.post(f"{PAYMENTS}/{payment['payment_id']}/{what}")


async def test_the_open_payment_of_the_story(service: Service):
    (payment,) = await service.items(PAYMENTS, phone_number="423-555-0105")

    assert payment["amount_requested"] == 220.5
    assert (payment["recipient"], payment["reference_number"]) == ("Sam Adeyemi", "RO-1042")
    assert (payment["textrequest_payment_status"], payment["reminder_was_sent"]) == ("Sent", False)


async def test_asking_for_money_texts_a_link(service: Service):
    made = (await service.api.post(PAYMENTS, json={**ORDER, "message": "Thanks!", "reference_number": "A"})).json()

    last = (await service.texts(PAYER))[-1]
    assert (made["textrequest_payment_status"], made["transaction_status"]) == ("Sent", "Unknown")
    assert made["request_date"] == "2026-05-28T20:26:40.2500000Z"
    assert last["body"] == f"Thanks! https://pay.sandbox.invalid/{made['payment_id']}"
    assert await service.get(f"{PAYMENTS}/{made['payment_id']}") == made


@pytest.mark.parametrize(
    "change",
    [
        {"description": None},
        {"customer_phone": None},
        {"customer_phone": "12"},
        {"amount_requested": None},
        {"amount_requested": 0},
        {"amount_requested": -5},
        {"amount_requested": "18.40"},
        {"amount_requested": True},
        {"customer_phone": OPTED_OUT_EVEN},
    ],
)
async def test_a_payment_that_breaks_a_rule_is_a_400_and_texts_nobody(service: Service, change: dict[str, Any]):
    before = await service.texts(PAYER)

    answer = await service.api.post(PAYMENTS, json={**ORDER, **change})

    assert answer.status_code == 400
    assert await service.texts(PAYER) == before
    assert service.account.journal == []


async def test_a_payment_to_an_opted_out_contact_with_an_odd_digit_is_made_but_its_text_fails(service: Service):
    answer = await service.api.post(PAYMENTS, json={**ORDER, "customer_phone": OPTED_OUT_ODD})

    assert answer.status_code == 200
    assert (await service.texts(OPTED_OUT_ODD))[-1]["delivery_error"] == "2100"


async def test_one_reminder_at_most(service: Service):
    payment = await service.payment(customer_phone=PAYER)

    first, second = await act(service, payment, "resend"), await act(service, payment, "resend")

    assert first.json() == {**payment, "reminder_was_sent": True}
    assert second.status_code == 400
    assert (await service.texts(PAYER))[-1]["body"].startswith("Reminder: $220.50")
    assert len(service.account.journal) == 1


async def test_cancelling_texts_the_contact(service: Service):
    payment = await service.payment(customer_phone=PAYER)

    answer = await act(service, payment, "cancel")

    assert answer.json() == {**payment, "textrequest_payment_status": "Cancelled"}
    assert "cancelled" in (await service.texts(PAYER))[-1]["body"]


async def test_cancelling_goes_through_where_its_text_cannot(service: Service):
    payment = await service.payment(customer_phone=PAYER)
    service.account.lines[121].contacts[PAYER].opted_out_at = service.clock.now

    assert (await act(service, payment, "cancel")).status_code == 200
    assert (await service.texts(PAYER))[-1]["delivery_status"] == "error"


async def test_marking_as_paid_texts_nobody(service: Service):
    payment, before = await service.payment(customer_phone=PAYER), await service.texts(PAYER)

    answer = await act(service, payment, "mark_as_paid")

    assert answer.json()["textrequest_payment_status"] == "MarkedAsPaid"
    assert await service.texts(PAYER) == before


@pytest.mark.parametrize("status", ["Paid", "MarkedAsPaid", "Cancelled"])
@pytest.mark.parametrize("what", ["mark_as_paid", "resend", "cancel"])
async def test_a_closed_payment_stays_as_it_is(service: Service, status: str, what: str):
    payment = await service.payment(textrequest_payment_status=status)

    assert (await act(service, payment, what)).status_code == 400
    assert service.account.journal == []


@pytest.mark.parametrize("what", ["mark_as_paid", "resend", "cancel"])
async def test_an_absent_payment_is_a_400(service: Service, what: str):
    assert (await service.api.post(f"{PAYMENTS}/9/{what}")).status_code == 400


async def test_a_line_without_payments_is_a_400_for_all_of_them(service: Service):
    line = "/dashboards/123/payments"

    reads = [await service.api.get(path) for path in (line, f"{line}/2501")]
    writes = [await service.api.post(f"{line}/2501/{what}") for what in ("mark_as_paid", "resend", "cancel")]
    made = await service.api.post(line, json=ORDER)

    assert {answer.status_code for answer in (*reads, *writes, made)} == {400}


async def test_a_reference_is_not_unique_and_can_be_filtered_by(service: Service):
    assert len(await service.items(PAYMENTS, reference_number="RO-1040")) == 2


async def test_a_recipient_without_a_name_is_null(service: Service):
    receive(service.account, 121, "13125550150", "Hi")
    made = await service.api.post(PAYMENTS, json={**ORDER, "customer_phone": "13125550150"})

    assert made.json()["recipient"] is None


@pytest.mark.parametrize(
    ("sort_type", "shown"),
    [("amount", "amount_requested"), ("date", "request_date"), ("status", "textrequest_payment_status")],
)
async def test_sorting(service: Service, sort_type: str, shown: str):
    rising = await service.items(PAYMENTS, sort_type=sort_type, sort_direction="asc")
    falling = await service.items(PAYMENTS, sort_type=sort_type)

    assert [one[shown] for one in rising] == sorted(one[shown] for one in rising)
    assert [one[shown] for one in falling] == sorted((one[shown] for one in rising), reverse=True)


async def test_sorting_by_contact_puts_the_nameless_first(service: Service):
    names = [one["recipient"] for one in await service.items(PAYMENTS, sort_type="contact", sort_direction="asc")]

    assert names == sorted(names, key=lambda name: (name or "").casefold())


async def test_the_latest_comes_first_unless_asked_otherwise(service: Service):
    await service.api.post(PAYMENTS, json={**ORDER, "customer_phone": MARIA})

    assert (await service.items(PAYMENTS))[0]["customer_phone"] == MARIA


@pytest.mark.parametrize("query", ["sort_type=size", "sort_direction=up", "phone_number=x"])
async def test_a_question_that_cannot_be_read_is_a_400(service: Service, query: str):
    assert (await service.api.get(f"{PAYMENTS}?{query}")).status_code == 400


async def test_the_deletable_contact_has_no_payment(service: Service):
    assert await service.items(PAYMENTS, phone_number=DEVON) == []
