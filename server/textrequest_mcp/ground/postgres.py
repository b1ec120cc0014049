"""Keeps the store's tables in a PostgreSQL database, which server processes on several machines share.

The tables are in the schema that the connection finds first (`search_path`). A transaction begins with one lock for all
processes, so that transactions follow each other as they do in SQLite. It runs in a worker thread: the event loop never
waits for the network.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import anyio
import anyio.to_thread
import psycopg

from textrequest_mcp.ground import postgres_news, postgres_sql
from textrequest_mcp.ground.connection import Connection
from textrequest_mcp.ground.losses import Loss
from textrequest_mcp.ground.postgres_link import Inside, Link, TooSlow, key_of, reason_of
from textrequest_mcp.ground.processes import this_process
from textrequest_mcp.ground.schema import STEPS, newer_than_known
from textrequest_mcp.ground.store_error import StoreError

T = TypeVar("T")

# Seconds. Longer than any transaction takes: a process that stands still inside one must not hold up the others.
_INSIDE_AT_MOST = 10.0
_AWAY_SECONDS = 1.0  # a database that could not be reached is not tried again before
_FATE_SECONDS = 3.0  # for how long a lost answer to COMMIT is asked after

_VERSION = "CREATE TABLE IF NOT EXISTS store_version (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL);"


class Postgres:
    """The engine of one database; it is connected at the first transaction, and again after a failure.

    Args:
        url: where the database is, as libpq takes it. Its password is never told.
        keys: as `Connection.keys`.
    """

    def __init__(self, url: str, keys: Sequence[str] = ()) -> None:
        self._url = url
        self._keys = keys
        self._link: Link | None = None
        self._ensured = 0
        self._ahead = time.time() - time.monotonic()  # of the database's clock; what this machine thinks, at first
        self._away: tuple[float, str] | None = None
        self._thread = anyio.CapacityLimiter(1)

    @property
    def loss(self) -> Loss | None:
        """None: what a database server may lose it does not tell."""
        return None

    def now(self) -> float:
        """Seconds by the database's clock; in a transaction no earlier than its beginning, and no later than now."""
        return time.monotonic() + self._ahead

    async def transact(
        self, fn: Callable[[Connection], T], schemas: Sequence[str], *, durable: bool, give_up_at: float
    ) -> T:
        """As `Engine.transact`, in a worker thread that no cancellation abandons."""
        work = partial(self._work, fn, tuple(schemas), durable=durable, give_up_at=give_up_at)
        return await anyio.to_thread.run_sync(work, limiter=self._thread)

    async def listen(self, told: Callable[[str | None], None]) -> None:
        """As `Engine.listen`, on a connection of its own."""
        await postgres_news.listen(partial(Link.open, self._url, process_key=key_of(this_process())), told)

    def scrub(self) -> None:
        """Nothing: the database's own VACUUM does that."""

    def close(self) -> None:
        """As `Engine.close`."""
        link, self._link = self._link, None
        if link is not None:
            link.close()

    def __del__(self) -> None:
        self.close()

    def _work(self, fn: Callable[[Connection], T], schemas: Sequence[str], *, durable: bool, give_up_at: float) -> T:
        try:
            link = self._begin(schemas, durable=durable, give_up_at=give_up_at)
            try:
                answer = fn(Inside(link, self._keys))
                xid = link.value("SELECT pg_current_xact_id_if_assigned()::text") if durable else None
            except BaseException as error:
                self._roll_back(link, error)
                raise
        except psycopg.Error as error:
            self._tell(error)
            raise
        self._commit(link, xid)
        return answer

    def _begin(self, schemas: Sequence[str], *, durable: bool, give_up_at: float) -> Link:
        fresh = self._link is None
        link = self._link or self._connect()
        try:
            link.give_up_at = give_up_at + 1.0  # the database gives up first, so that the connection can go on
            if self._ensured < len(schemas):
                self._bring_up(link, schemas)
            wait = max(1, round((give_up_at - time.monotonic()) * 1000))
            commit = "on" if durable else "off"
            begin = f"BEGIN; SET LOCAL synchronous_commit = {commit}; SET LOCAL lock_timeout = {wait}; "
            locked = f"SELECT pg_advisory_xact_lock({link.lock}); "
            now = link.value(begin + locked + "SELECT extract(epoch FROM clock_timestamp())::float8")  # noqa: S608
        except BaseException as error:
            self._roll_back(link, error)
            if fresh or isinstance(error, TooSlow) or self._link is not None:
                raise
            # The connection was dead before anything was done, as after a restart of the database.
            return self._begin(schemas, durable=durable, give_up_at=give_up_at)
        self._ahead = now - time.monotonic()
        link.give_up_at = time.monotonic() + _INSIDE_AT_MOST
        return link

    def _connect(self) -> Link:
        if self._away is not None and time.monotonic() < self._away[0]:
            raise StoreError(None, self._away[1])
        try:
            self._link = Link.open(self._url, process_key=key_of(this_process()))
        except psycopg.Error as error:
            reason = reason_of(error) or "TEXTREQUEST_DATABASE_URL cannot be understood"
            self._away = time.monotonic() + _AWAY_SECONDS, reason
            raise StoreError(None, reason) from None  # the error may quote a part of the address
        self._away, self._ensured = None, 0
        return self._link

    def _bring_up(self, link: Link, schemas: Sequence[str]) -> None:
        """Make the tables that are missing, and bring older ones up to this version; all of it or nothing."""
        link.value(f"BEGIN; SELECT pg_advisory_xact_lock({link.lock})")
        made = link.value("SELECT to_regclass('store_version')::text")
        version = link.value("SELECT coalesce(max(version), 0) FROM store_version") if made else len(STEPS)
        if version > len(STEPS):
            raise StoreError(None, newer_than_known(version, "TEXTREQUEST_DATABASE_URL to another database"))
        for step in STEPS[version:]:
            for new in step:
                link.run(
                    b"ALTER TABLE IF EXISTS %s ADD COLUMN IF NOT EXISTS %s %s"
                    % (new.table.encode(), new.column.encode(), postgres_sql.schema(new.declared))
                )
        for schema in (_VERSION, *schemas):
            link.run(postgres_sql.schema(schema))
        link.run(
            b"INSERT INTO store_version VALUES (1, %d) ON CONFLICT (id) DO UPDATE SET version = excluded.version;"
            b" COMMIT" % len(STEPS)
        )
        self._ensured = len(schemas)

    def _commit(self, link: Link, xid: str | None) -> None:
        try:
            link.run(b"COMMIT")
        except psycopg.Error as error:
            self._drop(link)
            if not self._committed(xid):
                self._tell(error)
                raise

    def _committed(self, xid: str | None) -> bool:
        """Whether a transaction whose COMMIT was not answered took place, as far as the database says so in time.

        What is not known counts as not committed: the caller then does nothing that would need it.
        """
        give_up_at = time.monotonic() + _FATE_SECONDS
        while xid is not None and time.monotonic() < give_up_at:
            try:
                fate = (self._link or self._connect()).value(f"SELECT pg_xact_status('{int(xid)}'::xid8)")
            except (psycopg.Error, StoreError):
                self.close()
                fate = "in progress"
            if fate != "in progress":
                return fate == "committed"
            time.sleep(0.05)
        return False

    def _roll_back(self, link: Link, error: BaseException) -> None:
        """Undo; a connection that does not even do that is given up, and with it the transaction is."""
        try:
            if isinstance(error, TooSlow):
                raise error
            link.run(b"ROLLBACK")
        except psycopg.Error:
            self._drop(link)

    def _drop(self, link: Link) -> None:
        link.close()
        if self._link is link:
            self._link = None

    def _tell(self, error: psycopg.Error) -> None:
        """Raise an error of the database as a `StoreError`; leave a mistake of the caller alone."""
        reason = reason_of(error)
        if reason is not None:
            raise StoreError(None, reason) from error
