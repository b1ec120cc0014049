"""A cursor as hosts keep it: a place in the record of texts, and the time at which it was given."""

import math
import re
from typing import NamedTuple

from textrequest_mcp.upstream.errors import BadInput

_FORM = re.compile(r"([0-9a-z]+)\.([0-9]{1,18})(?:@([0-9]{1,12}))?")


class Cursor(NamedTuple):
    """A place in the record.

    Attributes:
        log: the name of the record.
        number: of the last event that was told.
        at: all that happened before was told of, or is older than the wait; in seconds since 1970. None in the cursors
            of older versions.
    """

    log: str
    number: int
    at: float | None

    def __str__(self) -> str:
        return f"{self.log}.{self.number}" + ("" if self.at is None else f"@{math.floor(self.at)}")


def read_cursor(written: str) -> Cursor | None:
    """The cursor that a host gives back; None if it is none of ours."""
    match = _FORM.fullmatch(written.strip())
    if match is None:
        return None
    log, number, at = match.groups()
    return Cursor(log, int(number), None if at is None else float(at))


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
