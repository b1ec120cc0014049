"""Gathers what an assistant wants in one breath, so that a person is asked once: each act with its own facts."""

import hashlib
from collections.abc import Sequence

from textrequest_mcp.guard.approval.approval_rows import Row

BREATH_SECONDS = 60.0  # an assistant that makes its calls one by one waits 40 s for each answer
MOST_TOGETHER = 50


def batches(rows: Sequence[Row]) -> list[list[Row]]:
    """The rows, oldest first, in the groups in which a person is asked.

    A group is of one host of one account and member, each row within a breath of the one before. What cannot be undone
    is only gathered with its like, and a question that wants a name typed stands alone.
    """
    found: list[list[Row]] = []
    for row in rows:
        into = next((group for group in found if _together(group[-1], row)), None)
        if into is None:
            found.append([row])
        else:
            into.append(row)
    return found


def challenge_of(rows: Sequence[Row]) -> bytes:
    """What a passkey signs for several: the challenges of all of them, in this order."""
    if len(rows) == 1:
        return rows[0].challenge
    return hashlib.sha256(b"".join(row.challenge for row in rows)).digest()


def _together(one: Row, other: Row) -> bool:
    kinds = _kind(one), _kind(other)
    return kinds[0] is not None and kinds[0] == kinds[1] and 0 <= other.asked_at - one.asked_at <= BREATH_SECONDS


def _kind(row: Row) -> tuple[object, ...] | None:
    """What rows have in common that a person may be shown together; None for one that stands alone."""
    shown = row.shown
    if shown is None or shown.must_type is not None:
        return None
    return row.account, shown.member, shown.caller, shown.by_passkey, row.tool if shown.is_final else None
