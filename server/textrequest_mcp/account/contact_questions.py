"""Says in words what a save would do to people: `Block "Ann Ng" (+14235550142) on "Front Desk" (line 121)?`."""

from collections.abc import Mapping, Sequence
from typing import Any

from textrequest_mcp.account.contact_saves import changes_of
from textrequest_mcp.account.line import TextingLine
from textrequest_mcp.ground.quoting import quoted, visible
from textrequest_mcp.guard.approval.question import Question
from textrequest_mcp.upstream.page import MAX_SIZE, read_page

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
    "groups": ("have {} in the groups {value} and no others", "take {} out of all groups"),
    "contact_tags": ("have {} carry the tags {value} and no others", "take all tags off {}"),
    "custom_fields": ("fill in for {} {value}", "empty the custom fields of {}"),
}
_LISTS = {"groups": "groups", "contact_tags": "tags", "custom_fields": "fields"}


async def about_one(line: TextingLine, phone_number: str, values: Mapping[str, Any]) -> Question:
    """What a person is shown before a save of one contact."""
    said = await _said(line, changes_of(dict(values)), await line.person(phone_number), "them")
    return Question(f"{said} on {await line.title()}?")


async def about_many(line: TextingLine, saves: Sequence[tuple[str, Mapping[str, Any]]]) -> Question:
    """The same of many; those with the same changes stand together."""
    alike: dict[str, tuple[dict[str, Any], list[str]]] = {}
    for number, values in saves:
        changes = changes_of(dict(values))
        alike.setdefault(repr(changes), (changes, []))[1].append(number)
    told: list[str] = []
    named = 0
    for changes, numbers in alike.values():
        who = [await line.person(number) for number in numbers[: max(0, _NAMED - named)]] + numbers[_NAMED - named :]
        named += len(numbers)
        people = who[0] if len(who) == 1 else f"these {len(who)} people"
        said = await _said(line, changes, people, "them")
        told.append(said if len(who) == 1 else f"{said} ({', '.join(who)})")
    return Question(f"On {await line.title()}: {'. '.join(told)}?")


async def _said(line: TextingLine, changes: Mapping[str, Any], who: str, then: str) -> str:
    """The changes as a sentence without its end; `then` stands for the people after they were named."""
    parts: list[str] = []
    for field, value in changes.items():
        given, cleared = _SAYS[field]
        pattern = given if value else cleared
        shown = await _shown(line, field, value) if "{value}" in pattern else ""
        parts.append(pattern.replace("{}", who if not parts else then, 1).replace("{value}", shown, 1))
    said = "; ".join(parts) or f"make a contact for {who}"
    return said[0].upper() + said[1:]


async def _shown(line: TextingLine, field: str, value: Any) -> str:
    if field not in _LISTS:
        return f'"{visible(str(value))}"'
    size = {} if field == "custom_fields" else {"page": 0, "page_size": MAX_SIZE}
    rows: list[Any] = read_page(await line.get(_LISTS[field], query=size), page=0, page_size=MAX_SIZE).items
    names = {str(row["id"]): quoted(str(row.get("name") or "")) for row in rows if "id" in row}
    if field == "custom_fields":
        return ", ".join(f'{names.get(one["id"], one["id"])}: "{visible(one["value"])}"' for one in value)
    return ", ".join(names.get(str(one), str(one)) for one in value)
