"""Texts: lists those of a contact, or of a line in a span of time, and sends one."""

from typing import Any

from starlette.responses import Response

from textrequest_mcp.sandbox import delivery, stamps
from textrequest_mcp.sandbox.phone import eleven_digits
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
        "body": "" if message.is_redacted else message.body,  # no source for what a redacted text shows
        "message_direction": message.direction,
        "response_by_username": message.by,
        "message_timestamp_utc": stamps.zoned(message.at),
        "delivery_status": message.status,
        "delivery_error": message.error,
        "mms_media": message.media,
    }


def list_for_contact(call: Call) -> Response:
    """Newest first: the service states no order for this list."""
    contact = call.contact
    if contact is None:
        return nothing()
    items, meta = call.page(contact.messages[::-1])
    return shown({"items": [view(message) for message in items], "meta": meta})


def list_for_line(call: Call) -> Response:
    """wire-facts: oldest first, `sort=desc` turns it round. A 204 says that the line has no text at all."""
    line = call.line
    sort = call.query.get("sort") or "asc"
    if sort not in {"asc", "desc"}:
        raise Refusal(400, "sort is asc or desc.", "parameterInvalid")
    if not any(contact.messages for contact in line.contacts.values()):
        return nothing()
    start, end = _edge(call, "start_date"), _edge(call, "end_date")
    direction = call.query.get("message_direction")
    found = [
        (message, contact)
        for contact in line.contacts.values()
        for message in contact.messages
        if (start is None or stamps.thousandths(message.at) >= start)
        and (end is None or stamps.thousandths(message.at) <= end)
        and (direction not in {"R", "S"} or message.direction == direction)
    ]
    found.sort(key=lambda pair: pair[0].at, reverse=sort == "desc")
    items, meta = call.page(found)
    return shown({"items": [_line_view(line, contact, message) for message, contact in items], "meta": meta})


def send(call: Call) -> Response:
    return shown(view(_send(call, call.line, call.phone)))


def send_from(call: Call) -> Response:
    """The account's own way to send: `from` decides the line (wire-facts, Seen by others)."""
    fields = call.fields()
    own, phone = eleven_digits(fields.required("from")), eleven_digits(fields.required("to"))
    line = next((line for line in call.account.lines.values() if line.phone == own), None)
    if line is None:
        raise Refusal(400, "from is no number of this account.", "parameterInvalid")
    sent = _send(call, line, phone, asks_where=fields.flag("geolocation_requested") or False)
    return shown(
        {
            "message_id": sent.id,
            "segments_count": segments(sent.body),
            "from": line.phone,
            "to": phone,
            "status": sent.status,
        }
    )


def redact(call: Call) -> Response:
    return _set_redacted(call, redacted=True)


def unredact(call: Call) -> Response:
    return _set_redacted(call, redacted=False)


def _set_redacted(call: Call, *, redacted: bool) -> Response:
    """No source for a text that is not there: the vendor lists no refusal, so nothing happens."""
    wanted = call.path["message_id"].lower()
    for line in call.account.lines.values():
        for contact in line.contacts.values():
            for message in contact.messages:
                message.is_redacted = redacted if message.id == wanted else message.is_redacted
    return nothing(200)


def _send(call: Call, line: Line, phone: str, *, asks_where: bool = False) -> Message:
    fields = call.fields()
    body = fields.required("body", most=LONGEST_BODY)
    sender = fields.text("sender_name", most=LONGEST_SENDER)
    callback = fields.text("status_callback")
    if fields.text("location_callback") and delivery.LOCATION_TAG not in body:
        raise Refusal(400, "location_callback needs the tag [LocationRequest] in the body.", "parameterInvalid")
    media = _media(call, fields)
    delivery.check_recipient(phone, line.contacts.get(phone))
    if asks_where:  # the contract: a phrase with the link is appended
        body = f"{body} Go to {delivery.LOCATION_TAG} to share your location"
    return delivery.send(
        call.account, line, phone, body, call.now, by=sender or "API", media=media, status_callback=callback
    )


def _line_view(line: Line, contact: Contact, message: Message) -> dict[str, Any]:
    return {
        **view(message),
        "message_timestamp_utc": stamps.in_list(message.at),
        "customer_friendly_name": contact.display_name or None,
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


def _edge(call: Call, name: str) -> int | None:
    written = call.query.get(name)
    return stamps.thousandths(stamps.moment_of(written, None, name)) if written else None
