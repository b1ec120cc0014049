"""Writes a report as one HTML page with plots inside it, which needs nothing else to be looked at."""

from collections.abc import Sequence
from datetime import date
from html import escape

from textrequest_mcp.account.count import Counted
from textrequest_mcp.account.counts import Tally
from textrequest_mcp.account.payment_totals import StatusTotal
from textrequest_mcp.ground.quoting import one_line

_HIGH, _BAR, _GAP, _LEFT = 140, 14, 14, 40
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
h2{margin:2.5rem 0 .5rem}table{border-collapse:collapse;margin:.5rem 0}
th,td{padding:.2rem .8rem;text-align:right;border-bottom:1px solid #ddd}th:first-child,td:first-child{text-align:left}
svg{max-width:100%;height:auto}text{font:11px system-ui,sans-serif;fill:#555}
.r{fill:#1d6fa5}.s{fill:#9cc9e3}.a{fill:#c2693d}.axis{stroke:#bbb}.key{margin:.3rem 0;color:#555}
"""


def page_of(reports: Sequence[tuple[Counted, Sequence[StatusTotal]]]) -> str:
    """The page: for each line its texts and answer times by day as plots, and the numbers below."""
    parts = "".join(section(counted, payments) for counted, payments in reports)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Texts by line</title><style>{_STYLE}</style></head><body><h1>Texts by line</h1>{parts}</body></html>\n"
    )


def day_name(day: date) -> str:
    """A day as a report calls it, such as `Tue 24 Nov`."""
    return f"{day:%a} {day.day} {day:%b}"


def section(counted: Counted, payments: Sequence[StatusTotal] | None = None) -> str:
    """One line's part, without its payments where they were not read."""
    names = [day_name(days.first) for days, _ in counted.rows]
    tallies = [tally for _, tally in counted.rows]
    whole = sum(tallies, Tally())
    texts = _plot("Texts by day", names, [("r", [t.received for t in tallies]), ("s", [t.sent for t in tallies])])
    answers = _plot("Minutes to an answer by day", names, [("a", [t.median_minutes or 0 for t in tallies])])
    rows = "".join(_row(name, tally) for name, tally in zip([*names, "all"], [*tallies, whole], strict=True))
    paid = ""
    if payments is not None:
        paid = f" Payment requests of these days: {'; '.join(escape(str(each)) for each in payments) or 'none'}."
    cut = "" if counted.is_whole else "<p>There were more texts than a report reads; these are the first.</p>"
    return (
        f"<section><h2>{escape(one_line(counted.line.name))} (line {counted.line.id})</h2>{cut}"
        '<p class="key">Texts: dark received, light sent</p>'
        f'{texts}<p class="key">Minutes until half of the waiting customers had an answer</p>{answers}'
        "<table><tr><th>day</th><th>received</th><th>sent</th><th>failed</th><th>people</th><th>waiting</th>"
        f"<th>answer, min</th></tr>{rows}</table>"
        f"<p>Billed segments: {whole.segments}.{paid}</p></section>"
    )


def _row(name: str, tally: Tally) -> str:
    median = "" if tally.median_minutes is None else f"{tally.median_minutes:g}"
    cells = (tally.received, tally.sent, tally.failed, len(tally.people), tally.unanswered, median)
    return f"<tr><td>{escape(name)}</td>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _plot(title: str, names: Sequence[str], series: Sequence[tuple[str, Sequence[float]]]) -> str:
    """Bars beside each other for each day; the scale stands at the left."""
    highest = max((value for _, values in series for value in values), default=0) or 1
    step = len(series) * _BAR + _GAP
    wide = _LEFT + len(names) * step + _GAP
    bars = "".join(
        f'<rect class="{kind}" x="{_LEFT + day * step + place * _BAR}" y="{_HIGH - value * _HIGH / highest:.1f}" '
        f'width="{_BAR - 1}" height="{value * _HIGH / highest:.1f}">'
        f"<title>{escape(names[day])}: {value:g}</title></rect>"
        for place, (kind, values) in enumerate(series)
        for day, value in enumerate(values)
    )
    every = -(-len(names) // 14)  # more names than that would run into each other
    labels = "".join(
        f'<text x="{_LEFT + day * step}" y="{_HIGH + 14}" transform="rotate(30 {_LEFT + day * step} {_HIGH + 14})">'
        f"{escape(name)}</text>"
        for day, name in enumerate(names)
        if day % every == 0
    )
    return (
        f'<svg viewBox="0 -12 {wide + 30} {_HIGH + 62}" width="{wide + 30}" role="img" aria-label="{escape(title)}">'
        f'<text x="0" y="0">{highest:g}</text><text x="0" y="{_HIGH}">0</text>'
        f'<line class="axis" x1="{_LEFT - 4}" y1="{_HIGH}" x2="{wide}" y2="{_HIGH}"/>{bars}{labels}</svg>'
    )
