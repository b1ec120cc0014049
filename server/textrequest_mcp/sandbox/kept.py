"""Keeps the pretend account in a file, so that it outlives a process and several processes can share it.

Each turn is one transaction of SQLite: it takes the newest state, works on it, and writes it back. A process that is
killed in between leaves the state from before the turn.
"""

import hashlib
import io
import pickle
import sqlite3
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

from textrequest_mcp.sandbox import records
from textrequest_mcp.sandbox.account import Account
from textrequest_mcp.sandbox.refusals import Refusal
from textrequest_mcp.sandbox.seed import fill
from textrequest_mcp.sandbox.serve import make_key

_KEPT = ("key", "started_at", "lines", "media", "outbox", "passed", "last_id", "events")
_RECORDS = (
    records.Contact,
    records.Delivery,
    records.Event,
    records.Field,
    records.Group,
    records.Hook,
    records.Line,
    records.Message,
    records.Payment,
    records.Tag,
)
# What a file may make when it is read: these, and the functions of `delivery` that wait for their time.
_MAKES = {(kind.__module__, kind.__qualname__) for kind in _RECORDS} | {
    ("collections", "deque"),
    ("decimal", "Decimal"),
    ("textrequest_mcp.sandbox.delivery", "arrive"),
    ("textrequest_mcp.sandbox.delivery", "answer"),
}
# Another version has other records, and its file is refused.
_FIELDS = [f"{kind.__name__}.{field.name}: {field.type}" for kind in _RECORDS for field in fields(kind)]
SHAPE = hashlib.sha256(repr((_KEPT, _FIELDS)).encode()).hexdigest()
_PATIENCE_SECONDS = 20.0


class KeptAccount(Account):
    """An account in a file, made where there is none.

    Args:
        file: holds the account; its folder exists.
        anew: forget what the file holds, and begin with a new account under a new key.
        clock: answers the seconds since 1970.

    Raises:
        Refusal: the file cannot be used; its words say why and what to do.
    """

    def __init__(self, file: Path, *, anew: bool = False, clock: Callable[[], float] = time.time) -> None:
        super().__init__(clock)
        self._file = file
        self._number = 0
        with self._refusing():
            try:
                self._begin(anew=anew)
            except sqlite3.DatabaseError as error:
                if not anew or getattr(error, "sqlite_errorcode", None) not in {
                    sqlite3.SQLITE_CORRUPT,
                    sqlite3.SQLITE_NOTADB,
                }:
                    raise
                with suppress(OSError):  # the next line says that it is still there
                    file.unlink()  # nobody else can use it either
                self._begin(anew=True)

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def turn(self) -> Generator[None]:
        with self._refusing():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._read()
                yield
                self._write()
                self._connection.execute("COMMIT")
            except BaseException:
                self._number = 0  # what this turn did is forgotten: the next one reads the file again
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise

    def refresh(self) -> None:
        with self._refusing():
            self._read()

    def _begin(self, *, anew: bool) -> None:
        self._connection = sqlite3.connect(self._file, timeout=_PATIENCE_SECONDS, isolation_level=None)
        try:
            self._take(anew=anew)
        except BaseException:
            self.close()
            raise

    def _take(self, *, anew: bool) -> None:
        """Take the account of the file, or put a new one there."""
        execute = self._connection.execute
        execute("PRAGMA synchronous=OFF")  # a killed process loses nothing; a power cut may, which is fine for play
        execute("BEGIN IMMEDIATE")
        found = execute("SELECT name FROM sqlite_master WHERE name = 'kept'").fetchone()
        if found and not anew:
            self._read()
        else:
            number = time.time_ns()  # unlike any that another process has seen
            execute("DROP TABLE IF EXISTS kept")
            execute("CREATE TABLE kept (number INTEGER NOT NULL, shape TEXT NOT NULL, account BLOB NOT NULL)")
            execute("INSERT INTO kept VALUES (?, ?, '')", (number, SHAPE))
            self._number = number
            self.key = make_key()
            fill(self, None)
            self._write()
        execute("COMMIT")

    def _read(self) -> None:
        """Take the state of the file, unless this object has it already."""
        execute = self._connection.execute
        if execute("SELECT number FROM kept").fetchone() == (self._number,):
            return
        number, shape, account = execute("SELECT number, shape, account FROM kept").fetchone() or (0, "", b"")
        if shape != SHAPE:
            raise self._refusal("another version of textrequest-mcp keeps its account there")
        try:
            self.__dict__.update(_Reader(io.BytesIO(account)).load())
        except Exception as error:  # noqa: BLE001 - pickle raises anything for bytes that are none of its own
            raise self._refusal(f"it cannot be read ({type(error).__name__})") from None
        self._number = number

    def _write(self) -> None:
        state = {name: getattr(self, name) for name in _KEPT}
        self._connection.execute(
            "UPDATE kept SET number = ?, account = ?", (self._number + 1, pickle.dumps(state, pickle.HIGHEST_PROTOCOL))
        )
        self._number += 1

    @contextmanager
    def _refusing(self) -> Generator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
                raise self._refusal("other processes keep it locked", "Try again") from None
            raise self._refusal(str(error)) from None

    def _refusal(self, why: str, todo: str = "Start once with --sandbox-reset to begin anew") -> Refusal:
        return Refusal(
            503,
            f"The kept sandbox account {self._file} cannot be used: {why}. {todo}, or name another folder in "
            "TEXTREQUEST_STATE_DIR.",
        )


class _Reader(pickle.Unpickler):
    """Makes nothing but the sandbox's own records: a file is data."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _MAKES:
            raise pickle.UnpicklingError(f"{module}.{name} has no place in an account")
        return super().find_class(module, name)
