"""Reads what a person is shown beside a question at the desk: the conversation, the line, segments, what is left."""

from contextlib import suppress

import anyio

from textrequest_mcp.account.line import TextingLine
from textrequest_mcp.account.message import Message
from textrequest_mcp.account.newest_texts import newest_texts
from textrequest_mcp.account.segments import segments
from textrequest_mcp.ground.clean import clean
from textrequest_mcp.ground.quoting import one_line, some
from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.guard.approval.shown import Beside, Bubble
from textrequest_mcp.guard.rules.caps import Caps
from textrequest_mcp.guard.rules.remaining import Remaining
from textrequest_mcp.upstream.errors import TextRequestError

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
                texts = tuple(map(_bubble, await newest_texts(line, person, _MOST_TEXTS)))
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
