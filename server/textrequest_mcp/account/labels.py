"""Tags, groups and custom fields by their names: callers may name them, and rows show their names."""

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from textrequest_mcp.account.contact import CustomFieldValue, FieldValueInput, LabelledContact
from textrequest_mcp.account.directory import Kind
from textrequest_mcp.account.line import TextingLine
from textrequest_mcp.ground.folding import folded
from textrequest_mcp.ground.quoting import one_line
from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.upstream.errors import BadInput, TextRequestError

_MOST_NAMED = 30
_IDS = {"tags": r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", "groups": r"[0-9]{1,18}"}
_IDS["fields"] = _IDS["tags"]
_SINGULAR = {"tags": "tag", "groups": "group", "fields": "custom field"}


async def ids_of(line: TextingLine, kind: Kind, said: Iterable[str], argument: str) -> list[Any]:
    """The ids of tags, groups or fields that a caller names; an id stands for itself.

    Args:
        line: where they are.
        kind: which of the three.
        said: names or ids.
        argument: where they stood, for the sentence.

    Raises:
        BadInput: the line has none of this name, or several.
        TextRequestError: the names cannot be read.
        StoreError: the store cannot be used.
    """
    found: list[Any] = []
    for place, each in enumerate(dict.fromkeys(said)):
        if re.fullmatch(_IDS[kind], each):
            found.append(int(each) if kind == "groups" else each)
        else:
            labels = await line.account.directory.labels(line.id, kind)
            found.append(_named(labels, kind, each, f"{argument}.{place}" if place else argument))
    return list(dict.fromkeys(found))


async def fields_by_id(
    line: TextingLine, values: Sequence[FieldValueInput], argument: str = "custom_fields"
) -> list[dict[str, str]]:
    """The values of custom fields as the service takes them; raises as `ids_of`."""
    return [{"id": (await ids_of(line, "fields", [value.id], argument))[0], "value": value.value} for value in values]


async def label(line: TextingLine, rows: Sequence[LabelledContact]) -> None:
    """Give rows the names of their tags, groups and fields; where these cannot be read, their ids stand for them."""
    tags = await _names(line, "tags", needed=any(row.contact_tags for row in rows))
    groups = await _names(line, "groups", needed=any(row.groups for row in rows))
    fields = await _names(line, "fields", needed=any(row.custom_fields for row in rows))
    for row in rows:
        row.tags = [tags.get(tag) or tag for tag in row.contact_tags or ()] or None
        row.group_names = [groups.get(group) or str(group) for group in row.groups or ()] or None
        row.custom_fields = _with_names(row.custom_fields, fields)


def _with_names(values: list[CustomFieldValue] | None, names: Mapping[Any, str]) -> list[CustomFieldValue] | None:
    if values is None:
        return None
    return [CustomFieldValue(id=value.id, name=names.get(value.id), value=value.value) for value in values]


async def _names(line: TextingLine, kind: Kind, *, needed: bool) -> Mapping[Any, str]:
    if needed:
        with suppress(TextRequestError, StoreError):
            return await line.account.directory.labels(line.id, kind)
    return {}


def _named(labels: Mapping[Any, str], kind: Kind, said: str, argument: str) -> Any:
    plain = folded(said) or said
    ids = [each for each, name in labels.items() if (folded(name) or name) == plain]
    if len(ids) == 1:
        return ids[0]
    what = _SINGULAR[kind]
    if ids:
        raise BadInput(
            f"{argument}: this line has {len(ids)} {what}s of this name.",
            todo=f"Give one of their ids: {', '.join(map(str, ids))}.",
        )
    there = [one_line(name) for name in labels.values() if name]
    more = f" and {len(there) - _MOST_NAMED} more" if len(there) > _MOST_NAMED else ""
    raise BadInput(
        f"{argument}: this line has no such {what}.",
        todo=f"It has: {', '.join(there[:_MOST_NAMED])}{more}." if there else f"It has no {what} at all.",
    )
