"""A cursor as hosts keep it: a place in the record of texts, and the time at which it was given."""

import math
import re
from typing import NamedTuple

from textrequest_mcp.upstream.errors import BadInput

_FORM = re.compile(r"([0-9a-z]+)\.([0-9]{1,18})(?:@([0-9]{1,12}))?(?:~([0-9]{1,18})\.([0-9a-f]{1,12}))?")


class Cursor(NamedTuple):
    """A place in the record.

    Attributes:
        log: the name of the record.
        number: of the last event that was told.
        at: all that happened before was told of, or is older than the wait; in seconds since 1970. None in the cursors
            of older versions.
        base: all that is in the record up to this number was told of, whatever was waited for.
        of: a mark of what was waited for: lines, person and direction. Only of this is all told up to `number`.
    """

    log: str
    number: int
    at: float | None
    base: int | None = None
    of: str | None = None

    def __str__(self) -> str:
        at = "" if self.at is None else f"@{math.floor(self.at)}"
        return f"{self.log}.{self.number}{at}" + ("" if self.of is None else f"~{self.base}.{self.of}")


def read_cursor(written: str) -> Cursor | None:
    """The cursor that a host gives back; None if it is none of ours."""
    match = _FORM.fullmatch(written.strip())
    if match is None:
        return None
    log, number, at, base, of = match.groups()
    told_to = None if base is None else int(base)
    return Cursor(log, int(number), None if at is None else float(at), told_to, of)


def place_in(written: str, log: str, end: int, forgotten: int) -> int:
    """The number that a cursor stands for in the record `log`, whose numbers end with `end`.

    Raises:
        BadInput: it is no cursor of this record, or later events, up to `forgotten`, have been deleted already.
    """
    cursor = read_cursor(written)
    todo = "Leave after out to start from now; list_messages has what came before."
    if cursor is None:
        raise BadInput("after is not a cursor that wait_for_messages gave.", todo=todo)
    if cursor.log != log or cursor.number > end:
        raise BadInput("after belongs to another record of texts, which is not there any more.", todo=todo)
    if cursor.number < forgotten:
        raise BadInput("after is so old that texts which came since are forgotten.", todo=todo)
    return cursor.number
