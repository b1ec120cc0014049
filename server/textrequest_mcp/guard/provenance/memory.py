"""Remembers for an hour what the assistant has read: in this process, and sealed in the store for all others.

So a server that is started again, or another one of the same user, knows whose words may steer a call. A row of the
store holds one answer's words; only the account's API key opens it.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, replace

import anyio

from textrequest_mcp.ground.connection import Connection
from textrequest_mcp.ground.sealing import Seal
from textrequest_mcp.ground.store import Store, StoreError
from textrequest_mcp.ground.succession import Owned
from textrequest_mcp.guard.change import Place
from textrequest_mcp.guard.provenance.expiring import Expiring
from textrequest_mcp.guard.provenance.names import called
from textrequest_mcp.guard.provenance.readings import Called, Opened, Reading, Said, as_json, from_json
from textrequest_mcp.guard.provenance.source import Source
from textrequest_mcp.guard.provenance.things import ReadText

MOST_CHARACTERS = 1_500_000
_MOST_PEOPLE = 50_000
_HOUR = 3600.0
_TOGETHER = 0.05  # what is read within so many seconds is shared by one write, after its answers are on their way
_SOON = 300.0  # what is read again so soon is not written again; so rows are kept as much longer

SCHEMA = """
CREATE TABLE IF NOT EXISTS provenance_read (
    number INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, mark TEXT NOT NULL, at REAL NOT NULL,
    sealed BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS provenance_read_of ON provenance_read (account, at);
"""

Made = Callable[[str, Connection, Collection[str]], set[str]]


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
        member: of the team, whose assistant it is; empty where one person uses the server.
        made: of an account's ids of texts and payments those that this server made.
        clock: seconds since 1970, by which rows are kept.
        steady: seconds that only grow.
    """

    def __init__(
        self,
        store: Store | None = None,
        account: str = "",
        seal: Seal | None = None,
        member: str = "",
        *,
        made: Made = lambda _, __, ___: set(),
        clock: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._shared = (store, seal) if store is not None and seal is not None else None
        self._account, self._made, self._clock = account, made, clock
        self._of = f"{account}/{member}" if member else account
        self.read = Expiring[Source, ReadText](seconds=_HOUR, most=MOST_CHARACTERS, clock=steady)
        self.ours = Expiring[Said, ReadText](seconds=_HOUR, most=MOST_CHARACTERS, clock=steady)
        self.people = Expiring[Place, Known](seconds=_HOUR, most=_MOST_PEOPLE, clock=steady)
        self.opened = Expiring[Place, None](seconds=_HOUR, most=_MOST_PEOPLE, clock=steady)
        self.answered = Expiring[Place, None](seconds=_HOUR, most=_MOST_PEOPLE, clock=steady)
        self._told = Expiring[Reading, None](seconds=_SOON, most=_MOST_PEOPLE, clock=steady)
        self._news: list[Reading] = []
        self._marks: set[str] = set()
        self._seen = 0
        self._more: anyio.Event | None = None  # while `run` shares in the background
        if store is not None:
            store.ensure(SCHEMA, Owned("provenance_read", sealed=("sealed", "mark"), of_members=True))

    @property
    def shares(self) -> bool:
        """Whether it finds out which words this server made."""
        return self._shared is not None

    def take(self, *things: Reading) -> None:
        """Remember these from now on; `keep` shares them."""
        for one in things:
            self.have(one)
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

    async def run(self) -> None:
        """Share what `share` is told of, a moment later and at the end; never returns."""
        self._more = anyio.Event()
        try:
            while True:
                await self._more.wait()
                await anyio.sleep(_TOGETHER)
                self._more = anyio.Event()
                await self.keep()
        finally:
            self._more = None
            with anyio.CancelScope(shield=True):
                await self.keep()

    async def share(self) -> None:
        """As `keep`, in a moment where `run` runs: an answer does not wait for the disk."""
        if self._more is None:
            await self.keep()
        else:
            self._more.set()

    async def keep(self) -> None:
        """Share what is new with the other servers. Where the store fails, nothing of it counts as a colleague's."""
        if self._shared is None or not self._news:
            return
        (store, seal), news, mark = self._shared, self._news, secrets.token_hex(8)
        self._news = []
        things = {one.thing for one in news if isinstance(one, Said) and one.thing is not None}

        def write(connection: Connection) -> list[Reading]:
            made = self._made(self._account, connection, things) if things else set[str]()
            rows = [replace(one, here=one.thing in made) if isinstance(one, Said) else one for one in news]
            now = self._clock()
            old = store.today(connection, now) - _HOUR - _SOON
            connection.execute("DELETE FROM provenance_read WHERE account = ? AND at < ?", (self._of, old))
            connection.execute(
                "INSERT INTO provenance_read (account, mark, at, sealed) VALUES (?, ?, ?, ?)",
                (self._of, mark, now, seal.seal({"rows": [as_json(one) for one in rows]}, mark)),
            )
            return rows

        with suppress(StoreError):  # nothing can be changed meanwhile
            kept = await store.transact(write, durable=False)
            self._marks.add(mark)
            for one in kept:
                self.have(one)

    async def catch_up(self) -> None:
        """Take in what other servers have kept.

        Raises:
            StoreError: the store cannot be used.
        """
        if self._shared is None:
            return
        await self.keep()
        store, seal = self._shared

        def read(connection: Connection) -> list[tuple[int, str, float, bytes]]:
            return connection.execute(
                "SELECT number, mark, at, sealed FROM provenance_read WHERE account = ? AND number > ? ORDER BY number",
                (self._of, self._seen),
            ).fetchall()

        for number, mark, at, sealed in await store.transact(read, durable=False):
            self._seen = number
            ago = max(0.0, self._clock() - at)
            told = seal.open(sealed, mark) if mark not in self._marks and ago < _HOUR else None
            for row in told["rows"] if told is not None else ():
                self.have(from_json(row), ago)

    def have(self, one: Reading, ago: float = 0.0) -> None:
        """Remember a thing here alone, as if it had come up some seconds ago."""
        if isinstance(one, Source):
            if one.words.strip():
                self.read.put(one, self.read.get(one) or ReadText(one.words), weight=len(one.words), ago=ago)
        elif isinstance(one, Said):
            self.ours.put(one, self.ours.get(one) or ReadText(one.words), weight=len(one.words), ago=ago)
        elif isinstance(one, Called):
            known = self.people.get(one.place) or Known()
            names = known.names | called((one.whole, one.given))
            self.people.put(one.place, Known(one.whole or known.name, names), ago=ago)
        else:
            (self.opened if isinstance(one, Opened) else self.answered).put(one.place, None, ago=ago)
