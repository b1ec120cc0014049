"""The version of a state file: a newer one is refused by name, an older one is brought up, a changed one is told."""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from textrequest_mcp.ground import schema
from textrequest_mcp.ground.store import FILE_NAME, Store, StoreError

THINGS = "CREATE TABLE IF NOT EXISTS things (name TEXT NOT NULL, size INTEGER)"


def by_hand(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def version(folder: Path) -> int:
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection:
        return connection.execute("PRAGMA user_version").fetchone()[0]


async def names(folder: Path) -> list[tuple[str, ...]]:
    store = Store.open(folder)
    store.ensure(THINGS)
    rows = await store.transact(lambda connection: connection.execute("SELECT name FROM things").fetchall())
    store.close()
    return rows


async def test_r16_a_new_file_has_this_version(tmp_path: Path):
    assert await names(tmp_path) == []

    assert version(tmp_path) == len(schema.STEPS)


async def test_r16_a_state_of_0_1_0_is_read_as_it_is(tmp_path: Path):
    by_hand(tmp_path, THINGS, "INSERT INTO things VALUES ('old', 1)")
    assert version(tmp_path) == 0

    assert await names(tmp_path) == [("old",)]
    assert version(tmp_path) == len(schema.STEPS)


async def test_r16_a_newer_state_is_refused_by_name_and_left_as_it_is(tmp_path: Path):
    by_hand(tmp_path, THINGS, "PRAGMA user_version = 99")
    before = (tmp_path / FILE_NAME).read_bytes()

    with pytest.raises(StoreError) as error:
        await names(tmp_path)

    assert "a newer textrequest-mcp wrote it (version 99 of its tables" in str(error.value)
    assert "TEXTREQUEST_STATE_DIR" in str(error.value)
    assert (tmp_path / FILE_NAME).read_bytes() == before


async def test_r16_a_newer_server_takes_each_step_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    await names(tmp_path)
    by_hand(tmp_path, "INSERT INTO things VALUES ('old', 1)")
    monkeypatch.setattr(schema, "STEPS", (*schema.STEPS, (schema.NewColumn("things", "shade", "TEXT"),)))
    monkeypatch.setattr(sys.modules[__name__], "THINGS", THINGS.replace(")", ", shade TEXT)"))

    for _ in range(2):
        assert await names(tmp_path) == [("old",)]
    assert version(tmp_path) == len(schema.STEPS)
    by_hand(tmp_path, "UPDATE things SET shade = 'red'")


async def test_r16_a_new_file_and_a_table_that_was_never_there_need_no_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    new = (schema.NewColumn("things", "size", "INTEGER"), schema.NewColumn("elsewhere", "shade", "TEXT"))
    monkeypatch.setattr(schema, "STEPS", (*schema.STEPS, new))

    assert await names(tmp_path) == []
    assert version(tmp_path) == len(schema.STEPS)


async def test_r16_a_table_without_a_column_is_told_with_what_to_do(tmp_path: Path):
    by_hand(tmp_path, "CREATE TABLE things (name TEXT NOT NULL)")

    for _ in range(2):
        with pytest.raises(StoreError, match=r"its table things has no column size.*move it aside"):
            await names(tmp_path)
