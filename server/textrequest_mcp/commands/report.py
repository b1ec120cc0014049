"""The command `textrequest-mcp report`: prints texts, answer times and payments of some days, with plots."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import anyio

from textrequest_mcp.account.account import Account
from textrequest_mcp.account.count import Counted, count
from textrequest_mcp.account.counts import Tally
from textrequest_mcp.account.daily import chosen_lines
from textrequest_mcp.account.payment_totals import StatusTotal, asked_within, read_payments, totals
from textrequest_mcp.account.periods import Days
from textrequest_mcp.commands.logs import start_logging
from textrequest_mcp.commands.report_page import day_name, page_of
from textrequest_mcp.ground.quoting import one_line
from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.settings.table import Settings
from textrequest_mcp.upstream.errors import Refused, TextRequestError
from textrequest_mcp.wiring import open_account

_FAILED = 1
_WIDTH = 30  # characters of the longest bar


class LineReport(NamedTuple):
    """One line's part of a report."""

    counted: Counted
    payments: Sequence[StatusTotal]


def run_report(settings: Settings, period: str, html: Path | None) -> int:
    """Print the report on these days, or write it as a page; the exit status."""
    start_logging(settings.log_level)
    try:
        reports = anyio.run(_read, settings, period)
    except (TextRequestError, StoreError) as error:
        sys.stderr.write(f"{error}\n")
        return _FAILED
    return _write(reports, html)


async def _read(settings: Settings, period: str) -> list[LineReport]:
    async with open_account(settings) as (account, _):
        return [await _of_line(account, each, period) for each in await account.line_ids()]


def _write(reports: Sequence[LineReport], html: Path | None) -> int:
    if html is None:
        sys.stdout.write(as_text(reports, blocks=_has_blocks()))
        return 0
    try:
        html.write_text(page_of([(each.counted, each.payments) for each in reports]), "utf-8")
    except OSError as error:
        sys.stderr.write(f"{html} cannot be written: {error.strerror or type(error).__name__}.\n")
        return _FAILED
    sys.stdout.write(f"The report is in {html}\n")
    return 0


async def _of_line(account: Account, dashboard_id: int, period: str) -> LineReport:
    [(line, known)] = await chosen_lines(account, dashboard_id)
    counted = await count(line, known, period, "day", account.policy.now())
    days, zone = [days for days, _ in counted.rows], counted.zone
    try:
        asked = asked_within(await read_payments(line), days[0].since(zone), days[-1].until(zone))
    except Refused:  # a line without payments (wire-facts, Payments)
        asked = []
    return LineReport(counted, totals(asked))


def as_text(reports: Sequence[LineReport], *, blocks: bool = True) -> str:
    """The report for a terminal; `blocks` where it can show block characters."""
    longest = max((max(of_day.sent, of_day.received) for each in reports for _, of_day in each.counted.rows), default=0)
    return "\n".join(_line_as_text(each, longest, "█▒" if blocks else "#:") for each in reports)


def _line_as_text(report: LineReport, longest: int, bars: str) -> str:
    counted = report.counted
    whole = sum((of_day for _, of_day in counted.rows), Tally())
    days = Days(counted.rows[0][0].first, counted.rows[-1][0].last)
    span = f"{day_name(days.first)} to {day_name(days.last)} {days.last:%Y}"
    rows = [
        f"  {day_name(days.first)}".ljust(14) + _row(of_day) + "  " + _bar(of_day, longest, bars)
        for days, of_day in counted.rows
    ]
    paid = "; ".join(map(str, report.payments)) or "none"
    return "\n".join(
        [
            f"{one_line(counted.line.name)} (line {counted.line.id}), {span}",
            "".ljust(14) + f"{'received':>9}{'sent':>6}{'failed':>8}{'people':>8}{'waiting':>9}{'answer':>9}"
            f"  {bars[0]} received {bars[1]} sent",
            *rows,
            "  all".ljust(14) + _row(whole),
            f"  billed segments {whole.segments}; payment requests of these days: {paid}",
            *(["  There were more texts than a report reads; these are the first."] if not counted.is_whole else []),
            "",
        ]
    )


def _row(tally: Tally) -> str:
    answer = "" if tally.median_minutes is None else f"{tally.median_minutes:.0f} min"
    return f"{tally.received:>9}{tally.sent:>6}{tally.failed:>8}{len(tally.people):>8}{tally.unanswered:>9}{answer:>9}"


def _bar(tally: Tally, longest: int, bars: str) -> str:
    received, sent = (round(amount * _WIDTH / max(1, 2 * longest)) for amount in (tally.received, tally.sent))
    return bars[0] * received + bars[1] * sent


def _has_blocks() -> bool:
    try:
        "█▒".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
