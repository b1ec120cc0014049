"""How an answer is written for a model: few tokens, and nothing in it that a customer's words could forge."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from textrequest_mcp.ground.clean import clean


def write_text(
    answer: Mapping[str, Any],
    columns: Sequence[str] = (),
    longest_cell: int | None = None,
    theirs: Sequence[str] = (),
) -> str:
    """The text part of a result.

    Args:
        answer: the structured part; a list answer has its rows in `items`.
        columns: which fields of a row a model needs, in order; all of them when left out.
        longest_cell: characters after which a cell is cut; the structured part always has it whole.
        theirs: fields that hold words of customers; those that are there are named as such.

    Returns:
        Compact JSON without nulls and empty values; for a list a line of JSON about it, then a table: a line of column
        names and a line for each item, cells divided by tabs, a line break in a cell written as `⏎`, a tab as a space.
        Both are clean.
    """
    items = answer.get("items")
    if not isinstance(items, list):
        return _compact(marked(answer, theirs=theirs))
    rows: list[Any] = items  # pyright: ignore[reportUnknownVariableType] - rows are JSON
    about = {name: value for name, value in answer.items() if name != "items" and value is not None}
    if not rows or not all(isinstance(row, Mapping) for row in rows):
        return _compact(marked(about, theirs=[name for name in theirs if name != "note"]) if not rows else answer)
    names = [name for name in columns or _all_names(rows) if any(_says(_find(row, name)) for row in rows)]
    lines = ["\t".join(names), *("\t".join(_cell(_find(row, name), longest_cell) for name in names) for row in rows)]
    words = [name for name in theirs if name in names or (name != "note" and _says(about.get(name)))]
    return "\n".join([_compact(_naming(about, words)), *lines])


def write_structured(
    answer: Mapping[str, Any], brief: Sequence[str] = (), theirs: Sequence[str] = ()
) -> dict[str, Any]:
    """The structured part of a result; several hosts give their model only this.

    Args:
        answer: all that is known.
        brief: of a list, the fields of a row that are kept where they say something; all of them when left out.
        theirs: fields that hold words of customers; those that are there are named before the words.
    """
    items: Any = answer.get("items")
    if brief and isinstance(items, list):
        rows: list[Mapping[str, Any]] = items  # pyright: ignore[reportUnknownVariableType] - rows are JSON
        answer = {**answer, "items": [_briefly(row, brief) for row in rows]}
    return dict(marked(answer, theirs=theirs))


def _briefly(row: Mapping[str, Any], brief: Sequence[str]) -> dict[str, Any]:
    """A dot in a name leads to the one field that is kept of a record inside."""
    kept: dict[str, Any] = {}
    for name in brief:
        outer, _, inner = name.partition(".")
        value: Any = row.get(outer)
        if _says(value):
            kept[outer] = {inner: value.get(inner)} if inner else value
    return kept


def marked(answer: Mapping[str, Any], *, theirs: Sequence[str]) -> Mapping[str, Any]:
    """An answer that names the fields with customers' words before the words themselves."""
    items: Any = answer.get("items")
    if isinstance(items, list):
        of_the_list = {
            name: value for name, value in answer.items() if name not in ("items", "note")
        }  # its note is ours
        rows: list[Any] = [of_the_list, *items]  # pyright: ignore[reportUnknownVariableType] - JSON
    else:
        rows = [answer]
    return _naming(answer, [name for name in theirs if any(_says(_find(row, name)) for row in rows)])


def _naming(answer: Mapping[str, Any], theirs: Sequence[str]) -> Mapping[str, Any]:
    """By a name that no field of the service has."""
    return {"customers_words": ",".join(theirs)} | dict(answer) if theirs else answer


def _all_names(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _find(row: Mapping[str, Any], name: str) -> Any:
    """A field of an item, or of an object inside it, such as the last message of a conversation."""
    if name in row:
        return row[name]
    inner: list[Mapping[str, Any]] = [part for part in row.values() if isinstance(part, Mapping)]
    return next((part[name] for part in inner if name in part), None)


def _says(value: object) -> bool:
    return value is not None and value is not False and value not in ("", [], {})


def _cell(value: Any, longest: int | None = None) -> str:
    if not _says(value):
        return ""
    if value is True:
        return "yes"
    if isinstance(value, list):
        parts: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
        return ",".join(_cell(part, longest) for part in parts)
    if isinstance(value, Mapping):
        pairs: Mapping[str, Any] = value  # pyright: ignore[reportUnknownVariableType]
        if "value" in pairs and pairs.keys() <= {"id", "name", "value"}:
            return f"{_cell(pairs.get('name') or pairs.get('id'))}={_cell(pairs['value'], longest)}"
        return _compact(pairs)
    text = "⏎".join(" ".join(line.split()) for line in clean(str(value)).splitlines())
    return clean(text, longest)


def _compact(value: Mapping[str, Any]) -> str:
    said = {name: part for name, part in value.items() if part is not None and part not in ("", [])}
    return json.dumps(_cleaned(said), ensure_ascii=False, separators=(",", ":"))


def _cleaned(value: Any) -> Any:
    """JSON with clean texts; of all characters that break a line only `\\n` and `\\t` are left, which JSON escapes."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        named: Mapping[str, Any] = value  # pyright: ignore[reportUnknownVariableType]
        return {name: _cleaned(part) for name, part in named.items()}
    if isinstance(value, list):
        parts: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
        return [_cleaned(part) for part in parts]
    return value
