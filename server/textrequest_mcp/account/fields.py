"""Custom fields: what a line records about contacts beyond name and number."""

from pydantic import Field

from textrequest_mcp.account.account import Line
from textrequest_mcp.tools.answers import Answer, Code, Listing, TheirName
from textrequest_mcp.tools.declare import Toolset

fields = Toolset("fields")


class CustomField(Answer):
    """A field that contacts can have a value for."""

    id: Code = None
    name: TheirName = None


class CustomFields(Listing):
    """All custom fields of a line."""

    items: list[CustomField] = Field(default_factory=list[CustomField])


@fields.reads(title="List custom fields", action="GetCustomFields")
async def list_custom_fields(line: Line) -> CustomFields:
    """List all custom fields of a line with the ids that contacts and filters use."""
    return CustomFields.of(await line.get("fields"), page=0, page_size=0)
