"""What a person is told of a payment before it is reminded of or closed; one that is closed already is refused."""

from textrequest_mcp.account.line import TextingLine
from textrequest_mcp.account.payment import CLOSED, Payment, under_way
from textrequest_mcp.account.payment_acts import read_payment
from textrequest_mcp.ground.quoting import quoted
from textrequest_mcp.upstream.errors import Refused, TextRequestError


async def open_payment(line: TextingLine, payment_id: int) -> Payment:
    """A payment that can still be closed; said before anyone is asked."""
    payment = await read_payment(line, payment_id)
    if payment.textrequest_payment_status in CLOSED:
        raise Refused(
            f"Payment {payment_id} is closed already: its status is {payment.textrequest_payment_status}.",
            status=400,
            todo="Nothing is left to do with it; a new request is a new payment.",
        )
    if payment.amount_requested is None or payment.customer_phone is None:
        raise unclear(payment_id)
    return payment


def unclear(payment_id: int) -> TextRequestError:
    return TextRequestError(
        f"Text Request does not say how much payment {payment_id} asks for, or of whom, so nobody can agree to it.",
        todo="Try again later, or do it in the web app.",
    )


def first_of(payment: Payment) -> str:
    """What a person has to know first of a payment that is to be closed."""
    doubt = under_way(payment)
    return f"{doubt} " if doubt else ""


async def named(line: TextingLine, payment: Payment) -> str:
    asked = f", asked {await line.account.policy.times.told(at, line.id)}" if (at := payment.request_date) else ""
    about = f" for {quoted(payment.description)}" if payment.description else ""
    what = f"payment {payment.payment_id} of ${payment.amount_requested}{about}"
    return f"{what} to {who(payment)} on {await line.title()}{asked}"


def who(payment: Payment) -> str:
    return f"{quoted(payment.recipient)} ({payment.customer_phone})"
