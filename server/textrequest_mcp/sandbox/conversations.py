"""Conversations: lists a line's conversations, the latest first, and archives one or brings it back."""

import re

from starlette.responses import Response

from textrequest_mcp.sandbox import messages
from textrequest_mcp.sandbox.records import Contact, Message
from textrequest_mcp.sandbox.request import Call, nothing, shown


def list_all(call: Call) -> Response:
    """The latest first; wire-facts: a line without any conversation answers 204."""
    started = [contact for contact in call.line.contacts.values() if contact.messages]
    if not started:
        return nothing()
    tags, search = set(call.listed("tags")), call.query.get("search", "").strip()
    only_unresolved, archived_too = call.flag("show_unresolved_only"), call.flag("include_archived")
    found = [
        contact
        for contact in started
        if (archived_too or not contact.is_archived)
        and not (only_unresolved and contact.is_resolved)
        and (not tags or tags.intersection(contact.tags))
        and (not search or _matches(contact, search))
    ]
    found.sort(key=lambda contact: contact.messages[-1].at, reverse=True)
    items, meta = call.page(found)
    return shown({"items": [_view(contact, contact.messages[-1]) for contact in items], "meta": meta})


def archive(call: Call) -> Response:
    return _set_archived(call, archived=True)


def unarchive(call: Call) -> Response:
    return _set_archived(call, archived=False)


def _set_archived(call: Call, *, archived: bool) -> Response:
    """A stranger has nothing to archive: the vendor lists no refusal for it (no source for what the service says)."""
    if contact := call.contact:
        contact.is_archived = archived
    return nothing(200)


def _matches(contact: Contact, search: str) -> bool:
    """wire-facts: any part of the number, in any spelling, or of the name."""
    digits = "" if re.search(r"[^\d\s().+\-]", search) else re.sub(r"\D", "", search)
    return bool(digits and digits in contact.phone) or search.casefold() in contact.display_name.casefold()


def _view(contact: Contact, last: Message) -> dict[str, object]:
    return {"phone_number": contact.phone, "last_message": messages.view(last)}
