"""The version of the store's tables: older tables are brought up to it, and newer ones are refused.

A table that is only added needs no step. A column that is added to a table needs one, in `STEPS`, beside its place in
the table's own schema.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from textrequest_mcp.ground.store_error import StoreError

if TYPE_CHECKING:
    import sqlite3


class NewColumn(NamedTuple):
    """A column that a version added; `declared` is its type as in the schema, with a default where it is NOT NULL."""

    table: str
    column: str
    declared: str


_MEMBER = "member", "TEXT NOT NULL DEFAULT ''"  # of the team, for whom it was; empty where one person uses the server
# What each version added to the one before it. Version 0 is what 0.1.0 wrote, and version 1 only numbered it.
STEPS: tuple[tuple[NewColumn, ...], ...] = (
    (),
    tuple(NewColumn(table, *_MEMBER) for table in ("ledger_sends", "caps_uses")),
    (NewColumn("ledger_sends", "arguments", "TEXT"),),
)

_COLUMNS = (
    "SELECT tables.name, columns.name FROM sqlite_master AS tables, pragma_table_info(tables.name) AS columns"
    " WHERE tables.type = 'table' ORDER BY tables.name, columns.cid"
)


def check_version(connection: sqlite3.Connection, file: Path) -> None:
    """Raise `StoreError` for a file that a newer server wrote."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(STEPS):
        raise StoreError(file, newer_than_known(version, "TEXTREQUEST_STATE_DIR to another folder"))


def newer_than_known(version: int, instead: str) -> str:
    """Why tables of a newer version are refused; `instead` is a setting that leads elsewhere."""
    return (
        f"a newer textrequest-mcp wrote it (version {version} of its tables; this one knows versions up to "
        f"{len(STEPS)}). Start that newer one instead, or set {instead}"
    )


def bring_up(connection: sqlite3.Connection, schemas: Sequence[str], file: Path) -> None:
    """Make the tables that are missing, and bring older ones up to this version; all of it or nothing.

    Raises:
        StoreError: a table lacks a column.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    there = set(connection.execute(_COLUMNS))
    tables = {table for table, _ in there}
    steps = ";".join(
        f"ALTER TABLE {new.table} ADD COLUMN {new.column} {new.declared}"
        for step in STEPS[version:]
        for new in step
        if new.table in tables and (new.table, new.column) not in there
    )
    script = f"BEGIN IMMEDIATE;{steps};{';'.join(schemas)};PRAGMA user_version = {len(STEPS)};COMMIT;"
    connection.executescript(script)
    for table, column in _lacking(connection, schemas):
        raise StoreError(
            file,
            f"its table {table} has no column {column}, so something else than a textrequest-mcp server changed it. "
            "Stop every server, move it aside together with the files beside it that begin with its name, and start "
            "again: a new one is made, which knows nothing of earlier sends",
        )


def _lacking(connection: sqlite3.Connection, schemas: Sequence[str]) -> list[tuple[str, str]]:
    import sqlite3

    model = sqlite3.connect(":memory:")
    try:
        model.executescript(";".join(schemas))
        wanted = model.execute(_COLUMNS).fetchall()
    finally:
        model.close()
    there = set(connection.execute(_COLUMNS))
    return [each for each in wanted if each not in there]
