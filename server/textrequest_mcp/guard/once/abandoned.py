"""Rows of the ledger that nobody works on: what is known of them, when to look for them, when to forget them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textrequest_mcp.ground.connection import Connection
from textrequest_mcp.guard.once.ledger_rows import OPEN, Ending, Send, all_rows

# What is in work counts as abandoned after so long, where nobody can tell whether its process lives: longer than any
# call.
LEASE_SECONDS = 120.0
KEEP_SECONDS = 30 * 86400.0
KEEP_FACTS_SECONDS = 86400.0
_SOME = 500  # rows: a start takes no longer where there are many

ENDED_IN_BETWEEN = (
    "The server ended while the call was on its way, so no answer was read. Whether it took effect is unknown."
)


def abandoned(
    connection: Connection,
    where: str,
    values: tuple[Any, ...],
    *,
    mine: Callable[[Send], bool | None],
    now: float,
    is_sure: bool,
) -> list[tuple[Send, Ending]]:
    """Rows in work that nobody works on any more, each with what is known of it.

    Args:
        connection: inside a transaction.
        where: the rows that are looked at.
        values: of its question marks.
        mine: whether this server works on a row; None where another one did.
        now: seconds since 1970.
        is_sure: whether that is more than what this machine alone says.
    """
    found: list[tuple[Send, Ending]] = []
    for row in all_rows(connection, f"{where} AND {OPEN} AND state IN ('INTENDED', 'INFLIGHT')", values):
        at_work = mine(row)
        since = row.left_at or row.intended_at
        if at_work or (at_work is None and not is_given_up(connection, row.owner, since, now, is_sure=is_sure)):
            continue
        ending = (
            Ending(state="NOT_SENT", said="The server ended before anything left. Nothing was sent or changed.")
            if row.state == "INTENDED"
            else Ending(state="UNKNOWN", said=ENDED_IN_BETWEEN, look_at=now)
        )
        found.append((row, ending))
    return found


def take_over(connection: Connection, account: str, owner: str, now: float) -> None:
    """Look now for what ended servers meant to look for later."""
    for row in all_rows(connection, f"account = ? AND {OPEN} AND state = 'UNKNOWN' AND look_at > ?", (account, now)):
        if connection.lives(row.owner) is False:
            connection.execute(
                "UPDATE ledger_sends SET look_at = ?, owner = ? WHERE send_id = ?", (now, owner, row.send_id)
            )


def take_due(connection: Connection, account: str, now: float, postpone: float) -> list[Send]:
    """The rows whose time to be looked for has come; nobody else takes them for `postpone` seconds."""
    due = f"account = ? AND {OPEN} AND state = 'UNKNOWN' AND look_at <= ?"
    rows = all_rows(connection, due, (account, now))
    connection.execute(
        f"UPDATE ledger_sends SET look_at = ? WHERE {due}",  # noqa: S608 - our own words
        (now + postpone, account, now),
    )
    return rows


def next_look(connection: Connection, account: str) -> float | None:
    """When a row wants to be looked for next, in seconds since 1970; None where none does."""
    (at,) = connection.execute(
        f"SELECT min(look_at) FROM ledger_sends WHERE account = ? AND {OPEN} AND state = 'UNKNOWN'",  # noqa: S608 - our own words
        (account,),
    ).fetchone()
    return at


def forget(connection: Connection, now: float) -> None:
    """Forget what is old: some of the oldest rows with their keys, and earlier what a look for a lost send needs."""
    oldest = connection.execute("SELECT send_id, intended_at FROM ledger_sends ORDER BY number LIMIT ?", (_SOME,))
    old = [(send_id,) for send_id, at in oldest.fetchall() if at < now - KEEP_SECONDS]
    connection.executemany("DELETE FROM ledger_sends WHERE send_id = ?", old)
    connection.executemany("DELETE FROM ledger_keys WHERE send_id = ?", old)
    connection.execute(
        "UPDATE ledger_sends SET facts = NULL, look_at = NULL, settled_at = coalesce(settled_at, :now)"  # noqa: S608 - our own words
        f" WHERE {OPEN} AND state = 'UNKNOWN' AND facts IS NOT NULL AND intended_at < :old",
        {"now": now, "old": now - KEEP_FACTS_SECONDS},
    )


def is_given_up(connection: Connection, owner: str, since: float, now: float, *, is_sure: bool) -> bool:
    """Whether nobody works any more on what its owner began at `since`; a clock that is not sure gives up nothing."""
    alive = connection.lives(owner)
    return alive is False or (is_sure and not alive and now - since > LEASE_SECONDS)
