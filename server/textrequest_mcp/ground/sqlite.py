"""Keeps the store's tables in one SQLite file in WAL mode, which all server processes of one user share."""

from __future__ import annotations

import contextlib
import logging
import os
import random
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import anyio

from textrequest_mcp.ground import losses, processes
from textrequest_mcp.ground.connection import Connection, Cursor, Values
from textrequest_mcp.ground.losses import Loss, Losses
from textrequest_mcp.ground.schema import bring_up, check_version
from textrequest_mcp.ground.store_error import StoreError, is_busy, reason_of

if TYPE_CHECKING:
    import sqlite3

T = TypeVar("T")

logger = logging.getLogger(__name__)


class _Connection:
    """SQLite's connection as a `Connection`."""

    def __init__(self, inner: sqlite3.Connection, file: Path | None, keys: Sequence[str]) -> None:
        self._inner = inner
        self.file = file or Path(":memory:")
        self.keys = keys

    def execute(self, sql: str, values: Values = (), /) -> Cursor:
        return self._inner.execute(sql, values)

    def executemany(self, sql: str, rows: Iterable[Values], /) -> Cursor:
        return self._inner.executemany(sql, rows)

    def insert(self, sql: str, values: Values, /, *, number: str) -> int:  # noqa: ARG002 - it has only one such column
        return self._inner.execute(sql, values).lastrowid or 0  # an insert always has a row id; the types cannot know

    def raw(self, sql: str, values: Values, /) -> list[tuple[Any, ...]]:
        usual = self._inner.text_factory
        self._inner.text_factory = _as_it_is
        try:
            return self._inner.execute(sql, values).fetchall()
        finally:
            self._inner.text_factory = usual

    def last_number(self, table: str, column: str, /) -> int:  # noqa: ARG002 - it has only one such column
        row = self._inner.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
        return row[0] if row is not None else 0

    def tell(self, topic: str, /) -> None:
        """Nothing: processes of one machine look into the file again and again."""

    def lives(self, owner: str, /) -> bool | None:
        return processes.lives(owner)


class Sqlite:
    """The engine of one file; it is loaded and opened at the first transaction.

    Args:
        file: where the tables are; None for a private store in memory.
        wall_clock: seconds since 1970, for the time of a loss.
        keys: as `Connection.keys`.
    """

    def __init__(self, file: Path | None, wall_clock: Callable[[], float], keys: Sequence[str] = ()) -> None:
        self._file = file
        self._keys = keys
        self._wall_clock = wall_clock
        self._losses = None if file is None else Losses(file)
        self._own_schema = [] if file is None else [losses.SCHEMA]
        self._connection: sqlite3.Connection | None = None
        self._inode, self._size = 0, 0
        self._ensured = 0
        self._durable = True

    @property
    def loss(self) -> Loss | None:
        """As `Engine.loss`."""
        return self._losses.loss if self._losses is not None else None

    async def transact(
        self, fn: Callable[[Connection], T], schemas: Sequence[str], *, durable: bool, give_up_at: float
    ) -> T:
        """As `Engine.transact`, between BEGIN IMMEDIATE and COMMIT, in this thread."""
        connection = await self._begin_by(give_up_at, [*schemas, *self._own_schema], durable=durable)
        try:
            answer = self._watched(connection, fn, durable=durable)
        except BaseException as error:
            with contextlib.suppress(Exception):  # SQLite has itself rolled back after some errors
                connection.execute("ROLLBACK")
            if not isinstance(error, OSError):  # an OSError here is the caller's own
                self._tell(error)
            raise
        return answer

    def now(self) -> float:
        """As `Engine.now`: since the machine started, the same in every process."""
        return time.monotonic()

    async def listen(self, told: Callable[[str | None], None]) -> None:
        """Nothing is told."""

    def scrub(self) -> None:
        """As `Engine.scrub`."""
        with contextlib.suppress(Exception):  # another time, then
            if self._connection is not None and not self._connection.in_transaction:
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """As `Engine.close`."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __del__(self) -> None:
        with contextlib.suppress(Exception):  # another thread may run this
            self.close()

    def _watched(self, connection: sqlite3.Connection, fn: Callable[[Connection], T], *, durable: bool) -> T:
        """The inside of a transaction, and its commit."""
        inside = _Connection(connection, self._file, self._keys)
        if self._losses is None:
            answer = fn(inside)
            connection.execute("COMMIT")
            return answer
        known = self.loss
        self._losses.look(inside, self._wall_clock())
        before = connection.total_changes
        answer = fn(inside)
        if durable and connection.total_changes != before:
            self._losses.count(inside)
        connection.execute("COMMIT")
        self._losses.committed()
        if self.loss is not None and known is None:
            logger.error("The state file %s %s. Until a person has agreed, each send asks.", self._file, self.loss.what)
        return answer

    async def _begin_by(self, give_up_at: float, schemas: Sequence[str], *, durable: bool) -> sqlite3.Connection:
        pause = 0.001
        while True:
            try:
                return self._begin(schemas, durable=durable)
            except Exception as error:
                if not is_busy(error) or time.monotonic() >= give_up_at:
                    self._tell(error)
                    raise
            # Jitter, so that processes that met once do not keep meeting.
            await anyio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads retries, guards nothing
            pause = min(pause * 2, 0.02)

    def _begin(self, schemas: Sequence[str], *, durable: bool) -> sqlite3.Connection:
        if self._connection is not None and self._file is not None:
            inode, size = _stat(self._file)
            if inode != self._inode or size < self._size:
                # The file was removed, replaced or cut. The old one would share nothing with other processes.
                self.close()
            self._size = size
        connection = self._connection or self._connect()
        if connection.in_transaction:  # left by a failure that even its rollback did not survive
            connection.execute("ROLLBACK")
        if self._ensured < len(schemas):
            bring_up(connection, schemas, self._file or Path(":memory:"))
            self._ensured = len(schemas)
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


def _as_it_is(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _stat(file: Path) -> tuple[int, int]:
    with contextlib.suppress(OSError):
        found = file.stat()
        return found.st_ino, found.st_size
    return 0, 0
