"""Contacts: the people a line texts with, found, saved and deleted."""

import re
from collections import Counter
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from textrequest_mcp.account.account import Line
from textrequest_mcp.account.contact import (
    Clear,
    Contact,
    ContactDeleted,
    ContactInput,
    Contacts,
    ContactsSaved,
    FieldValues,
)
from textrequest_mcp.account.contact_questions import about_many, about_one
from textrequest_mcp.account.contact_saves import changes_of, lifted, no_word_of_the_save, some_of, what_was_saved
from textrequest_mcp.account.local_times import in_utc
from textrequest_mcp.ground.quoting import quoted, some
from textrequest_mcp.guard.approval.question import Question
from textrequest_mcp.guard.marks import Mark
from textrequest_mcp.tools.about import BY_NUMBER, About
from textrequest_mcp.tools.declare import Toolset
from textrequest_mcp.tools.parameters import (
    Guid,
    Guids,
    Ids,
    Instant,
    KnownNumber,
    LocalTime,
    PageNumber,
    PageSize,
    PhoneNumber,
    Words,
    in_order,
    parsed,
    slip,
)
from textrequest_mcp.upstream.errors import BadInput, NotFound, Refused
from textrequest_mcp.upstream.page import DEFAULT_SIZE, MAX_SIZE
from textrequest_mcp.upstream.phone import masked, wire
from textrequest_mcp.upstream.phone_spelling import spelled

contacts = Toolset("contacts")

_RANGES = ("last_message_timestamp_*_utc", "contact_created_*", "last_message_sent_*", "last_message_received_*")

_LOCAL = re.compile(".*_(before|after)")


@contacts.reads(title="List contacts", action="GetContacts")
async def list_contacts(
    line: Line,
    *,
    contact_phone_number: Annotated[str, Field(description="First digits of the number")] | None = None,
    last_message_timestamp_before_utc: Annotated[Instant, Field(description="Last text either way")] | None = None,
    last_message_timestamp_after_utc: Annotated[Instant, Field(description="Last text either way")] | None = None,
    contact_created_before: Annotated[LocalTime, Field(description="Contact made")] | None = None,
    contact_created_after: Annotated[LocalTime, Field(description="Contact made")] | None = None,
    is_resolved: Annotated[bool, Field(description="Conversation is settled")] | None = None,
    is_blocked: Annotated[bool, Field(description="Their texts are dropped")] | None = None,
    is_archived: Annotated[bool, Field(description="Conversation is archived")] | None = None,
    is_suppressed: Annotated[bool, Field(description="Kept from rising in the queue")] | None = None,
    has_opted_out: Annotated[bool, Field(description="Texted STOP")] | None = None,
    last_message_sent_before: Annotated[LocalTime, Field(description="Last text to them")] | None = None,
    last_message_sent_after: Annotated[LocalTime, Field(description="Last text to them")] | None = None,
    last_message_received_before: Annotated[LocalTime, Field(description="Last text from them")] | None = None,
    last_message_received_after: Annotated[LocalTime, Field(description="Last text from them")] | None = None,
    tags: Annotated[Guids, Field(description="Any of these ids from list_tags")] | None = None,
    groups: Annotated[Ids, Field(description="Members of any of these; ids from list_groups")] | None = None,
    custom_field_id_1: Annotated[Guid, Field(description="From list_custom_fields; needs its value")] | None = None,
    custom_field_value_1: Annotated[Words, Field(description="Exact value")] | None = None,
    custom_field_id_2: Annotated[Guid, Field(description="A second field")] | None = None,
    custom_field_value_2: Annotated[Words, Field(description="Exact value")] | None = None,
    custom_field_id_3: Annotated[Guid, Field(description="A third field")] | None = None,
    custom_field_value_3: Annotated[Words, Field(description="Exact value")] | None = None,
    page: PageNumber = 0,
    page_size: PageSize = DEFAULT_SIZE,
) -> Contacts:
    """List a line's contacts that match all given filters. To find one by name, list_conversations has search; for one
    number, get_contact. Times: ISO 8601; without a zone, local to the line unless the name ends in _utc."""
    given = {name: value for name, value in locals().items() if name != "line"}
    _check_ranges(given)  # before the line's zone is read for nothing; and again once all times have a zone
    given |= await in_utc(line, {name: given[name] for name in given if _LOCAL.fullmatch(name)})
    query = _query(given)
    listing = Contacts.of(await line.get("contacts", query=query), page=page, page_size=page_size)
    return listing.noting(*(slip(name, given[name]) for name in given if name.startswith("custom_field_value")))


@contacts.reads(
    title="Get a contact", action="GetContactByPhoneNumber", link="contacts/{phone_number}", about=BY_NUMBER
)
async def get_contact(line: Line, phone_number: KnownNumber) -> Contact:
    """Get one contact by number: names, flags, groups, tags, opt-out, last message. Texts are in list_messages."""
    answer = await line.get("contacts", wire(phone_number))
    if answer is None:
        raise NotFound(
            f"This line has no contact with {masked(phone_number)}.",
            todo="Each line has its own contacts: try another line, or list_conversations with search.",
        )
    return Contact.asked_for(answer, phone_number=phone_number)


async def _before_saving(line: Line, phone_number: PhoneNumber, **values: Any) -> Question:
    return await about_one(line, phone_number, values)


async def _before_saving_many(line: Line, contacts: list[ContactInput]) -> Question:
    return await about_many(line, [(one.phone_number, one.model_dump(exclude={"phone_number"})) for one in contacts])


async def _lifts(line: Line, phone_number: PhoneNumber, clear: Clear | None) -> str | None:
    return await lifted(line, [(phone_number, clear)])


async def _lifts_any(line: Line, contacts: list[ContactInput]) -> str | None:
    return await lifted(line, [(contact.phone_number, contact.clear) for contact in contacts])


@contacts.writes(
    title="Save a contact",
    action="CreateContact",
    overwrites=True,
    idempotent=True,
    link="contacts/{phone_number}",
    about=BY_NUMBER,
    question=_before_saving,
    doubt=_lifts,
)
async def save_contact(
    line: Line,
    phone_number: PhoneNumber,
    *,
    first_name: Annotated[Words, Field(description="Given name")] | None = None,
    last_name: Annotated[Words, Field(description="Family name")] | None = None,
    display_name: Annotated[Words, Field(description="Name shown in the app")] | None = None,
    is_suppressed: Annotated[bool, Field(description="Keep from rising in the queue")] | None = None,
    is_archived: Annotated[bool, Field(description="Hide the conversation")] | None = None,
    is_blocked: Annotated[bool, Field(description="Drop their texts")] | None = None,
    suppressed_reason: Annotated[Words, Field(description="With is_suppressed")] | None = None,
    note: Annotated[Words, Field(description="For colleagues"), Mark.REMARK] | None = None,
    groups: Annotated[Ids, Field(description="All their groups, by ids from list_groups"), Mark.GROUP] | None = None,
    contact_tags: Annotated[Guids, Field(description="All their tags, by ids from list_tags")] | None = None,
    custom_fields: Annotated[FieldValues, Mark.REMARK] | None = None,
    is_resolved: Annotated[bool, Field(description="Conversation is settled"), Mark.SETTLED] | None = None,
    clear: Annotated[Clear, Field(description="Fields to empty or set to false")] | None = None,
) -> Contact:
    """Create or update one contact of a line: replaces what is given; what is empty, false or left out stays. For
    many, save_contacts."""
    changes = changes_of({name: value for name, value in locals().items() if name not in ("line", "phone_number")})
    answer = await line.post("contacts", wire(phone_number), body=changes, repeatable=True)
    saved = Contact.model_validate(answer or {"phone_number": phone_number})
    if saved.phone_number != phone_number:
        raise no_word_of_the_save()
    return saved


@contacts.writes(
    title="Save many contacts",
    action="BulkUpdateContacts",
    overwrites=True,
    idempotent=True,
    about=About(argument="phone_number", each="contacts"),
    question=_before_saving_many,
    doubt=_lifts_any,
)
async def save_contacts(
    line: Line,
    contacts: Annotated[
        list[ContactInput],
        BeforeValidator(parsed),
        Field(min_length=1, max_length=MAX_SIZE, description="Fields as in save_contact"),
    ],
) -> ContactsSaved:
    """Create or update many contacts of a line in one call, as save_contact does. Answers what differs."""
    numbers = [contact.phone_number for contact in contacts]
    twice = {masked(number) for number, times in Counter(numbers).items() if times > 1}
    if twice:
        raise BadInput(f"The list has {some_of(sorted(twice))} more than once.", todo="Give each contact once.")
    body = [
        {"phone_number": wire(contact.phone_number)}
        | changes_of({name: getattr(contact, name) for name in ContactInput.model_fields if name != "phone_number"}, at)
        for at, contact in enumerate(contacts)
    ]
    answer = await line.post("contacts", body=body, repeatable=True)
    if answer is not None and not isinstance(answer, list):
        raise no_word_of_the_save()
    return what_was_saved(body, body if answer is None else answer)  # pyright: ignore[reportUnknownArgumentType] - JSON


async def _before_deleting(line: Line, phone_number: KnownNumber) -> Question:
    contact = await get_contact(line, phone_number)
    name = quoted(contact.display_name)
    known = [count for count in (contact.total_msgs_sent, contact.total_msgs_received) if count is not None]
    texts = sum(known) if known else None
    if texts or contact.last_message is not None:
        count = some(texts, "message") if texts else "messages"
        raise Refused(
            f"The contact {name} has {count}, and Text Request deletes only contacts without any.",
            status=400,
            todo="Offer what works: archive_conversation hides it"
            + ("." if contact.is_blocked else ", save_contact with is_blocked stops their texts."),
        )
    return Question(
        f"Delete the contact {name} ({phone_number}) from {await line.title()}? It has {some(texts, 'message')}, is in "
        f"{some(_length(contact.groups), 'group')} and has {some(_length(contact.contact_tags), 'tag')}. "
        "It cannot be undone."
    )


@contacts.destroys(title="Delete a contact", action="DeleteContact", question=_before_deleting, about=BY_NUMBER)
async def delete_contact(line: Line, phone_number: KnownNumber) -> ContactDeleted:
    """Delete a contact that never exchanged a text, for good. The service refuses one with messages:
    archive_conversation, or save_contact with is_blocked, instead."""
    await line.delete("contacts", wire(phone_number))
    return ContactDeleted(phone_number=phone_number)


def _length(found: list[Any] | None) -> int | None:
    return None if found is None else len(found)


def _query(given: dict[str, Any]) -> dict[str, Any]:
    """The filters as the service takes them.

    Raises:
        BadInput: two of them do not go together, or one makes no sense.
    """
    _check_ranges(given)
    query = given | {
        "contact_phone_number": _first_digits(given["contact_phone_number"]),
        "tags": given["tags"] or None,  # an empty list is no filter, to the service too
        "groups": given["groups"] or None,
    }
    for number in (1, 2, 3):
        if (query[f"custom_field_id_{number}"] is None) != (query[f"custom_field_value_{number}"] is None):
            raise BadInput(f"custom_field_id_{number} and custom_field_value_{number} go together.", todo="Give both.")
    return query


def _check_ranges(given: dict[str, Any]) -> None:
    for names in _RANGES:
        in_order(given[names.replace("*", "after")], given[names.replace("*", "before")], names)


def _first_digits(text: str | None) -> str | None:
    """The start of a number as the service matches it, from any usual spelling (it matches from the leading 1)."""
    if text is None:
        return None
    text = "".join(map(spelled, text))
    digits = "".join(c for c in text if c in "0123456789")
    if not digits or any(c not in "0123456789 ().-+" for c in text):
        raise BadInput("contact_phone_number is not the start of a phone number.", todo="Give digits, such as 423555.")
    if "+" in text and not re.match(r"[ (]*\+[ (]*1[^+]*$", text):
        raise BadInput("contact_phone_number has a + without a 1.", todo="This service only reaches +1: give +1423555.")
    return digits if digits.startswith("1") else "1" + digits
