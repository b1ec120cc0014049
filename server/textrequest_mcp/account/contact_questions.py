"""Says in words what a save would do to people: `Block "Ann Ng" (+14235550142) on "Front Desk" (line 121)?`."""

from collections.abc import Mapping
from typing import Any

from textrequest_mcp.account.account import Line
from textrequest_mcp.account.contact import ContactInput
from textrequest_mcp.account.directory import Kind
from textrequest_mcp.account.line import TextingLine
from textrequest_mcp.ground.quoting import quoted, visible
from textrequest_mcp.guard.approval.question import Question
from textrequest_mcp.tools.parameters import PhoneNumber

_NAMED = 25  # people of a bulk save by name too; of the others the number stands there

# What a field says where it is given, and where it is cleared.
_SAYS = {
    "is_blocked": ("block {}", "unblock {}"),
    "is_suppressed": ("keep {} from rising in the queue", "let {} rise in the queue again"),
    "is_archived": ("hide the conversation with {}", "show the conversation with {} again"),
    "is_resolved": ("call the conversation with {} settled", "call the conversation with {} unsettled"),
    "display_name": ("call {} {value}", "take the shown name of {} away"),
    "first_name": ("make the first name of {} {value}", "take the first name of {} away"),
    "last_name": ("make the last name of {} {value}", "take the last name of {} away"),
    "note": ("make the note of {} say {value}", "empty the note of {}"),
    "suppressed_reason": ("give as the reason for {} {value}", "take away the reason for {}"),
    "groups": ("have {} in the group{s} {value} and no other", "take {} out of all groups"),
    "add_groups": ("put {} into the group{s} {value}", ""),
    "remove_groups": ("take {} out of the group{s} {value}", ""),
    "contact_tags": ("have {} carry the tag{s} {value} and no other", "take all tags off {}"),
    "add_tags": ("give {} the tag{s} {value}", ""),
    "remove_tags": ("take the tag{s} {value} off {}", ""),
    "custom_fields": ("fill in for {} {value}", "empty the custom fields of {}"),
}


async def before_saving(line: Line, phone_number: PhoneNumber, **values: Any) -> Question:
    """What a person is shown before a save of one contact."""
    said = await _said(line, values, await line.person(phone_number))
    return Question(f"{said} on {await line.title()}?")


async def before_saving_many(line: Line, contacts: list[ContactInput]) -> Question:
    """The same of many; those with the same changes stand together."""
    alike: dict[str, tuple[Mapping[str, Any], list[str]]] = {}
    for contact in contacts:
        values = {name: value for name, value in dict(contact).items() if name != "phone_number"}
        alike.setdefault(repr(values), (values, []))[1].append(contact.phone_number)
    told: list[str] = []
    named = 0
    for values, numbers in alike.values():
        known = max(0, _NAMED - named)
        who = [await line.person(number) for number in numbers[:known]] + numbers[known:]
        named += len(numbers)
        said = await _said(line, values, who[0] if len(who) == 1 else f"these {len(who)} people")
        told.append(said if len(who) == 1 else f"{said} ({', '.join(who)})")
    return Question(f"On {await line.title()}: {'. '.join(told)}?")


async def _said(line: TextingLine, values: Mapping[str, Any], who: str) -> str:
    """The changes as a sentence without its end; after the first of them the people are `them`."""
    parts: list[str] = []
    given = [(field, value) for field, value in values.items() if value and field != "clear"]
    for field, value in [*given, *((field, None) for field in values.get("clear") or ())]:
        pattern = _SAYS[field][0 if value else 1]
        shown = await _shown(line, field, value) if "{value}" in pattern else ""
        pattern = pattern.replace("{s}", "s" if isinstance(value, list) and len(value) > 1 else "")  # pyright: ignore[reportUnknownArgumentType] - only how many
        parts.append(pattern.replace("{}", "them" if parts else who, 1).replace("{value}", shown, 1))
    said = "; ".join(parts) or f"make a contact for {who}"
    return said[0].upper() + said[1:]


async def _shown(line: TextingLine, field: str, value: Any) -> str:
    if isinstance(value, str):
        return f'"{visible(value)}"'
    kind: Kind = "fields" if field == "custom_fields" else "groups" if "groups" in field else "tags"
    labels = {str(id_): name for id_, name in (await line.account.directory.labels(line.id, kind)).items()}
    if kind == "fields":
        return ", ".join(f'{quoted(labels.get(one.id, one.id))}: "{visible(one.value)}"' for one in value)
    return ", ".join(quoted(labels.get(str(one), str(one))) for one in value)
