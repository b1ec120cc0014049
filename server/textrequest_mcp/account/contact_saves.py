"""Saves of contacts: which fields leave, what has to be asked first, and what became of them."""

from collections.abc import Sequence
from typing import Any

from textrequest_mcp.account.contact import EMPTY, ContactsSaved, SavedContact
from textrequest_mcp.account.line import TextingLine
from textrequest_mcp.upstream.errors import BadInput, Uncertain
from textrequest_mcp.upstream.phone import from_wire

_TOLD = 25
_NAMED = 3
_LIFTED = {
    "is_blocked": "unblocks {}, whose texts then come in again",
    "is_suppressed": "lets {} rise in the queue again",
}


def changes_of(values: dict[str, Any], place: int | None = None) -> dict[str, Any]:
    """The body of a save: the fields that say something, and those to clear; custom fields as the service takes them.

    Some hosts give "", [] or false for every field that a model leaves out, so these say nothing.

    Raises:
        BadInput: a field is given and cleared; of many contacts it is said of which.
    """
    clear: Sequence[str] = values.get("clear") or ()
    changes = {name: value for name, value in values.items() if name != "clear" and value}
    if both := [name for name in clear if name in changes]:
        where = "" if place is None else f"contacts.{place}."
        raise BadInput(f"{where}{both[0]} is given, and is in clear too.", todo="Choose one of the two.")
    if "custom_fields" in changes:
        changes["custom_fields"] = [value.model_dump() for value in changes["custom_fields"]]
    return changes | {name: EMPTY[name] for name in clear}


async def lifted(line: TextingLine, saves: Sequence[tuple[str, Sequence[str] | None]]) -> str | None:
    """Why a person is asked before a save that lets somebody through again; None where none does."""
    reasons: list[str] = []
    for field, what in _LIFTED.items():
        numbers = [number for number, clear in saves if field in (clear or ())]
        if numbers:
            people = [await line.person(number) for number in numbers[:_NAMED]]
            reasons.append(f"This {what.format(some_of([*people, *numbers[_NAMED:]]))}.")
    return " ".join(reasons) or None


def what_was_saved(asked: Sequence[dict[str, Any]], answer: Sequence[Any]) -> ContactsSaved:
    """Counts, and the records that differ from what was asked or are missing in the answer.

    Raises:
        Uncertain: the answer is about somebody else.
    """
    saved = {contact.phone_number: contact for contact in map(SavedContact.model_validate, filter(_is_record, answer))}
    numbers = [from_wire(record["phone_number"]) for record in asked]
    if saved.keys() - {None, *numbers}:
        raise no_word_of_the_save()
    there = [(saved[number], record) for number, record in zip(numbers, asked, strict=True) if number in saved]
    differ = [contact for contact, record in there if not _is_as_asked(contact, record)]
    missing = [number for number in numbers if number is not None and number not in saved]
    notes = [
        f"{len(differ)} differ from what was asked." if differ else "",
        f"The service answered for {len(there)} of {len(asked)}; look the others up." if missing else "",
    ]
    return ContactsSaved(
        saved=len(there) - len(differ),
        items=differ[:_TOLD],
        missing=missing[:_TOLD] or None,
        note=" ".join(filter(None, notes)) or None,
    )


def no_word_of_the_save() -> Uncertain:
    """Of a save whose answer is not about the contacts that were to be saved."""
    return Uncertain(
        "The call left, but the answer does not say what became of it.",
        changed="Whether it took effect is unknown.",
        todo="Read a contact back to see; saving the same again is safe.",
    )


def some_of(names: Sequence[str]) -> str:
    """The first of some names, and how many more there are."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _is_as_asked(saved: SavedContact, asked: dict[str, Any]) -> bool:
    wanted = SavedContact.model_validate(asked)  # cleaned as the answer is
    return all(_same(getattr(saved, name), getattr(wanted, name)) for name in asked if name != "phone_number")


def _same(there: Any, wanted: Any) -> bool:
    """Whether a field says what was asked; the service keeps the values of custom fields that were not named."""
    if not wanted:
        return not there
    if isinstance(wanted, str):
        return isinstance(there, str) and there.strip() == wanted.strip()
    if not isinstance(wanted, list):
        return there == wanted
    asked, found = _as_set(wanted), _as_set(there)  # pyright: ignore[reportUnknownArgumentType] - fields of a contact
    return asked <= found if any(isinstance(part, tuple) for part in asked) else asked == found


def _as_set(parts: list[Any] | None) -> set[Any]:
    return {(part.id, part.value) if hasattr(part, "value") else part for part in parts or ()}


def _is_record(value: object) -> bool:
    return isinstance(value, dict)
