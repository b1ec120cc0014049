"""What became of a save of contacts: what is new, what changed, and what was there before."""

from collections.abc import Mapping, Sequence
from typing import Any

from textrequest_mcp.account.contact import (
    Contact,
    ContactSaved,
    ContactsSaved,
    CustomFieldValue,
    LabelledContact,
    SavedContact,
)
from textrequest_mcp.account.contact_saves import no_word_of_the_save
from textrequest_mcp.account.labels import label
from textrequest_mcp.account.line import TextingLine
from textrequest_mcp.ground.folding import folded
from textrequest_mcp.upstream.phone import from_wire

_TOLD = 25
# What a row shows by its name is given back by it too.
_BY_NAME = {"contact_tags": "tags", "groups": "group_names"}
_LABELLED = {*_BY_NAME, "custom_fields"}


async def what_changed(
    line: TextingLine, saved: Contact, asked: Mapping[str, Any], before: SavedContact | None, *, known: bool
) -> ContactSaved:
    """What a save of one contact did: the fields that were asked for as they are now, and as they were.

    Args:
        line: where the contact is.
        saved: as the service answered it.
        asked: the body of the save.
        before: as it was; None where there was none.
        known: whether it is known what was there.
    """
    old = LabelledContact.model_validate(before.model_dump()) if before is not None else None
    if _LABELLED & asked.keys():
        await label(line, [saved] if old is None else [saved, old])
    shown = {"phone_number", "display_name", *(_BY_NAME.get(name, name) for name in asked)}
    told = ContactSaved.model_validate({name: getattr(saved, name) for name in shown})
    if saved.custom_fields is not None and told.custom_fields is not None:
        told.custom_fields = [
            CustomFieldValue(name=each.name or each.id, value=each.value) for each in saved.custom_fields
        ]
    if known and old is None:
        told.created = True
    elif old is not None:
        told.was = _undoing(old, asked) or None
    remarks = [
        "The service answered other values than were asked for; read the contact." * (not _is_as_asked(saved, asked)),
        _shown_still(saved, asked),
        "That is how it was before." * (old is not None and told.was is None),
    ]
    told.remark = " ".join(filter(None, remarks)) or None
    return told


def _shown_still(saved: Contact, asked: Mapping[str, Any]) -> str:
    """A word where a name changed that lists do not show, because they show another."""
    shown = folded(saved.display_name or "")
    hidden = [name for name in ("first_name", "last_name") if folded(str(asked.get(name) or "")) not in shown]
    if "display_name" in asked or not shown or not hidden:
        return ""
    return "Lists show display_name, which is as it was: save that too where the name has changed."


async def what_was_saved(
    line: TextingLine, asked: Sequence[dict[str, Any]], answer: Sequence[Any], before: Mapping[str, SavedContact] | None
) -> ContactsSaved:
    """Counts, the records that differ from what was asked or are missing in the answer, and what was there before.

    Args:
        line: where the contacts are.
        asked: the body of the save.
        answer: the service's.
        before: the contacts as they were; None where that is not known.

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
    told = ContactsSaved(
        saved=len(there) - len(differ),
        items=differ[:_TOLD],
        missing=missing[:_TOLD] or None,
    )
    if before is not None:
        told.created = sum(number not in before for number in numbers) or None
        if len(asked) <= _TOLD:
            told.was = await _all_undone(line, asked, before) or None
        elif before:
            notes.append("What was there before is told of at most 25 contacts.")
    told.note = " ".join(filter(None, notes)) or None
    return told


async def _all_undone(
    line: TextingLine, asked: Sequence[dict[str, Any]], before: Mapping[str, SavedContact]
) -> list[dict[str, Any]]:
    undone: list[dict[str, Any]] = []
    for record in asked:
        number = str(from_wire(record["phone_number"]))
        if number in before:
            old = LabelledContact.model_validate(before[number].model_dump())
            await label(line, [old] if _LABELLED & record.keys() else [])
            was = _undoing(old, record)
            undone += [{"phone_number": number, **was}] if was else []
    return undone


def _undoing(old: LabelledContact, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a save that undoes one; without a custom field that had no value, which no save can empty."""
    was: dict[str, Any] = {}
    clear: list[str] = []
    for name, wanted in asked.items():
        there = getattr(old, name, None)
        if name == "phone_number" or _same(there, getattr(SavedContact.model_validate({name: wanted}), name)):
            continue
        if name == "custom_fields":
            changed = {value["id"] for value in wanted} or {value.id for value in there or ()}
            values = [f"{value.name or value.id}={value.value}" for value in there or () if value.id in changed]
            was |= {name: values} if values else {}
        elif there:
            was[name] = getattr(old, _BY_NAME.get(name, name)) or there
        else:
            clear.append(name)
    return was | ({"clear": clear} if clear else {})


def _is_as_asked(saved: SavedContact, asked: Mapping[str, Any]) -> bool:
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
