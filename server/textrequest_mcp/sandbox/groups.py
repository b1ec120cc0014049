"""Groups: named sets of contacts on a line."""

from typing import Any

from starlette.responses import Response

from textrequest_mcp.sandbox import stamps
from textrequest_mcp.sandbox.records import Group, Line
from textrequest_mcp.sandbox.refusals import Refusal
from textrequest_mcp.sandbox.request import Call, nothing, shown


def view(line: Line, group: Group) -> dict[str, Any]:
    return {
        "id": group.id,
        "name": group.name,
        "notes": group.notes or None,
        "group_member_count": sum(group.id in contact.groups for contact in line.contacts.values()),
        "is_keyword": group.is_keyword,
        "last_message_sent_utc": stamps.zoned(group.last_message_sent_at),
    }


def list_all(call: Call) -> Response:
    line = call.line
    items, meta = call.page(list(line.groups.values()))
    return shown({"items": [view(line, group) for group in items], "meta": meta})


def read(call: Call) -> Response:
    line = call.line
    group = line.groups.get(call.path_number("group_id"))
    return shown(view(line, group)) if group else nothing()


def create(call: Call) -> Response:
    line, fields = call.line, call.fields()
    name, notes = fields.required("name"), fields.text("notes") or ""
    group = Group(max(line.groups, default=line.id * 10) + 1, name, notes)
    line.groups[group.id] = group
    return shown(view(line, group))


def update(call: Call) -> Response:
    line, fields = call.line, call.fields()
    group = line.groups.get(call.path_number("group_id"))
    if group is None:
        raise Refusal(400, "There is no such group on this dashboard.", "groupInvalid")
    name, notes = fields.required("name"), fields.text("notes")
    group.name = name
    group.notes = group.notes if notes is None else notes
    return shown(view(line, group))


def delete(call: Call) -> Response:
    """wire-facts, Groups: the contacts stay."""
    line = call.line
    group = line.groups.pop(call.path_number("group_id"), None)
    if group is None:
        raise Refusal(404, "There is no such group.", silent=True)
    for contact in line.contacts.values():
        contact.groups = [member for member in contact.groups if member != group.id]
    return nothing()
