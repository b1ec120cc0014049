"""The filters of a list of contacts: as the service takes them, and the search that the server adds."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from textrequest_mcp.account.contact import Contact, Contacts
from textrequest_mcp.account.directory import People
from textrequest_mcp.account.labels import ids_of
from textrequest_mcp.account.line import TextingLine
from textrequest_mcp.account.local_times import in_utc
from textrequest_mcp.account.person import Person, Wanted
from textrequest_mcp.account.stops import stops_of
from textrequest_mcp.ground.quoting import some
from textrequest_mcp.guard.rules.consent import Stops
from textrequest_mcp.tools.parameters import in_order, slip
from textrequest_mcp.upstream.errors import BadInput
from textrequest_mcp.upstream.phone_spelling import spelled

_RANGES = ("last_message_timestamp_*_utc", "contact_created_*", "last_message_sent_*", "last_message_received_*")
_LOCAL = re.compile(".*_(before|after)")
_PAGING = ("page", "page_size")
# The filters by the time of a text, what somebody lacks whom they leave out, and how that is said.
_SILENT = {
    name.replace("*", end): said
    for name, said in {
        "last_message_timestamp_*_utc": ("texted_at", "{} never texted"),
        "last_message_sent_*": ("sent_at", "{} never texted from here"),
        "last_message_received_*": ("received_at", "never wrote"),
    }.items()
    for end in ("before", "after")
}


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


async def found(
    line: TextingLine,
    query: Mapping[str, Any],
    *,
    search: str | None,
    never_texted: bool,
    page: int,
    page_size: int,
) -> Contacts:
    """One page of the contacts that match, with a word on those whom the filters by time leave out.

    Args:
        line: where they are.
        query: the filters as the service takes them.
        search: parts of a name or number, which the service cannot look for.
        never_texted: whether those without a text belong to it too; without a filter by time, they alone.
        page: of the list.
        page_size: of a page.
    """
    filters = {name: value for name, value in query.items() if name not in _PAGING and value is not None}
    timed = [name for name in filters if name in _SILENT]
    stops = await stops_of(line) if "has_opted_out" in filters else None
    if search is None and not never_texted and stops is None:
        listing = Contacts.of(await line.get("contacts", query=query), page=page, page_size=page_size)
        without = f"No contact of this line matches {', '.join(filters)}." if filters else "This line has no contacts."
        return listing.if_empty(without).noting(await _left_out(line, filters, timed) if page == 0 else None)
    people = await _people(line, filters)
    matches = [*people] if stops is None else await _with_stops(line, filters, people, stops)
    have_texts: list[Person] = []
    if never_texted:
        others = {name: value for name, value in filters.items() if name not in timed}
        silent = [person for person in await _people(line, others) if _is_silent(person, timed)]
        have_texts = [] if timed else _searched([person for person in matches if not _is_silent(person, [])], search)
        matches = [*matches, *silent] if timed else silent
    matches = _searched(matches, search)
    near = people.near(search) if search is not None and not matches and not have_texts else []
    rows = [person.record for person in (matches or near)[page * page_size : (page + 1) * page_size]]
    answer = {"items": rows, "meta": {"page_size": page_size, "total_items": len(matches or near)}}
    listing = Contacts.of(answer, page=page, page_size=page_size)
    if not matches:
        among = " that match the other filters" if filters or never_texted else None
        listing.noting(
            people.found_nobody(search, among),
            "Those listed have a similar name." if near else None,
            f"{some(len(have_texts), 'contact')} with texts would match without never_texted." if have_texts else None,
        )
    return listing.noting(slip("search", search))


def _searched(people: Sequence[Person], search: str | None) -> list[Person]:
    """Those whom parts of a name or number find, the best first; all of them without a search."""
    return [*people] if search is None else Wanted(search).best(people)


async def _with_stops(line: TextingLine, filters: Mapping[str, Any], people: People, stops: Stops) -> list[Person]:
    """Whom `has_opted_out` finds where this server knows of wishes that the service does not."""
    if not filters["has_opted_out"]:
        return [person for person in people if stops.at(person.number) is None]
    others = await _people(line, {name: value for name, value in filters.items() if name != "has_opted_out"})
    return [
        *people,
        *(each for each in others if stops.at(each.number) is not None and people.get(each.number) is None),
    ]


async def _people(line: TextingLine, filters: Mapping[str, Any]) -> People:
    directory = line.account.directory
    return await (directory.read(line.id, filters) if filters else directory.all(line.id))


async def _left_out(line: TextingLine, filters: Mapping[str, Any], timed: Sequence[str]) -> str | None:
    """Whom a filter by the time of a text leaves out: all those who have no such time."""
    if not timed:
        return None
    what, take = _SILENT[timed[0]][1], "in this list; never_texted takes them in."
    people = await line.names() if len(timed) == len(filters) else None
    if people is None or len(people) < people.total:
        return f"Contacts who {what.format('were')} are not {take}"
    silent = sum(_is_silent(person, timed) for person in people)
    was, is_not = ("was", "is not") if silent == 1 else ("were", "are not")
    return f"{some(silent, 'contact')} {what.format(was)} and {is_not} {take}" if silent else None


def _is_silent(person: Person, timed: Sequence[str]) -> bool:
    """Whether somebody has no text of the kind that the filters go by; without any, no text at all."""
    kind = _SILENT[timed[0]][0] if timed else "texted_at"
    return getattr(person, kind) is None


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
