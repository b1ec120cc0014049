"""Keywords: words that people text to join a group; read only, because nothing here changes them."""

from starlette.responses import Response

from textrequest_mcp.sandbox import stamps
from textrequest_mcp.sandbox.request import Call, shown


def list_all(call: Call) -> Response:
    """Each is the group that holds its members; no source for what stands where a keyword has no answer."""
    line = call.line
    found = [group for group in line.groups.values() if group.is_keyword]
    items, meta = call.page(found)
    rows = [
        {
            "id": group.id,
            "subscribers_count": sum(group.id in contact.groups for contact in line.contacts.values()),
            "keyword_value": group.name,
            "date_created": stamps.zoned(call.account.started_at - 400 * stamps.DAY),
            "response": "Thanks! We will text you when an oil change is on sale. Reply STOP to end.",
            "group_id": group.id,
        }
        for group in items
    ]
    return shown({"items": rows, "meta": meta})
