"""What a transaction of the store can do, whichever engine keeps the tables.

The SQL is one text for all engines: question marks or names (`:name`) for values, SQLite's column types in the schema
(`INTEGER`, `REAL`, `TEXT`, `BLOB`), `ON CONFLICT` for what is there already, no function that only one engine has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

Values = Sequence[Any] | Mapping[str, Any]


class Cursor(Protocol):
    """The rows that a statement found, as tuples, or the number of those that it changed."""

    @property
    def rowcount(self) -> int: ...
    def fetchone(self) -> Any: ...
    def fetchall(self) -> list[Any]: ...
    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """The inside of one transaction.

    With an engine over the network it is used from a worker thread: what is called with it touches nothing else that
    the event loop changes meanwhile.
    """

    @property
    def keys(self) -> Sequence[str]:
        """What the store's secret is wrapped with, as `Store.open` takes it."""
        ...

    @property
    def file(self) -> Path | None:
        """The file that keeps the tables, for an error; None for a database server."""
        ...

    def execute(self, sql: str, values: Values = (), /) -> Cursor: ...

    def executemany(self, sql: str, rows: Iterable[Values], /) -> Cursor: ...

    def insert(self, sql: str, values: Values, /, *, number: str) -> int:
        """Insert one row, and answer what its column `number` was given."""
        ...

    def raw(self, sql: str, values: Values, /) -> list[tuple[Any, ...]]:
        """The rows as they are, also where somebody wrote into a text what is none."""
        ...

    def last_number(self, table: str, column: str, /) -> int:
        """The last number that a column `AUTOINCREMENT` gave, also if its row is gone; 0 before the first."""
        ...

    def tell(self, topic: str, /) -> None:
        """Tell other processes, once the transaction is over, that something new is there (`Store.when`)."""
        ...

    def lives(self, owner: str, /) -> bool | None:
        """Whether the process of an owner (`processes.this_process`) lives; None where that cannot be known."""
        ...
