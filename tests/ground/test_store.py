"""The shared memory on disk: one truth for all processes, or a plain sentence about why there is none."""

import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest
from tests import forks

from textrequest_mcp.ground.connection import Connection
from textrequest_mcp.ground.losses import BESIDE
from textrequest_mcp.ground.store import FILE_NAME, Store, StoreError

pytestmark = pytest.mark.usefixtures("both_engines")

CHILD = Path(__file__).with_name("store_child.py")
NOTES = "CREATE TABLE IF NOT EXISTS notes (note TEXT)"


def start(what: str, folder: Path, count: int) -> list[subprocess.Popen[str]]:
    """Child processes that stand ready; `ask` lets them go."""
    children = [forks.start(str(CHILD), what, str(folder)) for _ in range(count)]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    return children


def ask(children: list[subprocess.Popen[str]]) -> list[str]:
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    return [child.communicate(timeout=20)[0].strip() for child in children]


def add(note: str) -> Callable[[Connection], None]:
    def write(connection: Connection) -> None:
        connection.execute("INSERT INTO notes VALUES (?)", (note,))

    return write


def notes(connection: Connection) -> list[str]:
    return [note for (note,) in connection.execute("SELECT note FROM notes")]


def store_of_notes(folder: Path | None) -> Store:
    store = Store.open(folder)
    store.ensure(NOTES)
    return store


def test_importing_and_opening_load_no_database() -> None:
    program = (
        "import sys, pathlib; from textrequest_mcp.ground.store import Store; Store.open(pathlib.Path('nowhere'));"
        "print('sqlite3' in sys.modules)"
    )

    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "False"


async def test_what_was_written_is_there_for_the_next_process(tmp_path: Path) -> None:
    store = store_of_notes(tmp_path)
    await store.transact(add("one"))
    await store.transact(add("two"), durable=False)
    store.close()

    assert await store_of_notes(tmp_path).transact(notes) == ["one", "two"]


@pytest.mark.of_the_file
async def test_the_folder_and_everything_in_it_are_for_this_user_alone(tmp_path: Path) -> None:
    store = store_of_notes(tmp_path / "new" / "state")
    await store.transact(add("one"))

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new" / "state").iterdir()}

    assert stat.S_IMODE((tmp_path / "new" / "state").stat().st_mode) == 0o700
    assert modes == {FILE_NAME: 0o600, f"{FILE_NAME}-wal": 0o600, f"{FILE_NAME}-shm": 0o600, BESIDE: 0o600}


async def test_a_failed_transaction_leaves_nothing_and_the_next_one_works() -> None:
    store = store_of_notes(None)

    def fails(connection: Connection) -> None:
        add("half")(connection)
        raise FileNotFoundError("the caller's own trouble")

    with pytest.raises(FileNotFoundError):
        await store.transact(fails)

    assert await store.transact(notes) == []


@pytest.mark.of_the_file
async def test_tables_that_fail_halfway_are_tried_again_from_the_beginning() -> None:
    store = Store.open(None)
    store.ensure("CREATE TABLE IF NOT EXISTS half (id INTEGER); CREATE TABLE IF NOT EXISTS other AS SELECT * FROM late")

    for _ in range(2):
        with pytest.raises(sqlite3.OperationalError, match="no such table: late"):
            await store.secret()


@pytest.mark.of_the_file
async def test_a_mistake_in_the_callers_sql_is_not_blamed_on_the_file() -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        await Store.open(None).transact(notes)


async def test_tables_can_be_asked_for_at_any_time_and_twice() -> None:
    store = store_of_notes(None)
    await store.transact(add("one"))

    store.ensure(NOTES)
    store.ensure("CREATE TABLE IF NOT EXISTS later (id INTEGER)")
    await store.transact(lambda connection: connection.execute("INSERT INTO later VALUES (1)"))

    assert await store.transact(notes) == ["one"]


async def test_a_locked_file_is_waited_for_without_holding_up_anybody(tmp_path: Path) -> None:
    store = store_of_notes(tmp_path)
    await store.transact(add("one"))
    other = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    async with anyio.create_task_group() as group:
        group.start_soon(store.transact, add("two"))
        group.start_soon(store.transact, add("three"))
        await anyio.wait_all_tasks_blocked()
        other.execute("COMMIT")
    other.close()

    assert await store.transact(notes) == ["one", "two", "three"]


@pytest.mark.of_the_file
async def test_a_file_that_stays_locked_is_given_up_with_a_reason(tmp_path: Path) -> None:
    store = store_of_notes(tmp_path)
    await store.transact(add("one"))
    other = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreError, match="kept it locked"):
        await store.transact(add("two"), deadline_seconds=0.01)

    other.close()
    await store.transact(add("three"))


@pytest.mark.of_the_file
async def test_a_file_that_was_removed_is_made_again_and_not_written_behind_everybodys_back(tmp_path: Path) -> None:
    store, other = store_of_notes(tmp_path), store_of_notes(tmp_path)
    await store.transact(add("old"))
    shutil.rmtree(tmp_path)

    await store.transact(add("new"))

    assert await other.transact(notes) == ["new"]


@pytest.mark.of_the_file
async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(StoreError) as error:
        await Store.open(tmp_path / "file").secret()

    assert str(tmp_path / "file" / FILE_NAME) in str(error.value)
    assert "TEXTREQUEST_STATE_DIR" in str(error.value)
    assert str(error.value).endswith("Nothing was sent or changed by this call.")


@pytest.mark.of_the_file
async def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()

    with pytest.raises(StoreError, match="cannot be opened for writing"):
        await Store.open(tmp_path).secret()


@pytest.mark.of_the_file
async def test_a_file_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    store = store_of_notes(tmp_path)
    await store.transact(add("one"))

    def read_only(connection: Connection) -> None:
        connection.execute("PRAGMA query_only = 1")  # root may write anywhere, so the rights cannot be taken away

    await store.transact(read_only)

    with pytest.raises(StoreError, match="cannot be opened for writing"):
        await store.transact(add("two"))


@pytest.mark.of_the_file
async def test_a_file_that_is_no_database_is_told_and_a_repaired_one_is_used_at_once(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("Dear diary, " * 1000)
    store = Store.open(tmp_path)

    with pytest.raises(StoreError, match="damaged or not a database"):
        await store.secret()
    (tmp_path / FILE_NAME).rename(tmp_path / "aside")

    assert len(await store.secret()) == 32


@pytest.mark.of_the_file
async def test_a_database_with_damaged_pages_is_told(tmp_path: Path) -> None:
    store = store_of_notes(tmp_path)
    for _ in range(50):
        await store.transact(add("a" * 1000), durable=False)
    store.close()
    with (tmp_path / FILE_NAME).open("r+b") as file:
        file.seek(4096 * 2)
        file.write(b"\xff" * 4096 * 8)

    with pytest.raises(StoreError, match="damaged or not a database"):
        await store_of_notes(tmp_path).transact(notes)


@pytest.mark.of_the_file
async def test_a_full_disk_is_told_and_nothing_is_half_written() -> None:
    store = store_of_notes(None)
    await store.transact(lambda connection: connection.execute("PRAGMA max_page_count = 20"))

    with pytest.raises(StoreError, match="disk is full"):
        await store.transact(add("a" * 1_000_000))

    assert await store.transact(notes) == []


async def test_two_first_processes_get_the_same_secret(tmp_path: Path) -> None:
    secrets = ask(start("secret", tmp_path, 4))

    assert len(set(secrets)) == 1
    assert bytes.fromhex(secrets[0]) == await Store.open(tmp_path).secret()
    assert len(secrets[0]) == 64
    assert await Store.open(None).secret() != await Store.open(None).secret()


async def test_of_four_processes_that_burn_the_same_ids_exactly_one_wins_each(tmp_path: Path) -> None:
    wins = ask(start("burn", tmp_path, 4))

    assert [sum(int(each[number]) for each in wins) for number in range(20)] == [1] * 20
    assert not await Store.open(tmp_path).burn("approval", "0", 600)


async def test_an_id_burns_once_for_each_kind_and_is_forgotten_only_when_its_time_is_over() -> None:
    now = 1_700_000_000.0
    store = Store.open(None, wall_clock=lambda: now)

    assert [await store.burn("approval", "a", 600), await store.burn("approval", "a", 600)] == [True, False]
    assert await store.burn("hook", "a", 6000)
    now += 1000
    assert not await store.burn("approval", "a", 600), "asking again does not clear it away"
    assert await store.burn("approval", "b", 600)
    left = await store.transact(
        lambda connection: connection.execute("SELECT kind, id FROM store_burnt ORDER BY kind").fetchall()
    )

    assert left == [("approval", "b"), ("hook", "a")]


@pytest.mark.of_the_file
async def test_a_process_killed_in_the_middle_of_writing_loses_nothing_it_had_told(tmp_path: Path) -> None:
    (child,) = start("write", tmp_path, 1)
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write("go\n")
    child.stdin.flush()
    for _ in range(20):
        child.stdout.readline()
    child.kill()
    told = 20 + len([line for line in child.communicate()[0].splitlines() if line])

    def check(connection: Connection) -> tuple[str, int]:
        sound = connection.execute("PRAGMA integrity_check").fetchone()[0]
        return sound, connection.execute("SELECT count(*) FROM written").fetchone()[0]

    sound, kept = await Store.open(tmp_path).transact(check)
    assert sound == "ok"
    assert kept >= told
