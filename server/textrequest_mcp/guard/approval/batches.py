"""Gathers what an assistant wants in one breath, so that a person is asked once: each act with its own facts."""

import hashlib
from collections.abc import Sequence

from textrequest_mcp.guard.approval.approval_rows import Row

BREATH_SECONDS = 60.0  # an assistant that makes its calls one by one waits 40 s for each answer
MOST_TOGETHER = 50


def batches(rows: Sequence[Row]) -> list[list[Row]]:
    """The rows, oldest first, in the groups in which a person is asked.

    A group is of one host of one account, each row within a breath of the one before. A question that wants a name
    typed stands alone.
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
    if one.shown is None or other.shown is None or one.shown.must_type is not None or other.shown.must_type is not None:
        return False
    same = (one.account, one.shown.caller, one.shown.by_passkey) == (
        other.account,
        other.shown.caller,
        other.shown.by_passkey,
    )
    return same and 0 <= other.asked_at - one.asked_at <= BREATH_SECONDS
