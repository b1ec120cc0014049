"""Tags: coloured labels of a line's contacts."""

from starlette.responses import Response

from textrequest_mcp.sandbox.records import Tag
from textrequest_mcp.sandbox.request import Call, nothing, shown


def view(tag: Tag) -> dict[str, str]:
    return {"id": tag.id, "tag": tag.name, "tag_color": tag.color}


def list_all(call: Call) -> Response:
    items, meta = call.page(list(call.line.tags.values()))
    return shown({"items": [view(tag) for tag in items], "meta": meta})


def read(call: Call) -> Response:
    tag = call.line.tags.get(call.path["tag_id"].lower())
    return shown(view(tag)) if tag else nothing()
