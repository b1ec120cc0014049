"""A contact: as the service answers it, and as a save gives it."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field

from textrequest_mcp.account.message import Message
from textrequest_mcp.tools.answers import (
    Answer,
    Code,
    Codes,
    Flag,
    Listing,
    PersonName,
    Phone,
    Record,
    Records,
    TheirName,
    Theirs,
    Time,
    Whole,
    Wholes,
)
from textrequest_mcp.tools.parameters import Guid, Guids, Ids, Number, Words, parsed

_THEIRS = ("first_name", "last_name", "display_name", "suppressed_reason", "note", "custom_fields")
_ANYBODYS = "The customer's or a colleague's own words"


class CustomFieldValue(BaseModel):
    """A contact's value for a custom field."""

    id: Code = None
    value: Theirs = Field(default=None, description=_ANYBODYS)


class Contact(Answer):
    """A person, as one line knows them; names, notes and values are the customer's or a colleague's words."""

    theirs = _THEIRS
    phone_number: Phone = None
    first_name: PersonName = Field(default=None, description=_ANYBODYS)
    last_name: TheirName = Field(default=None, description=_ANYBODYS)
    display_name: PersonName = Field(default=None, description=_ANYBODYS)
    is_suppressed: Flag = Field(default=None, description="Does not rise in the queue")
    is_archived: Flag = None
    is_blocked: Flag = Field(default=None, description="Incoming texts are dropped")
    suppressed_reason: Theirs = Field(default=None, description="A colleague's own words")
    note: Theirs = Field(default=None, description="A colleague's own words; never shown to the contact")
    groups: Wholes = Field(default=None, description="Group ids")
    contact_tags: Codes = Field(default=None, description="Tag ids")
    custom_fields: Annotated[list[CustomFieldValue] | None, Records] = None
    is_resolved: Flag = None
    first_contact_utc: Time = None
    opted_out_utc: Time = Field(default=None, description="When they texted STOP; then they must not be texted")
    last_msg_sent_utc: Time = None
    last_msg_received_utc: Time = None
    total_msgs_sent: Whole = None
    total_msgs_received: Whole = None
    response_count: Whole = None
    date_created_utc: Time = None
    last_contact_date_utc: Time = None
    last_message: Annotated[Message | None, Record] = None


class Contacts(Listing):
    """The contacts that match."""

    columns = (
        "phone_number",
        "display_name",
        "is_resolved",
        "is_archived",
        "is_blocked",
        "is_suppressed",
        "suppressed_reason",
        "opted_out_utc",
        "last_msg_received_utc",
        "last_msg_sent_utc",
        "groups",
        "note",
    )
    longest_cell = 80
    theirs = _THEIRS
    items: list[Contact] = Field(default_factory=list[Contact])


class ContactDeleted(Answer):
    """A contact that is gone."""

    phone_number: Phone = None


class FieldValueInput(BaseModel, extra="forbid"):
    """A value for a custom field, by the field's id."""

    id: Guid
    value: Words


FieldValues = Annotated[list[FieldValueInput], BeforeValidator(parsed)]


class ContactInput(BaseModel, extra="forbid"):
    """One contact of a bulk save."""

    phone_number: Number
    first_name: Words | None = None
    last_name: Words | None = None
    display_name: Words | None = None
    is_suppressed: bool | None = None
    is_archived: bool | None = None
    is_blocked: bool | None = None
    suppressed_reason: Words | None = None
    note: Words | None = None
    groups: Ids | None = None
    contact_tags: Guids | None = None
    custom_fields: FieldValues | None = None
    is_resolved: bool | None = None
