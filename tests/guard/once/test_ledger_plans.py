"""No step of a send reads through all sends or the whole audit, of which there may be a million."""

import sqlite3
import time
from pathlib import Path

import pytest

from textrequest_mcp.ground import sqlite
from textrequest_mcp.ground.connection import Values
from textrequest_mcp.ground.store import FILE_NAME, Store
from textrequest_mcp.guard.audit.writer import Audit
from textrequest_mcp.guard.once.ledger import Ledger
from textrequest_mcp.guard.once.ledger_rows import Act, Ending

# SQLite says SCAN of these too, but each stops at the first rows.
_STOPS = "ORDER BY number LIMIT", "ORDER BY number DESC LIMIT"


def _act(text: str) -> Act:
    return Act(
        tool="send_message",
        caller="host",
        dashboard_id=121,
        person="person",
        fingerprint=text,
        arguments=text,
        idempotency_key=text,
        facts={},
    )


async def test_every_statement_of_a_send_finds_its_rows_by_an_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    asked: dict[str, Values] = {}
    connection = sqlite._Connection  # pyright: ignore[reportPrivateUsage]
    execute = connection.execute

    def noted(self: sqlite._Connection, sql: str, values: Values = (), /):  # pyright: ignore[reportPrivateUsage]
        asked[sql] = values
        return execute(self, sql, values)

    monkeypatch.setattr(connection, "execute", noted)
    store = Store.open(tmp_path)
    audit = Audit(store, "account")
    ledger = Ledger(store, "account", witness=audit.follow)

    await ledger.bury()
    await audit.close_abandoned()
    await ledger.recover()
    act = _act("a text")
    assert await ledger.prior(act, repeat=False) is None
    assert await ledger.alike(act) is None
    send, _ = await ledger.claim(act, repeat=False, may_act=True)
    assert send is not None
    await ledger.leave(send.send_id)
    await ledger.end(send.send_id, Ending(state="UNKNOWN", look_at=time.time() - 1))
    [due] = await ledger.take_due(5)
    await ledger.next_due()
    await ledger.settle(due, lambda _, __: Ending(state="SENT", upstream_id="m1"), traces=("m1", "m2"))
    await ledger.get(send.send_id)
    await ledger.delivered({"m1": ("delivered", None)})
    store.close()

    file = sqlite3.connect(tmp_path / FILE_NAME)
    through_all = {
        sql: step
        for sql, values in asked.items()
        if not any(stop in sql for stop in _STOPS)
        for *_, step in file.execute(f"EXPLAIN QUERY PLAN {sql}", values)
        if step.startswith(("SCAN ledger_", "SCAN audit_entries")) or step.endswith(("(account=?)", ">?)"))
    }
    file.close()
    assert through_all == {}
    assert len(asked) > 20
