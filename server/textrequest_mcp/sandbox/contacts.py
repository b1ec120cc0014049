"""Contacts: finds, reads, creates, changes and deletes the people on a line."""

from typing import Any, TypeVar, cast

from starlette.responses import Response

from textrequest_mcp.sandbox import messages, payloads, stamps
from textrequest_mcp.sandbox.contact_filters import matching
from textrequest_mcp.sandbox.phone import eleven_digits
from textrequest_mcp.sandbox.records import Contact, Line
from textrequest_mcp.sandbox.refusals import Refusal
from textrequest_mcp.sandbox.request import Body, Call, nothing, shown

T = TypeVar("T")

_TEXTS = ("first_name", "last_name", "display_name", "note", "suppressed_reason")
_FLAGS = ("is_suppressed", "is_archived", "is_blocked", "is_resolved")


def view(contact: Contact) -> dict[str, Any]:
    sent, received, last = contact.last("S"), contact.last("R"), contact.last()
    total_sent = sum(message.direction == "S" for message in contact.messages)
    pairs = zip(contact.messages, contact.messages[1:], strict=False)
    return {
        **payloads.contact_updated(contact),
        "thread_id": str(contact.id),  # a string; no source for what it holds
        "last_msg_sent_utc": stamps.zoned(sent.at if sent else None),
        "last_msg_received_utc": stamps.zoned(received.at if received else None),
        "total_msgs_sent": total_sent,
        "total_msgs_received": len(contact.messages) - total_sent,
        "response_count": sum(before.direction == "S" and after.direction == "R" for before, after in pairs),
        "date_created_utc": stamps.zoned(contact.created_at),
        "last_contact_date_utc": stamps.zoned(last.at if last else None),
        "last_message": messages.view(last) if last else None,
    }


def list_all(call: Call) -> Response:
    items, meta = call.page(matching(call))
    return shown({"items": [view(contact) for contact in items], "meta": meta})


def read(call: Call) -> Response:
    contact = call.contact
    return shown(view(contact)) if contact else nothing()


def save(call: Call) -> Response:
    line, phone, fields = call.line, call.phone, call.fields()
    _check(line, fields)
    return shown(view(_save(call, line, phone, fields)))


def save_many(call: Call) -> Response:
    """All of them or none: each is checked before the first is changed."""
    line = call.line
    given = [Body.of(item) for item in _listed(call.body)]
    numbers = [eleven_digits(fields.required("phone_number")) for fields in given]
    for fields in given:
        _check(line, fields)
    saved = [_save(call, line, phone, fields) for phone, fields in zip(numbers, given, strict=True)]
    return shown([view(contact) for contact in saved])


def patch(call: Call) -> Response:
    """One group and one tag are added or removed, and one custom field is set.

    No source for a stranger, who is refused here; for a group or tag without its switch, which stays as it was; nor for
    a field without a value, which loses the one it had.
    """
    line, fields, contact = call.line, call.fields(), call.contact
    if contact is None:
        raise Refusal(400, "There is no such contact.", "contactInvalid")
    group, tag, field = fields.whole("group"), fields.text("contact_tag"), fields.text("custom_field_id")
    given = fields.given.get("custom_field_value")  # a boolean in the contract, a text to a client
    value = str(given).lower() if isinstance(given, bool) else fields.text("custom_field_value")
    if group is not None and group not in line.groups:
        raise Refusal(400, "There is no such group on this dashboard.", "groupInvalid")
    if tag is not None and tag not in line.tags:
        raise Refusal(400, "There is no such tag on this dashboard.", "tagInvalid")
    if field is not None and field not in line.fields:
        raise Refusal(400, "There is no such custom field on this dashboard.", "customFieldInvalid")
    _switch(contact.groups, group, on=fields.flag("add_group_to_contact"))
    _switch(contact.tags, tag, on=fields.flag("add_tag_to_contact"))
    if field is not None:
        contact.fields.pop(field, None)
        contact.fields |= {field: value} if value else {}
    call.account.tell(line, "contact_updated", lambda: payloads.contact_updated(contact), call.now)
    return shown(view(contact))


def delete(call: Call) -> Response:
    """wire-facts, Contacts: 400 where there is any message history, and neither refusal has a body."""
    line, phone = call.line, call.phone
    contact = line.contacts.get(phone)
    if contact is None:
        raise Refusal(404, "There is no such contact.", silent=True)
    if contact.messages:
        raise Refusal(400, "The contact has message history.", silent=True)
    del line.contacts[phone]
    return nothing(200)


def _switch(members: list[T], one: T | None, *, on: bool | None) -> None:
    if one is None or on is None:
        return
    members[:] = [member for member in members if member != one] + ([one] if on else [])


def _listed(body: object) -> list[object]:
    if not isinstance(body, list):
        raise Refusal(400, "The body must be a list of contacts.", "bodyInvalid")
    return cast("list[object]", body)


def _check(line: Line, fields: Body) -> None:
    for name in _TEXTS:
        fields.text(name)
    for name in _FLAGS:
        fields.flag(name)
    if not line.groups.keys() >= set(fields.listed("groups", int) or []):
        raise Refusal(400, "There is no such group on this dashboard.", "groupInvalid")
    if not line.tags.keys() >= set(fields.listed("contact_tags", str) or []):
        raise Refusal(400, "There is no such tag on this dashboard.", "tagInvalid")
    if not line.fields.keys() >= _values(fields).keys():
        raise Refusal(400, "There is no such custom field on this dashboard.", "customFieldInvalid")


def _save(call: Call, line: Line, phone: str, fields: Body) -> Contact:
    is_new = phone not in line.contacts
    contact = line.contact(phone, call.now)
    _change(contact, fields)
    if is_new:
        call.account.tell(line, "contact_created", lambda: payloads.contact_created(line, contact), call.now)
    else:
        call.account.tell(line, "contact_updated", lambda: payloads.contact_updated(contact), call.now)
    return contact


def _change(contact: Contact, fields: Body) -> None:
    """wire-facts: a missing field stays; an empty list of tags or field values removes them all."""
    for name in (*_TEXTS, *_FLAGS):
        if (value := fields.given.get(name)) is not None:
            setattr(contact, name, value)
    if not contact.display_name:
        contact.display_name = f"{contact.first_name} {contact.last_name}".strip()
    if not contact.is_suppressed:
        contact.suppressed_reason = None
    if (groups := fields.listed("groups", int)) is not None:
        contact.groups = list(dict.fromkeys(groups))
    if (tags := fields.listed("contact_tags", str)) is not None:
        contact.tags = list(dict.fromkeys(tags))
    if fields.given.get("custom_fields") is not None:
        contact.fields = contact.fields | _values(fields) if fields.given["custom_fields"] else {}


def _values(fields: Body) -> dict[str, str]:
    entries = [Body.of(entry) for entry in fields.listed("custom_fields", object) or []]
    return {entry.required("id"): entry.text("value") or "" for entry in entries}
