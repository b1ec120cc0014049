"""Custom fields: what a line records about contacts beyond name and number."""

from pydantic import Field

from textrequest_mcp.account.account import AnyLine
from textrequest_mcp.tools.answers import Code, Listing, OnLine, TheirName
from textrequest_mcp.tools.declare import Toolset

fields = Toolset("fields")


class CustomField(OnLine):
    """A field that contacts can have a value for."""

    id: Code = None
    name: TheirName = None


class CustomFields(Listing):
    """All custom fields of a line."""

    items: list[CustomField] = Field(default_factory=list[CustomField])


@fields.reads(title="List custom fields", action="GetCustomFields")
async def list_custom_fields(line: AnyLine) -> CustomFields:
    """List all custom fields of contacts."""
    return CustomFields.of(await line.get("fields"), page=0, page_size=0).if_empty("This line has no custom fields.")
