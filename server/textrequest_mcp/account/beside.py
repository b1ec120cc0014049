"""Reads what a person is shown beside a question at the desk: the conversation, the line, segments, what is left."""

from contextlib import suppress

import anyio

from textrequest_mcp.account.line import TextingLine
from textrequest_mcp.account.message import Message, Messages
from textrequest_mcp.account.segments import segments
from textrequest_mcp.ground.clean import clean
from textrequest_mcp.ground.quoting import one_line, some
from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.guard.approval.shown import Beside, Bubble
from textrequest_mcp.guard.rules.caps import Caps
from textrequest_mcp.guard.rules.remaining import Remaining
from textrequest_mcp.upstream.errors import TextRequestError
from textrequest_mcp.upstream.page import DEFAULT_SIZE
from textrequest_mcp.upstream.phone import wire

_MOST_TEXTS = 10
_LONGEST = 600
_SECONDS = 10.0  # a question waits no longer for what stands beside it


async def read_beside(line: TextingLine | None, person: str | None, body: str | None, caps: Caps | None) -> Beside:
    """What is read for a question; what cannot be read is said, and stops nothing.

    Args:
        line: of the call.
        person: the number of the one whom the question is about first.
        body: the text that would leave.
        caps: of the account.
    """
    facts: list[tuple[str, str]] = []
    named, texts, note = "", tuple[Bubble, ...](), ""
    with anyio.move_on_after(_SECONDS) as reading:
        try:
            if line is not None:
                facts.append(("Line", await line.title()))
            if line is not None and person is not None:
                named = await line.person(person)
                texts = await _texts(line, person)
        except TextRequestError as error:
            note = f"The conversation could not be read. {error.what}"
    if reading.cancelled_caught:
        note = "The conversation could not be read in time."
    if body is not None:
        facts.append(("This text", f"{some(len(body), 'character')}, {some(segments(body), 'segment')}"))
    if caps is not None and line is not None and body is not None:
        with suppress(StoreError):
            facts += _left(await caps.left(line.id))
    return Beside(person=named, texts=texts, facts=tuple(facts), note=note)


async def _texts(line: TextingLine, number: str) -> tuple[Bubble, ...]:
    """The newest texts of a conversation, oldest first: the service states no order, so both ends of its list."""

    async def page(index: int) -> Messages:
        query = {"page": index, "page_size": DEFAULT_SIZE}
        answer = await line.get("contacts", wire(number), "messages", query=query)
        return Messages.of(answer, page=index, page_size=DEFAULT_SIZE)

    first = await page(0)
    items = first.items
    if (first.total_items or 0) > DEFAULT_SIZE:
        items = items + (await page(((first.total_items or 0) - 1) // DEFAULT_SIZE)).items
    told = {(each.at or 0.0, each.theirs, each.words): each for each in map(_bubble, items)}
    return tuple(told[key] for key in sorted(told))[-_MOST_TEXTS:]


def _bubble(message: Message) -> Bubble:
    at = message.message_timestamp_utc
    media = f"[{some(len(message.mms_media), 'picture')}]" if message.mms_media else ""
    words = clean(message.body or "")
    cut = words if len(words) <= _LONGEST else f"{words[:_LONGEST]}…"
    return Bubble(
        theirs=message.message_direction == "R",
        words=" ".join(filter(None, (cut, media))),
        at=None if at is None else at.timestamp(),
        by=one_line(message.response_by_username) or None,
    )


def _left(left: Remaining) -> list[tuple[str, str]]:
    told = {
        "Texts left this hour": left.texts_per_hour,
        "Texts left today": left.texts_per_day,
        "New people left today": left.new_people_per_day,
    }
    return [(name, str(count)) for name, count in told.items() if count is not None]
