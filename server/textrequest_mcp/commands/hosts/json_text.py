"""Sets or removes one value in the text of a JSON file, and leaves every other character as it was."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, cast

_BLANK = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


class NotSafe(Exception):
    """The text cannot be edited without a risk to what else is in it; the sentence says why."""


class _Member(NamedTuple):
    """Where one member of an object stands in the text."""

    key: str
    start: int
    value: int
    end: int


class _Layout(NamedTuple):
    """How a text is laid out: what one level is indented by, empty for all in one line, and how lines end."""

    indent: str
    line: str

    def write(self, value: Any, depth: int) -> str:
        if not self.indent:
            return json.dumps(value, ensure_ascii=False)
        written = json.dumps(value, ensure_ascii=False, indent=self.indent)
        return written.replace("\n", self.line + self.indent * depth)


def parse(text: str) -> dict[str, Any]:
    """The object that a file holds; an empty file holds an empty one.

    Raises:
        NotSafe: it is something else, or has comments or trailing commas, which JSON does not have.
    """
    try:
        found: Any = json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError) as error:
        line = f"at line {error.lineno}" if isinstance(error, json.JSONDecodeError) else "somewhere"
        raise NotSafe(f"it is no plain JSON {line}: a comment, a comma at an end, or a mistake") from None
    if not isinstance(found, dict):
        raise NotSafe("it holds no JSON object")
    return cast("dict[str, Any]", found)


def value_at(found: Any, path: Sequence[str]) -> Any:
    """What stands at `path` of a parsed file; None where nothing does."""
    for key in path:
        found = cast("dict[str, Any]", found).get(key) if isinstance(found, dict) else None
    return found


def set_value(text: str, path: Sequence[str], value: Any) -> str:
    """The text with `value` at `path`; objects on the way are made where they are missing.

    Raises:
        NotSafe: the text is not plain JSON, a key on the way holds no object, or is there twice.
    """
    before = parse(text)
    text = text if text.strip() else "{}\n"
    layout, at = _layout_of(text), _skip(text, 0)
    for depth, key in enumerate(path, 1):
        if text[at] != "{":
            raise NotSafe(f"{'.'.join(path[: depth - 1])} in it is no object")
        member = _find(text, at, key)
        if member is None:
            inner = value
            for missing in reversed(path[depth:]):
                inner = {missing: inner}
            after = _insert(text, at, f"{json.dumps(key)}: {layout.write(inner, depth)}", layout, depth)
            break
        at = member.value
    else:
        end = _DECODER.raw_decode(text, at)[1]
        after = text[:at] + layout.write(value, len(path)) + text[end:]
    return _checked(after, _with(before, path, value))


def remove_value(text: str, path: Sequence[str]) -> str:
    """The text without what is at `path`; the same text where nothing is.

    Raises:
        NotSafe: as `set_value`.
    """
    before = parse(text)
    if value_at(before, path) is None:
        return text
    at = _skip(text, 0)
    for key in path[:-1]:
        at = cast("_Member", _find(text, at, key)).value
    member = cast("_Member", _find(text, at, path[-1]))
    return _checked(_cut(text, at, member), _with(before, path, None))


def _members(text: str, start: int) -> Iterator[_Member]:
    """The members of the object that begins at `start`, in a text that is known to be JSON."""
    at = _skip(text, start + 1)
    while text[at] != "}":
        key, end = _DECODER.raw_decode(text, at)
        value = _skip(text, _skip(text, end) + 1)
        value_end = _DECODER.raw_decode(text, value)[1]
        yield _Member(key, at, value, value_end)
        at = _skip(text, value_end)
        if text[at] == ",":
            at = _skip(text, at + 1)


def _find(text: str, start: int, key: str) -> _Member | None:
    found = [member for member in _members(text, start) if member.key == key]
    if len(found) > 1:
        raise NotSafe(f"{key} is in it twice")
    return found[0] if found else None


def _insert(text: str, start: int, member: str, layout: _Layout, depth: int) -> str:
    """The text with one member more in the object that begins at `start`: the last, after the others' manner."""
    others = list(_members(text, start))
    if others:
        between = text[start + 1 : others[0].start] or " "
        return f"{text[: others[-1].end]},{between}{member}{text[others[-1].end :]}"
    end = text.index("}", start)
    if layout.indent:
        member = f"{layout.line}{layout.indent * depth}{member}{layout.line}{layout.indent * (depth - 1)}"
    return text[: start + 1] + member + text[end:]


def _cut(text: str, start: int, member: _Member) -> str:
    members = list(_members(text, start))
    index = members.index(member)
    if len(members) == 1:
        return text[: start + 1] + text[text.index("}", member.end) :]
    if index == 0:
        return text[: member.start] + text[members[1].start :]
    return text[: members[index - 1].end] + text[member.end :]


def _layout_of(text: str) -> _Layout:
    """As the first indented line has it; two blanks where nothing is indented, none where all stands in one line."""
    indented = re.search(r"\n([ \t]+)\S", text)
    is_empty = not json.loads(text)
    indent = indented[1] if indented else "  " if is_empty or "\n" in text.strip() else ""
    return _Layout(indent, "\r\n" if "\r\n" in text else "\n")


def _skip(text: str, at: int) -> int:
    """Where the next character stands that is not blank."""
    return cast("re.Match[str]", _BLANK.match(text, at)).end()


def _with(found: dict[str, Any], path: Sequence[str], value: Any) -> dict[str, Any]:
    """A parsed file with this value at `path`; without it where the value is None."""
    if len(path) > 1:
        return {**found, path[0]: _with(found.get(path[0], {}), path[1:], value)}
    rest = {key: each for key, each in found.items() if key != path[0]}
    return rest if value is None else {**rest, path[0]: value}


def _checked(text: str, meant: dict[str, Any]) -> str:
    """The edited text, once it reads as it was meant to: everything else in it is as before."""
    if json.loads(text) != meant:
        raise NotSafe("it is written in a way that this program does not edit")
    return text
