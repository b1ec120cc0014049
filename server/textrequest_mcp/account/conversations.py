"""Conversations: one for each contact that a line has texted with, newest words first in view."""

from typing import Annotated

from pydantic import Field

from textrequest_mcp.account.account import Line
from textrequest_mcp.account.line import TextingLine
from textrequest_mcp.account.message import Message
from textrequest_mcp.guard.approval.question import Question
from textrequest_mcp.tools.about import BY_NUMBER
from textrequest_mcp.tools.answers import Answer, Flag, Listing, Phone, Record
from textrequest_mcp.tools.declare import Toolset
from textrequest_mcp.tools.parameters import Guids, KnownNumber, PageNumber, PageSize, Words, slip
from textrequest_mcp.upstream.errors import NotFound
from textrequest_mcp.upstream.page import DEFAULT_SIZE
from textrequest_mcp.upstream.phone import wire

conversations = Toolset("conversations")


class Conversation(Answer):
    """A conversation by its contact's number."""

    phone_number: Phone = None
    last_message: Annotated[Message | None, Record] = None


class Conversations(Listing):
    """A line's conversations."""

    told_elsewhere = True
    longest_cell = 300
    theirs = ("body",)
    columns = ("phone_number", "message_timestamp_utc", "message_direction", "body", "delivery_status")
    items: list[Conversation] = Field(default_factory=list[Conversation])


class Archived(Answer):
    """Where a conversation stands now."""

    phone_number: Phone = None
    is_archived: Flag = None


@conversations.reads(title="List conversations", action="GetConversations", link="conversations")
async def list_conversations(
    line: Line,
    *,
    tags: Annotated[Guids, Field(description="Contacts with any of these; ids from list_tags")] | None = None,
    show_unresolved_only: Annotated[bool, Field(description="Leave settled ones out")] | None = None,
    include_archived: Annotated[bool, Field(description="Also archived ones")] | None = None,
    search: Annotated[Words, Field(description="Part of a name or number")] | None = None,
    page: PageNumber = 0,
    page_size: PageSize = DEFAULT_SIZE,
) -> Conversations:
    """List a line's conversations with their last text. Who waits for an answer: show_unresolved_only, and
    message_direction R. Names are in get_contact, whole threads in list_messages."""
    query = {
        "tags": tags or None,
        "show_unresolved_only": show_unresolved_only,
        "include_archived": include_archived,
        "search": (search or "").strip() or None,
        "page": page,
        "page_size": page_size,
    }
    listing = Conversations.of(await line.get("conversations", query=query), page=page, page_size=page_size)
    return listing.noting(slip("search", search))


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
    if await line.get("contacts", wire(phone_number)) is None:
        raise NotFound("There is no conversation with this number.", todo="See list_conversations for those there are.")
    answer = await line.put("contacts", wire(phone_number), "conversations", where)
    done = Archived(phone_number=phone_number, is_archived=is_archived)
    if isinstance(answer, dict):  # no source says that it says anything
        Archived.changed(answer, look_with="get_contact", **dict(done))
    return done
