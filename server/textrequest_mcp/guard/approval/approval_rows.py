"""The rows of questions on the disk: their table, and their words, which are sealed with the store's secret."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from dataclasses import dataclass
from typing import Any, Literal

from textrequest_mcp.ground.connection import Connection, Values
from textrequest_mcp.ground.store import secret_in
from textrequest_mcp.guard.approval.shown import Shown, as_json, from_json

SCHEMA = """
CREATE TABLE IF NOT EXISTS approvals (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, caller TEXT NOT NULL, tool TEXT NOT NULL, binding TEXT NOT NULL,
    shown TEXT, asked_at REAL NOT NULL, expires_at REAL NOT NULL,
    decision TEXT CHECK (decision IN ('yes', 'no')), decided_by TEXT, used INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS approvals_silence (account TEXT PRIMARY KEY, until REAL NOT NULL) WITHOUT ROWID;
"""
_NONCE = 12


@dataclass(frozen=True, kw_only=True)
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
        facts = as_json(self.shown) if self.shown is not None else ""
        return hashlib.sha256(f"{self.id}|{self.tool}|{self.binding}|{facts}".encode()).digest()


def select(connection: Connection, where: str, values: Values) -> list[Row]:
    """The rows for which a condition holds, inside a transaction."""
    columns = "id, account, tool, binding, shown, asked_at, expires_at, decision, decided_by"
    found = connection.execute(f"SELECT {columns} FROM approvals WHERE {where}", values).fetchall()  # noqa: S608 - our own words
    secret = secret_in(connection) if found else b""
    return [_row(secret, row) for row in found]


def seal(connection: Connection, shown: Shown, id_: str) -> str:
    """What is shown, sealed for this row only."""
    nonce = os.urandom(_NONCE)
    sealed = nonce + _cipher(secret_in(connection)).encrypt(nonce, as_json(shown).encode(), id_.encode())
    return base64.b64encode(sealed).decode()


def _row(secret: bytes, row: tuple[Any, ...]) -> Row:
    id_, account, tool, binding, shown, asked_at, expires_at, decision, by = row
    return Row(
        id=id_,
        account=account,
        tool=tool,
        binding=binding,
        shown=_opened(secret, shown, id_) if shown is not None else None,
        asked_at=asked_at,
        expires_at=expires_at,
        decision=decision,
        by=by,
    )


def _opened(secret: bytes, text: str, id_: str) -> Shown | None:
    if text.startswith("{"):  # as a server of 0.1.0 kept it
        return from_json(text)
    from cryptography.exceptions import InvalidTag

    try:
        raw = base64.b64decode(text)
        return from_json(_cipher(secret).decrypt(raw[:_NONCE], raw[_NONCE:], id_.encode()).decode())
    except (InvalidTag, ValueError):
        return None


def _cipher(secret: bytes) -> Any:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # not loaded before the first question

    return AESGCM(hmac.new(secret, b"approval facts", hashlib.sha256).digest())
