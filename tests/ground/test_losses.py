"""A state file that was removed, replaced, emptied or cut is noticed, by the next start and by a running server."""

import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from textrequest_mcp.ground.connection import Connection
from textrequest_mcp.ground.losses import BESIDE
from textrequest_mcp.ground.store import FILE_NAME, Store

NOTES = "CREATE TABLE IF NOT EXISTS notes (note TEXT)"


async def add(store: Store, note: str, *, durable: bool = True) -> None:
    store.ensure(NOTES)
    await store.transact(
        lambda connection: connection.execute("INSERT INTO notes VALUES (?)", (note,)), durable=durable
    )


async def found(store: Store) -> str | None:
    await store.secret()
    return None if store.loss is None else store.loss.what


async def a_state(folder: Path, count: int = 3) -> None:
    store = Store.open(folder)
    for number in range(count):
        await add(store, f"{number}")
    store.close()


def files(folder: Path) -> list[Path]:
    return [file for file in folder.iterdir() if file.name.startswith(FILE_NAME)]


async def test_r8_a_first_start_in_an_empty_folder_is_quiet(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    store = Store.open(tmp_path)

    assert await found(store) is None
    await add(store, "one")
    assert await found(store) is None
    assert caplog.records == []
    assert stat.S_IMODE((tmp_path / BESIDE).stat().st_mode) == 0o600


async def test_r8_further_starts_and_servers_beside_are_quiet(tmp_path: Path):
    one, other = Store.open(tmp_path), Store.open(tmp_path)
    for number in range(3):
        await add(one, f"{number}")
        await add(other, f"{number}", durable=False)
        await add(other, f"{number}")
    one.close()
    other.close()

    assert await found(Store.open(tmp_path)) is None


async def test_r8_a_state_of_before_the_mark_is_quiet(tmp_path: Path):
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as connection:
        connection.execute(NOTES)

    assert await found(Store.open(tmp_path)) is None


@pytest.mark.parametrize("what", ["removed", "emptied"])
async def test_r8_before_a_new_start(tmp_path: Path, what: str, caplog: pytest.LogCaptureFixture):
    await a_state(tmp_path)
    for file in files(tmp_path):
        file.unlink() if what == "removed" else file.write_bytes(b"")

    assert await found(Store.open(tmp_path)) == "was removed, emptied or replaced"
    assert await found(Store.open(tmp_path)) == "was removed, emptied or replaced", "it is kept for the next process"
    assert [record.levelname for record in caplog.records] == ["ERROR"] * 2
    assert str(tmp_path) in caplog.text


async def test_r8_under_a_running_server(tmp_path: Path):
    store = Store.open(tmp_path)
    await add(store, "one")
    shutil.rmtree(tmp_path)

    assert await found(store) == "was removed, emptied or replaced"


async def test_r8_a_cut_log_of_a_killed_server_and_an_older_copy(tmp_path: Path):
    await a_state(tmp_path)
    older = (tmp_path / FILE_NAME).read_bytes()
    store = Store.open(tmp_path)
    await add(store, "later")
    store.close()
    (tmp_path / FILE_NAME).write_bytes(older)

    store = Store.open(tmp_path)
    assert await found(store) == "is older than it was: what was written last is gone"
    await store.accept_loss(store.loss.at + 1 if store.loss is not None else 0.0)
    assert await found(store) is None
    await add(store, "after")
    store.close()
    assert await found(Store.open(tmp_path)) is None


async def test_r8_an_act_that_is_too_early_does_not_end_it(tmp_path: Path):
    await a_state(tmp_path)
    (tmp_path / FILE_NAME).unlink()
    store = Store.open(tmp_path)
    assert await found(store)
    assert store.loss is not None

    await store.accept_loss(store.loss.at - 600)

    assert await found(store)


async def test_a_transaction_that_fails_forgets_no_loss(tmp_path: Path):
    await a_state(tmp_path)
    (tmp_path / FILE_NAME).unlink()
    store = Store.open(tmp_path)

    def fails(_: Connection) -> None:
        raise FileNotFoundError("the caller's own trouble")

    with pytest.raises(FileNotFoundError):
        await store.transact(fails)

    assert await found(store) == "was removed, emptied or replaced"


@pytest.mark.parametrize("kept", ["", "[]", '["a", "b"]', "null", '{"a": 1}'])
async def test_a_small_file_beside_that_cannot_be_read_is_written_anew(tmp_path: Path, kept: str):
    await a_state(tmp_path)
    (tmp_path / BESIDE).write_text(kept)
    store = Store.open(tmp_path)

    assert await found(store) is None
    await add(store, "more")
    assert (tmp_path / BESIDE).read_text() != kept


async def test_a_store_in_memory_loses_nothing():
    store = Store.open(None)
    await add(store, "one")

    assert store.loss is None
    store.close()


async def test_r8_a_file_that_is_emptied_under_a_running_server_is_an_error_or_a_loss(tmp_path: Path):
    """What SQLite makes of it is its affair; a server never goes on as if nothing were."""
    store = Store.open(tmp_path)
    await add(store, "one")
    store.scrub()
    await add(store, "two")
    for file in files(tmp_path):
        if not file.name.endswith("-shm"):
            with file.open("r+b") as opened:
                opened.truncate(0)

    try:
        told = await found(store)
    except Exception as error:  # noqa: BLE001 - shown below
        told = str(error)

    assert told is not None
    assert "was removed, emptied or replaced" in told or "damaged" in told or "error" in told
