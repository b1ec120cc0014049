"""How an act on a payment is found again in the account, and how the ledger tells two acts apart."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from textrequest_mcp.account.account import Account
from textrequest_mcp.account.line import TextingLine
from textrequest_mcp.account.payment import Payment, Payments
from textrequest_mcp.guard.once.ledger_rows import Send
from textrequest_mcp.guard.once.same_act import Candidate, SameAct, SearchTerms
from textrequest_mcp.upstream.errors import NotFound
from textrequest_mcp.upstream.phone import wire

_LOOKED_AT = 100


async def read_payment(line: TextingLine, payment_id: int) -> Payment:
    """One payment request of a line.

    Raises:
        NotFound: the line has none with this id.
        Unreadable: the service answers with another.
    """
    answer = await line.get("payments", payment_id)
    if answer is None:
        raise NotFound(f"This line has no payment {payment_id}.", todo="See list_payments; each line has its own.")
    return Payment.asked_for(answer, payment_id=payment_id)


async def _find_request(account: Account, facts: SearchTerms) -> list[Candidate]:
    """Payment requests to this number that ask for the same amount in the same words."""
    line = await account.line(facts.dashboard_id)
    query = {"phone_number": wire(facts.kept["customer_phone"]), "page": 0, "page_size": _LOOKED_AT}
    listing = Payments.of(await line.get("payments", query=query), page=0, page_size=_LOOKED_AT)
    return [
        Candidate(str(payment.payment_id), payment.request_date, kept_of(payment))
        for payment in listing.items
        if payment.payment_id is not None
        and payment.request_date is not None
        and payment.customer_phone == facts.kept["customer_phone"]
        and str(payment.amount_requested) == facts.kept["amount_requested"]
        and facts.says("description", payment.description)
        and facts.says("reference_number", payment.reference_number)
    ]


async def _news(account: Account, send: Send) -> Mapping[str, Any]:
    return kept_of(await read_payment(await account.line(send.dashboard_id), int(send.upstream_id or 0)))


def kept_of(payment: Payment) -> dict[str, Any]:
    return REQUESTING.keep(payment.model_dump(mode="json"))


def _seen(happened: Callable[[Payment], bool | None]) -> Callable[[Account, SearchTerms], Awaitable[list[Candidate]]]:
    """Finds an act that shows in the payment itself."""

    async def find(account: Account, facts: SearchTerms) -> list[Candidate]:
        payment = await read_payment(await account.line(facts.dashboard_id), facts.kept["payment_id"])
        return [Candidate(str(payment.payment_id), None, kept_of(payment))] if happened(payment) else []

    return find


def _on_payment(happened: Callable[[Payment], bool | None]) -> SameAct:
    return SameAct(
        same=("payment_id",),
        facts=("payment_id",),
        find=_seen(happened),
        news=_news,
        id_field="payment_id",
        kept=_KEPT,
        repeats=False,
    )


_KEPT = (
    *("request_date", "amount_requested", "is_past_due", "reminder_was_sent"),
    *("transaction_status", "textrequest_payment_status"),
)
REQUESTING = SameAct(
    same=("customer_phone", "amount_requested"),  # what the customer sees of it
    facts=("customer_phone", "amount_requested"),
    words=("description", "reference_number"),
    find=_find_request,
    news=_news,
    id_field="payment_id",
    kept=_KEPT,
    further="This person was just asked for the same amount, or may have been, in a request with other words.",
)
REMINDING = _on_payment(lambda payment: payment.reminder_was_sent)
CANCELLING = _on_payment(lambda payment: payment.textrequest_payment_status == "Cancelled")
MARKING = _on_payment(lambda payment: payment.textrequest_payment_status == "MarkedAsPaid")
