"""The filters of a list of contacts: as the service takes them, and the search that the server adds."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from textrequest_mcp.account.contact import Contact, Contacts
from textrequest_mcp.account.labels import ids_of
from textrequest_mcp.account.line import TextingLine
from textrequest_mcp.account.local_times import in_utc
from textrequest_mcp.tools.parameters import in_order, slip
from textrequest_mcp.upstream.errors import BadInput
from textrequest_mcp.upstream.phone_spelling import spelled

_RANGES = ("last_message_timestamp_*_utc", "contact_created_*", "last_message_sent_*", "last_message_received_*")
_LOCAL = re.compile(".*_(before|after)")
_PAGING = ("page", "page_size")


async def query_of(line: TextingLine, given: Mapping[str, Any]) -> dict[str, Any]:
    """The filters as the service takes them.

    Raises:
        BadInput: two of them do not go together, or one makes no sense.
    """
    _check_ranges(given)  # before the line's zone is read for nothing; and again once all times have a zone
    given = {**given, **await in_utc(line, {name: given[name] for name in given if _LOCAL.fullmatch(name)})}
    query = _query(given)
    for name in ("tags", "groups"):
        query[name] = await ids_of(line, name, given[name] or (), name) or None  # an empty list is no filter
    for name in filter(re.compile("custom_field_id_.").fullmatch, given):
        query[name] = (await ids_of(line, "fields", [given[name]], name))[0] if given[name] else None
    return query


def not_shown(rows: Sequence[Contact]) -> list[str] | None:
    """The fields that a save could replace and that the table of contacts leaves out: names within the shown name."""
    return [
        name
        for name in ("first_name", "last_name")
        if any((getattr(row, name) or "").casefold() not in (row.display_name or "").casefold() for row in rows)
    ] or None


async def found(line: TextingLine, search: str, query: Mapping[str, Any], *, page: int, page_size: int) -> Contacts:
    """One page of those whom a search finds: in the directory, or among those whom the other filters find."""
    filters = {name: value for name, value in query.items() if name not in _PAGING and value is not None}
    directory = line.account.directory
    people = await (directory.read(line.id, filters) if filters else directory.all(line.id))
    matches = people.search(search)
    shown = matches[page * page_size : (page + 1) * page_size]
    rows = [person.record for person in shown]
    answer = {"items": rows, "meta": {"page_size": page_size, "total_items": len(matches)}}
    listing = Contacts.of(answer, page=page, page_size=page_size)
    note = None if matches else people.found_nobody(search, " that match the other filters" if filters else None)
    return listing.noting(note, slip("search", search))


def _query(given: dict[str, Any]) -> dict[str, Any]:
    """The filters as the service takes them.

    Raises:
        BadInput: two of them do not go together, or one makes no sense.
    """
    _check_ranges(given)
    query = given | {"contact_phone_number": _first_digits(given["contact_phone_number"])}
    for number in (1, 2, 3):
        if (query[f"custom_field_id_{number}"] is None) != (query[f"custom_field_value_{number}"] is None):
            raise BadInput(f"custom_field_id_{number} and custom_field_value_{number} go together.", todo="Give both.")
    return query


def _check_ranges(given: Mapping[str, Any]) -> None:
    for names in _RANGES:
        in_order(given[names.replace("*", "after")], given[names.replace("*", "before")], names)


def _first_digits(text: str | None) -> str | None:
    """The start of a number as the service matches it, from any usual spelling (it matches from the leading 1)."""
    if text is None:
        return None
    text = "".join(map(spelled, text))
    digits = "".join(c for c in text if c in "0123456789")
    if not digits or any(c not in "0123456789 ().-+" for c in text):
        raise BadInput("contact_phone_number is not the start of a phone number.", todo="Give digits, such as 423555.")
    if "+" in text and not re.match(r"[ (]*\+[ (]*1[^+]*$", text):
        raise BadInput("contact_phone_number has a + without a 1.", todo="This service only reaches +1: give +1423555.")
    return digits if digits.startswith("1") else "1" + digits
