"""Finds the contacts for which all filters of a search hold; the service has twenty-three."""

import re
from collections.abc import Callable, Iterator

from textrequest_mcp.sandbox import stamps
from textrequest_mcp.sandbox.records import Contact, Message
from textrequest_mcp.sandbox.refusals import Refusal
from textrequest_mcp.sandbox.request import Call, whole_number

Test = Callable[[Contact], bool]

_FLAGS: dict[str, Test] = {
    "is_resolved": lambda contact: contact.is_resolved,
    "is_blocked": lambda contact: contact.is_blocked,
    "is_archived": lambda contact: contact.is_archived,
    "is_suppressed": lambda contact: contact.is_suppressed,
    "has_opted_out": lambda contact: contact.opted_out_at is not None,
    "has_message_history": lambda contact: bool(contact.messages),
}

_TIMES: dict[str, Callable[[Contact], float | None]] = {
    "last_message_timestamp_{}_utc": lambda contact: _at(contact.last()),
    "contact_created_{}": lambda contact: contact.created_at,
    "last_message_sent_{}": lambda contact: _at(contact.last("S")),
    "last_message_received_{}": lambda contact: _at(contact.last("R")),
}


def matching(call: Call) -> list[Contact]:
    line = call.line
    tests = list(_tests(call))
    return [contact for contact in line.contacts.values() if all(test(contact) for test in tests)]


def _tests(call: Call) -> Iterator[Test]:
    if written := call.query.get("contact_phone_number", "").strip():
        yield _starts_with(written)
    for name, holds in _FLAGS.items():
        wanted = call.flag(name)
        if wanted is not None:
            yield lambda contact, holds=holds, wanted=wanted: holds(contact) is wanted
    for name, moment in _TIMES.items():
        yield from _before_and_after(call, name, moment)
    if tags := set(call.listed("tags")):
        yield lambda contact: bool(tags.intersection(contact.tags))
    if written_groups := call.listed("groups"):
        groups = {whole_number(part, "groups") for part in written_groups}
        yield lambda contact: bool(groups.intersection(contact.groups))
    for number in (1, 2, 3):
        yield from _field_pair(call, number)


def _starts_with(written: str) -> Test:
    """wire-facts, Contacts: it matches the start of the number, written with or without its 1."""
    digits = re.sub(r"\D", "", written)
    if not digits:
        raise Refusal(400, "contact_phone_number holds no digit.", "parameterInvalid")
    return lambda contact: contact.phone.startswith((digits, f"1{digits}"))


def _before_and_after(call: Call, name: str, moment: Callable[[Contact], float | None]) -> Iterator[Test]:
    """wire-facts, Contacts: without `_utc` in the name, a time is local; here, to the line."""
    zone = None if name.endswith("_utc") else call.line.time_zone
    if written := call.query.get(before := name.format("before")):
        end = stamps.moment_of(written, zone, before)
        yield lambda contact: (at := moment(contact)) is not None and at < end
    if written := call.query.get(after := name.format("after")):
        start = stamps.moment_of(written, zone, after)
        yield lambda contact: (at := moment(contact)) is not None and at > start


def _field_pair(call: Call, number: int) -> Iterator[Test]:
    field = call.query.get(f"custom_field_id_{number}")
    value = call.query.get(f"custom_field_value_{number}")
    if bool(field) != bool(value):
        raise Refusal(400, f"custom_field_id_{number} and custom_field_value_{number} go together.", "parameterMissing")
    if field and value:
        yield lambda contact: contact.fields.get(field) == value


def _at(message: Message | None) -> float | None:
    return message.at if message else None
