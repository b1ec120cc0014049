"""Payments: listed, sorted, asked for, reminded of and closed; amounts always with two decimals."""

import re
from typing import Any

import httpx2
import pytest
from starlette.responses import JSONResponse
from tests.account.snapshot import check_snapshot
from tests.desk import LINE, MARIA, OPTED_OUT_BY_CODE, OWES, Desk, agrees, call, open_desk, refusal, said

OPEN = 2501
CLOSED = {2502: "Paid", 2504: "MarkedAsPaid", 2505: "Cancelled"}


async def items(desk: Desk, **filters: Any) -> list[dict[str, Any]]:
    return said(await desk.call("list_payments", **filters))["items"]


async def texts_to(desk: Desk, number: str) -> list[str]:
    """Newest first."""
    return [text["body"] for text in said(await desk.call("list_messages", phone_number=number))["items"]]


async def test_the_tools_are_as_in_the_snapshot():
    await check_snapshot("payments")


class TestReading:
    async def test_a_payment_has_all_its_fields(self, desk: Desk):
        assert said(await desk.call("get_payment", payment_id=OPEN)) == {
            "payment_id": OPEN,
            "request_date": "2026-05-26T20:26:40Z",
            "recipient": "Sam Adeyemi",
            "description": "Alternator, Ford F-150",
            "customer_phone": OWES,
            "amount_requested": "220.50",
            "is_past_due": False,
            "reminder_was_sent": False,
            "transaction_status": "Unknown",
            "textrequest_payment_status": "Sent",
            "reference_number": "RO-1042",
        }

    async def test_every_amount_has_two_decimals(self, desk: Desk):
        amounts = [payment["amount_requested"] for payment in await items(desk)]

        assert len(amounts) == 13
        assert all(re.fullmatch(r"[0-9]+\.[0-9]{2}", amount) for amount in amounts)

    async def test_a_payment_that_is_not_there_is_a_sentence(self, desk: Desk):
        sentence = refusal(await desk.call("get_payment", payment_id=99999))

        assert sentence.startswith("This line has no payment 99999. Nothing was sent or changed.")

    async def test_a_line_without_payments_is_a_sentence(self, desk: Desk):
        assert "does not take payments" in refusal(await desk.call("list_payments", dashboard_id=123))

    async def test_those_of_a_status_come_with_their_sums(self, desk: Desk):
        late = said(await desk.call("list_payments", status="PastDue"))
        unpaid = said(await desk.call("list_payments", status="open", page_size=2))

        assert [row["textrequest_payment_status"] for row in late["items"]] == ["PastDue", "PastDue"]
        assert late["note"] == "In all: PastDue 2 $659.99."
        assert (unpaid["total_items"], unpaid["next_page"], len(unpaid["items"])) == (6, 1, 2)

    async def test_those_of_some_days_are_the_line_s_days(self, desk: Desk):
        found = said(await desk.call("list_payments", period="last_7_days", sort_type="amount"))
        none = said(await desk.call("list_payments", period="2020-01-01"))

        assert [row["payment_id"] for row in found["items"]] == [2501, 2502]
        assert found["note"] == "In all: Sent 1 $220.50; Paid 1 $64.90."
        assert (none["items"], none["note"]) == ([], "In all: none.")

    async def test_a_reference_number_finds_all_that_share_it(self, desk: Desk):
        found = await items(desk, reference_number="RO-1040")

        assert [payment["reference_number"] for payment in found] == ["RO-1040", "RO-1040"]

    async def test_a_number_finds_its_payments(self, desk: Desk):
        assert [payment["payment_id"] for payment in await items(desk, phone_number="(423) 555-0105")] == [OPEN]

    @pytest.mark.parametrize(
        ("sort_type", "field"),
        [("amount", "amount_requested"), ("date", "request_date"), ("status", "textrequest_payment_status")],
    )
    async def test_a_list_is_sorted_either_way(self, desk: Desk, sort_type: str, field: str):
        up = [payment[field] for payment in await items(desk, sort_type=sort_type, sort_direction="asc")]
        down = [payment[field] for payment in await items(desk, sort_type=sort_type, sort_direction="desc")]

        key = float if sort_type == "amount" else str
        assert up == sorted(up, key=key)
        assert down == sorted(down, key=key, reverse=True)

    async def test_payments_come_in_pages(self, desk: Desk):
        page = said(await desk.call("list_payments", page=1, page_size=10))

        assert len(page["items"]) == 3
        assert page["total_items"] == 13


class TestAsking:
    @pytest.mark.parametrize(
        ("given", "wire", "shown"),
        [
            (49.5, 49.5, "49.50"),
            ("49.50", 49.5, "49.50"),
            (5, 5.0, "5.00"),
            ("$0.01", 0.01, "0.01"),
            (0.29, 0.29, "0.29"),
        ],
    )
    async def test_an_amount_in_any_spelling_is_the_same_dollars(
        self, desk: Desk, given: float | str, wire: float, shown: str
    ):
        asked = said(
            await desk.call("create_payment", customer_phone=MARIA, amount_requested=given, description="Wipers")
        )

        assert asked["amount_requested"] == shown
        assert [accepted.body for accepted in desk.sandbox.journal] == [
            {"description": "Wipers", "customer_phone": "14235550100", "amount_requested": wire}
        ]

    async def test_the_contact_gets_the_message_and_the_link(self, desk: Desk):
        asked = said(
            await desk.call(
                "create_payment",
                customer_phone="423-555-0100",
                amount_requested=12,
                description="Secret margin",
                message="For the wipers:",
                reference_number="RO-7",
            )
        )

        assert asked["outcome"] == "sent"
        assert (asked["textrequest_payment_status"], asked["reference_number"]) == ("Sent", "RO-7")
        assert (await texts_to(desk, MARIA))[0] == f"For the wipers: https://pay.sandbox.invalid/{asked['payment_id']}"

    async def test_somebody_who_opted_out_is_not_asked(self, desk: Desk):
        sentence = refusal(
            await desk.call("create_payment", customer_phone=OPTED_OUT_BY_CODE, amount_requested=1, description="x")
        )

        assert "opted out" in sentence
        assert desk.changes == []

    @pytest.mark.parametrize("answer", [{}, [], "ok", {"payment_id": None}, {"payment_id": "soon"}], ids=str)
    async def test_an_answer_without_an_id_leaves_the_outcome_unknown(self, answer: object):
        async with open_desk(transport=httpx2.ASGITransport(app=JSONResponse(answer))) as desk:
            result = said(await desk.call("create_payment", customer_phone=MARIA, amount_requested=1, description="x"))

        assert (result["outcome"], result["do_not_resend"]) == ("unknown", True)
        assert f"get_send_status with send_id {result['send_id']}" in result["message"]


class TestReminding:
    async def test_one_reminder_goes_out_and_the_second_is_refused(self, desk: Desk):
        first = said(await desk.call("send_payment_reminder", payment_id=OPEN))
        desk.clock.forward(601)
        second = refusal(await desk.call("send_payment_reminder", payment_id=OPEN))

        assert (first["outcome"], first["reminder_was_sent"]) == ("sent", True)
        assert "had its reminder already, and the service allows one." in second
        assert "repeat: true" not in second
        assert (await texts_to(desk, OWES))[0].startswith("Reminder: $220.50 is still open")
        assert len(desk.changes) == 1

    @pytest.mark.parametrize("tool", ["send_payment_reminder", "cancel_payment", "mark_payment_paid"])
    async def test_while_somebody_pays_a_person_is_told_so_first(self, desk: Desk, tool: str):
        desk.sandbox.lines[LINE].payments[OPEN].transaction_status = "PaymentInProgress"
        preview = said(await desk.call(tool, payment_id=OPEN))

        assert preview["outcome"] == "confirmation_required"
        assert "A payment of it seems to be under way: its transaction is PaymentInProgress." in preview["message"]
        assert desk.changes == []

    @pytest.mark.parametrize("payment_id", [*CLOSED, 99999])
    async def test_what_is_not_open_cannot_be_reminded_of(self, desk: Desk, payment_id: int):
        assert "Nothing was sent" in refusal(await desk.call("send_payment_reminder", payment_id=payment_id))
        assert desk.changes == []


class TestClosing:
    @pytest.mark.parametrize(
        ("tool", "status", "fact"),
        [
            ("cancel_payment", "Cancelled", "gets a text that it is cancelled"),
            ("mark_payment_paid", "MarkedAsPaid", "is told nothing"),
        ],
    )
    async def test_a_payment_is_closed_once_a_person_saw_its_facts(self, desk: Desk, tool: str, status: str, fact: str):
        person = agrees()
        async with desk.host(person) as host:
            closed = said(await call(host, tool, payment_id=OPEN))

        assert (closed["outcome"], closed["textrequest_payment_status"]) == ("done", status)
        [question] = person.questions
        for shown in ("$220.50", "Alternator, Ford F-150", f'"Sam Adeyemi" ({OWES})', "asked Tue 26 May 16:26", fact):
            assert shown in question.message

    async def test_only_cancelling_texts_the_contact(self, desk: Desk):
        async with desk.host(agrees()) as host:
            before = len(await texts_to(desk, OWES))
            await call(host, "cancel_payment", payment_id=OPEN)

        assert len(await texts_to(desk, OWES)) == before + 1
        assert "was cancelled" in (await texts_to(desk, OWES))[0]

    @pytest.mark.parametrize("tool", ["cancel_payment", "mark_payment_paid"])
    @pytest.mark.parametrize("payment_id", CLOSED)
    async def test_a_closed_payment_is_refused_before_anybody_is_asked(self, desk: Desk, tool: str, payment_id: int):
        person = agrees()
        async with desk.host(person) as host:
            sentence = refusal(await call(host, tool, payment_id=payment_id))

        assert f"is closed already: its status is {CLOSED[payment_id]}" in sentence
        assert person.questions == []
        assert desk.changes == []


async def test_on_a_line_that_takes_no_payments_nobody_is_asked():
    person, request = agrees(), {"customer_phone": OWES, "amount_requested": "5.00", "description": "Oil"}
    async with open_desk(confirm="all") as desk, desk.host(person) as host:
        refused = refusal(await call(host, "create_payment", dashboard_id=123, **request))

    assert "does not take payments" in refused
    assert "Nothing was sent or changed" in refused
    assert person.questions == []
