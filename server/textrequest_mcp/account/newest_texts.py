"""Reads the newest texts of a conversation."""

from datetime import UTC, datetime

from textrequest_mcp.account.line import TextingLine
from textrequest_mcp.account.message import Message, Messages
from textrequest_mcp.upstream.page import DEFAULT_SIZE
from textrequest_mcp.upstream.phone import wire

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


async def newest_texts(line: TextingLine, number: str, most: int) -> list[Message]:
    """The newest texts with a number, oldest first, at most `most` or 25; raises `TextRequestError`.

    The service states no order for a conversation, so both ends of its list are read.
    """

    async def page(index: int) -> Messages:
        query = {"page": index, "page_size": DEFAULT_SIZE}
        answer = await line.get("contacts", wire(number), "messages", query=query)
        return Messages.of(answer, page=index, page_size=DEFAULT_SIZE)

    first = await page(0)
    items = first.items
    if (first.total_items or 0) > DEFAULT_SIZE:
        items = items + (await page(((first.total_items or 0) - 1) // DEFAULT_SIZE)).items
    told = {(each.message_id or "", each.message_timestamp_utc or _LONG_AGO, each.body): each for each in items}
    return [told[key] for key in sorted(told, key=lambda key: key[1])][-most:]
