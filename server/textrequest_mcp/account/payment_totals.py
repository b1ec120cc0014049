"""All payment requests of a line, and what they come to by status."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from textrequest_mcp.account.line import TextingLine
from textrequest_mcp.account.payment import Payment, Payments
from textrequest_mcp.upstream.page import MAX_SIZE

MOST_PAGES = 10


class StatusTotal(NamedTuple):
    """The payment requests of one status."""

    status: str
    requests: int
    dollars: Decimal

    def __str__(self) -> str:
        return f"{self.status} {self.requests} ${self.dollars:.2f}"


async def read_payments(line: TextingLine) -> list[Payment]:
    """A line's payment requests, at most ten thousand, newest first.

    Raises:
        TextRequestError: the line cannot be read.
    """
    found: list[Payment] = []
    for number in range(MOST_PAGES):
        query = {"sort_type": "date", "sort_direction": "desc", "page": number, "page_size": MAX_SIZE}
        page = Payments.of(await line.get("payments", query=query), page=number, page_size=MAX_SIZE)
        found += page.items
        if page.next_page is None:
            break
    return found


def asked_within(payments: Sequence[Payment], since: datetime | None, until: datetime | None) -> list[Payment]:
    """Those that were asked for from `since` to before `until`; None for no bound."""
    return [
        payment
        for payment in payments
        if (since is None or (payment.request_date is not None and payment.request_date >= since))
        and (until is None or (payment.request_date is not None and payment.request_date < until))
    ]


def totals(payments: Sequence[Payment]) -> list[StatusTotal]:
    """How many there are of each status, and how many dollars; the largest sum first."""
    statuses = dict.fromkeys(payment.textrequest_payment_status or "Unknown" for payment in payments)
    sums = [_total(status, payments) for status in statuses]
    return sorted(sums, key=lambda each: each.dollars, reverse=True)


def _total(status: str, payments: Sequence[Payment]) -> StatusTotal:
    of_it = [payment for payment in payments if (payment.textrequest_payment_status or "Unknown") == status]
    return StatusTotal(
        status, len(of_it), sum((payment.amount_requested or Decimal(0) for payment in of_it), Decimal())
    )
