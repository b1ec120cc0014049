"""What only a database server does: it goes away and comes back, loses answers, tells who lives, and tells the time."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import anyio
import anyio.from_thread
import psycopg
import psycopg.conninfo
import pytest
from tests import engines
from tests.cutting import Cutting

from textrequest_mcp.ground import postgres, postgres_sql, schema
from textrequest_mcp.ground.connection import Connection
from textrequest_mcp.ground.postgres import Postgres
from textrequest_mcp.ground.processes import this_process
from textrequest_mcp.ground.store import Store, StoreError
from textrequest_mcp.guard.audit.chain import SCHEMA as AUDIT

SAYS_ITS_NAME = """
import sys, anyio
from textrequest_mcp.ground.processes import this_process
from textrequest_mcp.ground.store import Store
store = Store.open(sys.argv[1])
anyio.run(store.secret)
print(this_process(), flush=True)
sys.stdin.read()
"""
THINGS = "CREATE TABLE IF NOT EXISTS things (name TEXT NOT NULL, size INTEGER)"


@pytest.fixture
def url(tmp_path: Path) -> str:
    """An empty schema, which processes that are given `tmp_path` use too."""
    address = engines.emptied(engines.schema(0))
    (tmp_path / engines.BESIDE).write_text(address)
    return address


@pytest.fixture
def store(url: str) -> Generator[Store]:
    store = with_things(url)
    yield store
    store.close()


def with_things(url: str, keys: tuple[str, ...] = ()) -> Store:
    store = Store.open(url, keys)
    store.ensure(THINGS)
    return store


def add(connection: Connection, name: str = "one") -> None:
    connection.execute("INSERT INTO things VALUES (?, ?)", (name, 1))


def names(connection: Connection) -> list[str]:
    return [name for (name,) in connection.execute("SELECT name FROM things ORDER BY name")]


def pid_of(store: Store) -> int:
    engine = store._engine  # pyright: ignore[reportPrivateUsage]
    assert isinstance(engine, Postgres)
    assert engine._link is not None  # pyright: ignore[reportPrivateUsage]
    return engine._link.value("SELECT pg_backend_pid()")  # pyright: ignore[reportPrivateUsage]


def end_backend(url: str, pid: int) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))


class TestWords:
    def test_a_statement_gets_the_placeholders_of_the_driver(self):
        assert postgres_sql.statement("SELECT '?%', a % ? WHERE b = :name_of") == (
            b"SELECT '?%%', a %% %s WHERE b = %(name_of)s"
        )

    def test_a_schema_gets_the_types_and_the_triggers_of_the_server(self):
        made = postgres_sql.schema(AUDIT).decode()

        assert "number BIGINT PRIMARY KEY, at DOUBLE PRECISION NOT NULL" in made
        assert "mac BYTEA NOT NULL, seal BYTEA NOT NULL);" in made
        assert "BEGIN IF TRUE THEN RAISE EXCEPTION 'the audit is append-only'; END IF; RETURN new; END" in made
        assert "BEFORE DELETE ON audit_entries FOR EACH ROW" in made
        assert "RAISE(ABORT" not in made


class TestGoneAndBack:
    async def test_a_server_that_does_not_answer_is_told_without_the_password(self):
        with closing(socket.socket()) as unused:
            unused.bind(("127.0.0.1", 0))
            port = unused.getsockname()[1]
            store = Store.open(f"postgresql://anna:secret-word@127.0.0.1:{port}/test")

            for _ in range(2):  # the second is answered without another try
                with pytest.raises(StoreError, match="The database cannot be used: Connection refused") as told:
                    await store.secret()
                assert "secret-word" not in str(told.value)
                assert "Nothing was sent or changed" in str(told.value)

    async def test_an_address_that_cannot_be_understood_is_not_repeated(self):
        with pytest.raises(StoreError, match="TEXTREQUEST_DATABASE_URL cannot be understood") as told:
            await Store.open("postgresql:anna:secret-word and more").secret()

        assert "secret-word" not in str(told.value)

    async def test_a_schema_that_is_not_there_is_told(self, url: str):
        with pytest.raises(StoreError, match="there is no schema to put its tables in"):
            await Store.open(url.replace("search_path%3D", "search_path%3Dnot_")).secret()

    async def test_a_connection_that_was_ended_between_two_transactions_is_not_noticed(self, url: str, store: Store):
        await store.transact(add)
        end_backend(url, pid_of(store))

        await store.transact(lambda connection: add(connection, "two"))

        assert await store.transact(names) == ["one", "two"]

    async def test_one_that_ends_inside_a_transaction_leaves_nothing_and_the_next_call_works(
        self, url: str, store: Store
    ):
        await store.transact(add)
        pid = pid_of(store)

        def dies(connection: Connection) -> None:
            add(connection, "lost")
            end_backend(url, pid)
            add(connection, "never")

        with pytest.raises(StoreError, match="The database cannot be used"):
            await store.transact(dies)
        assert await store.transact(names) == ["one"]

    async def test_a_server_that_falls_silent_is_waited_for_only_so_long(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ):
        await store.transact(add)
        monkeypatch.setattr(postgres, "_INSIDE_AT_MOST", 0.2)

        with pytest.raises(StoreError, match="no answer in time"):
            await store.transact(lambda connection: connection.execute("SELECT pg_sleep(60)"))
        assert await store.transact(names) == ["one"]

    async def test_who_waits_too_long_for_another_is_told(self, url: str, store: Store):
        await store.transact(add)
        holder = with_things(url)
        begun, over = anyio.Event(), threading.Event()

        def holds(connection: Connection) -> None:
            anyio.from_thread.run_sync(begun.set)
            assert over.wait(10)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(holder.transact, holds)
            await begun.wait()
            with pytest.raises(StoreError, match="another server has kept it locked"):
                await store.transact(names, deadline_seconds=0.05)
            over.set()
        assert await store.transact(names) == ["one"]
        holder.close()

    async def test_a_process_that_stands_still_inside_holds_up_nobody(self, url: str, store: Store):
        await store.transact(add)
        still = with_things(url)
        await still.transact(names)
        engine = still._engine  # pyright: ignore[reportPrivateUsage]
        assert isinstance(engine, Postgres)
        engine._link.run(b"SET idle_in_transaction_session_timeout = 100")  # pyright: ignore[reportPrivateUsage, reportOptionalMemberAccess]
        over = threading.Event()

        def stands(connection: Connection) -> None:
            add(connection, "lost")
            assert over.wait(10)
            add(connection, "never")

        async def stand() -> None:
            with pytest.raises(StoreError, match="The database cannot be used"):
                await still.transact(stands)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(stand)
            await anyio.sleep(0.05)
            assert await store.transact(names) == ["one"]
            over.set()
        still.close()


class TestAnswersThatAreLost:
    @pytest.mark.parametrize("arrives", [True, False], ids=["committed", "not committed"])
    async def test_the_fate_of_a_commit_is_asked_after(self, url: str, arrives: bool):
        with Cutting(arrives=arrives) as between:
            store = with_things(psycopg.conninfo.make_conninfo(url, host="127.0.0.1", port=between.port))
            await store.transact(add)
            between.armed = True

            if arrives:
                await store.transact(lambda connection: add(connection, "two"))
            else:
                with pytest.raises(StoreError, match="The database cannot be used"):
                    await store.transact(lambda connection: add(connection, "two"))

            assert not between.armed
            assert await store.transact(names) == (["one", "two"] if arrives else ["one"])
            store.close()


class TestWhoLives:
    async def test_this_process_lives_and_one_that_nobody_knows_does_not(self, store: Store):
        def look(connection: Connection) -> list[bool | None]:
            return [connection.lives(owner) for owner in (f"{this_process()} x", f"{this_process()}0 x")]

        assert await store.transact(look) == [True, False]

    async def test_another_process_lives_until_it_is_killed(self, url: str, store: Store):
        with subprocess.Popen(  # noqa: ASYNC220 - nothing else runs here
            [sys.executable, "-c", SAYS_ITS_NAME, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as child:
            assert child.stdout is not None
            name = child.stdout.readline().strip()
            assert await store.transact(lambda connection: connection.lives(f"{name} x")) is True
            child.kill()
        with anyio.fail_after(5):
            while await store.transact(lambda connection: connection.lives(f"{name} x")):  # noqa: ASYNC110 - the database's
                await anyio.sleep(0.01)


class TestNews:
    async def test_what_one_tells_another_hears_once_it_is_written_and_again_after_a_lost_connection(
        self, url: str, store: Store
    ):
        other = with_things(url)
        heard = anyio.Event()
        seen: list[list[str]] = []

        def look() -> None:
            nonlocal heard
            heard.set()
            heard = anyio.Event()

        other.when("things", look)
        other.when("other things", lambda: seen.append(["other"]))
        async with anyio.create_task_group() as tasks:
            connected = heard
            tasks.start_soon(other.listen)
            await connected.wait()
            assert seen.pop() == ["other"]  # whatever was told before
            for name in ("one", "two"):
                news = heard
                await store.transact(lambda connection, name=name: (add(connection, name), connection.tell("things")))
                await news.wait()
                seen.append(await other.transact(names))
            again = heard
            for pid in await store.transact(listeners):
                end_backend(url, pid)
            await again.wait()
            tasks.cancel_scope.cancel()
        other.close()

        assert seen == [["one"], ["one", "two"], ["other"]]

    async def test_what_is_rolled_back_is_not_told(self, store: Store):
        told: list[str] = []
        connected, over = anyio.Event(), anyio.Event()
        store.when("things", lambda: told.append("things"))
        store.when("things", connected.set)
        store.when("other things", lambda: over.set() if connected.is_set() else None)

        def fails(connection: Connection) -> None:
            connection.tell("things")
            raise ValueError("no")

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(store.listen)
            await connected.wait()
            over = anyio.Event()
            with pytest.raises(ValueError, match="no"):
                await store.transact(fails)
            await store.transact(lambda connection: connection.tell("other things"))
            await over.wait()
            tasks.cancel_scope.cancel()

        assert told == ["things"]


def listeners(connection: Connection) -> list[int]:
    found = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN textrequest_%' AND datname = current_database()"
    return [pid for (pid,) in connection.execute(found)]


class TestVersions:
    async def test_r16_a_newer_state_is_refused_by_name(self, url: str, store: Store):
        await store.transact(add)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("UPDATE store_version SET version = 99")
        try:
            with pytest.raises(StoreError, match=r"a newer textrequest-mcp wrote it \(version 99 of its tables"):
                await with_things(url).transact(names)
        finally:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(b"UPDATE store_version SET version = %d" % len(schema.STEPS))

    async def test_r16_an_older_state_gets_what_it_lacks(self, url: str, store: Store, monkeypatch: pytest.MonkeyPatch):
        await store.transact(add)
        step = (
            schema.NewColumn("things", "shade", "INTEGER NOT NULL DEFAULT 7"),
            schema.NewColumn("never", "x", "REAL"),
        )
        monkeypatch.setattr(schema, "STEPS", (*schema.STEPS, step))
        monkeypatch.setattr(postgres, "STEPS", schema.STEPS)
        try:
            newer = with_things(url)
            found = await newer.transact(
                lambda connection: connection.execute("SELECT name, shade FROM things").fetchall()
            )
            assert found == [("one", 7)]
            newer.close()
        finally:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(
                    b"DROP TABLE things; UPDATE store_version SET version = %d" % (len(schema.STEPS) - 1)
                )


class TestKept:
    @pytest.mark.parametrize(
        "sql",
        [
            "UPDATE audit_entries SET entry = '{}'",
            "DELETE FROM audit_entries",
            "INSERT INTO audit_entries SELECT 1, 1, 1, 'a', 't', '{}', mac FROM audit_entries",
        ],
    )
    async def test_the_database_itself_refuses_to_change_the_audit(self, store: Store, sql: str):
        store.ensure(AUDIT)
        row = (5, 1.0, 9e9, "account", "tool", "{}", b"mac")
        await store.transact(
            lambda connection: connection.execute("INSERT INTO audit_entries VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        )

        with pytest.raises(psycopg.errors.RaiseException, match="the audit"):
            await store.transact(lambda connection: connection.execute(sql))

    async def test_its_seconds_are_the_same_for_all_and_only_grow(self, url: str, store: Store):
        other = Store.open(url)
        seen: list[float] = []
        for each in (store, other, store, other):
            await each.secret()
            seen.append(each.steady())
        other.close()

        assert seen == sorted(seen)
        assert abs(seen[-1] - time.time()) < 60


def test_a_local_server_never_loads_the_driver():
    code = "import sys, textrequest_mcp.app, textrequest_mcp.wiring; print('psycopg' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
