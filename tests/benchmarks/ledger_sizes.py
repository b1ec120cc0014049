"""Measures what a send costs in the ledger, and a start, with few and with a million rows, on both engines."""

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
from large_state import commands, fill_audit
from load import DATABASE

from textrequest_mcp.ground.connection import Connection
from textrequest_mcp.ground.store import Store
from textrequest_mcp.guard.audit.chain import SCHEMA as AUDIT
from textrequest_mcp.guard.once.ledger import Ledger
from textrequest_mcp.guard.once.ledger_rows import SCHEMA as LEDGER
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
    with tempfile.TemporaryDirectory() as folder, _schemas() as databases:
        folders = Path(folder) / "few", Path(folder) / "many"
        for engine, places in (("SQLite", folders), *databases):
            runs = anyio.run(_measured, engine, *places)
            rows += [
                Row(
                    what=f"milliseconds in the ledger for a send, {_FEW} rows, {engine}", runs=[few for few, _ in runs]
                ),
                Row(
                    what=f"times as much with {_MANY:,} rows, {engine}",
                    runs=[many / few for few, many in runs],
                    target=_MOST_TIMES_MORE,
                ),
            ]
            states = [{"TEXTREQUEST_STATE_DIR": str(place)} for place in folders]
            if engine == "PostgreSQL":
                for state, place in zip(states, places, strict=True):
                    state["TEXTREQUEST_DATABASE_URL"] = str(place)
            rows += commands(engine, *states)
    return rows


@contextmanager
def _schemas() -> Generator[list[tuple[str, tuple[str, str]]]]:
    """Two schemas of our own in the database, where there is one to measure on."""
    url = os.environ.get(DATABASE)
    if not url:
        yield []
        return
    import psycopg

    drop = "DROP SCHEMA IF EXISTS bench_few CASCADE; DROP SCHEMA IF EXISTS bench_many CASCADE"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"{drop}; CREATE SCHEMA bench_few; CREATE SCHEMA bench_many")
        try:
            within = f"{url}{'&' if '?' in url else '?'}options=-csearch_path%3D"
            yield [("PostgreSQL", (f"{within}bench_few", f"{within}bench_many"))]
        finally:
            connection.execute(drop)


async def _measured(engine: str, few: Path | str, many: Path | str) -> list[tuple[float, float]]:
    """The milliseconds of a send with few and with many rows, by run; sent in turn: a machine's speed drifts."""
    stores = [Store.open(few), Store.open(many)]
    for store in stores:
        store.ensure(LEDGER)
        store.ensure(AUDIT)
        await store.transact(_fills(engine, 1, _FEW))
    for first in range(_FEW, _MANY, _AT_ONCE):  # a transaction of the store's may last for seconds only
        await stores[1].transact(_fills(engine, first + 1, min(first + _AT_ONCE, _MANY)))
    if engine == "PostgreSQL":
        await stores[1].transact(lambda connection: connection.execute("ANALYZE ledger_sends"))
    ledgers = [Ledger(store, "account") for store in stores]
    runs: list[tuple[float, float]] = []
    for run in range(_RUNS):
        taken = [[await _seconds(ledger, f"{run} {number}") for ledger in ledgers] for number in range(_SENDS)]
        few_rows, many_rows = (median(seconds) * _MILLI for seconds in zip(*taken, strict=True))
        runs.append((few_rows, many_rows))
    for store in stores:
        store.close()
    return runs


def _fills(engine: str, first: int, last: int) -> Callable[[Connection], Any]:
    numbers = _NUMBERS[engine].format(first=first, last=last)

    def fill(connection: Connection) -> None:
        connection.execute(_FILL.format(now=time.time(), many=_MANY, numbers=numbers))
        fill_audit(connection, engine, numbers, _MANY)

    return fill


async def _seconds(ledger: Ledger, name: str) -> float:
    act = Act(
        tool="send_message",
        caller="host",
        dashboard_id=121,
        person="person",
        fingerprint=name,
        arguments="",
        idempotency_key=None,
        facts={},
    )
    began = time.perf_counter()
    send, _ = await ledger.claim(act, repeat=False, may_act=True)
    assert send is not None
    await ledger.leave(send.send_id)
    await ledger.end(send.send_id, Ending(state="SENT", upstream_id=name))
    return time.perf_counter() - began
