"""Texts that are to leave later, as rows: what each says, and how they are read and written inside a transaction.

WAITING     its time has not come
CLAIMED     a server sees to it now
SENT, NOT_SENT, UNKNOWN     how it ended, as the ledger says it
MISSED      no server was up at its time
CANCELLED   somebody took it back before it left
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from textrequest_mcp.ground.connection import Connection
from textrequest_mcp.ground.sealing import Seal
from textrequest_mcp.ground.succession import Owned

State = Literal["WAITING", "CLAIMED", "SENT", "NOT_SENT", "UNKNOWN", "MISSED", "CANCELLED"]

SCHEMA = """
CREATE TABLE IF NOT EXISTS once_scheduled (
    send_id TEXT PRIMARY KEY, account TEXT NOT NULL, batch TEXT, caller TEXT NOT NULL, tool TEXT NOT NULL,
    dashboard_id INTEGER NOT NULL, fingerprint TEXT NOT NULL, idempotency_key TEXT, state TEXT NOT NULL,
    planned_at REAL NOT NULL, leaves_at REAL NOT NULL, sealed BLOB, owner TEXT, claimed_at REAL, ended_at REAL,
    said TEXT, told INTEGER NOT NULL DEFAULT 0, member TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS once_scheduled_due ON once_scheduled (account, state, leaves_at);
CREATE INDEX IF NOT EXISTS once_scheduled_alike ON once_scheduled (account, fingerprint);
"""
OWNED = Owned("once_scheduled", sealed=("sealed", "send_id"))
OPEN_STATES = ("WAITING", "CLAIMED")
_FACTS = (
    *("send_id", "batch", "caller", "tool", "dashboard_id", "fingerprint", "state", "planned_at", "leaves_at", "said"),
    "member",
)
OPEN = "state IN ('WAITING', 'CLAIMED')"


@dataclass(frozen=True, kw_only=True)
class Content:
    """What nobody without the account's key can read.

    Attributes:
        arguments: of the tool's function for this one text, `phone_number` among them.
        agreed: the reasons to ask that a person agreed to; they are asked about none of these again.
        approved: whether a person, or a standing wish, agreed to the text.
        wish: the standing wish that allows it.
        member: the person of the team who asked for it: their id, name, scopes and lines; None on a server of one.
        repeat: whether it is meant although the same leaves, or left, at another time.
    """

    arguments: Mapping[str, Any]
    agreed: Sequence[str] = ()
    approved: bool = False
    wish: str | None = None
    member: Mapping[str, Any] | None = None
    repeat: bool = False


@dataclass(frozen=True, kw_only=True)
class ScheduledText:
    """One row. Times are seconds since 1970.

    Attributes:
        send_id: its name.
        batch: of a text to many, what all of them share.
        caller: the host that asked for it.
        member: of the team, for whom it leaves; empty where one person uses the server.
        planned_at: when it was asked for.
        leaves_at: when it is to leave.
        content: None once that was forgotten, or where it was sealed with another key.
        said: a sentence on how it ended.
    """

    send_id: str
    batch: str | None
    caller: str
    tool: str
    dashboard_id: int
    fingerprint: str
    state: State
    planned_at: float
    leaves_at: float
    content: Content | None
    said: str | None
    member: str = ""


def rows(connection: Connection, seal: Seal, where: str, values: tuple[Any, ...]) -> list[ScheduledText]:
    """The rows for which a condition holds, those that leave first before the others."""
    found = connection.execute(
        f"SELECT {', '.join(_FACTS)}, sealed FROM once_scheduled WHERE {where} ORDER BY leaves_at, send_id",  # noqa: S608 - our own words
        values,
    )
    return [_row(seal, row) for row in found.fetchall()]


def insert(
    connection: Connection, seal: Seal, account: str, text: ScheduledText, content: Content, key: str | None
) -> None:
    """Write a text down."""
    kept = {name: getattr(text, name) for name in _FACTS}
    kept |= {"account": account, "idempotency_key": key, "sealed": seal.seal(_as_json(content), text.send_id)}
    marks = ", ".join("?" * len(kept))
    connection.execute(f"INSERT INTO once_scheduled ({', '.join(kept)}) VALUES ({marks})", tuple(kept.values()))  # noqa: S608 - our own words


def _as_json(content: Content) -> dict[str, Any]:
    return {**vars(content), "arguments": dict(content.arguments), "agreed": list(content.agreed)}


def _row(seal: Seal, row: tuple[Any, ...]) -> ScheduledText:
    *facts, sealed = row
    kept = seal.open(bytes(sealed), facts[0]) if sealed is not None else None
    content = Content(**kept) if kept is not None else None
    return ScheduledText(**dict(zip(_FACTS, facts, strict=True)), content=content)
