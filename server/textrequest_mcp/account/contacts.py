"""Contacts: the people a line texts with, found, saved and deleted."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from textrequest_mcp.account.account import AnyLine, Line
from textrequest_mcp.account.contact import (
    Clear,
    Contact,
    ContactDeleted,
    ContactInput,
    Contacts,
    ContactSaved,
    ContactsSaved,
    FieldValues,
)
from textrequest_mcp.account.contact_filters import found, not_shown, query_of
from textrequest_mcp.account.contact_questions import before_saving, before_saving_many
from textrequest_mcp.account.contact_saves import (
    body_of,
    check_given,
    check_once,
    contact_before,
    contacts_before,
    known_before,
    lifted,
    needs_before,
    no_word_of_the_save,
)
from textrequest_mcp.account.labels import label
from textrequest_mcp.account.saved_contacts import what_changed, what_was_saved
from textrequest_mcp.account.stops import show_stops
from textrequest_mcp.ground.quoting import quoted, some
from textrequest_mcp.guard.approval.question import Question
from textrequest_mcp.guard.marks import Mark
from textrequest_mcp.tools.about import BY_NUMBER, About
from textrequest_mcp.tools.declare import Toolset
from textrequest_mcp.tools.parameters import (
    Instant,
    KnownNumber,
    Label,
    Labels,
    LocalTime,
    PageNumber,
    PageSize,
    PhoneNumber,
    Words,
    parsed,
    slip,
)
from textrequest_mcp.upstream.errors import NotFound, Refused
from textrequest_mcp.upstream.page import DEFAULT_SIZE, MAX_SIZE
from textrequest_mcp.upstream.phone import masked, wire

contacts = Toolset("contacts")


@contacts.reads(title="List contacts", action="GetContacts")
async def list_contacts(
    line: AnyLine,
    *,
    search: Annotated[Words, Field(description="Part of a name or number")] | None = None,
    contact_phone_number: Annotated[str, Field(description="First digits of the number")] | None = None,
    last_message_timestamp_before_utc: Annotated[Instant, Field(description="Last text either way")] | None = None,
    last_message_timestamp_after_utc: Annotated[Instant, Field(description="Last text either way")] | None = None,
    contact_created_before: Annotated[LocalTime, Field(description="Contact made")] | None = None,
    contact_created_after: Annotated[LocalTime, Field(description="Contact made")] | None = None,
    is_resolved: Annotated[bool, Field(description="Conversation is settled")] | None = None,
    is_blocked: Annotated[bool, Field(description="Their texts are dropped")] | None = None,
    is_archived: Annotated[bool, Field(description="Conversation is archived")] | None = None,
    is_suppressed: Annotated[bool, Field(description="Kept from rising in the queue")] | None = None,
    has_opted_out: Annotated[bool, Field(description="Asked for no more texts")] | None = None,
    last_message_sent_before: Annotated[LocalTime, Field(description="Last text to them")] | None = None,
    last_message_sent_after: Annotated[LocalTime, Field(description="Last text to them")] | None = None,
    last_message_received_before: Annotated[LocalTime, Field(description="Last text from them")] | None = None,
    last_message_received_after: Annotated[LocalTime, Field(description="Last text from them")] | None = None,
    tags: Annotated[Labels, Field(description="Any of these")] | None = None,
    groups: Annotated[Labels, Field(description="Members of any of these")] | None = None,
    custom_field_id_1: Annotated[Label, Field(description="A field; needs its value")] | None = None,
    custom_field_value_1: Annotated[Words, Field(description="Exact value")] | None = None,
    custom_field_id_2: Annotated[Label, Field(description="A second field")] | None = None,
    custom_field_value_2: Annotated[Words, Field(description="Exact value")] | None = None,
    custom_field_id_3: Annotated[Label, Field(description="A third field")] | None = None,
    custom_field_value_3: Annotated[Words, Field(description="Exact value")] | None = None,
    never_texted: Annotated[
        bool, Field(description="Only those without any text; with a filter by a text's time, those too")
    ]
    | None = None,
    page: PageNumber = 0,
    page_size: PageSize = DEFAULT_SIZE,
) -> Contacts:
    """List contacts that match all given filters, by name with search; for one number, get_contact. Times: ISO
    8601; without a zone, local to the line unless the name ends in _utc."""
    given = {name: value for name, value in locals().items() if name not in ("line", "search", "never_texted")}
    query = await query_of(line, given)
    listing = await found(line, query, search=search, never_texted=never_texted is True, page=page, page_size=page_size)
    await label(line, listing.items)
    await show_stops(line, listing.items)
    listing.not_shown = not_shown(listing.items)
    return listing.noting(*(slip(name, given[name]) for name in given if name.startswith("custom_field_value")))


@contacts.reads(
    title="Get a contact", action="GetContactByPhoneNumber", link="contacts/{phone_number}", about=BY_NUMBER
)
async def get_contact(line: AnyLine, phone_number: KnownNumber) -> Contact:
    """Get one contact by number: names, flags, groups, tags, opt-out, last message. Texts are in list_messages."""
    answer = await line.get("contacts", wire(phone_number))
    if answer is None:
        raise NotFound(
            f"This line has no contact with {masked(phone_number)}.",
            todo="Each line has its own contacts: leave dashboard_id out, or try list_contacts with search.",
        )
    contact = Contact.asked_for(answer, phone_number=phone_number)
    line.account.directory.put(line.id, answer)
    await label(line, [contact])
    await show_stops(line, [contact])
    return contact


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
    question=before_saving,
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
    groups: Annotated[Labels, Field(description="All their groups"), Mark.GROUP] | None = None,
    contact_tags: Annotated[Labels, Field(description="All their tags")] | None = None,
    add_tags: Annotated[Labels, Field(description="The others stay")] | None = None,
    remove_tags: Annotated[Labels, Field(description="The others stay")] | None = None,
    add_groups: Annotated[Labels, Field(description="The others stay"), Mark.GROUP] | None = None,
    remove_groups: Annotated[Labels, Field(description="The others stay"), Mark.GROUP] | None = None,
    custom_fields: Annotated[FieldValues, Mark.REMARK] | None = None,
    is_resolved: Annotated[bool, Field(description="Conversation is settled"), Mark.SETTLED] | None = None,
    clear: Annotated[Clear, Field(description="Fields to empty or set to false")] | None = None,
) -> ContactSaved:
    """Create or update one contact of a line: replaces what is given; what is empty, false or left out stays. For
    many, save_contacts."""
    values = {name: value for name, value in locals().items() if name not in ("line", "phone_number")}
    check_given(values)
    before, known = await contact_before(line, phone_number, needed=needs_before(values))
    changes = await body_of(line, values, before)
    answer = await line.post("contacts", wire(phone_number), body=changes, repeatable=True)
    saved = Contact.model_validate(answer or {"phone_number": phone_number, **changes})
    if saved.phone_number != phone_number:
        raise no_word_of_the_save()
    line.account.directory.put(line.id, answer or {"phone_number": phone_number, **changes})
    return await what_changed(line, saved, changes, before, known=known)


@contacts.writes(
    title="Save many contacts",
    action="BulkUpdateContacts",
    overwrites=True,
    idempotent=True,
    about=About(argument="phone_number", each="contacts"),
    question=before_saving_many,
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
    check_once(numbers)
    given = [dict(contact) for contact in contacts]
    for place, values in enumerate(given):
        check_given(values, place)
    adding = [number for number, values in zip(numbers, given, strict=True) if needs_before(values)]
    before = await contacts_before(line, adding)
    body = [
        {"phone_number": wire(number)} | await body_of(line, values, before.get(number), at)
        for at, (number, values) in enumerate(zip(numbers, given, strict=True))
    ]
    before = await known_before(line, numbers, before)
    answer = await line.post("contacts", body=body, repeatable=True)
    if answer is not None and not isinstance(answer, list):
        raise no_word_of_the_save()
    told: list[Any] = body if answer is None else answer  # pyright: ignore[reportUnknownVariableType] - JSON
    saved = await what_was_saved(line, body, told, before)
    for record in told:
        line.account.directory.put(line.id, record)
    return saved


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
    line.account.directory.drop(line.id, phone_number)
    return ContactDeleted(phone_number=phone_number)


def _length(found: list[Any] | None) -> int | None:
    return None if found is None else len(found)
