"""The server's memory on disk: one small database file that every server process of this user shares.

SQLite in WAL mode. A table belongs to the module that registers it with `Store.ensure`; this module owns only two: the
shared secret and the ids that may be used once. sqlite3 is loaded, and the file opened, at first use.
"""

from __future__ import annotations

import contextlib
import os
import random
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import anyio
from mcp.server.mcpserver.exceptions import ResourceError, ToolError

if TYPE_CHECKING:
    import sqlite3

T = TypeVar("T")

FILE_NAME = "state.sqlite3"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS store_secret (id INTEGER PRIMARY KEY CHECK (id = 1), secret BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS store_burnt (
    kind TEXT NOT NULL, id TEXT NOT NULL, forget_at REAL NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
"""

_ELSEWHERE = "or set TEXTREQUEST_STATE_DIR to a folder on this computer that you may write to"
_DAMAGED = (
    "it is damaged or not a database. Stop every textrequest-mcp server, move it aside together with the files "
    "beside it that begin with its name, and start again: a new one is made, which knows nothing of earlier sends"
)
_REFUSED = f"it cannot be opened for writing. Give yourself the right to write there, {_ELSEWHERE}"
# By the second word of SQLite's error names, such as SQLITE_IOERR_WRITE. Any other error is a mistake in our own SQL
# and stays the exception that it is.
_ADVICE = {
    "BUSY": "another program has kept it locked. Look for a stuck server or a backup program, then try again",
    "CANTOPEN": _REFUSED,
    "CORRUPT": _DAMAGED,
    "FULL": "the disk is full. Free some space, then try again",
    "IOERR": f"the disk reports an error. Check the disk, {_ELSEWHERE}",
    "NOTADB": _DAMAGED,
    "PERM": _REFUSED,
    "PROTOCOL": "another program has kept it locked. Look for a stuck server or a backup program, then try again",
    "READONLY": _REFUSED,
}


class StoreError(ToolError, ResourceError):
    """The state file cannot be used. The text names the file, the cause, the remedy, and that nothing left.

    Once something may have left, another error is raised instead.
    """

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(f"The state file {file} cannot be used: {reason}. Nothing was sent or changed by this call.")


class Store:
    """One database, shared by the processes of one user on one machine; used from one thread of each.

    Every method that touches the disk raises `StoreError` when the file cannot be used. The next call tries again, so a
    repaired disk needs no restart.
    """

    def __init__(self, file: Path | None, *, wall_clock: Callable[[], float]) -> None:
        self._file = file
        self._wall_clock = wall_clock
        self._schemas = [_SCHEMA]
        self._connection: sqlite3.Connection | None = None
        self._inode: int | None = None
        self._ensured = 0
        self._durable = True
        self._turn = anyio.Lock(fast_acquire=True)  # does not suspend when free

    @classmethod
    def open(cls, folder: Path | None, *, wall_clock: Callable[[], float] = time.time) -> Store:
        """The store in `folder` (made for this user alone when missing); for None, a private one in memory.

        Nothing is opened yet. `wall_clock` answers Unix seconds; only `burn` reads it, because its ids outlive a boot.
        """
        return cls(folder / FILE_NAME if folder is not None else None, wall_clock=wall_clock)

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
                answer = fn(connection)
                connection.execute("COMMIT")
            except BaseException as error:
                with contextlib.suppress(Exception):  # SQLite has itself rolled back after some errors
                    connection.execute("ROLLBACK")
                if not isinstance(error, OSError):  # an OSError here is the caller's own
                    self._tell(error)
                raise
            return answer

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
                connection.execute("DELETE FROM store_burnt WHERE forget_at < ?", (now,))
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

    async def _begin_by(self, give_up_at: float, *, durable: bool) -> sqlite3.Connection:
        pause = 0.001
        while True:
            try:
                return self._begin(durable=durable)
            except Exception as error:
                if not _busy(error) or time.monotonic() >= give_up_at:
                    self._tell(error)
                    raise
            # Jitter, so that processes that met once do not keep meeting.
            await anyio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads retries, guards nothing
            pause = min(pause * 2, 0.02)

    def _begin(self, *, durable: bool) -> sqlite3.Connection:
        if self._connection is not None and self._file is not None and _inode(self._file) != self._inode:
            # The file was removed or replaced. The old one would share nothing with other processes.
            self.close()
        connection = self._connection or self._connect()
        if connection.in_transaction:  # left by a failure that even its rollback did not survive
            connection.execute("ROLLBACK")
        if self._ensured < len(self._schemas):
            for schema in self._schemas[self._ensured :]:
                connection.executescript(f"BEGIN IMMEDIATE;{schema};COMMIT;")
                self._ensured += 1
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
            self._inode = _inode(self._file)
        connection = sqlite3.connect(self._file or ":memory:", timeout=0, isolation_level=None)
        try:
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
        if isinstance(error, OSError):
            reason = f"{error.strerror}. Give yourself the right to write there, {_ELSEWHERE}"
        else:
            reason = _ADVICE.get(_kind(error))
        if reason is not None:
            raise StoreError(self._file or Path(":memory:"), reason) from error


def secret_in(connection: sqlite3.Connection) -> bytes:
    """As `Store.secret`, inside the caller's own transaction."""
    connection.execute("INSERT OR IGNORE INTO store_secret VALUES (1, ?)", (secrets.token_bytes(32),))
    return connection.execute("SELECT secret FROM store_secret").fetchone()[0]


def _inode(file: Path) -> int | None:
    with contextlib.suppress(OSError):
        return file.stat().st_ino
    return None


def _kind(error: BaseException) -> str:
    """`IOERR` for SQLITE_IOERR_WRITE; empty for an error that is not SQLite's."""
    name: str = getattr(error, "sqlite_errorname", "")
    return "".join(name.split("_")[1:2])


def _busy(error: BaseException) -> bool:
    return _kind(error) in ("BUSY", "PROTOCOL")
