"""Measures what a send costs in the ledger, with few and with a million rows before it, on both engines."""

import os
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import anyio
from figures import Row
from load import DATABASE

from textrequest_mcp.ground.connection import Connection
from textrequest_mcp.ground.store import Store
from textrequest_mcp.guard.once.ledger import Ledger
from textrequest_mcp.guard.once.ledger_rows import Act, Ending

_FEW, _MANY, _AT_ONCE = 10, 1_000_000, 50_000
_SENDS = 200
_RUNS = 3
_MOST_TIMES_MORE = 1.2
_MILLI = 1000
_NUMBERS = {
    "SQLite": "WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last}) SELECT i FROM n",
    "PostgreSQL": "SELECT i FROM generate_series({first}, {last}) AS i",
}
_FILL = (
    "INSERT INTO ledger_sends (send_id, account, caller, tool, dashboard_id, person, fingerprint, state, upstream_id,"
    " result, owner, intended_at, left_at, ended_at)"
    " SELECT 'old_' || i, 'account', 'host', 'send_message', 121, 'person ' || (i % 5000), 'print ' || i, 'SENT',"
    " 'message ' || i, '{{}}', 'gone', {now} - {many} + i, {now} - {many} + i, {now} - {many} + i FROM ({numbers}) AS n"
)


def ledger_sizes() -> list[Row]:
    """The milliseconds of a send's three steps in the ledger, and by how much a million rows make them more."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder, _schema() as database:
        for engine, place in (("SQLite", Path(folder)), *database):
            few, many = anyio.run(_measured, engine, place)
            rows += [
                Row(what=f"milliseconds in the ledger for a send, {_FEW} rows, {engine}", runs=few),
                Row(
                    what=f"times as much with {_MANY:,} rows, {engine}",
                    runs=[more / less for less, more in zip(few, many, strict=True)],
                    target=_MOST_TIMES_MORE,
                ),
            ]
    return rows


@contextmanager
def _schema() -> Generator[list[tuple[str, str]]]:
    """A schema of its own in the database, where there is one to measure on."""
    url = os.environ.get(DATABASE)
    if not url:
        yield []
        return
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS bench_ledger CASCADE; CREATE SCHEMA bench_ledger")
        try:
            yield [("PostgreSQL", f"{url}{'&' if '?' in url else '?'}options=-csearch_path%3Dbench_ledger")]
        finally:
            connection.execute("DROP SCHEMA bench_ledger CASCADE")


async def _measured(engine: str, place: Path | str) -> tuple[list[float], list[float]]:
    store = Store.open(place)
    ledger = Ledger(store, "account")
    await store.transact(_fills(engine, 1, _FEW))
    few = [await _milliseconds(ledger, f"few {run}") for run in range(_RUNS)]
    for first in range(_FEW, _MANY, _AT_ONCE):  # a transaction of the store's may last for seconds only
        await store.transact(_fills(engine, first + 1, min(first + _AT_ONCE, _MANY)))
    if engine == "PostgreSQL":
        await store.transact(lambda connection: connection.execute("ANALYZE ledger_sends"))
    many = [await _milliseconds(ledger, f"many {run}") for run in range(_RUNS)]
    store.close()
    return few, many


def _fills(engine: str, first: int, last: int) -> Callable[[Connection], Any]:
    numbers = _NUMBERS[engine].format(first=first, last=last)
    return lambda connection: connection.execute(_FILL.format(now=time.time(), many=_MANY, numbers=numbers))


async def _milliseconds(ledger: Ledger, run: str) -> float:
    taken: list[float] = []
    for number in range(_SENDS):
        act = Act(
            tool="send_message",
            caller="host",
            dashboard_id=121,
            person="person",
            fingerprint=f"{run} {number}",
            arguments="",
            idempotency_key=None,
            facts={},
        )
        began = time.perf_counter()
        send, _ = await ledger.claim(act, repeat=False, may_act=True)
        assert send is not None
        await ledger.leave(send.send_id)
        await ledger.end(send.send_id, Ending(state="SENT", upstream_id=f"{run} {number}"))
        taken.append(time.perf_counter() - began)
    return median(taken) * _MILLI
