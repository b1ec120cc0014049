"""Sets a line up: its tags and custom fields; off by default, because it is done once."""

from typing import Annotated

from pydantic import Field

from textrequest_mcp.account.account import Line
from textrequest_mcp.account.directory import Kind
from textrequest_mcp.account.fields import CustomField
from textrequest_mcp.account.labels import ids_of
from textrequest_mcp.account.line import TextingLine
from textrequest_mcp.account.tags import Tag
from textrequest_mcp.ground.quoting import quoted
from textrequest_mcp.guard.approval.question import Question
from textrequest_mcp.guard.marks import Mark
from textrequest_mcp.tools.answers import Answer, Code
from textrequest_mcp.tools.declare import Toolset
from textrequest_mcp.tools.parameters import Filled, only_given

setup = Toolset("setup")

OldTag = Annotated[Filled, Field(description="Name or id"), Mark.NOBODYS]
OldField = Annotated[Filled, Field(description="Name or id"), Mark.NOBODYS]
Color = Annotated[Filled, Field(description="Such as #1EB1C4")]
Name = Annotated[Filled, Field(description="Shown to colleagues")]


class TagDeleted(Answer):
    """A tag that is gone."""

    tag_id: Code = None


class FieldDeleted(Answer):
    """A custom field that is gone."""

    field_id: Code = None


async def _before_creating_a_tag(line: Line, tag: Name, tag_color: Color | None = None) -> Question:
    colored = f" in the colour {quoted(tag_color)}" if tag_color else ""
    return Question(f"Make a tag {quoted(tag)}{colored} on {await line.title()}?")


@setup.writes(title="Create a tag", action="", overwrites=False, idempotent=False, question=_before_creating_a_tag)
async def create_tag(line: Line, tag: Name, tag_color: Color | None = None) -> Tag:
    """Create a tag on a line."""
    answer = await line.post("tags", body=only_given(tag=tag, tag_color=tag_color))
    line.account.directory.forget_labels(line.id, "tags")
    return Tag.changed(answer, look_with="list_tags", needs="id", tag=tag)


async def _before_changing_a_tag(
    line: Line, old_tag: OldTag, tag: Name | None = None, tag_color: Color | None = None
) -> Question:
    does = [f"rename it to {quoted(tag)}" if tag else "", f"colour it {quoted(tag_color)}" if tag_color else ""]
    tag_id = await _id(line, "tags", old_tag)
    names = await line.account.directory.labels(line.id, "tags")
    asked = " and ".join(filter(None, does)) or "change nothing"
    return Question(
        f"Change the tag {quoted(names.get(tag_id, old_tag))} on {await line.title()}: {asked}? It is seen with "
        "everybody who has it."
    )


@setup.writes(title="Change a tag", action="", overwrites=True, idempotent=True, question=_before_changing_a_tag)
async def update_tag(line: Line, old_tag: OldTag, tag: Name | None = None, tag_color: Color | None = None) -> Tag:
    """Change the name or colour of a tag, for everybody who has it."""
    tag_id = await _id(line, "tags", old_tag)
    answer = await line.put("tags", tag_id, body=only_given(tag=tag, tag_color=tag_color))
    line.account.directory.forget_labels(line.id, "tags")
    return Tag.changed(answer, look_with="list_tags", needs="id", id=tag_id)


async def _before_deleting_a_tag(line: Line, tag: OldTag) -> Question:
    tag_id = await _id(line, "tags", tag)
    names = await line.account.directory.labels(line.id, "tags")
    have_it = sum(tag_id in person.tags for person in await line.account.directory.all(line.id))
    return Question(
        f"Delete the tag {quoted(names.get(tag_id, tag))} on {await line.title()}? {_people(have_it)} lose it. "
        "It cannot be undone."
    )


@setup.destroys(title="Delete a tag", action="", question=_before_deleting_a_tag)
async def delete_tag(line: Line, tag: OldTag) -> TagDeleted:
    """Delete a tag; its contacts stay, without it."""
    tag_id = await _id(line, "tags", tag)
    await line.delete("tags", tag_id)
    line.account.directory.forget_labels(line.id, "tags")
    return TagDeleted(tag_id=tag_id)


async def _before_creating_a_field(line: Line, name: Name) -> Question:
    return Question(f"Make a custom field {quoted(name)} on {await line.title()}?")


@setup.writes(
    title="Create a custom field",
    action="",
    overwrites=False,
    idempotent=False,
    question=_before_creating_a_field,
)
async def create_custom_field(line: Line, name: Name) -> CustomField:
    """Create a custom field on a line."""
    answer = await line.post("fields", body={"name": name})
    line.account.directory.forget_labels(line.id, "fields")
    return CustomField.changed(answer, look_with="list_custom_fields", needs="id", name=name)


async def _before_renaming_a_field(line: Line, field: OldField, name: Name) -> Question:
    field_id = await _id(line, "fields", field)
    named = (await line.account.directory.labels(line.id, "fields")).get(field_id, field)
    return Question(f"Rename the custom field {quoted(named)} on {await line.title()} to {quoted(name)}?")


@setup.writes(
    title="Rename a custom field",
    action="",
    overwrites=True,
    idempotent=True,
    question=_before_renaming_a_field,
)
async def rename_custom_field(line: Line, field: OldField, name: Name) -> CustomField:
    """Rename a custom field; its values stay."""
    field_id = await _id(line, "fields", field)
    answer = await line.put("fields", field_id, body={"name": name})
    line.account.directory.forget_labels(line.id, "fields")
    return CustomField.changed(answer, look_with="list_custom_fields", needs="id", id=field_id)


async def _before_deleting_a_field(line: Line, field: OldField) -> Question:
    field_id = await _id(line, "fields", field)
    names = await line.account.directory.labels(line.id, "fields")
    have_it = await _with_a_value(line, field_id)
    why_not = f" {_people(have_it)} have a value for it, so Text Request will refuse." if have_it else ""
    named = quoted(names.get(field_id, field))
    return Question(f"Delete the custom field {named} on {await line.title()}? It cannot be undone.{why_not}")


@setup.destroys(title="Delete a custom field", action="", question=_before_deleting_a_field)
async def delete_custom_field(line: Line, field: OldField) -> FieldDeleted:
    """Delete a custom field for which no contact has a value."""
    field_id = await _id(line, "fields", field)
    await line.delete("fields", field_id)
    line.account.directory.forget_labels(line.id, "fields")
    return FieldDeleted(field_id=field_id)


async def _id(line: TextingLine, kind: Kind, said: str) -> str:
    """The id of a tag or field by its name or id; raises as `ids_of`."""
    [found] = await ids_of(line, kind, [said], kind[:-1])
    return found


async def _with_a_value(line: TextingLine, field_id: str) -> int:
    return sum(field_id in person.fields for person in await line.account.directory.all(line.id))


def _people(count: int) -> str:
    return "1 contact" if count == 1 else f"{count} contacts"
