"""Reviews that customers left; read only, as in the service. The first line has three, the others none."""

from typing import Any

from starlette.responses import Response

from textrequest_mcp.sandbox import stamps
from textrequest_mcp.sandbox.request import Call, shown

# Days before the account began, platform, who, stars, thumb, words, our answer, whether it was asked for.
_REVIEWS = (
    (3, "Google", "Tomás Vance", 5, None, "Fair prices, and they text back.", "Thank you!", "requested"),
    (9, "Facebook", "Rosa Haddad", None, True, "Honest people.", None, "organic"),
    (20, "Text Request", "Ben Nguyen", 2, None, "Waited two hours past my appointment.", None, "requested"),
)


def list_all(call: Call) -> Response:
    """The contract: of a span of time; a line's own. No source for the order: newest first."""
    start, end = (_edge(call, name) for name in ("start_date", "end_date"))
    found = [row for row in _rows(call) if (start is None or row[0] >= start) and (end is None or row[0] <= end)]
    items, meta = call.page(found)
    return shown({"items": [row for _, row in items], "meta": meta})


def _rows(call: Call) -> list[tuple[int, dict[str, Any]]]:
    if call.line.id != min(call.account.lines):
        return []
    rows: list[tuple[int, dict[str, Any]]] = []
    for place, (days, platform, who, stars, thumb, words, answer, source) in enumerate(_REVIEWS):
        at = call.account.started_at - days * stamps.DAY
        asked = source == "requested"
        rows.append(
            (
                stamps.thousandths(at),
                {
                    "id": 501 + place,
                    "platform": platform,
                    "review_date_utc": stamps.zoned(at),
                    "review_message": words,
                    "reviewer_name": who,
                    "star_rating": stars,
                    "is_positive_recommendation": thumb,
                    "resopnse_message": answer,
                    "response_utc": stamps.zoned(at + stamps.DAY) if answer else None,
                    "source": source,
                    "campaign_id": 1042 if asked else None,
                    "campaign_name": "After a repair" if asked else None,
                },
            )
        )
    return rows


def _edge(call: Call, name: str) -> int | None:
    written = call.query.get(name)
    return stamps.thousandths(stamps.moment_of(written, None, name)) if written else None
