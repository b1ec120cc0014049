"""The tables of the event log."""

from textrequest_mcp.ground.connection import Connection
from textrequest_mcp.ground.succession import Owned

SCHEMA = """
CREATE TABLE IF NOT EXISTS live_log (id INTEGER PRIMARY KEY CHECK (id = 1), name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS live_events (
    number INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, message_id TEXT NOT NULL,
    dashboard_id INTEGER NOT NULL, person TEXT NOT NULL, direction TEXT NOT NULL, happened_at REAL NOT NULL,
    content BLOB NOT NULL, UNIQUE (account, message_id));
CREATE INDEX IF NOT EXISTS live_events_of_a_line ON live_events (account, dashboard_id, number);
CREATE INDEX IF NOT EXISTS live_events_by_age ON live_events (happened_at);
CREATE TABLE IF NOT EXISTS live_forgotten (account TEXT PRIMARY KEY, through INTEGER NOT NULL);
"""
INSERT = """
INSERT INTO live_events (account, message_id, dashboard_id, person, direction, happened_at, content)
VALUES (:account, :message_id, :dashboard_id, :person, :direction, :happened_at, :content)
ON CONFLICT DO NOTHING
"""


def _begin_anew(connection: Connection, old: str, new: str) -> None:
    """Refuse the cursors of an account's former key: what its events say only that key opens."""
    connection.execute(
        "INSERT INTO live_forgotten SELECT ?, number FROM live_events WHERE account = ? ORDER BY number DESC LIMIT 1"
        " ON CONFLICT (account) DO UPDATE SET through = excluded.through"
        " WHERE live_forgotten.through < excluded.through",
        (new, old),
    )


OWNED = Owned("live_events", also=_begin_anew)
