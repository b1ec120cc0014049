"""Hands an account's rows on to its new API key: an account is named by a hash of its key, and a key can be changed.

Nothing is handed on twice, so it is done at each start for which both keys are named: rows that a server with the old
key wrote meanwhile follow with the next.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import NamedTuple

from textrequest_mcp.ground.connection import Connection
from textrequest_mcp.ground.sealing import Seal

SCHEMA = "CREATE TABLE IF NOT EXISTS store_former (former TEXT PRIMARY KEY, account TEXT NOT NULL) WITHOUT ROWID;"


def account_id_of(base_url: str, api_key: str) -> str:
    """The name of an account, which does not tell its key."""
    return hashlib.sha256(f"{base_url} {api_key}".encode()).hexdigest()[:32]


class Holder(NamedTuple):
    """An account as one of its keys names and seals it."""

    account: str
    seal: Seal


@dataclass(frozen=True)
class Owned:
    """A table whose column `account` says whose rows they are.

    Attributes:
        table: its name.
        same: the columns of which an account has each only once.
        later: of two rows that are the same, the one in which this column is greater stays; without it the newer key's.
        sealed: a column that is sealed, and the one with the name for which it is.
        of_members: whether `account` may end with a slash and a member of the team.
        also: called with the connection and the two accounts, instead of all this.
    """

    table: str
    same: tuple[str, ...] = ()
    later: str | None = None
    sealed: tuple[str, str] | None = None
    of_members: bool = False
    also: Callable[[Connection, str, str], object] | None = None

    @property
    def whose(self) -> str:
        """The condition for an account's rows; ids of accounts hold no signs of patterns."""
        return "account LIKE ? || '%'" if self.of_members else "account = ?"


def hand_on(connection: Connection, tables: Collection[Owned], old: Holder, new: Holder) -> None:
    """Give the rows of these tables to the account's new key, inside a transaction."""
    connection.execute("UPDATE store_former SET account = ? WHERE account = ?", (new.account, old.account))
    connection.execute(
        "INSERT INTO store_former VALUES (?, ?) ON CONFLICT (former) DO UPDATE SET account = excluded.account",
        (old.account, new.account),
    )
    connection.execute("DELETE FROM store_former WHERE former = ?", (new.account,))
    for each in tables:
        if each.also is not None:
            each.also(connection, old.account, new.account)
            continue
        if each.sealed is not None:
            _seal_anew(connection, each, old, new)
        if each.same:
            _leave_one(connection, each, old.account, new.account)
        change = f"UPDATE {each.table} SET account = ? || substr(account, {len(old.account) + 1}) WHERE {each.whose}"  # noqa: S608 - our own words
        connection.execute(change, (new.account, old.account))


def _leave_one(connection: Connection, each: Owned, old: str, new: str) -> None:
    """Delete one of two rows that the new account may have only once."""
    alike = " AND ".join(f"other.{name} = {each.table}.{name}" for name in each.same)
    if each.later is not None:
        _delete(connection, each, f"{alike} AND other.{each.later} > {each.table}.{each.later}", new, old)
    _delete(connection, each, alike, old, new)


def _delete(connection: Connection, each: Owned, where: str, mine: str, theirs: str) -> None:
    connection.execute(
        f"DELETE FROM {each.table} WHERE account = ? AND EXISTS"  # noqa: S608 - our own words
        f" (SELECT 1 FROM {each.table} AS other WHERE other.account = ? AND {where})",
        (mine, theirs),
    )


def _seal_anew(connection: Connection, each: Owned, old: Holder, new: Holder) -> None:
    column, name = each.sealed or ("", "")
    wanted = f"SELECT {name}, {column} FROM {each.table} WHERE {each.whose} AND {column} IS NOT NULL"  # noqa: S608 - our own words
    rows = connection.execute(wanted, (old.account,)).fetchall()
    opened = [(old.seal.open(bytes(sealed), named), named) for named, sealed in rows]
    connection.executemany(
        f"UPDATE {each.table} SET {column} = ? WHERE {name} = ?",  # noqa: S608 - our own words
        [(new.seal.seal(content, named), named) for content, named in opened if content is not None],
    )
