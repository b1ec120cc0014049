"""The texts whose time has come: each is seen to by one server, however many look.

A row is claimed before it is seen to, and its send goes through the ledger under the row's own name. So a server that
is killed meanwhile sends nothing twice: the next one claims the row, and the ledger tells it what became of the send.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from textrequest_mcp.ground.connection import Connection
from textrequest_mcp.ground.processes import new_owner
from textrequest_mcp.ground.sealing import Seal
from textrequest_mcp.ground.store import Store
from textrequest_mcp.guard.once.abandoned import is_given_up
from textrequest_mcp.guard.once.repetitions import happened_at
from textrequest_mcp.guard.once.scheduled_rows import OWNED, SCHEMA, ScheduledText, State, rows

_MOST_AT_ONCE = 50


class Due:
    """What one server sees to of an account's scheduled texts.

    Args:
        store: keeps the rows.
        account: names the account without telling its key.
        seal: as the schedule's.
        late_seconds: a text leaves so late at most; after that it counts as missed.
        clock: seconds since 1970.
        is_sure: whether the clock is more than what this machine alone says.

    Attributes:
        owner: this server, as its rows name it.

    Every method raises `StoreError` where the store cannot be used.
    """

    def __init__(
        self,
        store: Store,
        account: str,
        seal: Seal,
        *,
        late_seconds: float = 900.0,
        clock: Callable[[], float] = time.time,
        is_sure: Callable[[], bool] = lambda: True,
    ) -> None:
        self._store = store
        self._account = account
        self._seal = seal
        self._late = late_seconds
        self._clock = clock
        self._is_sure = is_sure
        self.owner = new_owner()
        store.ensure(SCHEMA, OWNED)

    async def claim(self) -> list[ScheduledText]:
        """The texts whose time has come, and those that an ended server saw to: this server's to see to now.

        What is too late is written down as missed.
        """
        now, is_sure = self._clock(), self._is_sure()

        def take(connection: Connection) -> list[ScheduledText]:
            late = "account = ? AND state = 'WAITING' AND leaves_at < ?"
            connection.execute(
                f"UPDATE once_scheduled SET state = 'MISSED', ended_at = ? WHERE {late}",  # noqa: S608 - our own words
                (now, self._account, now - self._late),
            )
            given_up = [
                send_id
                for send_id, owner, claimed_at in connection.execute(
                    "SELECT send_id, owner, claimed_at FROM once_scheduled WHERE account = ? AND state = 'CLAIMED'",
                    (self._account,),
                ).fetchall()
                if owner != self.owner and is_given_up(connection, owner, claimed_at, now, is_sure=is_sure)
            ]
            due = connection.execute(
                "SELECT send_id FROM once_scheduled WHERE account = ? AND state = 'WAITING' AND leaves_at <= ?"
                " ORDER BY leaves_at, send_id LIMIT ?",
                (self._account, now, _MOST_AT_ONCE),
            ).fetchall()
            mine = [*given_up, *(send_id for (send_id,) in due)]
            connection.executemany(
                "UPDATE once_scheduled SET state = 'CLAIMED', owner = ?, claimed_at = ? WHERE send_id = ?",
                [(self.owner, now, send_id) for send_id in mine],
            )
            marks = ", ".join("?" * len(mine))
            return rows(connection, self._seal, f"send_id IN ({marks})", tuple(mine)) if mine else []

        return await self._store.transact(take, durable=False)

    def is_late(self, text: ScheduledText) -> bool:
        """Whether a text is too late to leave: an ended server's is claimed all the same, for it may have left."""
        return text.leaves_at < self._clock() - self._late

    async def hold(self, send_id: str) -> None:
        """Say that this server still sees to a text, for one that takes long."""
        now = self._clock()
        await self._mine(send_id, "claimed_at = ?", now)

    async def release(self, send_id: str) -> None:
        """See to a text no more: it waits again."""
        await self._mine(send_id, "state = 'WAITING', owner = NULL, claimed_at = NULL")

    async def release_all(self) -> None:
        """As `release`, for every text that this server sees to."""
        await self._store.transact(
            lambda connection: connection.execute(
                "UPDATE once_scheduled SET state = 'WAITING' WHERE account = ? AND state = 'CLAIMED' AND owner = ?",
                (self._account, self.owner),
            ),
            durable=False,
        )

    async def end(self, send_id: str, state: State, said: str | None) -> bool:
        """Write down how a text ended; False where another server sees to it meanwhile."""
        words = ", sealed = NULL" if state == "SENT" else ""
        return await self._mine(send_id, f"state = ?, said = ?, ended_at = ?{words}", state, said, self._clock())

    async def next_at(self) -> float | None:
        """When the next text is to leave that this server does not see to, in seconds since 1970; None without one."""
        (at,) = await self._store.transact(
            lambda connection: connection.execute(
                "SELECT min(leaves_at) FROM once_scheduled WHERE account = ?"
                " AND (state = 'WAITING' OR (state = 'CLAIMED' AND owner <> ?))",
                (self._account, self.owner),
            ).fetchone(),
            durable=False,
        )
        return at

    async def was_sent_since(self, text: ScheduledText) -> bool:
        """Whether the same text went to the same person after this one was planned."""
        at = await self._store.transact(
            lambda connection: happened_at(connection, self._account, text.fingerprint), durable=False
        )
        return at is not None and at >= text.planned_at

    async def _mine(self, send_id: str, change: str, *values: object) -> bool:
        """Change a row that this server sees to."""
        statement = f"UPDATE once_scheduled SET {change} WHERE send_id = ? AND state = 'CLAIMED' AND owner = ?"  # noqa: S608 - our own words
        return await self._store.transact(
            lambda connection: bool(connection.execute(statement, (*values, send_id, self.owner)).rowcount),
            durable=False,
        )
