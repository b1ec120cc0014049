"""The browsers in which members signed in to the team's desk, kept where every server of the team finds them.

A row holds the hash of a browser's cookie, so nobody signs in with a copy of the tables, and the version of the line in
the file of people that let the member in: with that line the browser is out.
"""

import hashlib
import secrets
import time
from collections.abc import Callable

from textrequest_mcp.commands.people.tokens import Tokens
from textrequest_mcp.ground.connection import Connection
from textrequest_mcp.ground.member import Member
from textrequest_mcp.ground.store import Store
from textrequest_mcp.ground.succession import Owned

MOST_OF_A_MEMBER = 10
_STAYS_SECONDS = 12 * 3600.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS desk_browsers (
    cookie TEXT PRIMARY KEY, account TEXT NOT NULL, member TEXT NOT NULL, version TEXT NOT NULL,
    until REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS desk_browsers_of ON desk_browsers (account, member, until);
"""


class Browsers:
    """Who is signed in at the desk of one account.

    Args:
        store: keeps the rows; every method raises `StoreError` where it cannot be used.
        account: names the account without telling its key.
        tokens: know the members.
        clock: seconds since 1970.
    """

    def __init__(self, store: Store, account: str, tokens: Tokens, *, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._account = account
        self._tokens = tokens
        self._clock = clock
        store.ensure(_SCHEMA, Owned("desk_browsers"))

    async def let_in(self, member: Member) -> str:
        """A cookie for a browser of this member; beyond their share their own oldest one is out."""
        cookie, now = secrets.token_urlsafe(32), self._clock()

        def write(connection: Connection) -> None:
            connection.execute("DELETE FROM desk_browsers WHERE until <= ?", (now,))
            theirs = connection.execute(
                "SELECT cookie FROM desk_browsers WHERE account = ? AND member = ? ORDER BY until DESC",
                (self._account, member.id),
            ).fetchall()
            connection.executemany("DELETE FROM desk_browsers WHERE cookie = ?", theirs[MOST_OF_A_MEMBER - 1 :])
            connection.execute(
                "INSERT INTO desk_browsers VALUES (?, ?, ?, ?, ?)",
                (_hashed(cookie), self._account, member.id, member.version, now + _STAYS_SECONDS),
            )

        await self._store.transact(write)
        return cookie

    async def member(self, cookie: str) -> Member | None:
        """The member who signed in in the browser that brings this cookie, as the file of people says now."""
        found = await self._store.transact(
            lambda connection: connection.execute(
                "SELECT version FROM desk_browsers WHERE cookie = ? AND account = ? AND until > ?",
                (_hashed(cookie), self._account, self._clock()),
            ).fetchone(),
            durable=False,
        )
        return None if found is None else self._tokens.member_of(found[0])

    async def forget(self, cookie: str) -> None:
        """Let the browser that brings this cookie in no more."""
        await self._store.transact(
            lambda connection: connection.execute("DELETE FROM desk_browsers WHERE cookie = ?", (_hashed(cookie),))
        )


def _hashed(cookie: str) -> str:
    """How a cookie is kept. It is 256 random bits, so a plain hash cannot be turned back."""
    return hashlib.sha256(cookie.encode()).hexdigest()
