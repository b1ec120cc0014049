"""Remembers for an hour what the assistant has read: in this process, and sealed in the store for all others.

So a server that is started again, or another one of the same user, knows whose words may steer a call. A row of the
store holds one answer's words; only the account's API key opens it.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from textrequest_mcp.ground.store import Store, StoreError
from textrequest_mcp.guard.change import Place
from textrequest_mcp.guard.provenance.expiring import Expiring
from textrequest_mcp.guard.provenance.names import called
from textrequest_mcp.guard.provenance.source import Source
from textrequest_mcp.guard.provenance.things import ReadText

if TYPE_CHECKING:
    import sqlite3

MOST_CHARACTERS = 1_500_000
_MOST_PEOPLE = 50_000
_HOUR = 3600.0
_SOON = 300.0  # what is read again so soon is not written again; so rows are kept as much longer

SCHEMA = """
CREATE TABLE IF NOT EXISTS provenance_read (
    number INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, mark TEXT NOT NULL, at REAL NOT NULL,
    sealed BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS provenance_read_of ON provenance_read (account, at);
"""

Made = Callable[["sqlite3.Connection", Collection[str]], set[str]]


class Seal(Protocol):
    """Encrypts what is kept."""

    def seal(self, content: dict[str, Any], name: str) -> bytes:
        """The content, encrypted for this name only."""
        ...

    def open(self, sealed: bytes, name: str) -> dict[str, Any] | None:
        """The content; None where it was sealed for another name or with another key."""
        ...


@dataclass(frozen=True, kw_only=True)
class Said:
    """Words of our own side.

    Attributes:
        words: as they stand in the account.
        line: the line's id.
        person: to whom they were written; None for words to nobody, such as a line's name.
        at: when a text was sent.
        by: the colleague who sent it, as the service names them.
        thing: the id of the text or payment, by which this server knows its own.
        here: whether this server made them, in words that a model chose.
    """

    words: str
    line: int = 0
    person: str | None = None
    at: datetime | None = None
    by: str | None = None
    thing: str | None = None
    here: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Person:
    """Somebody whom the account lists, by their whole and given name."""

    place: Place
    whole: str = ""
    given: str = ""


@dataclass(frozen=True)
class Opened:
    """A conversation that was opened."""

    place: Place


@dataclass(frozen=True)
class Answered:
    """Somebody whom this server texted."""

    place: Place


Thing = Source | Said | Person | Opened | Answered


@dataclass(frozen=True)
class Known:
    """What somebody is called.

    Attributes:
        name: the account's name for them.
        names: what a text can call them by, in plain words.
    """

    name: str = ""
    names: frozenset[str] = frozenset()


class Memory:
    """What one account's assistant has read within the hour.

    Args:
        store: shares it with the other servers; without one nothing is shared.
        account: names the account without telling its key.
        seal: encrypts it.
        made: of some ids of texts and payments those that this server made.
        clock: seconds since 1970, by which rows are kept.
        steady: seconds that only grow.
    """

    def __init__(
        self,
        store: Store | None = None,
        account: str = "",
        seal: Seal | None = None,
        *,
        made: Made = lambda _, __: set(),
        clock: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._shared = (store, seal) if store is not None and seal is not None else None
        self._account, self._made, self._clock = account, made, clock
        self.read = Expiring[Source, ReadText](seconds=_HOUR, most=MOST_CHARACTERS, clock=steady)
        self.ours = Expiring[Said, ReadText](seconds=_HOUR, most=MOST_CHARACTERS, clock=steady)
        self.people = Expiring[Place, Known](seconds=_HOUR, most=_MOST_PEOPLE, clock=steady)
        self.opened = Expiring[Place, None](seconds=_HOUR, most=_MOST_PEOPLE, clock=steady)
        self.answered = Expiring[Place, None](seconds=_HOUR, most=_MOST_PEOPLE, clock=steady)
        self._told = Expiring[Thing, None](seconds=_SOON, most=_MOST_PEOPLE, clock=steady)
        self._news: list[Thing] = []
        self._marks: set[str] = set()
        self._seen = 0
        if store is not None:
            store.ensure(SCHEMA)

    @property
    def shares(self) -> bool:
        """Whether it finds out which words this server made."""
        return self._shared is not None

    def take(self, *things: Thing) -> None:
        """Remember these from now on; `keep` shares them."""
        for one in things:
            self._have(one)
            if self._shared is not None and not self._told.has(one):
                self._told.put(one, None)
                self._news.append(one)

    @property
    def colleagues(self) -> frozenset[str]:
        """What colleagues who sent texts can be called."""
        return called(said.by for said in self.ours.all() if not said.here)

    def name(self, line: int | None, e164: str | None) -> str | None:
        """What the account calls somebody, where that was read."""
        known = self.people.get((line or 0, e164 or ""))
        return known.name or None if known is not None else None

    def waits(self, place: Place) -> bool:
        """Whether somebody waits for an answer in a conversation that was opened: no colleague wrote after them."""
        if not self.opened.has(place):
            return False
        wrote = [one.at for one in self.read.all() if (one.line, one.person) == place and one.is_text]
        told = [one.at for one in self.ours.all() if (one.line, one.person) == place and not one.here]
        last = max(filter(None, told), default=None)
        return any(last is None or at is None or at > last for at in wrote)

    async def keep(self) -> None:
        """Share what is new with the other servers. Where the store fails, nothing of it counts as a colleague's."""
        if self._shared is None or not self._news:
            return
        (store, seal), news, mark = self._shared, self._news, secrets.token_hex(8)
        self._news = []
        things = {one.thing for one in news if isinstance(one, Said) and one.thing is not None}

        def write(connection: sqlite3.Connection) -> list[Thing]:
            made = self._made(connection, things) if things else set[str]()
            rows = [replace(one, here=one.thing in made) if isinstance(one, Said) else one for one in news]
            now = self._clock()
            old = store.today(connection, now) - _HOUR - _SOON
            connection.execute("DELETE FROM provenance_read WHERE account = ? AND at < ?", (self._account, old))
            connection.execute(
                "INSERT INTO provenance_read (account, mark, at, sealed) VALUES (?, ?, ?, ?)",
                (self._account, mark, now, seal.seal({"rows": [_row(one) for one in rows]}, mark)),
            )
            return rows

        with suppress(StoreError):  # nothing can be changed meanwhile
            kept = await store.transact(write, durable=False)
            self._marks.add(mark)
            for one in kept:
                self._have(one)

    async def catch_up(self) -> None:
        """Take in what other servers have kept.

        Raises:
            StoreError: the store cannot be used.
        """
        if self._shared is None:
            return
        store, seal = self._shared

        def read(connection: sqlite3.Connection) -> list[tuple[int, str, float, bytes]]:
            return connection.execute(
                "SELECT number, mark, at, sealed FROM provenance_read WHERE account = ? AND number > ? ORDER BY number",
                (self._account, self._seen),
            ).fetchall()

        for number, mark, at, sealed in await store.transact(read, durable=False):
            self._seen = number
            ago = max(0.0, self._clock() - at)
            told = seal.open(sealed, mark) if mark not in self._marks and ago < _HOUR else None
            for row in told["rows"] if told is not None else ():
                self._have(_thing(row), ago)

    def _have(self, one: Thing, ago: float = 0.0) -> None:
        if isinstance(one, Source):
            if one.words.strip():
                self.read.put(one, self.read.get(one) or ReadText(one.words), weight=len(one.words), ago=ago)
        elif isinstance(one, Said):
            self.ours.put(one, self.ours.get(one) or ReadText(one.words), weight=len(one.words), ago=ago)
        elif isinstance(one, Person):
            known = self.people.get(one.place) or Known()
            names = known.names | called((one.whole, one.given))
            self.people.put(one.place, Known(one.whole or known.name, names), ago=ago)
        else:
            (self.opened if isinstance(one, Opened) else self.answered).put(one.place, None, ago=ago)


def _row(one: Thing) -> list[Any]:
    """A thing as JSON."""
    fields = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(one).items()}
    return [type(one).__name__, fields]


def _thing(row: Sequence[Any]) -> Thing:
    name, fields = row
    if fields.get("at") is not None:
        fields["at"] = datetime.fromisoformat(fields["at"])
    if "place" in fields:
        fields["place"] = tuple(fields["place"])
    return _KINDS[name](**fields)


_KINDS: dict[str, type[Thing]] = {kind.__name__: kind for kind in (Source, Said, Person, Opened, Answered)}
