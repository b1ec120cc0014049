"""The rows of questions on the disk: their table, and their words, which are sealed with the store's secret."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import asdict, dataclass
from typing import Literal

from textrequest_mcp.ground.connection import Connection, Values
from textrequest_mcp.ground.sealing import Seal
from textrequest_mcp.ground.store import secret_in
from textrequest_mcp.guard.approval.shown import Shown, from_kept

SCHEMA = """
CREATE TABLE IF NOT EXISTS approvals (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, caller TEXT NOT NULL, tool TEXT NOT NULL, binding TEXT NOT NULL,
    shown TEXT, asked_at REAL NOT NULL, expires_at REAL NOT NULL,
    decision TEXT CHECK (decision IN ('yes', 'no')), decided_by TEXT, used INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS approvals_silence (account TEXT PRIMARY KEY, until REAL NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Row:
    """One question.

    Attributes:
        id: its name; it opens nothing.
        account: whose question it is, which names the account without telling its key.
        tool: that was called.
        binding: hash of what the yes is good for.
        shown: what a person sees; None once that was forgotten, or where it was sealed with another secret.
        asked_at: seconds since 1970.
        expires_at: seconds since 1970.
        decision: what a person decided; None where nobody has.
        by: whose decision it was, as `Entry.approved_by`.
    """

    id: str
    account: str
    tool: str
    binding: str
    shown: Shown | None
    asked_at: float
    expires_at: float
    decision: Literal["yes", "no"] | None
    by: str | None

    @property
    def member(self) -> str:
        """The member of the team whose assistant asks; empty where one person uses the server."""
        return self.shown.member if self.shown is not None else ""

    @property
    def challenge(self) -> bytes:
        """What a passkey signs: this question, its call and what was shown; nothing else."""
        facts = json.dumps(asdict(self.shown)) if self.shown is not None else ""
        return hashlib.sha256(f"{self.id}|{self.tool}|{self.binding}|{facts}".encode()).digest()


def select(connection: Connection, where: str, values: Values) -> list[Row]:
    """The rows for which a condition holds, inside a transaction."""
    columns = "id, account, tool, binding, shown, asked_at, expires_at, decision, decided_by"
    found = connection.execute(f"SELECT {columns} FROM approvals WHERE {where}", values).fetchall()  # noqa: S608 - our own words
    secret = secret_in(connection) if found else b""
    return [
        Row(id_, account, tool, binding, _opened(secret, shown, id_), *rest)
        for id_, account, tool, binding, shown, *rest in found
    ]


def seal(connection: Connection, shown: Shown, id_: str) -> str:
    """What is shown, sealed for this row only."""
    return base64.b64encode(_seal(secret_in(connection)).seal(asdict(shown), id_)).decode()


def _opened(secret: bytes, text: str | None, id_: str) -> Shown | None:
    if text is None:
        return None
    if text.startswith("{"):  # as a server of 0.1.0 kept it
        return from_kept(json.loads(text))
    try:
        kept = _seal(secret).open(base64.b64decode(text), id_)
    except ValueError:
        return None
    return from_kept(kept) if kept is not None else None


def _seal(secret: bytes) -> Seal:
    return Seal(hmac.digest(secret, b"approval facts", hashlib.sha256))
