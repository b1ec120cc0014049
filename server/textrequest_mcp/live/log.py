"""The event log keeps each text that came in or went out once, in the order in which this machine heard of it.

A cursor is the number of an event in the log. Reading from a cursor gives each later event once, in any process and
after any restart. All server processes of a user share one log; the sandbox has a log of its own, in memory.
"""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from textrequest_mcp.ground.connection import Connection
from textrequest_mcp.ground.member import current_id
from textrequest_mcp.ground.store import Store
from textrequest_mcp.live.cursor import Cursor, place_in
from textrequest_mcp.live.encryption import Cipher
from textrequest_mcp.live.event_filter import EventFilter, Noted
from textrequest_mcp.live.events import Direction, TextEvent
from textrequest_mcp.live.log_rows import INSERT, OWNED, SCHEMA
from textrequest_mcp.live.made_ids import named
from textrequest_mcp.live.replays import SCHEMA as SCHEMA_OF_CALLS
from textrequest_mcp.live.replays import note_call

DAY_SECONDS, KEEP_DAYS = 86_400.0, 30
_TIDY_SECONDS = 3600.0
# A text is deleted this long after it became too old to be noted, so that it cannot be noted a second time.
_LATE_SECONDS = 3600.0


class EventLog:
    """The events of one account.

    Args:
        store: keeps the log.
        account: an id of the account that does not show its key.
        sealed: encrypts what an event says, so that the file alone does not tell it.
        keep_days: events are deleted after so many days.
        witness: called with each event, new or not, in the transaction that notes it.
        clock: seconds since 1970.

    Every method raises `StoreError` if the store cannot be used.
    """

    def __init__(
        self,
        store: Store,
        account: str,
        sealed: Cipher,
        *,
        keep_days: int = KEEP_DAYS,
        witness: Callable[[Connection, bytes, TextEvent], None] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._account = account
        self._sealed = sealed
        self._keep = keep_days * DAY_SECONDS
        self._witness = witness
        self._clock = clock
        self._tidied_at = -math.inf
        self._topic = f"events of {account}"
        self.tell: Callable[[Sequence[TextEvent]], None] = lambda _: None  # told of all that was noted, new or not
        store.ensure(SCHEMA + SCHEMA_OF_CALLS, OWNED)

    async def append(
        self,
        events: Iterable[TextEvent],
        *,
        durable: bool = False,
        once: str | None = None,
        also: Callable[[Connection], None] | None = None,
    ) -> int:
        """Note the events that are not in the log yet; returns how many these were.

        Args:
            events: in the order in which they happened.
            durable: whether they are on the disk when this returns. If not, only a power failure can lose them.
            once: names the webhook call that told of them; a second call of this name is refused.
            also: called in the same transaction, to write what belongs to the events.

        Raises:
            Replayed: a call of the name `once` came before.
        """
        now = self._clock()
        heard = [named(event, self.hashed) for event in events]
        secret = await self._store.secret() if self._witness is not None else b""  # consents are hashed with it
        is_tidy = 0 <= now - self._tidied_at < _TIDY_SECONDS

        def write(connection: Connection) -> int:
            today = self._store.today(connection, now)
            if once is not None:
                note_call(connection, once, today, now)
            rows = [self._row(event, now) for event in heard if event.at is None or event.at >= today - self._keep]
            new = connection.executemany(INSERT, rows).rowcount
            if self._witness is not None:
                for event in heard:
                    self._witness(connection, secret, event)
            if also is not None:
                also(connection)
            if not is_tidy:
                self._forget(connection, today)
            if new:
                connection.tell(self._topic)
            return new

        new = await self._store.transact(write, durable=durable)
        self._tidied_at = self._tidied_at if is_tidy else now
        self.tell(heard)
        return new

    def when_others_note(self, do: Callable[[], None]) -> None:
        """Have this called when another process has noted events, where the store tells of it."""
        self._store.when(self._topic, do)

    async def read(self, after: int, wanted: EventFilter, limit: int) -> list[Noted]:
        """The events after this number that match the filter, oldest first, at most `limit` of them."""
        where, values = wanted.where(self._account, after, self.hashed)

        def read(connection: Connection) -> list[Any]:
            return connection.execute(
                "SELECT number, message_id, dashboard_id, direction, happened_at, content FROM live_events"  # noqa: S608 - our own words
                f" WHERE {where} ORDER BY number LIMIT ?",
                (*values, limit),
            ).fetchall()

        while rows := await self._store.transact(read, durable=False):
            noted = [each for each in (self._noted(*row) for row in rows) if each is not None]
            if noted:
                return noted
            values = (rows[-1][0], *values[1:])  # damaged rows must not hide the rows after them
        return []

    async def start(self, after: int, wanted: EventFilter) -> int:
        """The number right before the first event after `after` that matches the filter; the log's end if none does.

        Reading from it also gives older events that were noted behind that first one.
        """
        where, values = wanted.where(self._account, after, self.hashed)

        def read(connection: Connection) -> int:
            first = f"SELECT min(number) FROM live_events WHERE {where}"  # noqa: S608 - our own words
            (number,) = connection.execute(first, values).fetchone()
            return self._about(connection)[1] if number is None else number - 1

        return await self._store.transact(read, durable=False)

    async def end(self) -> int:
        """The number of the last event of any line, or 0."""
        _, end, _ = await self._store.transact(self._about, durable=False)
        return end

    async def changed(self, after: int) -> tuple[int, set[tuple[int, str]]]:
        """The last event's number, and the conversations with events after `after`: line, and hash of the number."""

        def read(connection: Connection) -> tuple[int, set[tuple[int, str]]]:
            rows = connection.execute(
                "SELECT number, dashboard_id, person FROM live_events WHERE number > ? AND account = ?",
                (after, self._account),
            ).fetchall()
            return max((row[0] for row in rows), default=after), {(row[1], row[2]) for row in rows}

        return await self._store.transact(read, durable=False)

    def hashed(self, phone_number: str) -> str:
        """The hash that stands for a phone number in `changed`; also of any other words, by the account's key."""
        return self._sealed.mark(phone_number)

    async def tidy(self) -> None:
        """Delete the events that are too old."""
        await self.append(())

    async def earliest(self, dashboard_id: int, newest: int) -> float | None:
        """When the earliest of the line's `newest` last events happened; None where there are fewer."""

        def read(connection: Connection) -> float | None:
            of_line = "account = ? AND dashboard_id = ? ORDER BY number DESC LIMIT ?"
            times = connection.execute(
                f"SELECT happened_at FROM live_events WHERE {of_line}",  # noqa: S608 - our own words
                (self._account, dashboard_id, newest),
            ).fetchall()
            return min(times)[0] if len(times) == newest else None

        return await self._store.transact(read, durable=False)

    async def cursor(self, number: int, at: float | None = None) -> str:
        """The cursor of an event, given at the time `at`, as hosts keep it."""
        name, _, _ = await self._store.transact(self._about, durable=False)
        return str(Cursor(self._called(name), number, at))

    async def place(self, cursor: str) -> int:
        """The number that a cursor stands for; raises as `place_in`."""
        name, end, forgotten = await self._store.transact(self._about, durable=False)
        return place_in(cursor, self._called(name), end, forgotten)

    def _called(self, name: str) -> str:
        """What the log is called in the cursors of the current member, so that nobody uses those of a colleague."""
        member = current_id()
        return self.hashed(f"cursor of {member} in {name} {self._account}")[:8] if member else name

    def _row(self, event: TextEvent, now: float) -> dict[str, Any]:
        return {
            "account": self._account,
            "message_id": event.message_id,
            "dashboard_id": event.dashboard_id,
            "person": self.hashed(event.phone_number),
            "direction": event.direction,
            "happened_at": now if event.at is None else event.at,
            "content": self._sealed.seal(event.content(), event.message_id),
        }

    def _noted(
        self, number: int, message_id: str, dashboard_id: int, direction: Direction, at: float, content: bytes
    ) -> Noted | None:
        """The event of a row; None if the row is damaged."""
        opened = self._sealed.open(content, message_id)
        if opened is None:
            return None
        opened["media"] = tuple(opened.get("media", ()))
        event = TextEvent(dashboard_id=dashboard_id, message_id=message_id, direction=direction, at=at, **opened)
        return Noted(number, event)

    def _forget(self, connection: Connection, today: float) -> None:
        old = "account = ? AND happened_at < ?"
        values = (self._account, today - self._keep - _LATE_SECONDS)
        (through,) = connection.execute(f"SELECT max(number) FROM live_events WHERE {old}", values).fetchone()  # noqa: S608 - our own words
        if through is not None:
            connection.execute(
                "INSERT INTO live_forgotten VALUES (?, ?)"
                " ON CONFLICT (account) DO UPDATE SET through = excluded.through"
                " WHERE live_forgotten.through < excluded.through",
                (self._account, through),
            )
            connection.execute(f"DELETE FROM live_events WHERE {old}", values)  # noqa: S608 - our own words

    def _about(self, connection: Connection) -> tuple[str, int, int]:
        """The log's name, its last event's number, and the last deleted number.

        A new log begins with 1 again; its name tells its cursors from those of an older log.
        """
        connection.execute("INSERT INTO live_log VALUES (1, ?) ON CONFLICT DO NOTHING", (secrets.token_hex(4),))
        (name,) = connection.execute("SELECT name FROM live_log").fetchone()
        end = connection.last_number("live_events", "number")
        forgotten = connection.execute("SELECT through FROM live_forgotten WHERE account = ?", (self._account,))
        return name, end, (forgotten.fetchone() or (0,))[0]
