"""The chain that the rows of the audit form, so that a row that was changed, removed or put in is found.

Each row carries a mac over itself and the mac of the row before it, made with the store's secret. Two sealed ends say
after which row the rows begin, since the oldest are forgotten in time, and with which they stop.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

from textrequest_mcp.ground.connection import Connection

# The time of the newest row says what is old at the latest, whatever the machine's clock says later.
# The last trigger is for INSERT OR REPLACE, which removes a row without asking the second one.
SCHEMA = """
CREATE TABLE IF NOT EXISTS audit_entries (
    number INTEGER PRIMARY KEY, at REAL NOT NULL, keep_until REAL NOT NULL, account TEXT NOT NULL, tool TEXT NOT NULL,
    entry TEXT NOT NULL, mac BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS audit_ends (
    name TEXT PRIMARY KEY CHECK (name IN ('first', 'last')),
    number INTEGER NOT NULL, mac BLOB NOT NULL, seal BLOB NOT NULL) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS audit_never_changes BEFORE UPDATE ON audit_entries
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER IF NOT EXISTS audit_keeps_its_time BEFORE DELETE ON audit_entries
    WHEN old.keep_until > (SELECT at FROM audit_entries ORDER BY number DESC LIMIT 1)
    BEGIN SELECT RAISE(ABORT, 'the audit keeps this row longer'); END;
CREATE TRIGGER IF NOT EXISTS audit_only_grows BEFORE INSERT ON audit_entries
    WHEN new.number <= (SELECT max(number) FROM audit_entries)
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
"""

_COLUMNS = "number, at, keep_until, account, tool, entry, mac"
_MOST_AT_ONCE = 500  # rows in one transaction: servers that want to send wait for it
_NOTHING = bytes(32)


class Content(NamedTuple):
    """What a row says. Times are seconds since 1970; `entry` is JSON in plain ASCII."""

    at: float
    keep_until: float
    account: str
    tool: str
    entry: str


class Link(NamedTuple):
    """A place in the chain: a row's number and mac; the place before the first row of all is 0."""

    number: int = 0
    mac: bytes = _NOTHING


class Walk(NamedTuple):
    """How far the chain has been followed.

    Attributes:
        reached: the last row that is as it was written.
        sound: how many rows there were up to it.
        bad: the number at which the chain is broken.
        over: whether there is no more to follow.
    """

    reached: Link = Link()
    sound: int = 0
    bad: int | None = None
    over: bool = False


def append(connection: Connection, secret: bytes, row: Content, today: float) -> int:
    """Put a row at the end, and forget the oldest whose time is over by `today`; the number of the new row."""
    (newest,) = connection.execute("SELECT coalesce(max(number), 0) FROM audit_entries").fetchone()
    last = _end(connection, secret, "last") or Link()
    # Where the ends do not fit the rows, this must not hide it: the new row is linked to the row that should be there.
    link = last._replace(number=max(last.number, newest))
    number = link.number + 1
    link = Link(number, _mac(secret, link.mac, (number, *row)))
    connection.execute(
        f"INSERT INTO audit_entries ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - our own words
        (number, *row, link.mac),
    )
    _set_end(connection, secret, "last", link)
    _forget(connection, secret, min(row.at, today))
    return number


def select(connection: Connection, rest: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Rows as they are, also where somebody wrote into them what is no text: with column names as in the schema."""
    return connection.raw(f"SELECT {_COLUMNS} FROM audit_entries {rest}", values)  # noqa: S608 - our own words


def walk_on(connection: Connection, secret: bytes, walk: Walk) -> Walk:
    """Follow the chain some rows further. Rows may be added, and old ones forgotten, between two of these."""
    first, last = (_end(connection, secret, name) for name in ("first", "last"))
    if first is None or last is None:
        return _broken(walk)
    (stray,) = connection.execute("SELECT min(number) FROM audit_entries WHERE number <= ?", (first.number,)).fetchone()
    if stray is not None:
        return walk._replace(bad=stray, over=True)
    start = max(walk.reached, first, key=lambda link: link.number)
    rows = select(connection, "WHERE number > ? ORDER BY number LIMIT ?", (start.number, _MOST_AT_ONCE))
    reached = _follow(secret, start, rows)
    walk = Walk(reached, walk.sound + reached.number - start.number)
    if reached.number - start.number < len(rows):
        return _broken(walk)
    if rows:
        return walk
    return walk._replace(over=True) if reached == last else _broken(walk)


def _broken(walk: Walk) -> Walk:
    return walk._replace(bad=walk.reached.number + 1, over=True)


def _forget(connection: Connection, secret: bytes, now: float) -> None:
    """Remove rows from the front whose time is over.

    Only such as are as they were written: what was tampered with stays, to be found.
    """
    first = _end(connection, secret, "first")
    if first is None:
        return
    old = select(
        connection,
        "WHERE number > ? AND number < (SELECT number FROM audit_entries WHERE keep_until > ? ORDER BY number LIMIT 1)"
        " ORDER BY number LIMIT ?",
        (first.number, now, _MOST_AT_ONCE),
    )
    reached = _follow(secret, first, old)
    if reached != first:
        _set_end(connection, secret, "first", reached)
        connection.execute("DELETE FROM audit_entries WHERE number > ? AND number <= ?", (first.number, reached.number))


def _follow(secret: bytes, link: Link, rows: Iterable[tuple[Any, ...]]) -> Link:
    """The last of these rows up to which the chain holds."""
    for row in rows:
        number, mac = row[0], row[-1]
        if number != link.number + 1 or mac != _mac(secret, link.mac, row[:-1]):
            break
        link = Link(number, mac)
    return link


def _end(connection: Connection, secret: bytes, name: Literal["first", "last"]) -> Link | None:
    """One end of the chain; None where its seal is not ours. An end that is not there is that of an empty chain."""
    row = connection.execute("SELECT number, mac, seal FROM audit_ends WHERE name = ?", (name,)).fetchone()
    if row is None:
        return Link()
    link = Link(*row[:2])
    return link if row[2] == _seal(secret, name, link) else None


def _set_end(connection: Connection, secret: bytes, name: Literal["first", "last"], link: Link) -> None:
    connection.execute(
        "INSERT INTO audit_ends VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET"
        " number = excluded.number, mac = excluded.mac, seal = excluded.seal",
        (name, *link, _seal(secret, name, link)),
    )


def _seal(secret: bytes, name: str, link: Link) -> bytes:
    return hmac.digest(secret, f"audit {name}:{(*link,)!a}".encode(), hashlib.sha256)


def _mac(secret: bytes, before: bytes, row: tuple[Any, ...]) -> bytes:
    """Of a number and its content: `ascii` writes every value that SQLite has in one way, and each in another."""
    return hmac.digest(secret, b"audit row:" + before + ascii(row).encode(), hashlib.sha256)
