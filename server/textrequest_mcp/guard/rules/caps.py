"""Caps each line's texts, new people and dollars, counted over all servers of this user.

An act reserves its use before anything leaves, and the use is released only where certainly nothing did. Windows slide:
a use counts from its own moment until its window is over. A use that was reserved under a clock that was ahead counts
until that clock's window is over, so that setting a clock back opens no cap.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from textrequest_mcp.ground.connection import Connection, Cursor
from textrequest_mcp.ground.store import Store
from textrequest_mcp.ground.succession import Owned
from textrequest_mcp.guard.rules.line_times import LineTimes
from textrequest_mcp.guard.rules.remaining import (
    Limits,
    NoRoom,
    OverCap,
    Remaining,
    Reservation,
    dollars_of,
    whole_cents,
)

_HOUR = 3600.0
_DAY = 86400.0
MEMORY_SECONDS = 30 * _DAY  # a person whose last text is older counts as new
KEEP_SECONDS = MEMORY_SECONDS + _DAY  # a day's new people are found by the 30 days before it

_SCHEMA = """
CREATE TABLE IF NOT EXISTS caps_uses (
    number INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, send_id TEXT NOT NULL,
    dashboard_id INTEGER NOT NULL, person TEXT, texts INTEGER NOT NULL, people INTEGER NOT NULL,
    cents INTEGER NOT NULL, at REAL NOT NULL, member TEXT NOT NULL DEFAULT '', UNIQUE (account, send_id));
CREATE INDEX IF NOT EXISTS caps_uses_old ON caps_uses (at);
CREATE INDEX IF NOT EXISTS caps_uses_line ON caps_uses (account, dashboard_id, at);
CREATE INDEX IF NOT EXISTS caps_uses_person ON caps_uses (account, dashboard_id, person);
CREATE INDEX IF NOT EXISTS caps_uses_member ON caps_uses (account, member, at);
"""


@dataclass(frozen=True)
class _Cap:
    """The cap on one column's sum over the uses of a line, or of a member of the team, in a window."""

    name: str
    counts: str
    column: Literal["texts", "people", "cents"]
    seconds: float
    of: Literal["dashboard_id", "member"] = "dashboard_id"
    limit: int = 0

    def used(self, connection: Connection, whose: tuple[str, int | str], now: float) -> int:
        """The amount that a line or a member of an account has used."""
        (used,) = self._uses(connection, f"coalesce(sum({self.column}), 0)", whose, now).fetchone()
        return int(used)

    def refusal(self, connection: Connection, whose: tuple[str, int | str], needs: int, now: float) -> NoRoom | None:
        """Why there is no room where `needs` is more than remains; None where it is not."""
        used = left = self.used(connection, whose, now)
        if not needs or used + needs <= self.limit:
            return None
        frees_at = now
        for at, amount in sorted(self._uses(connection, f"at, {self.column}", whose, now)):
            if left + needs > self.limit:
                left, frees_at = left - amount, at + self.seconds
        return NoRoom(
            f"The cap on {self.counts} leaves no room: {self._show(used)} of {self._show(self.limit)} used, and this "
            f"needs {self._show(needs)}.",
            limit=self.name,
            frees_at=frees_at if needs <= self.limit else math.inf,
            ahead=needs <= self.limit and frees_at > now + self.seconds,
        )

    def _show(self, amount: int) -> str:
        return f"${dollars_of(amount)}" if self.column == "cents" else str(amount)

    def _uses(self, connection: Connection, what: str, whose: tuple[str, int | str], now: float) -> Cursor:
        """Selects from the uses within the window."""
        return connection.execute(
            f"SELECT {what} FROM caps_uses"  # noqa: S608 - our own words
            f" WHERE account = ? AND {self.of} = ? AND at > ? AND {self.column} > 0",
            (*whose, now - self.seconds),
        )


_CAPS = (
    _Cap("texts_per_hour", "a line's texts in any 60 minutes", "texts", _HOUR),
    _Cap("texts_per_day", "a line's texts in any 24 hours", "texts", _DAY),
    _Cap("new_people_per_day", "new people a line texts in any 24 hours", "people", _DAY),
    _Cap("dollars_per_day", "dollars a line asks for in any 24 hours", "cents", _DAY),
    _Cap("member_texts_per_day", "a member's texts in any 24 hours", "texts", _DAY, of="member"),
)


class Caps:
    """The uses of one account's lines, under their caps.

    Args:
        store: keeps the uses; where it fails, nothing is sent.
        account: names the account without telling its key.
        limits: the caps.
        clock: seconds since 1970.
        times: tells when there is room again.

    Every method raises `StoreError` where the store cannot be used. None waits for the disk: their rows are on it after
    the next transaction that waits, such as that of `Ledger.leave`.
    """

    def __init__(
        self,
        store: Store,
        account: str,
        limits: Limits,
        *,
        clock: Callable[[], float] = time.time,
        times: LineTimes | None = None,
    ) -> None:
        self._store = store
        self._account = account
        self._limits = limits
        self._caps = _caps(limits)
        self._clock = clock
        self._times = times or LineTimes(clock=clock)
        store.ensure(_SCHEMA, Owned("caps_uses"))

    async def reserve(self, use: Reservation) -> Remaining:
        """Count a use under all caps, or under none; the same act is counted once.

        Returns:
            What is left after it.

        Raises:
            OverCap: a cap has no room; of several such caps, the one that has room last.
        """

        def take(connection: Connection) -> Remaining | NoRoom:
            now = self._clock()  # here, so that several servers write their uses in the order of their times
            if not self._has(connection, use.send_id):
                people = int(self._is_new(connection, use, now))
                no_room = self._no_room(connection, use, people, now)
                if no_room is not None:
                    return no_room
                connection.execute(
                    "INSERT INTO caps_uses (account, send_id, dashboard_id, person, texts, people, cents, at, member)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        *(self._account, use.send_id, use.dashboard_id, use.person),
                        *(use.texts, people, use.cents, now, use.member),
                    ),
                )
                old = self._store.today(connection, now) - KEEP_SECONDS
                connection.execute("DELETE FROM caps_uses WHERE at <= ?", (old,))
            return self._room(connection, use.dashboard_id, now)

        room = await self._store.transact(take, durable=False)
        if isinstance(room, Remaining):
            return room
        minute = math.ceil(room.frees_at / 60) * 60.0 if room.frees_at < math.inf else None
        raise OverCap(room, None if minute is None else await self._times.told(minute, use.dashboard_id))

    async def release(self, send_id: str) -> None:
        """Stop counting an act that certainly did not leave; an act that was not counted is no mistake."""

        def give_back(connection: Connection) -> None:
            this = self._account, send_id
            of_whom = connection.execute(
                "SELECT dashboard_id, person FROM caps_uses WHERE account = ? AND send_id = ?", this
            ).fetchone()
            connection.execute("DELETE FROM caps_uses WHERE account = ? AND send_id = ?", this)
            # A person who was new in this act is new in the next act that texts them.
            connection.execute(
                "UPDATE caps_uses AS this SET people = CASE WHEN EXISTS (SELECT 1 FROM caps_uses AS earlier"
                " WHERE earlier.account = this.account AND earlier.dashboard_id = this.dashboard_id"
                " AND earlier.person = this.person AND earlier.texts > 0 AND earlier.number < this.number"
                " AND earlier.at > this.at - ?) THEN 0 ELSE 1 END"
                " WHERE account = ? AND dashboard_id = ? AND person = ? AND texts > 0",
                (MEMORY_SECONDS, self._account, *(of_whom or (None, None))),
            )

        await self._store.transact(give_back, durable=False)

    async def left(self, dashboard_id: int) -> Remaining:
        """What one line has left."""
        return await self._store.transact(
            lambda connection: self._room(connection, dashboard_id, self._clock()), durable=False
        )

    def _has(self, connection: Connection, send_id: str) -> bool:
        this = self._account, send_id
        found = connection.execute("SELECT 1 FROM caps_uses WHERE account = ? AND send_id = ?", this)
        return found.fetchone() is not None

    def _is_new(self, connection: Connection, use: Reservation, now: float) -> bool:
        """Whether the act texts a person for the first time in 30 days from this line."""
        if not use.texts or use.person is None or use.is_known:
            return False
        known = connection.execute(
            "SELECT 1 FROM caps_uses WHERE account = ? AND dashboard_id = ? AND person = ? AND texts > 0 AND at > ?",
            (self._account, use.dashboard_id, use.person, now - MEMORY_SECONDS),
        )
        return known.fetchone() is None

    def _no_room(self, connection: Connection, use: Reservation, people: int, now: float) -> NoRoom | None:
        """The cap that has no room, of several the one that has room last; `people` is the number of new people."""
        most = self._limits.dollars_per_request
        if use.dollars is not None and most is not None and use.dollars > most:
            return NoRoom(
                f"The cap on the dollars of one payment request is ${most:.2f}, and this asks for ${use.dollars:.2f}.",
                limit="dollars_per_request",
                frees_at=math.inf,
            )
        needs = {"texts": use.texts, "people": people, "cents": use.cents}
        refusals = [
            cap.refusal(connection, (self._account, getattr(use, cap.of)), needs[cap.column], now)
            for cap in self._caps
            if getattr(use, cap.of)  # where one person uses the server there is no member
        ]
        return max(filter(None, refusals), key=lambda refusal: refusal.frees_at, default=None)

    def _room(self, connection: Connection, dashboard_id: int, now: float) -> Remaining:
        line = self._account, dashboard_id
        of_line = [cap for cap in self._caps if cap.of == "dashboard_id"]
        left = {cap.name: max(0, cap.limit - cap.used(connection, line, now)) for cap in of_line}
        cents = left.get("dollars_per_day")
        return Remaining(
            texts_per_hour=left.get("texts_per_hour"),
            texts_per_day=left.get("texts_per_day"),
            new_people_per_day=left.get("new_people_per_day"),
            dollars_per_request=self._limits.dollars_per_request,
            dollars_per_day=None if cents is None else dollars_of(cents),
        )


def _caps(limits: Limits) -> list[_Cap]:
    """The caps over windows that are on."""
    named = {cap: getattr(limits, cap.name) for cap in _CAPS}
    return [
        replace(cap, limit=whole_cents(limit)[0] if cap.column == "cents" else limit)
        for cap, limit in named.items()
        if limit is not None
    ]
