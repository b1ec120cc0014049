"""Groups: named sets of a line's contacts."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from textrequest_mcp.account.account import AnyLine, Line
from textrequest_mcp.account.line import TextingLine
from textrequest_mcp.ground.quoting import quoted, some, visible
from textrequest_mcp.guard.approval.question import Question
from textrequest_mcp.guard.marks import Mark
from textrequest_mcp.tools.answers import Answer, Flag, Kept, Listing, OnLine, TheirName, Theirs, Time, Whole
from textrequest_mcp.tools.declare import Toolset
from textrequest_mcp.tools.parameters import Filled, GroupId, PageNumber, PageSize, Words, listed, only_given
from textrequest_mcp.upstream.errors import BadInput, NotFound, TextRequestError
from textrequest_mcp.upstream.page import DEFAULT_SIZE

groups = Toolset("groups")

GroupName = Annotated[Filled, Field(description="For people")]
Clear = Annotated[list[Literal["notes"]], BeforeValidator(listed), Mark.NOBODYS]
GroupNotes = Annotated[Words, Field(description="For colleagues")]


class Group(OnLine):
    """A group."""

    id: Whole = None
    name: TheirName = None
    notes: Theirs = None
    group_member_count: Whole = None
    is_keyword: Flag = Field(default=None, description="Made by the service; people join by texting a keyword")
    last_message_sent_utc: Time = None


class Groups(Listing):
    """A line's groups."""

    told_elsewhere = True
    columns = ("dashboard_id", "id", "name", "group_member_count", "is_keyword", "last_message_sent_utc", "notes")
    items: list[Group] = Field(default_factory=list[Group])


class _Known(Answer):
    """What a group's update sends back where nobody changes it."""

    id: Whole = None
    name: Kept = None
    notes: Kept = None


class GroupUpdated(Group):
    """A group as it is now, and what was there."""

    theirs = ("name", "notes", "was")
    was: Annotated[dict[str, Any] | None, Mark.THEIRS] = Field(
        default=None, description="What was there before: update_group with it undoes this"
    )


class GroupDeleted(Answer):
    """A group that is gone."""

    group_id: Whole = None


@groups.reads(title="List groups", action="GetGroups", link="groups")
async def list_groups(line: AnyLine, page: PageNumber = 0, page_size: PageSize = DEFAULT_SIZE) -> Groups:
    """List groups with their sizes. For the members, list_contacts with groups."""
    answer = await line.get("groups", query={"page": page, "page_size": page_size})
    return Groups.of(answer, page=page, page_size=page_size).if_empty("This line has no groups.")


@groups.reads(title="Get a group", action="GetGroupById")
async def get_group(line: AnyLine, group_id: GroupId) -> Group:
    """Get one group: name, notes, size. For the members, list_contacts with groups."""
    return await _read(line, group_id)


async def _before_creating(line: Line, name: GroupName, notes: GroupNotes | None = None) -> Question:
    more = f', with the notes "{visible(notes)}"' if notes else ""
    return Question(f'Make a group "{visible(name)}" on {await line.title()}{more}?')


@groups.writes(
    title="Create a group", action="CreateGroup", overwrites=False, idempotent=False, question=_before_creating
)
async def create_group(line: Line, name: GroupName, notes: GroupNotes | None = None) -> Group:
    """Create an empty group on a line; save_contact puts people in. Groups cannot be texted as a whole here. A repeat
    makes a second group."""
    answer = await line.post("groups", body=only_given(name=name, notes=notes))
    line.account.directory.forget_labels(line.id, "groups")
    return Group.changed(answer, look_with="list_groups", needs="id", name=name)


async def _before_updating(
    line: Line,
    group_id: GroupId,
    name: GroupName | None = None,
    notes: GroupNotes | None = None,
    clear: Clear | None = None,
) -> Question:
    does = [
        f'rename it to "{visible(name)}"' if name else "",
        f'make its notes say "{visible(notes)}"' if notes else "",
        "empty its notes" if clear else "",
    ]
    group = await _read(line, group_id)
    asked = " and ".join(filter(None, does)) or "change nothing"
    return Question(
        f"The group {quoted(group.name)} ({some(group.group_member_count, 'member')}) on {await line.title()}: {asked}?"
    )


@groups.writes(
    title="Update a group", action="UpdateGroup", overwrites=True, idempotent=True, question=_before_updating
)
async def update_group(
    line: Line,
    group_id: GroupId,
    name: GroupName | None = None,
    notes: GroupNotes | None = None,
    clear: Annotated[Clear, Field(description="Fields to empty")] | None = None,
) -> GroupUpdated:
    """Change a group's name or notes; what is empty or left out stays as it is. Members are changed with
    save_contact."""
    if notes and clear:
        raise BadInput("notes is given, and is in clear too.", todo="Choose one of the two.")
    notes = "" if clear else notes
    if name is None and notes is None:
        raise BadInput("update_group has nothing to change.", todo='Give a name or notes; clear: ["notes"] empties.')
    # The service wants the name each time (wire-facts, Groups), and says nothing of notes left out: send both as known.
    now = await _known(line, group_id, needed=name is None or notes is None)
    body: dict[str, Any] = only_given(
        name=now.name if name is None else name, notes=now.notes if notes is None else notes
    )
    answer = await line.put("groups", group_id, body=body) or {"id": group_id}
    line.account.directory.forget_labels(line.id, "groups")
    updated = GroupUpdated.changed(answer, look_with="get_group", id=group_id, name=name)
    was: dict[str, Any] = only_given(name=now.name if name not in (None, now.name) else None)
    if now.id is not None and notes is not None and notes != (now.notes or ""):
        was |= {"notes": now.notes} if now.notes else {"clear": ["notes"]}
    updated.was = was or None
    return updated


async def _known(line: TextingLine, group_id: int, *, needed: bool) -> _Known:
    """The group as it is; where it is not needed, whether it can be read changes nothing."""
    try:
        return _Known.asked_for(await _answer(line, group_id), id=group_id)
    except TextRequestError:
        if needed:
            raise
        return _Known()


async def _before_deleting(line: Line, group_id: GroupId) -> Question:
    group = await _read(line, group_id)
    keyword = " It belongs to a keyword, which then has no group." if group.is_keyword else ""
    return Question(
        f"Delete the group {quoted(group.name)} ({some(group.group_member_count, 'member')}) from "
        f"{await line.title()}? The contacts stay; who was in the group is lost.{keyword} "
        "It cannot be undone."
    )


@groups.destroys(title="Delete a group", action="DeleteGroup", question=_before_deleting)
async def delete_group(line: Line, group_id: GroupId) -> GroupDeleted:
    """Delete a group for good; its contacts stay."""
    await line.delete("groups", group_id)
    line.account.directory.forget_labels(line.id, "groups")
    return GroupDeleted(group_id=group_id)


async def _read(line: TextingLine, group_id: int) -> Group:
    return Group.asked_for(await _answer(line, group_id), id=group_id)


async def _answer(line: TextingLine, group_id: int) -> Any:
    answer = await line.get("groups", group_id)
    if answer is None:
        raise NotFound(f"This line has no group {group_id}.", todo="See list_groups; each line has its own.")
    return answer
