"""The limiter's table in the store, with the calls of all servers of this user.

One row for each call that waits (`waiting`), is on its way (`inside`), or is over but still within the window
(`spent`), and for each pause that the service asked for (`pause`). A row counts from `since`, for `lasts` seconds.
Tickets number the calls in the order in which they came, over all processes.
"""

from __future__ import annotations

import secrets
from typing import Literal, NamedTuple

from textrequest_mcp.ground.connection import Connection
from textrequest_mcp.ground.processes import this_process

State = Literal["waiting", "inside", "spent", "pause"]

SCHEMA = """
CREATE TABLE IF NOT EXISTS limiter_calls (
    ticket INTEGER PRIMARY KEY AUTOINCREMENT, key_id TEXT NOT NULL, owner TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'inside', 'spent', 'pause')),
    since REAL NOT NULL, lasts REAL NOT NULL);
"""

_COUNTS = "key_id = :key AND since + lasts >= :now"
_MOST_LAPSED = 50  # rows that are left lying: each is looked at with every call, and to remove them costs more


class Row(NamedTuple):
    ticket: int
    owner: str
    state: State
    ends: float


class Rows:
    """The rows of one API key, written by this process; each method runs inside the caller's transaction."""

    def __init__(self, key_id: str) -> None:
        self._key_id = key_id
        self._owner = f"{this_process()} {secrets.token_hex(8)}"

    def read(self, connection: Connection) -> list[Row]:
        """All rows, by ticket."""
        rows = connection.execute(
            "SELECT ticket, owner, state, since + lasts FROM limiter_calls WHERE key_id = ? ORDER BY ticket",
            (self._key_id,),
        )
        return [Row(*row) for row in rows]

    def room(self, connection: Connection, calls: int, now: float) -> int:
        """How many places are free to which no call has a better right; the usual case, seen in one look.

        Where it is not sure, or many rows have lapsed, the answer is 0, and the rows themselves have to be read.
        """
        taken, others, lapsed, newest = connection.execute(
            f"SELECT count(CASE WHEN {_COUNTS} THEN 1 END),"  # noqa: S608 - our own words
            f" count(CASE WHEN {_COUNTS} AND state IN ('waiting', 'pause') THEN 1 END),"
            " count(CASE WHEN since + lasts < :now THEN 1 END), coalesce(max(since), 0) FROM limiter_calls",
            {"key": self._key_id, "now": now},
        ).fetchone()
        return calls - taken if not others and lapsed <= _MOST_LAPSED and newest <= now else 0

    def write(self, connection: Connection, ticket: int | None, state: State, *, since: float, lasts: float) -> int:
        """Write the row of a call, also if it had lapsed; answers its ticket, a new one for None."""
        said = (self._key_id, self._owner, state, since, lasts)
        if (
            ticket is not None
            and connection.execute(
                "INSERT INTO limiter_calls VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (ticket) DO UPDATE SET"
                " state = excluded.state, since = excluded.since, lasts = excluded.lasts"
                " WHERE limiter_calls.owner = excluded.owner",
                (ticket, *said),
            ).rowcount
        ):
            return ticket
        # A new call; or the tables were replaced, and the number given to another process's call.
        return connection.insert(
            "INSERT INTO limiter_calls (key_id, owner, state, since, lasts) VALUES (?, ?, ?, ?, ?)",
            said,
            number="ticket",
        )

    def drop(self, connection: Connection, ticket: int) -> None:
        connection.execute("DELETE FROM limiter_calls WHERE ticket = ? AND owner = ?", (ticket, self._owner))


def drop_lapsed(connection: Connection, now: float) -> None:
    # A stamp from the future was made before the machine restarted; how long ago is unknown, so it counts from now.
    # Other stamps of an earlier boot never lapse too early, for the clock began at 0 when the machine started.
    connection.execute("UPDATE limiter_calls SET since = :now WHERE since > :now", {"now": now})
    connection.execute("DELETE FROM limiter_calls WHERE since + lasts < ?", (now,))


def bury(connection: Connection, owners: set[str], *, now: float, lasts: float) -> bool:
    """Drop the waiters of ended processes, count their calls as ended now; False if there were none."""
    ended = [owner for owner in owners if connection.lives(owner) is False]
    for owner in ended:
        connection.execute("DELETE FROM limiter_calls WHERE owner = ? AND state = 'waiting'", (owner,))
        connection.execute(
            "UPDATE limiter_calls SET state = 'spent', since = ?, lasts = ? WHERE owner = ? AND state = 'inside'",
            (now, lasts, owner),
        )
    return bool(ended)
