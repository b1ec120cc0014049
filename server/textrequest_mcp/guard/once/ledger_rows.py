"""The rows of the ledger: what each says, and how they are read and written inside a transaction."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from textrequest_mcp.ground.connection import Connection
from textrequest_mcp.ground.succession import Owned

State = Literal["INTENDED", "INFLIGHT", "SENT", "NOT_SENT", "UNKNOWN"]

SCHEMA = """
CREATE TABLE IF NOT EXISTS ledger_sends (
    number INTEGER PRIMARY KEY AUTOINCREMENT, send_id TEXT NOT NULL UNIQUE, account TEXT NOT NULL,
    caller TEXT NOT NULL, tool TEXT NOT NULL, dashboard_id INTEGER, person TEXT,
    fingerprint TEXT NOT NULL, facts TEXT,
    state TEXT NOT NULL CHECK (state IN ('INTENDED', 'INFLIGHT', 'SENT', 'NOT_SENT', 'UNKNOWN')),
    upstream_id TEXT, result TEXT, said TEXT, owner TEXT NOT NULL,
    intended_at REAL NOT NULL, left_at REAL, ended_at REAL,
    looks INTEGER NOT NULL DEFAULT 0, look_at REAL, settled_at REAL, member TEXT NOT NULL DEFAULT '',
    arguments TEXT);
CREATE INDEX IF NOT EXISTS ledger_sends_alike ON ledger_sends (account, fingerprint);
CREATE INDEX IF NOT EXISTS ledger_sends_open ON ledger_sends (account, state) WHERE state NOT IN ('SENT', 'NOT_SENT');
CREATE INDEX IF NOT EXISTS ledger_sends_every_open ON ledger_sends (state) WHERE state NOT IN ('SENT', 'NOT_SENT');
CREATE INDEX IF NOT EXISTS ledger_sends_made ON ledger_sends (account, upstream_id) WHERE upstream_id IS NOT NULL;
CREATE TABLE IF NOT EXISTS ledger_keys (
    account TEXT NOT NULL, idempotency_key TEXT NOT NULL, arguments TEXT NOT NULL, send_id TEXT NOT NULL,
    PRIMARY KEY (account, idempotency_key)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ledger_keys_of_a_send ON ledger_keys (send_id);
"""
OWNED = (Owned("ledger_sends"), Owned("ledger_keys", same=("idempotency_key",)))
# As the index of the open rows says it: SQLite uses that index only for a question that repeats its words.
OPEN = "state NOT IN ('SENT', 'NOT_SENT')"


@dataclass(frozen=True, kw_only=True)
class Act:
    """What a call is about to do; everything but `facts` that a person wrote or owns is hashed (`Ledger.hasher`).

    Attributes:
        tool: that was called.
        caller: the host that calls.
        dashboard_id: the line it happens on; None where it is about the account.
        person: hash of the number that it reaches.
        fingerprint: hash of what makes another call the same act.
        arguments: hash of all that the call was given.
        idempotency_key: hash of the caller's own name for this act.
        facts: what a look at the account needs to find it.
        member: of the team, for whom it happens; empty where one person uses the server.
        further: as `SameAct`.
    """

    tool: str
    caller: str
    dashboard_id: int | None
    person: str | None
    fingerprint: str
    arguments: str
    idempotency_key: str | None
    facts: Mapping[str, Any]
    member: str = ""
    further: str = ""


@dataclass(frozen=True, kw_only=True)
class Send:
    """One row: an act, and what is known of it. Times are seconds since 1970 by this machine's clock."""

    number: int
    send_id: str
    account: str
    caller: str
    tool: str
    dashboard_id: int | None
    person: str | None
    fingerprint: str
    facts: dict[str, Any] | None
    state: State
    upstream_id: str | None
    result: dict[str, Any]
    said: str | None
    owner: str
    intended_at: float
    left_at: float | None
    looks: int
    settled_at: float | None
    member: str = ""
    arguments: str | None = None

    @property
    def called_at(self) -> datetime:
        """When the call came, by this machine's clock."""
        return datetime.fromtimestamp(self.intended_at, UTC)


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How an act ended.

    Attributes:
        upstream_id: what the service calls the thing that it made.
        result: the fields of the answer that hold no words of anybody.
        said: the sentence for who asked; safe to keep, as every error text here is.
        look_at: when to look for it next.
        settled_at: when looking was given up.
        rule: the setting of the rule or cap that said no; the audit's alone.
    """

    state: State
    upstream_id: str | None = None
    result: Mapping[str, Any] = field(default_factory=dict[str, Any])
    said: str | None = None
    look_at: float | None = None
    settled_at: float | None = None
    rule: str | None = None


# Told, in the transaction that writes it, of a row as it was, and of its ending.
Witness = Callable[[Connection, Send, Ending], None]

_COLUMNS = ", ".join(Send.__dataclass_fields__)
_FINAL = frozenset({"delivered", "undelivered", "failed", "error"})


def one_row(connection: Connection, where: str, values: tuple[Any, ...]) -> Send | None:
    return next(iter(all_rows(connection, where, values)), None)


def all_rows(connection: Connection, where: str, values: tuple[Any, ...]) -> list[Send]:
    rows = connection.execute(f"SELECT {_COLUMNS} FROM ledger_sends WHERE {where} ORDER BY number", values)  # noqa: S608 - our own words
    sends: list[Send] = []
    for row in rows:
        named = dict(zip(Send.__dataclass_fields__, row, strict=True))
        named["facts"] = json.loads(named["facts"]) if named["facts"] else None
        named["result"] = json.loads(named["result"]) if named["result"] else {}
        sends.append(Send(**named))
    return sends


def insert(connection: Connection, account: str, act: Act, send_id: str, owner: str, now: float) -> None:
    """Write an act down as INTENDED."""
    connection.execute(
        "INSERT INTO ledger_sends (send_id, account, caller, tool, dashboard_id, person, fingerprint,"
        " facts, state, owner, intended_at, member, arguments)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'INTENDED', ?, ?, ?, ?)",
        (
            *(send_id, account, act.caller, act.tool, act.dashboard_id, act.person, act.fingerprint),
            *(json.dumps(act.facts), owner, now, act.member, act.arguments),
        ),
    )


def write_leaving(connection: Connection, send_id: str, owner: str, now: float) -> bool:
    """Write INFLIGHT right before the first byte; False where the row is not the owner's to act on any more."""
    return bool(
        connection.execute(
            "UPDATE ledger_sends SET state = 'INFLIGHT', left_at = ?"
            " WHERE send_id = ? AND owner = ? AND state IN ('INTENDED', 'INFLIGHT')",
            (now, send_id, owner),
        ).rowcount
    )


def ended_since(at: float) -> Callable[[Connection], list[str]]:
    """The ids of the rows that ended at this time or later, in seconds since 1970."""
    ended = "SELECT send_id FROM ledger_sends WHERE state IN ('SENT', 'NOT_SENT', 'UNKNOWN') AND ended_at >= ?"
    return lambda connection: [send_id for (send_id,) in connection.execute(ended, (at,))]


def rivals_of(connection: Connection, send: Send, traces: Collection[str]) -> tuple[list[Send], set[str]]:
    """The rows of the same act that may still find a trace (with this one, in their order), and the traces in use."""
    rivals = all_rows(
        connection,
        "account = ? AND fingerprint = ? AND state IN ('UNKNOWN', 'INFLIGHT')",
        (send.account, send.fingerprint),
    )
    return rivals, _among(connection, "account = ? AND tool = ?", (send.account, send.tool), traces)


def write_ending(
    connection: Connection, send_id: str, ending: Ending, now: float, witness: Witness | None = None
) -> None:
    """Say of a row how it ended; what was seen to happen stays so. Facts stay only while there is something to find.

    The witness is told only where that is news: of the first ending, and of what was in doubt.
    """
    row = one_row(connection, "send_id = ?", (send_id,))
    if row is None or (row.state == "SENT" and ending.state != "SENT"):
        return
    facts = json.dumps(row.facts) if ending.state == "UNKNOWN" and row.facts is not None else None
    connection.execute(
        "UPDATE ledger_sends SET state = ?, upstream_id = ?, result = ?, said = ?, look_at = ?, settled_at = ?,"
        " ended_at = ?, facts = ? WHERE send_id = ?",
        (
            *(ending.state, ending.upstream_id, json.dumps(dict(ending.result)), ending.said, ending.look_at),
            *(ending.settled_at, now, facts, send_id),
        ),
    )
    if witness is not None and row.state != ending.state:
        witness(connection, row, ending)


def write_delivery(connection: Connection, account: str, told: Mapping[str, tuple[str | None, str | None]]) -> None:
    """Note what became of texts: by the service's id its delivery status, and the error where there is one."""
    told = {message_id: fate for message_id, fate in told.items() if fate[0]}
    marks = ", ".join("?" * len(told))
    for row in all_rows(connection, f"account = ? AND state = 'SENT' AND upstream_id IN ({marks})", (account, *told)):
        status, error = told[row.upstream_id or ""]
        kept = {name: value for name, value in row.result.items() if name != "delivery_error"}
        result = kept | {"delivery_status": status} | ({"delivery_error": error} if error else {})
        settled = row.result.get("delivery_status") in _FINAL and status not in _FINAL  # told late
        if "message_id" in row.result and result != row.result and not settled:
            write_result(connection, row.send_id, result)


def write_result(connection: Connection, send_id: str, result: Mapping[str, Any]) -> None:
    """Note what became of a SENT act since."""
    connection.execute(
        "UPDATE ledger_sends SET result = ? WHERE send_id = ? AND state = 'SENT'", (json.dumps(dict(result)), send_id)
    )


def made_here(account: str, connection: Connection, ids: Collection[str]) -> set[str]:
    """Of the service's ids of texts and payments those that this server, or another one of this store, made."""
    return _among(connection, "account = ?", (account,), ids)


def _among(connection: Connection, where: str, values: tuple[str, ...], ids: Collection[str]) -> set[str]:
    """Of these ids of the service's those in such rows, which may be very many: only these ids are looked up."""
    marks = ", ".join("?" * len(ids)) or "NULL"
    found = f"SELECT upstream_id FROM ledger_sends WHERE {where} AND upstream_id IN ({marks})"  # noqa: S608 - our own words
    return {upstream_id for (upstream_id,) in connection.execute(found, (*values, *sorted(ids)))}
