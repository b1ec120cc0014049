"""One connection to PostgreSQL: how it is opened, how long it may be silent, and what its errors say."""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Generator, Iterable, Sequence
from typing import Any, cast

import psycopg

from textrequest_mcp.ground import postgres_sql
from textrequest_mcp.ground.connection import Cursor, Values
from textrequest_mcp.ground.processes import this_process

# Seconds. A frozen process, or one whose machine is gone, loses its connection and with it its locks.
_SETTINGS = (
    "SET client_min_messages = warning; SET idle_in_transaction_session_timeout = 3000; SET statement_timeout = 30000;"
    "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 2;"
    "SET tcp_user_timeout = 10000; SET client_connection_check_interval = 500; SET jit = off"
)
_CONNECT_SECONDS = 3
_LOOK = "Look whether it runs and TEXTREQUEST_DATABASE_URL leads to it, then try again"
_BUSY = "another server has kept it locked. Look for a stuck server, then try again"
_REASONS = {
    "55P03": _BUSY,
    "25P03": f"this server stood still for too long. {_LOOK}",
    "53100": "its disk is full. Free some space, then try again",
    "53300": "it takes no more connections. Raise its max_connections or stop other programs, then try again",
    "42501": "its user may not make or change tables in the schema. Give it that right, then try again",
    "3F000": "there is no schema to put its tables in. Make one, or name another in TEXTREQUEST_DATABASE_URL",
    "25006": f"it takes no changes, as a replica does not. {_LOOK}",
}
_GONE = (psycopg.OperationalError, psycopg.InterfaceError)


class TooSlow(psycopg.OperationalError):
    """The database did not answer in time; the connection is of no more use."""


class _Connection(psycopg.Connection[tuple[Any, ...]]):
    """A connection that waits for each answer until `give_up_at`, in seconds of `time.monotonic`."""

    give_up_at = float("inf")

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """As psycopg's, which looks up each `interval`."""
        return super().wait(_until(gen, self), interval, timeout)


def _until(gen: Generator[Any, Any, Any], connection: _Connection) -> Generator[Any, Any, Any]:
    ready = None
    while True:
        try:
            wanted = gen.send(ready)
        except StopIteration as end:
            return end.value
        ready = yield wanted
        if not ready and time.monotonic() > connection.give_up_at:
            raise TooSlow("no answer in time")


class Link:
    """A connection, and what is known of where it leads.

    Attributes:
        lock: the number of the lock that each transaction takes.
        give_up_at: when an answer counts as lost, in seconds of `time.monotonic`.
    """

    def __init__(self, connection: _Connection, lock: int) -> None:
        self._connection = connection
        self.lock = lock

    @classmethod
    def open(cls, url: str, *, process_key: int) -> Link:
        """Connect, and show others that this process lives, for as long as the connection does.

        Args:
            url: as libpq takes it.
            process_key: the number of the lock that says so.

        Raises:
            psycopg.Error: it cannot be reached, or takes no tables.
        """
        connection = _Connection.connect(
            url,
            autocommit=True,
            connect_timeout=_CONNECT_SECONDS,
            fallback_application_name="textrequest-mcp",
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=2,
            tcp_user_timeout=10_000,
        )
        link = cls(connection, 0)
        link.give_up_at = time.monotonic() + _CONNECT_SECONDS
        try:
            schema = link.value(f"{_SETTINGS}; SELECT pg_advisory_lock_shared({process_key}); SELECT current_schema()")
            link.lock = key_of(f"store {schema}")
        except BaseException:
            link.close()
            raise
        return link

    @property
    def give_up_at(self) -> float:
        return self._connection.give_up_at

    @give_up_at.setter
    def give_up_at(self, at: float) -> None:
        self._connection.give_up_at = at

    @property
    def channel(self) -> str:
        """By what name servers with the same tables tell each other of news."""
        return f"textrequest_{self.lock}"

    @property
    def socket(self) -> int:
        """The descriptor that becomes readable with news."""
        return self._connection.fileno()

    def news(self) -> list[str]:
        """The topics that were told of since the last time, without waiting."""
        return [notice.payload for notice in self._connection.notifies(timeout=0)]

    def run(self, sql: bytes) -> psycopg.Cursor[tuple[Any, ...]]:
        """Run statements without values, in one round trip."""
        return self._connection.execute(sql)

    def value(self, sql: str) -> Any:
        """The one value that the last of these statements finds; None where it finds none."""
        cursor = self.run(sql.encode())
        while cursor.nextset():
            pass
        row = cursor.fetchone() if cursor.description is not None else None
        return row[0] if row is not None else None

    def execute(self, sql: str, values: Values) -> psycopg.Cursor[tuple[Any, ...]]:
        """Run one statement of the store's."""
        return self._connection.execute(postgres_sql.statement(sql), values)

    def executemany(self, sql: str, rows: Iterable[Values]) -> psycopg.Cursor[tuple[Any, ...]]:
        """Run one statement of the store's for each row."""
        cursor = self._connection.cursor()
        cursor.executemany(postgres_sql.statement(sql), rows)
        return cursor

    def close(self) -> None:
        """Close the connection; its transaction and its locks end with it."""
        with contextlib.suppress(Exception):
            self._connection.close()


class Inside:
    """The inside of a transaction, as a `Connection`."""

    file = None

    def __init__(self, link: Link, keys: Sequence[str]) -> None:
        self._link = link
        self.keys = keys

    def execute(self, sql: str, values: Values = (), /) -> Cursor:
        return self._link.execute(sql, values)

    def executemany(self, sql: str, rows: Iterable[Values], /) -> Cursor:
        return self._link.executemany(sql, rows)

    def insert(self, sql: str, values: Values, /, *, number: str) -> int:
        row = self._link.execute(f"{sql} RETURNING {number}", values).fetchone()
        return cast("tuple[int]", row)[0]

    def raw(self, sql: str, values: Values, /) -> list[tuple[Any, ...]]:
        return self._link.execute(sql, values).fetchall()

    def last_number(self, table: str, column: str, /) -> int:
        sequence = f"pg_get_serial_sequence('{table}', '{column}')"
        return self._link.value(f"SELECT coalesce(pg_sequence_last_value({sequence}), 0)")

    def tell(self, topic: str, /) -> None:
        self._link.execute("SELECT pg_notify(?, ?)", (self._link.channel, topic))

    def lives(self, owner: str, /) -> bool | None:
        name = owner.split(maxsplit=1)[0]
        if name == this_process():
            return True
        held = (
            "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted"
            " AND (CAST(classid AS bigint) << 32) + CAST(objid AS bigint) = ?"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        return self._link.execute(held, (key_of(name),)).fetchone() is not None


def key_of(name: str) -> int:
    """The number of an advisory lock, positive and below 2**63."""
    return int.from_bytes(hashlib.sha256(f"textrequest-mcp {name}".encode()).digest()[:8], "big") >> 1


def reason_of(error: psycopg.Error) -> str | None:
    """What is the matter with the database, and what to do; None for what is a mistake in our own SQL."""
    known = _REASONS.get(error.sqlstate or "")
    if known is not None:
        return known
    if not isinstance(error, _GONE):
        return None
    said = str(error).strip().splitlines() or ["it does not answer"]
    return f"{said[0].rpartition('failed: ')[2]}. {_LOOK}"
