"""Keeps the passkeys with which a person agrees at the desk, for all servers of this user."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from textrequest_mcp.ground.connection import Connection
from textrequest_mcp.ground.store import Store
from textrequest_mcp.guard.approval.webauthn import Passkey, verified
from textrequest_mcp.upstream.errors import BadInput

SCHEMA = """
CREATE TABLE IF NOT EXISTS approval_passkeys (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, public_key BLOB NOT NULL, algorithm INTEGER NOT NULL,
    counter INTEGER NOT NULL, added_at REAL NOT NULL) WITHOUT ROWID;
"""
_COLUMNS = "id, name, public_key, algorithm, counter"


class Passkeys:
    """The passkeys of a state folder.

    Args:
        store: where they are.
        clock: seconds since 1970.

    Every method raises `StoreError` where the store cannot be used.
    """

    def __init__(self, store: Store, *, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock
        store.ensure(SCHEMA)

    async def remove(self, id_: str) -> None:
        """Take a passkey away: it is good for nothing from now on, also for what waits."""
        await self._store.transact(
            lambda connection: connection.execute("DELETE FROM approval_passkeys WHERE id = ?", (id_,))
        )

    async def all(self) -> list[Passkey]:
        """All of them, oldest first."""
        return await self._store.transact(_all, durable=False)

    async def add(self, key: Passkey, *, beside: int) -> None:
        """Keep a new key.

        Args:
            key: the new one.
            beside: how many there were when the person was asked.

        Raises:
            BadInput: others were added or removed meanwhile, or it is there already.
        """

        def write(connection: Connection) -> None:
            known = _all(connection)
            if len(known) != beside or any(each.id == key.id for each in known):
                raise BadInput("The passkeys changed meanwhile, or this one is there already.", todo="Begin again.")
            connection.execute(
                f"INSERT INTO approval_passkeys ({_COLUMNS}, added_at) VALUES (?, ?, ?, ?, ?, ?)",  # noqa: S608 - our own words
                (key.id, key.name, key.public_key, key.algorithm, key.counter, self._clock()),
            )

        await self._store.transact(write)

    async def check(self, given: Mapping[str, str], challenge: bytes, origin: str) -> Passkey:
        """The key that signed a challenge; its counter is kept.

        Args:
            given: as for `verified`, and `credential`, the key's id.
            challenge: that was to be signed.
            origin: of the page.

        Raises:
            BadInput: no key of ours did.
        """

        def check(connection: Connection) -> Passkey:
            for key in _all(connection):
                if key.id == given.get("credential", "").rstrip("="):
                    counter = verified(key, given, challenge, origin)
                    connection.execute("UPDATE approval_passkeys SET counter = ? WHERE id = ?", (counter, key.id))
                    return key
            raise BadInput("This passkey is not known here.", todo="Add it with `textrequest-mcp approver add`.")

        return await self._store.transact(check)


def _all(connection: Connection) -> list[Passkey]:
    found = connection.execute(f"SELECT {_COLUMNS} FROM approval_passkeys ORDER BY added_at, id").fetchall()  # noqa: S608 - our own words
    return [Passkey(id=row[0], name=row[1], public_key=row[2], algorithm=row[3], counter=row[4]) for row in found]
