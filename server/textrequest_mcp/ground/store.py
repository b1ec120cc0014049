"""The server's memory: one small database that every server process of this user shares.

A table belongs to the module that registers it with `Store.ensure`; this module owns only two: the shared secret and
the ids that may be used once. The engine behind it is `sqlite`, a file in the state
folder, or `postgres`, a database for servers on several machines.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import anyio

from textrequest_mcp.ground import calendar
from textrequest_mcp.ground.calendar import Calendar
from textrequest_mcp.ground.connection import Connection
from textrequest_mcp.ground.engine import Engine
from textrequest_mcp.ground.losses import Loss
from textrequest_mcp.ground.sqlite import Sqlite
from textrequest_mcp.ground.store_error import StoreError
from textrequest_mcp.ground.succession import SCHEMA as OF_FORMER_KEYS
from textrequest_mcp.ground.succession import Holder, Owned, hand_on
from textrequest_mcp.ground.wrapping import is_wrapped, unwrap, wrap

__all__ = ["FILE_NAME", "Store", "StoreError", "secret_in"]

T = TypeVar("T")

FILE_NAME = "state.sqlite3"

_OTHER_KEY = (
    "its secret was wrapped with another key. Set TEXTREQUEST_STATE_SECRET to the one with which it was made; for a "
    "new one, name the new one first and the old one after a comma"
)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS store_secret (id INTEGER PRIMARY KEY CHECK (id = 1), secret BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS store_burnt (
    kind TEXT NOT NULL, id TEXT NOT NULL, forget_at REAL NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
"""


class Store:
    """One database, shared by processes; used from one event loop of each.

    Every method that touches the tables raises `StoreError` when they cannot be used. The next call tries again, so a
    repaired disk needs no restart.

    Args:
        engine: what keeps the tables.
        wall_clock: seconds since 1970; only `burn` reads it, because its ids outlive a boot.
    """

    def __init__(self, engine: Engine, *, wall_clock: Callable[[], float]) -> None:
        self._engine = engine
        self._wall_clock = wall_clock
        self._schemas = [_SCHEMA + OF_FORMER_KEYS]
        self._owned: list[Owned] = []
        self._handed_on = 0
        self._heirs: tuple[Holder, Holder] | None = None
        self._calendar: Calendar | None = None
        self._listeners: list[tuple[str, Callable[[], None]]] = []
        self._turn = anyio.Lock(fast_acquire=True)  # does not suspend when free

    @classmethod
    def open(
        cls, place: Path | str | None, keys: Sequence[str] = (), *, wall_clock: Callable[[], float] = time.time
    ) -> Store:
        """A store; nothing is opened yet.

        Args:
            place: a folder, which is made for this user alone when missing; the address of a PostgreSQL database; None
                for a private store in memory.
            keys: what the store's secret is wrapped with; the first one wraps, each opens.
            wall_clock: as above.

        Raises:
            ImportError: a database is named, and the extra `postgres` is not installed.
        """
        if isinstance(place, str):
            from textrequest_mcp.ground.postgres import Postgres

            return cls(Postgres(place, keys), wall_clock=wall_clock)
        file = place / FILE_NAME if place is not None else None
        return cls(Sqlite(file, wall_clock, keys), wall_clock=wall_clock)

    def steady(self) -> float:
        """Seconds that only grow, from an origin that all processes of this store share."""
        return self._engine.now()

    def trust(self, confirmed: Callable[[], float | None], *, steady: Callable[[], float] = time.monotonic) -> None:
        """Have old rows be forgotten by this clock, as `Calendar` takes it; without one by each module's own."""
        self.ensure(calendar.SCHEMA)
        self._calendar = Calendar(confirmed, steady=steady)

    def when(self, topic: str, do: Callable[[], None]) -> None:
        """Have this called when another process told of a topic (`Connection.tell`), or may have; see `listen`."""
        self._listeners.append((topic, do))

    async def listen(self) -> None:
        """Hear of what other processes tell, where the engine passes it on: at once, instead of at the next look."""

        def told(topic: str | None) -> None:
            for wanted, do in self._listeners:
                if topic in (None, wanted):
                    do()

        await self._engine.listen(told)

    def today(self, connection: Connection, now: float) -> float:
        """By which time old rows may be forgotten, inside a transaction; `now` is in seconds since 1970."""
        return now if self._calendar is None else min(now, self._calendar.today(connection))

    def ensure(self, schema_sql: str, *owned: Owned) -> None:
        """Run these `CREATE ... IF NOT EXISTS` statements once, before the next transaction.

        Args:
            schema_sql: the statements.
            owned: those of its tables that an account keeps when its key is changed.
        """
        if schema_sql not in self._schemas:
            self._schemas.append(schema_sql)
            self._owned += owned

    def succeed(self, old: Holder, new: Holder) -> None:
        """Have an account's rows follow its new key, before the first transaction that could use them."""
        self._heirs = (old, new)

    async def transact(
        self, fn: Callable[[Connection], T], *, durable: bool = True, deadline_seconds: float = 5.0
    ) -> T:
        """Run `fn` in a transaction, one at a time over all processes, and return its answer; an exception rolls back.

        `fn` runs at most once and must be short. A database locked by another process is tried again, without holding
        up the event loop, for at most `deadline_seconds`. Nothing suspends between the commit and the return, so no
        cancellation loses the answer.

        `durable=False` leaves out the wait for the disk. The data survive the end of any process, kill -9 included; a
        power cut may lose the last of them. That is fine for a rate limit, not for the ledger of sends.
        """
        give_up_at = time.monotonic() + deadline_seconds

        def after_heirs(connection: Connection) -> T:
            if self._heirs is not None:
                hand_on(connection, self._owned[self._handed_on :], *self._heirs)
            return fn(connection)

        # In the order of the calls: only one task at a time contends with the other processes.
        async with self._turn:
            if self._heirs is None or self._handed_on == len(self._owned):
                return await self._engine.transact(fn, self._schemas, durable=durable, give_up_at=give_up_at)
            owned = len(self._owned)
            answer = await self._engine.transact(after_heirs, self._schemas, durable=durable, give_up_at=give_up_at)
            self._handed_on = owned
            return answer

    @property
    def loss(self) -> Loss | None:
        """What was lost of the tables, as of the last transaction, until `accept_loss`."""
        return self._engine.loss

    async def accept_loss(self, before: float) -> None:
        """Go on after a loss that was found before this time, in seconds since 1970, because a person knows of it."""
        await self.transact(lambda connection: connection.execute("DELETE FROM store_loss WHERE at < ?", (before,)))

    async def secret(self) -> bytes:
        """32 random bytes, the same for every process and every start, made at first use."""

        return await self.transact(secret_in)

    async def burn(self, kind: str, id: str, keep_seconds: float) -> bool:  # noqa: A002 - the plain word is the clearest
        """Use up a one-time id: True for its first use, False for any later one, over processes and restarts.

        An id is remembered for at least `keep_seconds` by the wall clock; keep it longer than the thing that it guards.
        """
        now = self._wall_clock()

        def claim(connection: Connection) -> bool:
            claimed = connection.execute(
                "INSERT INTO store_burnt VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (kind, id, now + keep_seconds)
            ).rowcount
            if claimed:  # only then: a replay must not clear away the row that stops it
                today = self.today(connection, now)
                connection.execute("DELETE FROM store_burnt WHERE forget_at < ?", (today,))
            return bool(claimed)

        return await self.transact(claim)

    def scrub(self) -> None:
        """Leave no copy of deleted or changed rows beside the tables, if no other process is using them now."""
        self._engine.scrub()

    def close(self) -> None:
        """Close what is open. A later call opens it again."""
        self._engine.close()


def secret_in(connection: Connection) -> bytes:
    """As `Store.secret`, inside the caller's own transaction."""
    kept = connection.execute("SELECT secret FROM store_secret").fetchone()
    if kept is None:
        secret, place = secrets.token_bytes(32), None
    elif not is_wrapped(kept[0]):
        secret, place = bytes(kept[0]), None
    else:
        secret, place = unwrap(kept[0], connection.keys) or (b"", None)
        if not secret:
            raise StoreError(connection.file, _OTHER_KEY)
    if kept is None or (connection.keys and place != 0):
        row = wrap(secret, connection.keys[0]) if connection.keys else secret
        connection.execute(
            "INSERT INTO store_secret VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET secret = excluded.secret", (row,)
        )
    return secret
