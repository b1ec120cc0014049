"""Writes a call as the service reads it: a path that no segment can climb out of, a flat query, a body."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from textrequest_mcp.upstream.errors import BadInput
from textrequest_mcp.upstream.phone import mask_numbers

Segment = str | int
Query = Mapping[str, str | int | bool | Sequence[str | int] | None]

_SAFE_SEGMENT = re.compile(r"[A-Za-z0-9_\-]+")


class File(NamedTuple):
    """A file that is uploaded: its name, its MIME type, its bytes."""

    name: str
    kind: str
    content: bytes

    def __repr__(self) -> str:
        return f"File({self.kind}, {len(self.content)} bytes)"


class Request(NamedTuple):
    """One call, however often it is tried."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    repeatable: bool  # sending it twice has the result of sending it once

    def __str__(self) -> str:
        return mask_numbers(f"{self.method} {self.path}")


def join(path: Sequence[Segment]) -> str:
    """A path of segments that are letters, digits, `-` and `_` only.

    Raises:
        BadInput: a segment holds anything else (`../`, `%2e`, `#`, `?`, line breaks, full-width digits).
    """
    for segment in path:
        if not _SAFE_SEGMENT.fullmatch(str(segment)):
            raise BadInput("An id holds characters that no id has.", todo="Take the id from a list tool.")
    return "/" + "/".join(str(segment) for segment in path)


def flatten(query: Query) -> dict[str, str]:
    """Query parameters as the service reads them: no None, `true`/`false`, lists with commas."""
    flat: dict[str, str] = {}
    for name, value in query.items():
        if value is None:
            continue
        if isinstance(value, bool):
            flat[name] = "true" if value else "false"
        elif isinstance(value, str | int):
            flat[name] = str(value)
        else:
            flat[name] = ",".join(str(item) for item in value)
    return flat
