"""The server's memory on disk: one small database file that every server process of this user shares.

SQLite in WAL mode. A table belongs to the module that registers it with `Store.ensure`; this module owns only two: the
shared secret and the ids that may be used once. sqlite3 is loaded, and the file opened, at first use.
"""

from __future__ import annotations

import contextlib
import logging
import os
import random
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import anyio

from textrequest_mcp.ground import calendar, losses
from textrequest_mcp.ground.calendar import Calendar
from textrequest_mcp.ground.losses import Loss, Losses
from textrequest_mcp.ground.schema import bring_up, check_version
from textrequest_mcp.ground.store_error import StoreError, is_busy, reason_of

if TYPE_CHECKING:
    import sqlite3

__all__ = ["FILE_NAME", "Store", "StoreError", "secret_in"]

T = TypeVar("T")

logger = logging.getLogger(__name__)

FILE_NAME = "state.sqlite3"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS store_secret (id INTEGER PRIMARY KEY CHECK (id = 1), secret BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS store_burnt (
    kind TEXT NOT NULL, id TEXT NOT NULL, forget_at REAL NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
"""


class Store:
    """One database, shared by the processes of one user on one machine; used from one thread of each.

    Every method that touches the disk raises `StoreError` when the file cannot be used. The next call tries again, so a
    repaired disk needs no restart.
    """

    def __init__(self, file: Path | None, *, wall_clock: Callable[[], float]) -> None:
        self._file = file
        self._wall_clock = wall_clock
        self._losses = None if file is None else Losses(file)
        self._schemas = [_SCHEMA] if file is None else [_SCHEMA, losses.SCHEMA]
        self._connection: sqlite3.Connection | None = None
        self._inode, self._size = 0, 0
        self._ensured = 0
        self._durable = True
        self._calendar: Calendar | None = None
        self._turn = anyio.Lock(fast_acquire=True)  # does not suspend when free

    @classmethod
    def open(cls, folder: Path | None, *, wall_clock: Callable[[], float] = time.time) -> Store:
        """The store in `folder` (made for this user alone when missing); for None, a private one in memory.

        Nothing is opened yet. `wall_clock` answers Unix seconds; only `burn` reads it, because its ids outlive a boot.
        """
        return cls(folder / FILE_NAME if folder is not None else None, wall_clock=wall_clock)

    def trust(self, confirmed: Callable[[], float | None], *, steady: Callable[[], float] = time.monotonic) -> None:
        """Have old rows be forgotten by this clock, as `Calendar` takes it; without one by each module's own."""
        self.ensure(calendar.SCHEMA)
        self._calendar = Calendar(confirmed, steady=steady)

    def today(self, connection: sqlite3.Connection, now: float) -> float:
        """By which time old rows may be forgotten, inside a transaction; `now` is in seconds since 1970."""
        return now if self._calendar is None else min(now, self._calendar.today(connection))

    def ensure(self, schema_sql: str) -> None:
        """Run these `CREATE ... IF NOT EXISTS` statements once, before the next transaction."""
        if schema_sql not in self._schemas:
            self._schemas.append(schema_sql)

    async def transact(
        self, fn: Callable[[sqlite3.Connection], T], *, durable: bool = True, deadline_seconds: float = 5.0
    ) -> T:
        """Run `fn` between BEGIN IMMEDIATE and COMMIT and return its answer; an exception in it rolls back.

        `fn` runs at most once, in this thread, so it must be short. A database locked by another process is tried
        again, without holding up the event loop, for at most `deadline_seconds`. Nothing suspends between the commit
        and the return, so no cancellation loses the answer.

        `durable=False` leaves out the wait for the disk. The data survive the end of any process, kill -9 included; a
        power cut may lose the last of them. That is fine for a rate limit, not for the ledger of sends.
        """
        give_up_at = time.monotonic() + deadline_seconds
        # In the order of the calls: only one task at a time contends with the other processes.
        async with self._turn:
            connection = await self._begin_by(give_up_at, durable=durable)
            try:
                answer = self._watched(connection, fn, durable=durable)
            except BaseException as error:
                with contextlib.suppress(Exception):  # SQLite has itself rolled back after some errors
                    connection.execute("ROLLBACK")
                if not isinstance(error, OSError):  # an OSError here is the caller's own
                    self._tell(error)
                raise
            return answer

    @property
    def loss(self) -> Loss | None:
        """What was lost of the file, as of the last transaction, until `accept_loss`."""
        return self._losses.loss if self._losses is not None else None

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

        def claim(connection: sqlite3.Connection) -> bool:
            claimed = connection.execute(
                "INSERT OR IGNORE INTO store_burnt VALUES (?, ?, ?)", (kind, id, now + keep_seconds)
            ).rowcount
            if claimed:  # only then: a replay must not clear away the row that stops it
                today = self.today(connection, now)
                connection.execute("DELETE FROM store_burnt WHERE forget_at < ?", (today,))
            return bool(claimed)

        return await self.transact(claim)

    def scrub(self) -> None:
        """Leave no copy of deleted or changed rows beside the database, if no other process is using it now."""
        with contextlib.suppress(Exception):  # another time, then
            if self._connection is not None and not self._connection.in_transaction:
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the file. A later call opens it again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __del__(self) -> None:
        with contextlib.suppress(Exception):  # another thread may run this
            self.close()

    def _watched(self, connection: sqlite3.Connection, fn: Callable[[sqlite3.Connection], T], *, durable: bool) -> T:
        """The inside of a transaction, and its commit."""
        if self._losses is None:
            answer = fn(connection)
            connection.execute("COMMIT")
            return answer
        known = self.loss
        self._losses.look(connection, self._wall_clock())
        before = connection.total_changes
        answer = fn(connection)
        if durable and connection.total_changes != before:
            self._losses.count(connection)
        connection.execute("COMMIT")
        self._losses.committed()
        if self.loss is not None and known is None:
            logger.error("The state file %s %s. Until a person has agreed, each send asks.", self._file, self.loss.what)
        return answer

    async def _begin_by(self, give_up_at: float, *, durable: bool) -> sqlite3.Connection:
        pause = 0.001
        while True:
            try:
                return self._begin(durable=durable)
            except Exception as error:
                if not is_busy(error) or time.monotonic() >= give_up_at:
                    self._tell(error)
                    raise
            # Jitter, so that processes that met once do not keep meeting.
            await anyio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads retries, guards nothing
            pause = min(pause * 2, 0.02)

    def _begin(self, *, durable: bool) -> sqlite3.Connection:
        if self._connection is not None and self._file is not None:
            inode, size = _stat(self._file)
            if inode != self._inode or size < self._size:
                # The file was removed, replaced or cut. The old one would share nothing with other processes.
                self.close()
            self._size = size
        connection = self._connection or self._connect()
        if connection.in_transaction:  # left by a failure that even its rollback did not survive
            connection.execute("ROLLBACK")
        if self._ensured < len(self._schemas):
            bring_up(connection, self._schemas, self._file or Path(":memory:"))
            self._ensured = len(self._schemas)
        if durable != self._durable:  # can be set only between transactions
            connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._durable = durable
        connection.execute("BEGIN IMMEDIATE")
        return connection

    def _connect(self) -> sqlite3.Connection:
        import sqlite3

        if self._file is not None:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Made here for its mode, which SQLite gives to the files beside it too. An existing file is not opened
            # here: closing a second handle would drop this process's locks on it (sqlite.org/howtocorrupt).
            with contextlib.suppress(FileExistsError):
                os.close(os.open(self._file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            self._inode, self._size = _stat(self._file)
        connection = sqlite3.connect(self._file or ":memory:", timeout=0, isolation_level=None)
        try:
            check_version(connection, self._file or Path(":memory:"))  # before anything is written
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA secure_delete = ON")  # a deleted row may hold a phone number
        except BaseException:
            connection.close()
            raise
        self._connection, self._ensured, self._durable = connection, 0, True
        return connection

    def _tell(self, error: BaseException) -> None:
        """Raise an error of the file as a `StoreError`; leave a mistake of the caller alone."""
        reason = reason_of(error)
        if reason is not None:
            raise StoreError(self._file or Path(":memory:"), reason) from error


def secret_in(connection: sqlite3.Connection) -> bytes:
    """As `Store.secret`, inside the caller's own transaction."""
    connection.execute("INSERT OR IGNORE INTO store_secret VALUES (1, ?)", (secrets.token_bytes(32),))
    return connection.execute("SELECT secret FROM store_secret").fetchone()[0]


def _stat(file: Path) -> tuple[int, int]:
    with contextlib.suppress(OSError):
        found = file.stat()
        return found.st_ino, found.st_size
    return 0, 0
