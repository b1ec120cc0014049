"""Keeps which people asked for no more texts on each line, so that nobody is texted against their word.

A `stop` stands until the person texts START, without end: forgetting it would be the breach. A `perhaps_stop` stands
until START, until somebody of the business has decided that it is none (`settled`), or for 30 days.

Only the latest time of each kind of word is kept. So texts may be heard often and in any order, and two servers that
hear the same texts agree. Rows hold no number and no text: a keyed hash and a time.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass

import anyio

from textrequest_mcp.ground.connection import Connection
from textrequest_mcp.ground.keyed_hash import keyed
from textrequest_mcp.ground.store import Store, StoreError
from textrequest_mcp.ground.succession import Owned
from textrequest_mcp.guard.rules.optout import Wish, read_wish
from textrequest_mcp.upstream.phone import from_wire

_MOST_OWED = 10_000
_FRESH_SECONDS = 2.0
KEEP_PERHAPS_SECONDS = 30 * 86400.0

# A START is kept as long as its stop, which may be heard again, or only after it.
SCHEMA = """
CREATE TABLE IF NOT EXISTS consent_words (
    account TEXT NOT NULL, person TEXT NOT NULL,
    word TEXT NOT NULL CHECK (word IN ('stop', 'perhaps_stop', 'start', 'settled')),
    at REAL NOT NULL, PRIMARY KEY (account, person, word)) WITHOUT ROWID;
"""

_LIFT = """
SELECT account, person, 'settled', CASE WHEN :through < at THEN :through ELSE at END FROM consent_words
WHERE account = :account AND person = :person AND word = 'perhaps_stop'
"""
# What nothing lifted since. A START of the same time lifts no stop; who decides has read the words of the same time.
_STANDING = """
SELECT said.person, said.word, said.at FROM consent_words AS said
WHERE said.account = :account AND said.word IN ('stop', 'perhaps_stop') AND NOT EXISTS (
    SELECT 1 FROM consent_words AS later WHERE later.account = said.account AND later.person = said.person AND (
        (later.word = 'start' AND later.at > said.at)
        OR (later.word = 'settled' AND said.word = 'perhaps_stop' AND later.at >= said.at)))
"""
_KEEP_LATEST = "ON CONFLICT (account, person, word) DO UPDATE SET at = excluded.at WHERE consent_words.at < excluded.at"


@dataclass(frozen=True)
class Standing:
    """A person's words against texts, in seconds since 1970 by the clock of the texts; None where there are none.

    Attributes:
        stopped_at: when they last asked for no more texts.
        perhaps_at: when they last wrote words that may mean so, and that nobody has decided on since.
    """

    stopped_at: float | None
    perhaps_at: float | None


@dataclass(frozen=True)
class Stops:
    """Who asked for no more texts on one line.

    Attributes:
        at: when somebody did, by their number, in seconds since 1970; None where they did not.
        any_at_all: whether anybody of the account did, on any line.
    """

    at: Callable[[str], float | None]
    any_at_all: bool


class Consent:
    """The consent of one account's people.

    Args:
        store: keeps the rows.
        account: names the account without telling its key.
        clock: seconds since 1970.

    Numbers may be in E.164 or in the service's own form. Every method but `heard` raises `StoreError` where the store
    cannot be used; then nothing may be sent.
    """

    def __init__(self, store: Store, account: str, *, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._account = account
        self._clock = clock
        self._owed: deque[tuple[int, str, Wish, float]] = deque(maxlen=_MOST_OWED)  # what the disk would not take yet
        self._stops: tuple[float, bytes, dict[str, float]] | None = None
        store.ensure(SCHEMA, Owned("consent_words", same=("person", "word"), later="at"))

    async def heard(self, dashboard_id: int, phone_number: str, body: str, at: float) -> Wish | None:
        """Keep what a received text says about further texts, and answer it; the same text may be heard again.

        Args:
            dashboard_id: the line that received it.
            phone_number: the person's.
            body: the text; it is read and not kept.
            at: when the service received it, in seconds since 1970.
        """
        wish = read_wish(body)
        if wish is not None:
            self._owed.append((dashboard_id, phone_number, wish, at))
            with suppress(StoreError):  # nothing can be sent meanwhile; it is kept before anything is
                await self._keep_owed()
        return wish

    async def _keep_owed(self) -> None:
        if not self._owed:
            return
        secret, owed = await self._store.secret(), list(self._owed)

        def keep(connection: Connection) -> None:
            for each in owed:
                note(connection, secret, self._account, *each)

        await self._store.transact(keep)
        self._stops = None
        self._owed = deque((each for each in self._owed if each not in owed), maxlen=_MOST_OWED)

    async def stop(self, dashboard_ids: Collection[int], phone_numbers: Collection[str]) -> None:
        """Keep that people asked somebody of the business for no more texts; only their own START lifts it."""
        secret, now = await self._store.secret(), self._clock()

        def keep(connection: Connection) -> None:
            for line in dashboard_ids:
                for number in phone_numbers:
                    note(connection, secret, self._account, line, number, "stop", now)

        await self._store.transact(keep)
        self._stops = None

    async def standing(self, dashboard_id: int, phone_number: str) -> Standing:
        """The words that stand against texting this number from this line now."""
        await self._keep_owed()
        secret = await self._store.secret()

        def read(connection: Connection) -> Standing:
            today = self._store.today(connection, self._clock())
            return stands(connection, secret, self._account, dashboard_id, phone_number, today)

        return await self._store.transact(read)

    async def stops(self, dashboard_id: int) -> Stops:
        """Who asked for no more texts on a line, for showing it: another server's news may be seconds away."""
        await self._keep_owed()
        if self._stops is None or anyio.current_time() - self._stops[0] > _FRESH_SECONDS:
            self._stops = anyio.current_time(), await self._store.secret(), await self._store.transact(self._read_stops)
        _, secret, by_person = self._stops
        return Stops(lambda number: by_person.get(_person(secret, dashboard_id, number)), any_at_all=bool(by_person))

    def _read_stops(self, connection: Connection) -> dict[str, float]:
        found = connection.execute(f"{_STANDING} AND said.word = 'stop'", {"account": self._account})
        return {person: at for person, _, at in found.fetchall()}

    async def lift(self, dashboard_id: int, phone_number: str, *, through: float | None = None) -> None:
        """Lift a `perhaps_stop`, because somebody of the business decided that it is none; never a `stop`.

        Args:
            dashboard_id: the line.
            phone_number: the person's.
            through: the `perhaps_at` that was shown; later words are not lifted. Left out, all words heard until now
                are lifted. Words that are heard later and were said later stand in any case.
        """
        person = _person(await self._store.secret(), dashboard_id, phone_number)

        def write(connection: Connection) -> None:
            connection.execute(
                f"INSERT INTO consent_words {_LIFT} {_KEEP_LATEST}",
                {"account": self._account, "person": person, "through": through},
            )

        await self._store.transact(write)

    async def tidy(self) -> None:
        """Forget each `perhaps_stop` that is older than 30 days, with its `settled`."""

        def forget(connection: Connection) -> None:
            before = self._store.today(connection, self._clock()) - KEEP_PERHAPS_SECONDS
            connection.execute(
                "DELETE FROM consent_words WHERE word IN ('perhaps_stop', 'settled') AND at < ?", (before,)
            )

        await self._store.transact(forget)
        self._store.scrub()


def note(
    connection: Connection, secret: bytes, account: str, dashboard_id: int, phone: str, wish: Wish, at: float
) -> None:
    """Keep a wish inside the caller's own transaction, on a store that has the `SCHEMA`."""
    connection.execute(
        f"INSERT INTO consent_words VALUES (?, ?, ?, ?) {_KEEP_LATEST}",  # noqa: S608 - our own words
        (account, _person(secret, dashboard_id, phone), wish, at),
    )


def stands(connection: Connection, secret: bytes, account: str, dashboard_id: int, phone: str, now: float) -> Standing:
    """`Consent.standing` inside the caller's own transaction; `now` is in seconds since 1970."""
    whose = {"account": account, "person": _person(secret, dashboard_id, phone)}
    found = connection.execute(f"{_STANDING} AND said.person = :person", whose)
    at: dict[str, float] = {word: at for _, word, at in found.fetchall()}
    perhaps_at = at.get("perhaps_stop")
    is_old = perhaps_at is not None and perhaps_at < now - KEEP_PERHAPS_SECONDS
    return Standing(at.get("stop"), None if is_old else perhaps_at)


def _person(secret: bytes, dashboard_id: int, phone: str) -> str:
    """Names a person on a line, alike for every spelling of their number."""
    return keyed(secret, f"consent:{dashboard_id}:{from_wire(phone) or phone}")
