"""Sends one text, and reads what the service says became of it."""

from typing import Any

from textrequest_mcp.account.line import TextingLine
from textrequest_mcp.account.message import Sent
from textrequest_mcp.account.segments import segments, why_several
from textrequest_mcp.account.sent_texts import NO_SENDER, refusal_of
from textrequest_mcp.ground.clean import clean
from textrequest_mcp.guard.once.departure import LedgerDeparture
from textrequest_mcp.tools.answers import no_word_of_it
from textrequest_mcp.tools.parameters import only_given
from textrequest_mcp.upstream.phone import wire

LONGEST_SENDER = 41
_NO_ERROR = {None, "", "0"}
_REFUSED_STATUSES = {"error", "failed", "undelivered"}


async def post_text(
    line: TextingLine,
    departure: LedgerDeparture,
    phone_number: str,
    body: str,
    *,
    sender_name: str | None = None,
    status_callback: str | None = None,
    location_callback: str | None = None,
    mms_media: list[str] | None = None,
) -> Sent:
    """Send one text; its arguments are those of `send_message`.

    Raises:
        TextRequestError: it did not go out, or nobody knows.
    """
    answer = await line.post(
        "contacts",
        wire(phone_number),
        "messages",
        body=only_given(
            body=body,
            sender_name=_marked(sender_name, departure.tag),
            status_callback=status_callback or line.account.live.status_address(line.id),
            location_callback=location_callback,
            mms_media=mms_media,
        ),
        departure=departure,
    )
    sent = _sent(answer)
    if not mms_media:  # a text with media is billed by other rules
        sent.segments, sent.segments_why = segments(body), why_several(body)
    sent.namesakes = line.account.directory.namesakes(line.id, phone_number) or None
    return sent


def _marked(sender_name: str | None, tag: str | None) -> str | None:
    """The sender's name with the send's mark, cut so that both fit."""
    if tag is None:
        return sender_name
    # Clean, because the end of a name could make the mark a part of an escape sequence, and the trace unreadable.
    return f"{(clean(sender_name or '') or NO_SENDER)[: LONGEST_SENDER - len(tag) - 1]} {tag}"


def _sent(answer: Any) -> Sent:
    """The text as the service answered it; a 200 can still say no (wire-facts, Conversations and messages)."""
    fields: dict[str, Any] = answer if isinstance(answer, dict) else {}  # pyright: ignore[reportUnknownVariableType]
    sent = Sent.model_validate({"delivery_status": fields.get("status")} | fields)
    if str(sent.delivery_status).lower() in _REFUSED_STATUSES:
        raise refusal_of(sent)
    if not sent.message_id or sent.delivery_error not in _NO_ERROR:
        raise no_word_of_it("list_messages")
    return sent
