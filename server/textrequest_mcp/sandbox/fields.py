"""Custom fields: a business's own notes about its contacts."""

from starlette.responses import Response

from textrequest_mcp.sandbox.records import Field, Line
from textrequest_mcp.sandbox.refusals import Refusal
from textrequest_mcp.sandbox.request import Call, nothing, shown


def view(field: Field) -> dict[str, str]:
    return {"id": field.id, "name": field.name}


def list_all(call: Call) -> Response:
    """wire-facts, Base: a bare array, without pages."""
    return shown([view(field) for field in call.line.fields.values()])


def read(call: Call) -> Response:
    field = _field(call, call.line)
    return shown(view(field)) if field else nothing()


def create(call: Call) -> Response:
    """The contract: too many fields are a 400. No source for how many, so there is no limit here."""
    line = call.line
    field = Field(call.account.next_guid("field"), call.fields().required("name"))
    line.fields[field.id] = field
    return shown(view(field))


def rename(call: Call) -> Response:
    line, name = call.line, call.fields().required("name")
    field = _field(call, line)
    if field is None:
        raise Refusal(400, "There is no such custom field on this dashboard.", "customFieldInvalid")
    field.name = name
    return shown(view(field))


def delete(call: Call) -> Response:
    """The contract: a 400 while any contact has a value for it, and an absent field is both a 204 and a 404."""
    line = call.line
    field = _field(call, line)
    if field is None:
        return nothing()
    if any(contact.fields.get(field.id) for contact in line.contacts.values()):
        raise Refusal(400, "A contact has a value for this custom field.", silent=True)
    del line.fields[field.id]
    for contact in line.contacts.values():
        contact.fields.pop(field.id, None)
    return nothing()


def _field(call: Call, line: Line) -> Field | None:
    return line.fields.get(call.path["field_id"].lower())
