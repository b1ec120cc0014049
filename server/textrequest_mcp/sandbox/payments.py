"""Payments: asks a contact for money by text, reminds once, and closes the request."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from starlette.responses import Response

from textrequest_mcp.sandbox import delivery, payloads, stamps
from textrequest_mcp.sandbox.phone import eleven_digits
from textrequest_mcp.sandbox.records import Line, Payment
from textrequest_mcp.sandbox.refusals import Refusal
from textrequest_mcp.sandbox.request import Call, nothing, shown

FIRST_ID = 2500


def view(line: Line, payment: Payment) -> dict[str, Any]:
    return {
        "payment_id": payment.id,
        "request_date": stamps.zoned(payment.requested_at),
        "recipient": _recipient(line, payment),
        "description": payment.description,
        "customer_phone": payment.phone,
        "amount_requested": float(payment.amount),
        "is_past_due": payment.status == "PastDue",
        "reminder_was_sent": payment.reminder_was_sent,
        "transaction_status": payment.transaction_status,
        "textrequest_payment_status": payment.status,
        "reference_number": payment.reference_number or "",
    }


def list_all(call: Call) -> Response:
    line = _paid_line(call)
    found = list(line.payments.values())
    if reference := call.query.get("reference_number"):
        found = [payment for payment in found if payment.reference_number == reference]
    if written := call.query.get("phone_number"):
        phone = eleven_digits(written)
        found = [payment for payment in found if payment.phone == phone]
    direction = call.query.get("sort_direction") or "desc"
    if direction not in {"asc", "desc"}:
        raise Refusal(400, "sort_direction is asc or desc.", "parameterInvalid")
    found.sort(key=_sort_key(line, call.query.get("sort_type") or "date"), reverse=direction == "desc")
    items, meta = call.page(found)
    return shown({"items": [view(line, payment) for payment in items], "meta": meta})


def read(call: Call) -> Response:
    line = _paid_line(call)
    payment = line.payments.get(call.path_number("payment_id"))
    return shown(view(line, payment)) if payment else nothing()


def create(call: Call) -> Response:
    line, fields = _paid_line(call), call.fields()
    description, phone = fields.required("description"), eleven_digits(fields.required("customer_phone"))
    amount = _dollars(fields.given.get("amount_requested"))
    message, reference = fields.text("message"), fields.text("reference_number")
    delivery.check_recipient(phone, line.contacts.get(phone))
    payment = Payment(
        max(line.payments, default=FIRST_ID + line.id * 10) + 1, description, phone, amount, call.now, reference
    )
    line.payments[payment.id] = payment
    _text(call, line, payment, message or f"{line.name} sent you a payment request for ${amount:.2f}.", link=True)
    return shown(view(line, payment))


def mark_as_paid(call: Call) -> Response:
    line, payment = _open_payment(call)
    _close(call, line, payment, "MarkedAsPaid")
    return shown(view(line, payment))


def resend(call: Call) -> Response:
    """wire-facts, Payments: one reminder at most."""
    line, payment = _open_payment(call)
    if payment.reminder_was_sent:
        raise Refusal(400, "This payment already had its reminder.")
    delivery.check_recipient(payment.phone, line.contacts.get(payment.phone))
    payment.reminder_was_sent = True
    _text(call, line, payment, f"Reminder: ${payment.amount:.2f} is still open with {line.name}.", link=True)
    return shown(view(line, payment))


def cancel(call: Call) -> Response:
    """wire-facts, Payments: cancelling texts the contact. It goes through even where that text cannot."""
    line, payment = _open_payment(call)
    _close(call, line, payment, "Cancelled")
    _text(call, line, payment, f"The payment request for ${payment.amount:.2f} from {line.name} was cancelled.")
    return shown(view(line, payment))


def _paid_line(call: Call) -> Line:
    line = call.line
    if not line.takes_payments:
        raise Refusal(400, "This dashboard does not take payments.")
    return line


def _open_payment(call: Call) -> tuple[Line, Payment]:
    line = _paid_line(call)
    payment = line.payments.get(call.path_number("payment_id"))
    if payment is None:
        raise Refusal(400, "There is no such payment.")
    if not payment.is_open:
        raise Refusal(400, "This payment is closed.")
    return line, payment


def _close(call: Call, line: Line, payment: Payment, status: str) -> None:
    payment.status = status
    call.account.tell(line, "payment_status_updated", lambda: payloads.payment_status(payment), call.now)


def _text(call: Call, line: Line, payment: Payment, message: str, *, link: bool = False) -> None:
    body = f"{message} https://pay.sandbox.invalid/{payment.id}" if link else message
    delivery.send(call.account, line, payment.phone, body, call.now)


def _dollars(given: object) -> Decimal:
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 < given < 1_000_000:
        raise Refusal(400, "amount_requested must be a number of dollars above zero.", "parameterInvalid")
    return Decimal(str(given)).quantize(Decimal("0.01"))


def _sort_key(line: Line, name: str) -> Callable[[Payment], Any]:
    keys: dict[str, Callable[[Payment], Any]] = {
        "amount": lambda payment: payment.amount,
        "contact": lambda payment: ((_recipient(line, payment) or "").casefold(), payment.phone),
        "date": lambda payment: payment.requested_at,
        "status": lambda payment: payment.status,
    }
    if name not in keys:
        raise Refusal(400, "sort_type is amount, contact, date or status.", "parameterInvalid")
    return keys[name]


def _recipient(line: Line, payment: Payment) -> str | None:
    """wire-facts, Payments: null where the contact has no name."""
    contact = line.contacts.get(payment.phone)
    return (contact.display_name or None) if contact else None
