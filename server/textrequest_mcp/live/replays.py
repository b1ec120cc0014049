"""Refuses a webhook call that came before, so that a recorded call cannot be repeated."""

from __future__ import annotations

from textrequest_mcp.ground.connection import Connection

SCHEMA = """
CREATE TABLE IF NOT EXISTS live_calls_heard (signature TEXT PRIMARY KEY, forget_at REAL NOT NULL) WITHOUT ROWID;
"""
_KEEP_SECONDS = 3600.0  # much longer than `signature` accepts a call


class Replayed(Exception):
    """The same webhook call came before; nothing was written."""


def note_call(connection: Connection, call: str, today: float, now: float) -> None:
    """Note a webhook call by its name, as `check_signature` returns it; old ones are forgotten by `Store.today`.

    Raises:
        Replayed: it was noted before.
    """
    connection.execute("DELETE FROM live_calls_heard WHERE forget_at < ?", (today,))
    row = (call, now + _KEEP_SECONDS)
    if not connection.execute("INSERT INTO live_calls_heard VALUES (?, ?) ON CONFLICT DO NOTHING", row).rowcount:
        raise Replayed
