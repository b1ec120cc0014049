"""The payloads of calls to hooks: one shape for each event; none names its event."""

from typing import Any

from textrequest_mcp.sandbox import stamps
from textrequest_mcp.sandbox.records import Contact, Line, Message, Payment
from textrequest_mcp.sandbox.segments import segments

_ACCOUNT_ID = 4100


def text(line: Line, contact: Contact, message: Message) -> dict[str, Any]:
    """msg_received and msg_sent: the connector's trigger, with its fields from version 2 of the service."""
    return {
        "messageUniqueIdentifier": message.id,
        "account": {"id": _ACCOUNT_ID, "externalAccountId": None},
        "yourPhoneNumber": {
            "id": line.id,
            "externalPhoneId": None,
            "description": line.name,
            "phoneNumber": line.phone,
        },
        "conversation": {
            "id": contact.id,
            "date": stamps.zoned(message.at),
            "consumerPhoneNumber": contact.phone,
            "messageDirection": message.direction,
            "message": message.body,
            "numSegments": segments(message.body),
            "status": "unclaimed",
            "claimedBy": None,
            "consumerFriendlyName": contact.display_name or None,
            "mmsAttachments": [{"mimeType": _kind(url), "url": url} for url in message.media],
        },
    }


def message_status(message: Message) -> dict[str, Any]:
    """msg_status_updated, and the call to a send's status_callback. Clients read the code by either name."""
    return {
        "message_id": message.id,
        "status": message.status,
        "error_code": message.error,
        "errorCode": message.error,
    }


def contact_created(line: Line, contact: Contact) -> dict[str, Any]:
    return {
        "ContactId": contact.id,
        "LocationPhoneNumber": line.phone,
        "ContactPhoneNumber": contact.phone,
        "ContactFriendlyName": contact.display_name or None,
    }


def contact_updated(contact: Contact) -> dict[str, Any]:
    """The contact as reads show it, without counts and last times; what nobody filled in is null."""
    return {
        "phone_number": contact.phone,
        "first_name": contact.first_name or None,
        "last_name": contact.last_name or None,
        "display_name": contact.display_name or None,
        "is_suppressed": contact.is_suppressed,
        "is_archived": contact.is_archived,
        "is_blocked": contact.is_blocked,
        "suppressed_reason": contact.suppressed_reason,
        "note": contact.note or None,
        "groups": list(contact.groups),
        "contact_tags": list(contact.tags),
        "custom_fields": [{"id": id_, "value": value or None} for id_, value in contact.fields.items()],
        "is_resolved": contact.is_resolved,
        "first_contact_utc": stamps.bare(contact.messages[0].at if contact.messages else None),
        "opted_out_utc": stamps.bare(contact.opted_out_at),
    }


def payment_status(payment: Payment) -> dict[str, Any]:
    return {
        "payment_id": payment.id,
        "status": payment.status,
        "reference_id": payment.reference_number or "",
    }


def _kind(url: str) -> str:
    ending = url.rpartition(".")[2]
    return "video/mp4" if ending == "mp4" else f"image/{ending}"
