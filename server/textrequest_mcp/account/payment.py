"""A payment request, as the service answers it."""

from typing import Annotated, Literal

from pydantic import Field

from textrequest_mcp.guard.marks import Mark
from textrequest_mcp.tools.answers import (
    Code,
    Flag,
    Listing,
    Money,
    OnLine,
    Ours,
    PersonName,
    Phone,
    Time,
    Whole,
)

PaymentStatus = Literal["Sent", "Paid", "Cancelled", "Failed", "PastDue", "MarkedAsPaid", "Unknown"]
TransactionStatus = Literal[
    "Unknown",
    "Approved",
    "Declined",
    "NotAuthorized",
    "Error",
    "Processing",
    "Failed",
    "Authorized",
    "PaymentInProgress",
]


# Closed requests take no reminder and no cancelling; all others are open.
CLOSED = frozenset({"Paid", "Cancelled", "MarkedAsPaid"})
UNDER_WAY = frozenset({"PaymentInProgress", "Processing", "Authorized", "Approved"})


class Payment(OnLine):
    """A payment request."""

    payment_id: Annotated[Whole, Mark.PAYMENT] = None
    request_date: Time = None
    recipient: PersonName = Field(
        default=None, description="The contact's name, in the customer's or a colleague's words"
    )
    description: Ours = Field(default=None, description="A colleague's own words; never shown to the contact")
    customer_phone: Phone = None
    amount_requested: Money = None
    is_past_due: Flag = None
    reminder_was_sent: Flag = None
    transaction_status: TransactionStatus | Code = Field(
        default=None,
        description="Their payment; under way: PaymentInProgress, Processing, Authorized, Approved; did not work: "
        "Declined, NotAuthorized, Error, Failed; Unknown: none was tried",
    )
    textrequest_payment_status: PaymentStatus | Code = Field(
        default=None, description="The request; closed: Paid, Cancelled, MarkedAsPaid; open: any other"
    )
    reference_number: Code = None


def under_way(payment: Payment) -> str | None:
    """A sentence where somebody seems to be paying an open request just now."""
    if payment.textrequest_payment_status in CLOSED or payment.transaction_status not in UNDER_WAY:
        return None
    return f"A payment of it seems to be under way: its transaction is {payment.transaction_status}."


class Payments(Listing):
    """A line's payment requests."""

    told_elsewhere = True
    theirs = ("recipient",)
    columns = (
        "dashboard_id",
        "payment_id",
        "request_date",
        "customer_phone",
        "recipient",
        "amount_requested",
        "textrequest_payment_status",
        "transaction_status",
        "is_past_due",
        "reminder_was_sent",
        "reference_number",
        "description",
    )
    items: list[Payment] = Field(default_factory=list[Payment])
