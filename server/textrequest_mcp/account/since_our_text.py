"""Reads what a person wrote since our last text to them, so that a wait for their answer begins there."""

from collections.abc import Sequence
from contextlib import suppress

from textrequest_mcp.account.line import TextingLine
from textrequest_mcp.account.message import ArrivedText, Message, Messages
from textrequest_mcp.account.person import person_of
from textrequest_mcp.upstream.errors import TextRequestError
from textrequest_mcp.upstream.page import DEFAULT_SIZE
from textrequest_mcp.upstream.phone import wire


async def since_our_text(line: TextingLine, number: str) -> list[ArrivedText]:
    """Their texts after our last one, oldest first; none where we never texted them, or wrote last.

    Raises:
        TextRequestError: they cannot be read.
        StoreError: the store cannot be used.
    """
    person = person_of(line.id, await line.get("contacts", wire(number)))
    if person is None or person.sent_at is None or (person.received_at or 0.0) <= person.sent_at:
        return []
    first = await _page(line, number, 0)
    items = first.items
    if (first.total_items or 0) > DEFAULT_SIZE:  # the service states no order for this list, so both of its ends
        items = items + (await _page(line, number, ((first.total_items or 0) - 1) // DEFAULT_SIZE)).items
    theirs = [text for text in items if text.message_direction == "R" and _at(text) > person.sent_at]
    found = {text.message_id: text for text in sorted(theirs, key=_at)}
    return [
        ArrivedText.model_validate(text.model_dump() | {"phone_number": number, "name": person.name or None})
        for text in found.values()
    ]


async def since_our_texts(lines: Sequence[TextingLine], number: str) -> list[ArrivedText]:
    """What they wrote since our last text; a line that cannot be read is waited on, which tells of it."""
    found: list[ArrivedText] = []
    for line in lines:
        with suppress(TextRequestError):
            texts = await since_our_text(line, number)
            for text in texts:
                text.dashboard_id = line.id if len(lines) > 1 else None
            found += texts
    return found


async def _page(line: TextingLine, number: str, page: int) -> Messages:
    query = {"page": page, "page_size": DEFAULT_SIZE}
    answer = await line.get("contacts", wire(number), "messages", query=query)
    return Messages.of(answer, page=page, page_size=DEFAULT_SIZE)


def _at(text: Message) -> float:
    return text.message_timestamp_utc.timestamp() if text.message_timestamp_utc else 0.0
