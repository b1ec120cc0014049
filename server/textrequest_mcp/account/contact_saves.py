"""Saves of contacts: which fields leave, and what has to be asked first."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from textrequest_mcp.account.contact import EMPTY, SavedContact
from textrequest_mcp.account.directory import Kind, People
from textrequest_mcp.account.labels import fields_by_id, ids_of
from textrequest_mcp.account.line import TextingLine
from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.upstream.errors import BadInput, TextRequestError, Uncertain, Unreadable
from textrequest_mcp.upstream.phone import masked, wire

NAMED = 3
_LIFTED = {
    "is_blocked": "unblocks {}, whose texts then come in again",
    "is_suppressed": "lets {} rise in the queue again",
}
# A field that is replaced as a whole, what its parts are, and the arguments that add to it and take from it.
_LISTS: tuple[tuple[str, Kind, str, str], ...] = (
    ("contact_tags", "tags", "add_tags", "remove_tags"),
    ("groups", "groups", "add_groups", "remove_groups"),
)
_PARTS = frozenset(name for _, _, *names in _LISTS for name in names)


def needs_before(values: Mapping[str, Any]) -> bool:
    """Whether a save depends on what is there, because it adds to it or takes from it."""
    return any(values.get(name) for name in _PARTS)


def check_given(values: Mapping[str, Any], place: int | None = None) -> None:
    """Refuse a save that gives and clears the same field.

    Raises:
        BadInput: of many contacts it is said of which.
    """
    if both := [name for name in values.get("clear") or () if values.get(name)]:
        raise BadInput(f"{_where(place)}{both[0]} is given, and is in clear too.", todo="Choose one of the two.")


async def body_of(
    line: TextingLine, values: Mapping[str, Any], before: SavedContact | None, place: int | None = None
) -> dict[str, Any]:
    """The body of a save: the fields that say something, and those to clear; tags, groups and fields by their ids.

    Some hosts give "", [] or false for every field that a model leaves out, so these say nothing.

    Args:
        line: where the contact is.
        values: the arguments.
        before: the contact as it is; None where there is none.
        place: of many contacts, which it is.

    Raises:
        BadInput: a name is none; of many contacts it is said of which.
        TextRequestError: names cannot be read.
        StoreError: the store cannot be used.
    """
    where = _where(place)
    other = ("phone_number", "clear", *_PARTS)
    changes = {name: value for name, value in values.items() if name not in other and value}
    if "custom_fields" in changes:
        changes["custom_fields"] = await fields_by_id(line, changes["custom_fields"], f"{where}custom_fields")
    changes |= {name: EMPTY[name] for name in values.get("clear") or ()}
    for field, kind, add, remove in _LISTS:
        if field in changes:
            changes[field] = await ids_of(line, kind, map(str, changes[field]), where + field)
        adds = await ids_of(line, kind, values.get(add) or (), where + add)
        removes = await ids_of(line, kind, values.get(remove) or (), where + remove)
        if set(adds) & set(removes):
            raise BadInput(f"{where}{add} and {remove} name the same {kind[:-1]}.", todo="Choose one of the two.")
        there = changes.get(field, list(getattr(before, field, None) or ()))
        wanted = [part for part in dict.fromkeys([*there, *adds]) if part not in removes]
        if wanted != there:
            changes[field] = wanted
    return changes


def _where(place: int | None) -> str:
    return "" if place is None else f"contacts.{place}."


async def contact_before(line: TextingLine, number: str, *, needed: bool) -> tuple[SavedContact | None, bool]:
    """A contact as it is before a save, and whether that is known; None where there is none.

    Raises:
        TextRequestError: it is needed, and cannot be read.
        StoreError: the store cannot be used.
    """
    try:
        answer = await line.get("contacts", wire(number))
        return None if answer is None else SavedContact.asked_for(answer, phone_number=number), True
    except TextRequestError:
        if needed:
            raise
        return None, False


async def contacts_before(line: TextingLine, numbers: Sequence[str]) -> Mapping[str, SavedContact]:
    """The contacts with these numbers as they are now, of those that there are: one call for each, or for a thousand.

    Raises:
        TextRequestError: they cannot be read, or not all of them.
        StoreError: the store cannot be used.
    """
    if len(numbers) <= NAMED:
        read = {number: (await contact_before(line, number, needed=True))[0] for number in numbers}
        return {number: contact for number, contact in read.items() if contact is not None}
    people = await line.account.directory.all(line.id, within=0.0)
    known = _of(people, numbers)
    if len(people) < people.total and len(known) < len(numbers):
        raise Unreadable("The line has too many contacts to see what these have now.", todo="Save fewer at once.")
    return known


async def known_before(
    line: TextingLine, numbers: Sequence[str], read: Mapping[str, SavedContact]
) -> Mapping[str, SavedContact] | None:
    """The contacts with these numbers as they were, as far as that can be told; None where it cannot.

    Args:
        line: where they are.
        numbers: all that are to be saved.
        read: those that were read already.
    """
    with suppress(TextRequestError, StoreError):
        people = await line.account.directory.all(line.id)
        if len(people) == people.total:
            return {**_of(people, numbers), **read}
    return None


def _of(people: People, numbers: Sequence[str]) -> dict[str, SavedContact]:
    found = {number: people.get(number) for number in numbers}
    return {number: SavedContact.model_validate(each.record) for number, each in found.items() if each is not None}


async def lifted(line: TextingLine, saves: Sequence[tuple[str, Sequence[str] | None]]) -> str | None:
    """Why a person is asked before a save that lets somebody through again; None where none does."""
    reasons: list[str] = []
    for field, what in _LIFTED.items():
        numbers = [number for number, clear in saves if field in (clear or ())]
        if numbers:
            people = [await line.person(number) for number in numbers[:NAMED]]
            reasons.append(f"This {what.format(some_of([*people, *numbers[NAMED:]]))}.")
    return " ".join(reasons) or None


def check_once(numbers: Sequence[str]) -> None:
    """Refuse a list that has somebody more than once.

    Raises:
        BadInput: it names them.
    """
    twice = {masked(number) for number, times in Counter(numbers).items() if times > 1}
    if twice:
        raise BadInput(f"The list has {some_of(sorted(twice))} more than once.", todo="Give each contact once.")


def no_word_of_the_save() -> Uncertain:
    """Of a save whose answer is not about the contacts that were to be saved."""
    return Uncertain(
        "The call left, but the answer does not say what became of it.",
        changed="Whether it took effect is unknown.",
        todo="Read a contact back to see; saving the same again is safe.",
    )


def some_of(names: Sequence[str]) -> str:
    """The first of some names, and how many more there are."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
