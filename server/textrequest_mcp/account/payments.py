"""Payments: amounts that a line asks contacts to pay, by a link in a text."""

from typing import Annotated, Any, Literal

from pydantic import Field

from textrequest_mcp.account.account import AnyLine, Line
from textrequest_mcp.account.line import TextingLine
from textrequest_mcp.account.message import LOCATION_TAG, asks_for_location
from textrequest_mcp.account.payment import Payment, Payments, under_way
from textrequest_mcp.account.payment_acts import CANCELLING, MARKING, REMINDING, REQUESTING, read_payment
from textrequest_mcp.account.payment_totals import some_payments
from textrequest_mcp.account.payment_words import first_of, named, open_payment, unclear, who
from textrequest_mcp.ground.quoting import visible
from textrequest_mcp.guard.approval.question import Question
from textrequest_mcp.guard.once.departure import LedgerDeparture
from textrequest_mcp.tools.about import BY_NUMBER, About
from textrequest_mcp.tools.declare import Toolset
from textrequest_mcp.tools.parameters import (
    Dollars,
    Filled,
    KnownNumber,
    Number,
    PageNumber,
    PageSize,
    PaymentId,
    Words,
    only_given,
    slip,
)
from textrequest_mcp.upstream.errors import BadInput, Refused
from textrequest_mcp.upstream.page import DEFAULT_SIZE
from textrequest_mcp.upstream.phone import wire

payments = Toolset("payments")

Status = Literal["open", "Sent", "Paid", "Cancelled", "Failed", "PastDue", "MarkedAsPaid"]


@payments.reads(title="List payments", action="GetPayments", about=BY_NUMBER)
async def list_payments(
    line: AnyLine,
    reference_number: Annotated[Words, Field(description="Exactly; not unique")] | None = None,
    phone_number: KnownNumber | None = None,
    sort_type: Annotated[Literal["amount", "contact", "date", "status"], Field(description="Default date")]
    | None = None,
    sort_direction: Annotated[Literal["asc", "desc"], Field(description="Default desc")] | None = None,
    status: Annotated[Status, Field(description="open: Sent or PastDue")] | None = None,
    period: Annotated[Words, Field(description="When asked for; as in count_texts")] | None = None,
    page: PageNumber = 0,
    page_size: PageSize = DEFAULT_SIZE,
) -> Payments:
    """List payment requests, open and closed, newest first unless sorted; with status or period also their sums."""
    query: dict[str, Any] = {
        "reference_number": reference_number or None,
        "phone_number": wire(phone_number) if phone_number else None,
        "sort_type": sort_type,
        "sort_direction": sort_direction,
        "page": page,
        "page_size": page_size,
    }
    if status is not None or period is not None:
        listing = await some_payments(
            line, only_given(**query), status=status, period=period, page=page, page_size=page_size
        )
    else:
        listing = Payments.of(await line.get("payments", query=query), page=page, page_size=page_size)
    if any(not payment.recipient for payment in listing.items):
        people = await line.names()
        for payment in listing.items:
            payment.recipient = payment.recipient or people.name(payment.customer_phone)
    given = [name for name in ("reference_number", "phone_number") if query[name]]
    which = f" matches {' and '.join(given)}" if given else " is there"
    return listing.if_empty(f"No payment request of this line{which}.").noting(
        slip("reference_number", reference_number)
    )


@payments.reads(title="Get a payment", action="GetPayment", link="payments/{payment_id}")
async def get_payment(line: AnyLine, payment_id: PaymentId) -> Payment:
    """Get one payment request: amount, status, whether its reminder went out."""
    return await read_payment(line, payment_id)


async def _before_requesting(
    line: Line,
    customer_phone: Number,
    amount_requested: Dollars,
    description: Filled,
    message: Words | None,
    reference_number: Words | None,
) -> Question:
    await line.get(
        "payments", query={"page": 0, "page_size": 1}
    )  # a line that takes none says so before anybody is asked
    with_text = f' with the text "{visible(message)}"' if message else ""
    reference = f' with the reference "{visible(reference_number)}"' if reference_number else ""
    return Question(
        f"Ask {await line.person(customer_phone)} from {await line.title()} for ${amount_requested}, for "
        f'"{visible(description)}"{reference}? They get a text with a payment link{with_text}.'
    )


@payments.sends(
    title="Request a payment",
    action="CreatePayment",
    question=_before_requesting,
    once=REQUESTING,
    about=About(argument="customer_phone"),
)
async def create_payment(
    line: Line,
    departure: LedgerDeparture,
    customer_phone: Annotated[Number, Field(description="Contact's number, any usual US form")],
    amount_requested: Annotated[Dollars, Field(description="Dollars, at most two decimals")],
    description: Annotated[Filled, Field(description="For colleagues; the contact never sees it")],
    message: Annotated[Words, Field(description="Text that goes with the link")] | None = None,
    reference_number: Annotated[Words, Field(description="Your own id; not unique")] | None = None,
) -> Payment:
    """Ask a contact for money: texts them a payment link now. It cannot be edited, only cancelled, which texts them
    again. If the outcome is unclear, get_send_status tells."""
    if asks_for_location(message or ""):
        raise BadInput(f"{LOCATION_TAG} in the message asks for a position.", todo="Only send_message can ask for it.")
    body = only_given(
        description=description,
        customer_phone=wire(customer_phone),
        amount_requested=float(amount_requested),
        message=message,
        reference_number=reference_number,
    )
    answer = await line.post("payments", body=body, departure=departure)
    return _changed(answer, customer_phone=customer_phone, amount_requested=amount_requested)


async def _before_reminding(line: Line, payment_id: PaymentId) -> Question:
    payment = await open_payment(line, payment_id)
    return Question(f"Text a reminder of {await named(line, payment)}? There is one for each payment at most.")


async def _whom(line: Line, payment_id: PaymentId) -> str | None:
    """The number that a payment is asked of; None if there is no such payment, and the service will say so."""
    known = line.account.policy.known
    number = known.payer(line.id, payment_id)
    if number is None and (answer := await line.get("payments", payment_id)) is not None:
        number = Payment.asked_for(answer, payment_id=payment_id).customer_phone
        if number is None:
            raise unclear(payment_id)
        known.pays(line.id, payment_id, number)
    return number


PAYER = About(read=_whom)


async def _reminds_in_vain(line: Line, payment_id: PaymentId) -> str | None:
    """Why a person is asked before a reminder: somebody is paying. It refuses one that the service would refuse."""
    payment = await open_payment(line, payment_id)
    if payment.reminder_was_sent:
        raise Refused(
            f"Payment {payment_id} had its reminder already, and the service allows one.",
            status=400,
            todo="Do not repeat it. Ask the person whether to write to them with send_message instead.",
        )
    return under_way(payment)


@payments.sends(
    title="Remind of a payment",
    action="SendPaymentReminder",
    question=_before_reminding,
    doubt=_reminds_in_vain,
    about=PAYER,
    link="payments/{payment_id}",
    once=REMINDING,
)
async def send_payment_reminder(line: Line, departure: LedgerDeparture, payment_id: PaymentId) -> Payment:
    """Text a contact once more about an open payment request. The service allows one reminder for each."""
    return await _act_on(line, payment_id, "resend", departure)


async def _before_cancelling(line: Line, payment_id: PaymentId) -> Question:
    payment = await open_payment(line, payment_id)
    return Question(
        f"{first_of(payment)}Cancel {await named(line, payment)}? "
        f"{who(payment)} gets a text that it is cancelled, and the link stops "
        "working. It cannot be undone; a new request means another text."
    )


@payments.destroys(
    title="Cancel a payment",
    action="CancelPayment",
    question=_before_cancelling,
    texts=True,
    about=PAYER,
    link="payments/{payment_id}",
    once=CANCELLING,
)
async def cancel_payment(line: Line, departure: LedgerDeparture, payment_id: PaymentId) -> Payment:
    """Cancel an open payment request for good; the contact gets a text that says so."""
    return await _act_on(line, payment_id, "cancel", departure)


async def _before_marking(line: Line, payment_id: PaymentId) -> Question:
    payment = await open_payment(line, payment_id)
    return Question(
        f"{first_of(payment)}Mark {await named(line, payment)} as paid outside Text Request? "
        "It closes the request and counts the amount "
        f"as received; {who(payment)} is told nothing. It cannot be undone."
    )


@payments.destroys(
    title="Mark a payment as paid",
    action="MarkPaymentPaid",
    question=_before_marking,
    link="payments/{payment_id}",
    once=MARKING,
)
async def mark_payment_paid(line: Line, departure: LedgerDeparture, payment_id: PaymentId) -> Payment:
    """Close an open payment request whose money came another way; for good."""
    return await _act_on(line, payment_id, "mark_as_paid", departure)


async def _act_on(line: TextingLine, payment_id: int, act: str, departure: LedgerDeparture) -> Payment:
    payer = line.account.policy.known.payer(line.id, payment_id)
    answer = await line.post("payments", payment_id, act, departure=departure)
    return _changed(answer, payment_id=payment_id, customer_phone=payer)


def _changed(answer: Any, **meant: Any) -> Payment:
    """A payment after a change."""
    return Payment.changed(answer, look_with="list_payments", needs="payment_id", **meant)
