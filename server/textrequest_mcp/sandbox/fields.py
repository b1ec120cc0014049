"""Custom fields: a business's own notes about its contacts."""

from starlette.responses import Response

from textrequest_mcp.sandbox.records import Field
from textrequest_mcp.sandbox.request import Call, nothing, shown


def view(field: Field) -> dict[str, str]:
    return {"id": field.id, "name": field.name}


def list_all(call: Call) -> Response:
    """wire-facts, Base: a bare array, without pages."""
    return shown([view(field) for field in call.line.fields.values()])


def read(call: Call) -> Response:
    field = call.line.fields.get(call.path["field_id"].lower())
    return shown(view(field)) if field else nothing()
