"""A contact: as the service answers it, and as a save gives it."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema, model_validator

from textrequest_mcp.account.message import Message
from textrequest_mcp.guard.marks import Mark
from textrequest_mcp.tools.answers import (
    Answer,
    Code,
    Codes,
    Flag,
    Listing,
    OnLine,
    PersonName,
    Phone,
    Record,
    Records,
    TheirName,
    TheirNames,
    Theirs,
    Time,
    Whole,
    Wholes,
)
from textrequest_mcp.tools.parameters import Filled, Label, Labels, Number, Words, is_empty, listed, parsed

_THEIRS = ("first_name", "last_name", "display_name", "suppressed_reason", "note", "custom_fields")


class CustomFieldValue(BaseModel):
    """A contact's value for a custom field."""

    id: Code = None
    name: TheirName = None
    value: Theirs = None


class SavedContact(Answer):
    """What a save can change of a person; names, notes and values are the customer's or a colleague's words."""

    theirs = _THEIRS
    phone_number: Phone = None
    first_name: PersonName = None
    last_name: TheirName = None
    display_name: PersonName = None
    is_suppressed: Flag = Field(default=None, description="Does not rise in the queue")
    is_archived: Flag = None
    is_blocked: Flag = Field(default=None, description="Incoming texts are dropped")
    suppressed_reason: Theirs = Field(default=None, description="A colleague's own words")
    note: Theirs = Field(default=None, description="A colleague's own words; never shown to the contact")
    groups: Wholes = Field(default=None, description="Group ids")
    contact_tags: Codes = Field(default=None, description="Tag ids")
    custom_fields: Annotated[list[CustomFieldValue] | None, Records] = None
    is_resolved: Flag = None


class LabelledContact(SavedContact):
    """A person whose tags and groups have names."""

    tags: TheirNames = Field(default=None, description="Names of their tags")
    group_names: TheirNames = None


class Contact(LabelledContact, OnLine):
    """A person, as one line knows them."""

    first_contact_utc: Time = None
    opted_out_utc: Time = Field(default=None, description="When they asked for no more texts: do not text them")
    last_msg_sent_utc: Time = None
    last_msg_received_utc: Time = None
    total_msgs_sent: Whole = None
    total_msgs_received: Whole = None
    response_count: Whole = None
    date_created_utc: Time = None
    last_contact_date_utc: Time = None
    last_message: Annotated[Message | None, Record] = None
    also_on: Wholes = Field(default=None, description="Other lines that have this contact")


class ContactSaved(Contact):
    """What a save changed of a person."""

    first = ("created",)
    theirs = (*_THEIRS, "was")
    created: Flag = Field(default=None, description="True: there was no such contact")
    was: Annotated[dict[str, Any] | None, Mark.THEIRS] = Field(
        default=None, description="What was there before: saving it again undoes this"
    )
    remark: Code = None


_TIMES = ("opted_out_utc", "last_msg_received_utc", "last_msg_sent_utc")
_LAST = "last_message.message_direction"


class Contacts(Listing):
    """The contacts that match."""

    told_elsewhere = True
    brief = ("dashboard_id", *LabelledContact.model_fields, *_TIMES, _LAST)
    columns = (
        "dashboard_id",
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
        "tags",
        "group_names",
        "custom_fields",
        "note",
    )
    longest_cell = 80
    theirs = _THEIRS
    not_shown: Codes = Field(default=None, description="Fields with values that the table leaves out")
    items: list[Contact] = Field(default_factory=list[Contact])


class ContactDeleted(Answer):
    """A contact that is gone."""

    phone_number: Phone = None


class ContactsSaved(Answer):
    """What became of a bulk save: counts, and the records that are not as they were asked for."""

    first = ("saved", "created")
    columns = tuple(SavedContact.model_fields)
    longest_cell = Contacts.longest_cell
    theirs = (*_THEIRS, "was")
    saved: Whole = Field(default=None, description="Contacts that are now as asked")
    created: Whole = Field(default=None, description="Of them, those that are new")
    was: Annotated[list[dict[str, Any]] | None, Mark.THEIRS] = Field(
        default=None, description="What was there before: saving it again undoes this"
    )
    items: list[SavedContact] = Field(default_factory=list[SavedContact], description="The first that differ")
    missing: Annotated[Codes, Field(description="The first numbers that the answer leaves out")] = None
    note: Code = None


# What a save can empty by name, and what the service takes for empty.
EMPTY: Mapping[str, Any] = {
    **dict.fromkeys(("first_name", "last_name", "display_name", "note", "suppressed_reason"), ""),
    **dict.fromkeys(("groups", "contact_tags", "custom_fields"), cast("list[Any]", [])),
    **dict.fromkeys(("is_suppressed", "is_archived", "is_blocked", "is_resolved"), False),
}
_Clearable = Literal[
    "first_name",
    "last_name",
    "display_name",
    "note",
    "suppressed_reason",
    "groups",
    "contact_tags",
    "custom_fields",
    "is_suppressed",
    "is_archived",
    "is_blocked",
    "is_resolved",
]
Clear = Annotated[list[_Clearable], BeforeValidator(listed), Mark.NOBODYS]


class FieldValueInput(BaseModel, extra="forbid"):
    """A value for a custom field, by the field's name or id; also as one text, `NAME=value`."""

    id: Label
    value: Filled

    @model_validator(mode="before")
    @classmethod
    def _divided(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        field, equals, said = value.partition("=")
        if not equals:
            raise ValueError("must be a field's name, =, and the value")
        return {"id": field.strip(), "value": said}


def _pairs(value: object) -> object:
    """A list, its JSON text, or its only item."""
    return [value] if isinstance(value, str) and re.match(r"\s*[^\s\[{=][^=]*=", value) else parsed(value)


# One text for each, because some hosts take no more than five levels of lists and objects.
FieldValues = Annotated[
    list[FieldValueInput],
    BeforeValidator(_pairs),
    WithJsonSchema({"type": "array", "items": {"type": "string"}, "description": "NAME=value of fields"}),
]


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
    note: Annotated[Words, Mark.REMARK] | None = None
    groups: Annotated[Labels, Mark.GROUP] | None = None
    contact_tags: Labels | None = None
    add_tags: Labels | None = None
    remove_tags: Labels | None = None
    add_groups: Annotated[Labels, Mark.GROUP] | None = None
    remove_groups: Annotated[Labels, Mark.GROUP] | None = None
    custom_fields: Annotated[FieldValues, Mark.REMARK] | None = None
    is_resolved: Annotated[bool, Mark.SETTLED] | None = None
    clear: Annotated[Clear, WithJsonSchema({"type": "array", "items": {"type": "string"}})] | None = None

    @model_validator(mode="before")
    @classmethod
    def _without_what_is_empty(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        given = cast("dict[str, Any]", value)
        return {name: said for name, said in given.items() if name == "phone_number" or not is_empty(said)}
