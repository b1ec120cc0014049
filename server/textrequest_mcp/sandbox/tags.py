"""Tags: coloured labels of a line's contacts."""

from starlette.responses import Response

from textrequest_mcp.sandbox.records import Line, Tag
from textrequest_mcp.sandbox.refusals import Refusal
from textrequest_mcp.sandbox.request import Call, nothing, shown

_COLOR = "#1EB1C4"  # of a tag that is made without one: the contract's example, no source


def view(tag: Tag) -> dict[str, str]:
    return {"id": tag.id, "tag": tag.name, "tag_color": tag.color}


def list_all(call: Call) -> Response:
    items, meta = call.page(list(call.line.tags.values()))
    return shown({"items": [view(tag) for tag in items], "meta": meta})


def read(call: Call) -> Response:
    tag = _tag(call, call.line)
    return shown(view(tag)) if tag else nothing()


def create(call: Call) -> Response:
    """The contract: no name, or one that another tag has, is a 400. No source for whether case counts."""
    line, fields = call.line, call.fields()
    name, color = fields.required("tag"), fields.text("tag_color") or _COLOR
    if any(tag.name == name for tag in line.tags.values()):
        raise Refusal(400, "There is a tag with this name.", "tagInvalid")
    tag = Tag(call.account.next_guid("tag"), name, color)
    line.tags[tag.id] = tag
    return shown(view(tag))


def update(call: Call) -> Response:
    """What is left out stays; no source for that, nor for a name that another tag has, which is taken here."""
    line, fields = call.line, call.fields()
    tag, name, color = _tag(call, line), fields.text("tag"), fields.text("tag_color")
    if tag is None:
        raise Refusal(400, "There is no such tag on this dashboard.", "tagInvalid")
    tag.name, tag.color = name or tag.name, color or tag.color
    return shown(view(tag))


def delete(call: Call) -> Response:
    """The contract: the contacts stay."""
    line = call.line
    tag = _tag(call, line)
    if tag is None:
        raise Refusal(404, "There is no such tag.", silent=True)
    del line.tags[tag.id]
    for contact in line.contacts.values():
        contact.tags = [one for one in contact.tags if one != tag.id]
    return nothing()


def _tag(call: Call, line: Line) -> Tag | None:
    return line.tags.get(call.path["tag_id"].lower())
