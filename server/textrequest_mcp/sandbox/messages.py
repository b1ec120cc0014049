"""Texts: lists those of a contact, or of a line in a span of time, and sends one."""

from typing import Any

from starlette.responses import Response

from textrequest_mcp.sandbox import delivery, stamps
from textrequest_mcp.sandbox.records import Contact, Line, Message
from textrequest_mcp.sandbox.refusals import Refusal
from textrequest_mcp.sandbox.request import Body, Call, nothing, shown
from textrequest_mcp.sandbox.segments import segments

LONGEST_BODY = 1600
LONGEST_SENDER = 41
MOST_MEDIA = 3


def view(message: Message) -> dict[str, Any]:
    return {
        "message_id": message.id,
        "body": message.body,
        "message_direction": message.direction,
        "response_by_username": message.by or "",
        "message_timestamp_utc": stamps.zoned(message.at),
        "delivery_status": message.status,
        "delivery_error": message.error,
        "mms_media": message.media,
    }


def list_for_contact(call: Call) -> Response:
    """Newest first: the service states no order for this list."""
    contact = call.line.contacts.get(call.phone)
    if contact is None:
        return nothing()
    items, meta = call.page(contact.messages[::-1])
    return shown({"items": [view(message) for message in items], "meta": meta})


def list_for_line(call: Call) -> Response:
    """wire-facts: oldest first, `sort=desc` turns it round; other spellings of sort and direction are ignored."""
    line = call.line
    start, end = _edge(call, "start_date"), _edge(call, "end_date")
    direction = call.query.get("message_direction")
    found = [
        (message, contact)
        for contact in line.contacts.values()
        for message in contact.messages
        if (start is None or message.at >= start)
        and (end is None or message.at <= end)
        and (direction not in {"R", "S"} or message.direction == direction)
    ]
    if not found:
        return nothing()
    found.sort(key=lambda pair: pair[0].at, reverse=call.query.get("sort") == "desc")
    items, meta = call.page(found)
    return shown({"items": [_line_view(line, contact, message) for message, contact in items], "meta": meta})


def send(call: Call) -> Response:
    line, phone, fields = call.line, call.phone, call.fields()
    body = fields.required("body", most=LONGEST_BODY)
    sender = fields.text("sender_name", most=LONGEST_SENDER)
    callback = fields.text("status_callback")
    if fields.text("location_callback") and delivery.LOCATION_TAG not in body:
        raise Refusal(400, "location_callback needs the tag [LocationRequest] in the body.", "parameterInvalid")
    media = _media(call, fields)
    delivery.check_recipient(phone, line.contacts.get(phone))
    sent = delivery.send(
        call.account, line, phone, body, call.now, by=sender or "API", media=media, status_callback=callback
    )
    return shown(view(sent))


def _line_view(line: Line, contact: Contact, message: Message) -> dict[str, Any]:
    return {
        **view(message),
        "dashboard_phone": line.phone,
        "customer_phone": contact.phone,
        "segments_count": segments(message.body),
    }


def _media(call: Call, fields: Body) -> list[str]:
    """wire-facts: at most three addresses, each returned by POST /mms."""
    media = fields.listed("mms_media", str) or []
    if len(media) > MOST_MEDIA:
        raise Refusal(400, f"A text carries at most {MOST_MEDIA} media files.", "parameterInvalid")
    if not call.account.media.issuperset(media):
        raise Refusal(400, "mms_media takes only addresses that an upload returned.", "parameterInvalid")
    return media


def _edge(call: Call, name: str) -> float | None:
    written = call.query.get(name)
    return stamps.moment_of(written, None, name) if written else None
