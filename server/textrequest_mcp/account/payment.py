"""What a payment request is, as the service answers it."""

from typing import Literal

from pydantic import Field

from textrequest_mcp.tools.answers import Answer, Flag, Listing, Money, Name, Phone, Text, Time, Whole

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


class Payment(Answer):
    """A payment request."""

    payment_id: Whole = None
    request_date: Time = None
    recipient: Name = Field(default=None, description="The contact's name, in the customer's or a colleague's words")
    description: Text = Field(default=None, description="A colleague's own words; never shown to the contact")
    customer_phone: Phone = None
    amount_requested: Money = None
    is_past_due: Flag = None
    reminder_was_sent: Flag = None
    transaction_status: TransactionStatus | Text = None
    textrequest_payment_status: PaymentStatus | Text = None
    reference_number: Text = None


class Payments(Listing):
    """A line's payment requests."""

    theirs = ("recipient",)
    columns = (
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
