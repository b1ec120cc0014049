"""Notices that a state file is not what it was: removed, replaced by an older copy, or cut.

The file counts its durable changes in a row of its own (the mark). Each process remembers the mark that it saw last,
and a small file beside the state file keeps it for the next start. A mark that is missing, is another one, or counts
less than it did says that something is lost. It finds accidents: whoever may write in the folder can fake both.
"""

from __future__ import annotations

import json
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from textrequest_mcp.ground.connection import Connection

BESIDE = "state.seen"
SCHEMA = """
CREATE TABLE IF NOT EXISTS store_mark (
    id INTEGER PRIMARY KEY CHECK (id = 1), name TEXT NOT NULL, count INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS store_loss (id INTEGER PRIMARY KEY CHECK (id = 1), at REAL NOT NULL, what TEXT NOT NULL);
"""


class Loss(NamedTuple):
    """What was lost.

    Attributes:
        at: when it was found, in seconds since 1970.
        what: a sentence's part that says of the state file what is the matter.
    """

    at: float
    what: str


class _Mark(NamedTuple):
    name: str
    changes: int


class Losses:
    """What one process knows of a state file.

    Args:
        file: the state file.

    Attributes:
        loss: the loss that nobody has been told of and agreed to go on after.
    """

    def __init__(self, file: Path) -> None:
        self._beside = file.with_name(BESIDE)
        self._known: _Mark | None = None
        self._now: _Mark | None = None
        self.loss: Loss | None = None

    def look(self, connection: Connection, now: float) -> None:
        """Compare the mark with what is known, at the beginning of a transaction; note a loss in it."""
        known = self._known or self._read()
        row = connection.execute("SELECT name, count FROM store_mark").fetchone()
        mark = _Mark(secrets.token_hex(8), 0) if row is None else _Mark(*row)
        if known is not None and (row is None or mark.name != known.name):
            self._note(connection, now, "was removed, emptied or replaced")
        elif known is not None and mark.changes < known.changes:
            self._note(connection, now, "is older than it was: what was written last is gone")
            mark = mark._replace(changes=known.changes)
        if row is None or mark.changes != row[1]:
            self._write(connection, mark)
        found = connection.execute("SELECT at, what FROM store_loss").fetchone()
        self.loss = None if found is None else Loss(*found)
        self._now = mark

    def count(self, connection: Connection) -> None:
        """Count a durable change, at the end of its transaction."""
        if self._now is not None:
            self._now = self._now._replace(changes=self._now.changes + 1)
            self._write(connection, self._now)

    def committed(self) -> None:
        """Remember the mark, and keep it beside the file where it changed; a folder that takes nothing is no matter."""
        if self._now == self._known:
            return
        self._known = self._now
        new = self._beside.with_suffix(f".{os.getpid()}")
        with suppress(OSError):
            with os.fdopen(os.open(new, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w") as file:
                json.dump(self._known, file)
            new.replace(self._beside)

    def _note(self, connection: Connection, now: float, what: str) -> None:
        connection.execute("INSERT OR REPLACE INTO store_loss VALUES (1, ?, ?)", (now, what))

    def _write(self, connection: Connection, mark: _Mark) -> None:
        connection.execute("INSERT OR REPLACE INTO store_mark VALUES (1, ?, ?)", mark)

    def _read(self) -> _Mark | None:
        with suppress(OSError, ValueError, TypeError):
            kept: Any = json.loads(self._beside.read_text("utf-8"))
            name, count = kept
            return _Mark(str(name), int(count))
        return None
