"""The version of the tables in a state file: an older file is brought up to it, and a newer one is refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textrequest_mcp.ground.store_error import StoreError

if TYPE_CHECKING:
    import sqlite3

# The SQL that makes each version of the one before it. Version 0 is what 0.1.0 wrote, whose tables are still these; a
# table that is only added needs no step.
STEPS: tuple[str, ...] = ("",)


def check_version(connection: sqlite3.Connection, file: Path) -> None:
    """Raise `StoreError` for a file that a newer server wrote."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(STEPS):
        raise StoreError(
            file,
            f"a newer textrequest-mcp wrote it (version {version} of its tables; this one knows versions up to "
            f"{len(STEPS)}). Start that newer one instead, or set TEXTREQUEST_STATE_DIR to another folder",
        )


def bring_up(connection: sqlite3.Connection, schemas: Sequence[str], file: Path) -> None:
    """Make the tables that are missing, and bring older ones up to this version; all of it or nothing.

    Raises:
        StoreError: a table lacks a column.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    steps = ";".join(STEPS[version:])
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

    columns = (
        "SELECT tables.name, columns.name FROM sqlite_master AS tables, pragma_table_info(tables.name) AS columns"
        " WHERE tables.type = 'table' ORDER BY tables.name, columns.cid"
    )
    model = sqlite3.connect(":memory:")
    try:
        model.executescript(";".join(schemas))
        wanted = model.execute(columns).fetchall()
    finally:
        model.close()
    there = set(connection.execute(columns))
    return [each for each in wanted if each not in there]
