"""Keeps to whom a mailing was agreed, with which words, so that the same call goes on and nobody is asked twice.

A mailing is one call of a tool that texts many people. Its texts are kept as keyed hashes, as the ledger keeps them;
what became of each is in the ledger, under a name that is the mailing's and the person's.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass

from textrequest_mcp.ground.connection import Connection
from textrequest_mcp.ground.store import Store
from textrequest_mcp.ground.succession import Owned

OPEN_SECONDS = 86_400.0  # a yes holds so long for those who have not got their text yet
_KEEP_SECONDS = 30 * 86_400.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS once_mailings (
    mailing TEXT PRIMARY KEY, account TEXT NOT NULL, fingerprint TEXT NOT NULL, people TEXT NOT NULL,
    begun_at REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS once_mailings_alike ON once_mailings (account, fingerprint, begun_at);
"""


@dataclass(frozen=True)
class Mailing:
    """A mailing that a person agreed to.

    Attributes:
        id: its name.
        texts: hashes of each number with its words that they agreed to.
    """

    id: str
    texts: frozenset[str]

    def name_for(self, number: str) -> str:
        """The name under which the ledger keeps the text to one number: the same in every call that goes on."""
        return f"{self.id} {number}"


class Mailings:
    """The mailings of one account.

    Args:
        store: keeps the rows.
        account: names the account without telling its key.
        clock: seconds since 1970.

    Every method raises `StoreError` where the store cannot be used; then nothing is sent.
    """

    def __init__(self, store: Store, account: str, *, clock: Callable[[], float]) -> None:
        self._store = store
        self._account = account
        self._clock = clock
        store.ensure(_SCHEMA, Owned("once_mailings"))

    async def open(self, fingerprint: str) -> Mailing | None:
        """The latest mailing of the same call that may go on; None where there is none."""
        return await self._store.transact(lambda connection: self._open(connection, fingerprint))

    async def begin(self, fingerprint: str, texts: Collection[str], *, anew: bool) -> Mailing:
        """Keep what was agreed to, on disk when this returns.

        Args:
            fingerprint: hash of what makes two calls the same.
            texts: hashes of the numbers with their words.
            anew: whether it is a further one where another call began the same meanwhile.
        """

        def write(connection: Connection) -> Mailing:
            there = None if anew else self._open(connection, fingerprint)
            if there is not None:
                return there
            now = self._clock()
            mailing = Mailing(f"mailing_{secrets.token_hex(6)}", frozenset(texts))
            listed = json.dumps(sorted(texts))
            connection.execute(
                "INSERT INTO once_mailings VALUES (?, ?, ?, ?, ?)",
                (mailing.id, self._account, fingerprint, listed, now),
            )
            old = self._store.today(connection, now) - _KEEP_SECONDS
            connection.execute("DELETE FROM once_mailings WHERE begun_at < ?", (old,))
            return mailing

        return await self._store.transact(write)

    def _open(self, connection: Connection, fingerprint: str) -> Mailing | None:
        row = connection.execute(
            "SELECT mailing, people FROM once_mailings WHERE account = ? AND fingerprint = ? AND begun_at > ?"
            " ORDER BY begun_at DESC LIMIT 1",
            (self._account, fingerprint, self._clock() - OPEN_SECONDS),
        ).fetchone()
        return None if row is None else Mailing(row[0], frozenset(json.loads(row[1])))
