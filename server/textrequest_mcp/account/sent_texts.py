"""How a text that was sent is found again in the account, and how the ledger tells two texts apart."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from textrequest_mcp.account.account import Account
from textrequest_mcp.account.line import TextingLine
from textrequest_mcp.account.message import Message, Messages, Sent
from textrequest_mcp.account.segments import segments
from textrequest_mcp.guard.once.departure import tag_of
from textrequest_mcp.guard.once.ledger_rows import Send
from textrequest_mcp.guard.once.same_act import Candidate, SameAct, SearchTerms
from textrequest_mcp.live.events import NotAnEvent, TextEvent, of_row
from textrequest_mcp.live.made_ids import made_id, named
from textrequest_mcp.upstream.answer import quote
from textrequest_mcp.upstream.errors import Refused
from textrequest_mcp.upstream.page import MAX_SIZE, read_page
from textrequest_mcp.upstream.phone import wire
from textrequest_mcp.upstream.times import read_time, show_time

NO_SENDER = "API"  # how a text without a sender's name is shown (wire-facts, Conversations and messages)

_LOOKED_AT = 200  # texts at either end of a conversation
_EARLY = timedelta(seconds=60)  # the service's list and its answer to a send need not have quite the same time
_OPTED_OUT = {"2100", "30050"}  # codes of a text that never left (wire-facts); others may come after it did


async def _find(account: Account, facts: SearchTerms) -> list[Candidate]:
    """Texts of the conversation that may be the one that was sent: same words, same sender."""
    line = await account.line(facts.dashboard_id)
    path = ("contacts", wire(facts.kept["phone_number"]), "messages")
    page = Messages.of(await line.get(*path, query={"page": 0, "page_size": _LOOKED_AT}), page=0, page_size=_LOOKED_AT)
    items = page.items
    if (page.total_items or 0) > _LOOKED_AT:  # the service states no order for this list, so both of its ends
        last = ((page.total_items or 0) - 1) // _LOOKED_AT
        query = {"page": last, "page_size": _LOOKED_AT}
        items = items + Messages.of(await line.get(*path, query=query), page=last, page_size=_LOOKED_AT).items
    return [
        _trace(message, _id_of(message, line, facts.kept["phone_number"]), certain=bool(facts.kept.get("tagged")))
        for message in items
        if message.message_timestamp_utc
        and message.message_direction == "S"
        and facts.says("body", message.body)
        and _has_media(message, facts)
        and _is_sender(message.response_by_username, facts)
    ]


def _has_media(message: Message, facts: SearchTerms) -> bool:
    """Whether a text has the media of the send; where a picture was uploaded for it, at which address is not known."""
    return bool(message.mms_media) if "picture" in facts.kept else facts.says("mms_media", message.mms_media)


def _is_sender(name: str | None, facts: SearchTerms) -> bool:
    if facts.kept.get("tagged"):
        return (name or "").endswith(tag_of(facts.send_id))
    if "sender_name" in facts.kept:
        return facts.says("sender_name", name)
    return name in {None, "", NO_SENDER}


def _id_of(message: Message, line: TextingLine, phone_number: str) -> str:
    at = message.message_timestamp_utc.timestamp() if message.message_timestamp_utc else None
    media = message.mms_media or ()
    hashed = line.account.live.log.hashed
    return message.message_id or made_id(hashed, line.id, phone_number, "S", at, message.body, media)


def _trace(message: Message, message_id: str, *, certain: bool) -> Candidate:
    kept = SENDING.keep(message.model_dump(mode="json") | {"message_id": message_id})
    if not message.mms_media:
        kept["segments"] = segments(message.body or "")
    refused = str(refusal_of(message)) if message.delivery_error in _OPTED_OUT else None
    return Candidate(message_id, message.message_timestamp_utc, kept, certain, refused)


def refusal_of(message: Message) -> Refused:
    """Of a text that the service keeps in the conversation, but did not send."""
    reason = f" (code {quote(message.delivery_error)})" if message.delivery_error else ""
    why = message.delivery_reason or "the number is invalid or the person opted out"
    return Refused(
        f"Text Request took the call but refused the text{reason}: {why}.",
        status=200,
        code=message.delivery_error,
        changed="No text went out.",
        todo="Check opted_out_utc with get_contact; only the person's own START lifts an opt-out.",
    )


async def _news(account: Account, send: Send) -> Mapping[str, Any]:
    """A text's delivery, read from the line's texts since it was sent: the service has no call for a single one."""
    line = await account.line(send.dashboard_id)
    left = send.left_at or send.intended_at
    at = read_time(send.result.get("message_timestamp_utc")) or datetime.fromtimestamp(left, UTC)
    query = {"message_direction": "S", "start_date": show_time(at - _EARLY), "page": 0, "page_size": MAX_SIZE}
    for row in read_page(await line.get("messages", query=query), page=0, page_size=MAX_SIZE).items:
        with suppress(NotAnEvent):
            if named(of_row(line.id, row), account.live.log.hashed).message_id == send.upstream_id:
                return SENDING.keep(Message.model_validate(row).model_dump(mode="json")) | {
                    "message_id": send.upstream_id
                }
    return {}


async def _announce(given: Mapping[str, Any], answer: Any) -> None:
    """Tell the calls that wait for texts, and the hosts that watch the conversation, of a text at once."""
    line: TextingLine = given["line"]
    sent: Sent = answer
    if not sent.message_id:  # the next look at the line tells of it
        return
    event = TextEvent(
        dashboard_id=line.id,
        message_id=sent.message_id,
        phone_number=given["phone_number"],
        direction="S",
        body=given["body"],
        at=sent.message_timestamp_utc.timestamp() if sent.message_timestamp_utc else None,
        by=sent.response_by_username or NO_SENDER,
        status=sent.delivery_status,
        media=tuple(given.get("mms_media") or ()),
    )
    await line.account.live.note([event])


SENDING = SameAct(
    same=("phone_number", "body", "mms_media"),
    same_if_given=("picture",),
    facts=("phone_number",),
    words=("body", "sender_name", "mms_media", "picture"),
    text="body",
    find=_find,
    news=_news,
    id_field="message_id",
    kept=("message_timestamp_utc", "delivery_status", "delivery_error", "segments"),
    announce=_announce,
    act="send_message",  # to whomever gets it, the same words are the same text, whichever tool sends them
)
