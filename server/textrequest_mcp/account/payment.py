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
    transaction_status: TransactionStatus | Code = None
    textrequest_payment_status: PaymentStatus | Code = None
    reference_number: Code = None


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
