"""Conversations: one for each contact that a line has texted with, newest words first in view."""

from typing import Annotated, Any

from pydantic import Field

from textrequest_mcp.account.account import AnyLine, Line
from textrequest_mcp.account.contact import Contact
from textrequest_mcp.account.directory import People
from textrequest_mcp.account.labels import ids_of
from textrequest_mcp.account.line import TextingLine
from textrequest_mcp.account.message import Message
from textrequest_mcp.guard.approval.question import Question
from textrequest_mcp.tools.about import BY_NUMBER
from textrequest_mcp.tools.answers import Answer, Flag, Listing, OnLine, PersonName, Phone, Record
from textrequest_mcp.tools.declare import Toolset
from textrequest_mcp.tools.parameters import KnownNumber, Labels, PageNumber, PageSize, Words, slip
from textrequest_mcp.upstream.errors import NotFound
from textrequest_mcp.upstream.page import DEFAULT_SIZE
from textrequest_mcp.upstream.phone import wire

conversations = Toolset("conversations")

_MOST_ADDED = 25


class Conversation(OnLine):
    """A conversation by its contact's number."""

    phone_number: Phone = None
    name: PersonName = Field(default=None, description="From the line's contacts")
    last_message: Annotated[Message | None, Record] = None


class Conversations(Listing):
    """A line's conversations."""

    told_elsewhere = True
    longest_cell = 300
    theirs = ("name", "body")
    columns = (
        *("dashboard_id", "phone_number", "name", "message_timestamp_utc", "message_direction", "body"),
        *("delivery_status", "delivery_reason"),
    )
    items: list[Conversation] = Field(default_factory=list[Conversation])


class Archived(Answer):
    """Where a conversation stands now."""

    phone_number: Phone = None
    is_archived: Flag = None
    was_archived: Flag = None


@conversations.reads(title="List conversations", action="GetConversations", link="conversations")
async def list_conversations(
    line: AnyLine,
    *,
    tags: Annotated[Labels, Field(description="Contacts with any of these")] | None = None,
    show_unresolved_only: Annotated[bool, Field(description="Leave settled ones out")] | None = None,
    include_archived: Annotated[bool, Field(description="Also archived ones")] | None = None,
    search: Annotated[Words, Field(description="Part of a name or number")] | None = None,
    page: PageNumber = 0,
    page_size: PageSize = DEFAULT_SIZE,
) -> Conversations:
    """List conversations with their last text. Who waits for an answer: with show_unresolved_only, the rows whose last
    text is theirs (R). Whole threads are in list_messages."""
    query = {
        "tags": await ids_of(line, "tags", tags or (), "tags") or None,
        "show_unresolved_only": show_unresolved_only,
        "include_archived": include_archived,
        "search": (search or "").strip() or None,
        "page": page,
        "page_size": page_size,
    }
    listing = Conversations.of(await line.get("conversations", query=query), page=page, page_size=page_size)
    if query["search"] is not None and page == 0 and listing.next_page is None:
        found = await line.account.directory.all(line.id)
        _go_on(listing, found, query)
    people = await line.names()
    for row in listing.items:
        row.name = people.name(row.phone_number)
    others = [name for name in ("tags", "show_unresolved_only") if query[name]]
    which = f" matches {', '.join(others)}" if others else ""
    archived = "" if include_archived else "; archived ones show with include_archived"
    return listing.if_empty(f"No conversation of this line{which or ' is there'}{archived}.").noting(
        slip("search", search)
    )


def _go_on(listing: Conversations, people: People, query: dict[str, Any]) -> None:
    """Add those contacts whom the search finds and the service does not: archived, without a text, with an accent."""
    there = {row.phone_number for row in listing.items}
    tags = set(query["tags"] or ())
    more = [
        person
        for person in people.search(query["search"])
        if person.number not in there
        and not (query["show_unresolved_only"] and person.is_marked("is_resolved"))
        and not (tags and tags.isdisjoint(person.tags))
    ]
    near = people.near(query["search"]) if not listing.items and not more else []
    rows = [
        {"phone_number": person.number, "last_message": person.last_message} for person in (more or near)[:_MOST_ADDED]
    ]
    listing.items += [Conversation.model_validate(row) for row in rows]
    listing.total_items = (listing.total_items or 0) + len(rows)
    archived = sum(person.is_marked("is_archived") for person in more[:_MOST_ADDED])
    silent = sum(person.last_message is None for person in more[:_MOST_ADDED])
    listing.noting(
        f"{archived} of them archived." if archived else None,
        f"{silent} without any text yet." if silent else None,
        f"{len(more) - len(rows)} more contacts are found; list_contacts has them."
        if len(more) > _MOST_ADDED
        else None,
        people.found_nobody(query["search"]) if near or not listing.items else None,
        "Those listed have a similar name." if near else None,
    )


async def _before_archiving(line: Line, phone_number: KnownNumber) -> Question:
    return Question(f"Archive the conversation with {await line.person(phone_number)} on {await line.title()}?")


async def _before_unarchiving(line: Line, phone_number: KnownNumber) -> Question:
    whom = await line.person(phone_number)
    return Question(f"Bring the conversation with {whom} on {await line.title()} back from the archive?")


@conversations.writes(
    title="Archive a conversation",
    action="ArchiveConversation",
    overwrites=False,
    idempotent=True,
    about=BY_NUMBER,
    question=_before_archiving,
)
async def archive_conversation(line: Line, phone_number: KnownNumber) -> Archived:
    """Hide a conversation from a line's lists until a text goes either way; nothing is deleted."""
    return await _put(line, phone_number, "archive", is_archived=True)


@conversations.writes(
    title="Unarchive a conversation",
    action="UnarchiveConversation",
    overwrites=False,
    idempotent=True,
    about=BY_NUMBER,
    question=_before_unarchiving,
)
async def unarchive_conversation(line: Line, phone_number: KnownNumber) -> Archived:
    """Bring an archived conversation back into a line's lists."""
    return await _put(line, phone_number, "unarchive", is_archived=False)


async def _put(line: TextingLine, phone_number: str, where: str, *, is_archived: bool) -> Archived:
    # The service may accept the number of somebody whom the line does not know, so that is looked up first.
    known = await line.get("contacts", wire(phone_number))
    if known is None:
        raise NotFound("There is no conversation with this number.", todo="See list_conversations for those there are.")
    answer = await line.put("contacts", wire(phone_number), "conversations", where)
    line.account.directory.change(line.id, phone_number, is_archived=is_archived)
    before = Contact.asked_for(known, phone_number=phone_number).is_archived is True
    done = Archived(phone_number=phone_number, is_archived=is_archived)
    if isinstance(answer, dict):  # no source says that it says anything
        Archived.changed(answer, look_with="get_contact", phone_number=phone_number, is_archived=is_archived)
    return done.model_copy(update={"was_archived": before})
