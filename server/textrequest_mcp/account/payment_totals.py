"""All payment requests of a line, and what they come to by status."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from textrequest_mcp.account.line import TextingLine
from textrequest_mcp.account.payment import Payment, Payments
from textrequest_mcp.account.periods import read_days
from textrequest_mcp.account.zones import zone_of
from textrequest_mcp.upstream.page import MAX_SIZE
from textrequest_mcp.upstream.request import Query

MOST_PAGES = 10
OPEN = frozenset({"Sent", "PastDue"})
_NEWEST_FIRST: dict[str, Any] = {"sort_type": "date", "sort_direction": "desc"}


class StatusTotal(NamedTuple):
    """The payment requests of one status."""

    status: str
    requests: int
    dollars: Decimal

    def __str__(self) -> str:
        return f"{self.status} {self.requests} ${self.dollars:.2f}"


async def read_payments(line: TextingLine, query: Query | None = None) -> list[Payment]:
    """A line's payment requests, at most ten thousand, newest first unless the query sorts them.

    Raises:
        TextRequestError: the line cannot be read.
    """
    found: list[Payment] = []
    for number in range(MOST_PAGES):
        asked = _NEWEST_FIRST | dict(query or {}) | {"page": number, "page_size": MAX_SIZE}
        page = Payments.of(await line.get("payments", query=asked), page=number, page_size=MAX_SIZE)
        found += page.items
        if page.next_page is None:
            break
    return found


async def some_payments(
    line: TextingLine, query: Query, *, status: str | None, period: str | None, page: int, page_size: int
) -> Payments:
    """A page of the payment requests of a status, or of some days, with what all of them come to in its note.

    The service filters by neither, so all of the line's are read.

    Raises:
        BadInput: the period is none.
        TextRequestError: the line cannot be read.
    """
    found = await read_payments(line, query)
    if status is not None:
        wanted = OPEN if status == "open" else {status}
        found = [payment for payment in found if payment.textrequest_payment_status in wanted]
    if period is not None:
        zone = zone_of(await line.zone()) or UTC
        days = read_days(period, datetime.fromtimestamp(line.account.policy.now(), zone).date())
        found = asked_within(found, days.since(zone), days.until(zone))
    rows = found[page * page_size : (page + 1) * page_size]
    more = (page + 1) * page_size < len(found)
    listing = Payments(page=page, page_size=page_size, total_items=len(found), items=rows)
    listing.next_page = page + 1 if more else None
    return listing.noting(f"In all: {'; '.join(map(str, totals(found))) or 'none'}.")


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
