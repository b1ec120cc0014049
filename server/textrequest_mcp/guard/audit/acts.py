"""The audit's notes of acts: those on their way, and those of which the last word is that nobody knows."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NamedTuple

from textrequest_mcp.ground.connection import Connection
from textrequest_mcp.ground.store import secret_in
from textrequest_mcp.guard.audit.chain import Content, append
from textrequest_mcp.guard.once.abandoned import is_given_up

# Changes on their way; and acts in doubt, by the number of the row that says so.
SCHEMA = """
CREATE TABLE IF NOT EXISTS audit_noted (
    act TEXT PRIMARY KEY, account TEXT NOT NULL, owner TEXT NOT NULL, noted_at REAL NOT NULL, tool TEXT NOT NULL,
    entry TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS audit_doubts (act TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
"""

UNKNOWN = "unknown"
_ENDED_IN_BETWEEN = "The server ended while this was on its way, so it may have happened."
_FOUND_LATER = "Found out later."


class Owed(NamedTuple):
    """A row that is to be written.

    Attributes:
        content: what it says.
        act: which act it is the word on; None for what is no act, such as a preview.
        in_doubt: whether it says that nobody knows how the act ended.
    """

    content: Content
    act: str | None = None
    in_doubt: bool = False


def note(connection: Connection, act: str, owner: str, content: Content) -> None:
    """Note a change before its first byte leaves."""
    row = (act, content.account, owner, content.at, content.tool, content.entry)
    connection.execute("INSERT INTO audit_noted VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", row)


def write(connection: Connection, owed: Owed, today: float) -> None:
    """Write a row; of an act that was in doubt it names the row that said so.

    Args:
        connection: inside a transaction.
        owed: the row.
        today: by which time the oldest rows may be forgotten (`Store.today`).
    """
    content, act = owed.content, owed.act
    doubt = connection.execute("SELECT number FROM audit_doubts WHERE act = ?", (act,)).fetchone()
    if doubt is not None:
        said = json.loads(content.entry)
        said["ids"]["first_row"] = doubt[0]
        content = content._replace(entry=json.dumps(said | {"note": said.get("note") or _FOUND_LATER}))
    number = append(connection, secret_in(connection), content, today)
    connection.execute("DELETE FROM audit_noted WHERE act = ?", (act,))
    if owed.in_doubt:
        connection.execute("INSERT INTO audit_doubts VALUES (?, ?) ON CONFLICT DO NOTHING", (act, number))
    else:
        connection.execute("DELETE FROM audit_doubts WHERE act = ?", (act,))


def abandoned(
    connection: Connection, now: float, *, mine: Callable[[str], bool], keep_seconds: float, is_sure: bool
) -> list[Owed]:
    """Of every change that an ended server left noted a row that says that it may have happened.

    Args:
        connection: inside a transaction.
        now: seconds since 1970.
        mine: whether this server works on a change.
        keep_seconds: how long the rows are kept.
        is_sure: as for `is_given_up`.
    """
    found: list[Owed] = []
    for act, account, owner, noted_at, tool, entry in connection.execute(
        "SELECT act, account, owner, noted_at, tool, entry FROM audit_noted"
    ).fetchall():
        if mine(act) or not is_given_up(connection, owner, noted_at, now, is_sure=is_sure):
            continue
        said = json.dumps(json.loads(entry) | {"outcome": UNKNOWN, "note": _ENDED_IN_BETWEEN})
        found.append(Owed(Content(now, now + keep_seconds, account, tool, said), act, in_doubt=True))
    return found


def forget_doubts(connection: Connection) -> None:
    """Forget the doubts whose rows are forgotten."""
    connection.execute(
        "DELETE FROM audit_doubts WHERE number < (SELECT number FROM audit_entries ORDER BY number LIMIT 1)"
    )
