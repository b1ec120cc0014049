"""The desk's page of the audit: what was refused by which rule, and every row, with a search."""

import time
from collections import Counter
from collections.abc import Mapping
from html import escape

from textrequest_mcp.ground.store import Store
from textrequest_mcp.guard.approval.page import moment
from textrequest_mcp.guard.approval.site import Room
from textrequest_mcp.guard.audit.reader import Recorded, Trail

_SHOWN = 200
_LOOKED_AT = 5000  # of the newest rows
_WEEK_SECONDS = 7 * 86_400.0
_HEADINGS = ("row", "when", "host", "tool", "kind", "line", "person", "outcome", "rule", "yes by", "ids, note")
_SHOWN_OF_A_HASH = 8


def audit_room(store: Store, account: str | None) -> Room:
    """The page of the audit, of an account or of all."""
    trail = Trail(store, account)

    async def written(given: Mapping[str, str]) -> str:
        wanted = given.get("q", "").strip()
        rows = [row async for row in trail.entries(limit=_LOOKED_AT)]
        rows.reverse()
        told = [(row, cells) for row in rows if _fits(cells := _cells(row), wanted)]
        return (
            f"<h1>Audit</h1>{_refusals(rows)}"
            '<form method="get" action="/a/audit"><label>Find a host, tool, outcome, rule, hash or id'
            f'<input type="search" name="q" value="{escape(wanted)}"></label><button>Find</button></form>'
            f"<p class=soft>{len(told)} of the newest {len(rows)} rows{', the newest shown' * (len(told) > _SHOWN)}. "
            "<code>textrequest-mcp audit --verify</code> checks that none was changed.</p>" + _table(told)
        )

    return Room(path="audit", title="Audit", written=written)


def _refusals(rows: list[Recorded]) -> str:
    """Refusals of the last 7 days by rule, as bars."""
    since = time.time() - _WEEK_SECONDS
    counts = Counter(
        row.entry.rule or "the service, or the arguments"
        for row in rows
        if row.entry is not None and row.entry.kind == "refusal" and row.at is not None and row.at.timestamp() >= since
    )
    if not counts:
        return "<h3>Refused in the last 7 days: nothing</h3>"
    most = max(counts.values())
    bars = "".join(
        f'<text x="0" y="{24 * place + 15}">{escape(name)}</text>'
        f'<rect class="bar" x="280" y="{24 * place + 2}" width="{240 * count / most:.0f}" height="18" rx="3"></rect>'
        f'<text x="{286 + 240 * count / most:.0f}" y="{24 * place + 15}">{count}</text>'
        for place, (name, count) in enumerate(counts.most_common())
    )
    title = f"Refused in the last 7 days: {sum(counts.values())}"
    high = 24 * len(counts)
    return (
        f'<h3>{title}</h3><svg viewBox="0 0 560 {high}" width="560" height="{high}" role="img" '
        f'aria-label="{title}, by rule">{bars}</svg>'
    )


def _cells(row: Recorded) -> tuple[str, ...]:
    when = moment(row.at.timestamp()) if row.at is not None else ""
    entry = row.entry
    if entry is None:
        return (str(row.number), when, *("",) * 5, "unreadable", *("",) * 3)
    ids = " ".join(f"{name}={value}" for name, value in entry.ids.items())
    return (
        *(str(row.number), when, entry.caller, entry.tool, entry.kind, str(entry.dashboard_id or "")),
        *((entry.person or "")[:_SHOWN_OF_A_HASH], entry.outcome, entry.rule or "", entry.approved_by or ""),
        " ".join(filter(None, (ids, entry.note))),
    )


def _fits(cells: tuple[str, ...], wanted: str) -> bool:
    return all(any(word in cell.casefold() for cell in cells) for word in wanted.casefold().split())


def _table(told: list[tuple[Recorded, tuple[str, ...]]]) -> str:
    head = "".join(f"<th scope=col>{name}</th>" for name in _HEADINGS)
    rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>" for _, cells in told[:_SHOWN])
    return f'<div class=scroll tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
