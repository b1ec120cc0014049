"""The texts that are to leave later: written down before anybody is told so, listed, and taken back; see also `due`."""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import anyio

from textrequest_mcp.ground.connection import Connection
from textrequest_mcp.ground.member import current_id
from textrequest_mcp.ground.sealing import Seal
from textrequest_mcp.ground.store import Store
from textrequest_mcp.guard.once.keepers import GONE_SECONDS
from textrequest_mcp.guard.once.keepers import SCHEMA as OF_KEEPERS
from textrequest_mcp.guard.once.scheduled_rows import OPEN, OWNED, SCHEMA, Content, ScheduledText, insert, rows
from textrequest_mcp.upstream.errors import BadInput

_DAY = 86_400.0
_KEEP_SECONDS = 30 * _DAY
_KEEP_WORDS_SECONDS = 7 * _DAY  # of a text that did not go out
_THIS = "account = ? AND (send_id = ? OR batch = ?)"


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A text that is to be written down.

    Attributes:
        tool, caller, dashboard_id, fingerprint: as `ledger_rows.Act`.
        key: hash of the caller's own name for it.
        leaves_at: in seconds since 1970.
        content: the text.
    """

    tool: str
    caller: str
    dashboard_id: int
    fingerprint: str
    key: str | None
    leaves_at: float
    content: Content


class Schedule:
    """The texts of one account that are to leave later.

    Args:
        store: keeps the rows.
        account: names the account without telling its key.
        seal: encrypts their words and numbers.
        clock: seconds since 1970.

    Attributes:
        more: set when a text was written down here, so that whoever waits for the next one looks again.

    Every method raises `StoreError` where the store cannot be used; then nothing is written down, and nothing leaves.
    """

    def __init__(self, store: Store, account: str, seal: Seal, *, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._account = account
        self._seal = seal
        self._clock = clock
        self.more = anyio.Event()
        store.ensure(SCHEMA, OWNED)
        store.ensure(OF_KEEPERS)

    async def alike(
        self, fingerprint: str, key: str | None, *, repeat: bool, instead_of: str | None
    ) -> ScheduledText | None:
        """The text that is there already: under the caller's own name for it, or the same that has not left.

        Args:
            fingerprint: as `Planned`.
            key: as `Planned`.
            repeat: whether it is meant although the same is there already.
            instead_of: the row or batch that it replaces, which is none of these.

        Raises:
            BadInput: that name was used for another text.
        """

        def read(connection: Connection) -> ScheduledText | None:
            there = self._alike(connection, fingerprint, key, repeat=repeat)
            return there if there is not None and instead_of not in (there.send_id, there.batch or "") else None

        return await self._store.transact(read, durable=False)

    async def plan(self, texts: Sequence[Planned], *, repeat: bool, instead_of: str | None) -> list[ScheduledText]:
        """Write texts down, on disk when this returns, and take back the one whose place they take.

        Args:
            texts: what is to leave; several share a batch.
            repeat: whether it is meant although the same is there already.
            instead_of: the row or batch that they replace.

        Returns:
            Their rows; of a text that is there already, its own.

        Raises:
            BadInput: what they replace has left already, is not there, or is for somebody whom they do not text.
        """
        now = self._clock()
        batch = f"batch_{secrets.token_hex(6)}" if len(texts) > 1 else None

        def write(connection: Connection) -> list[ScheduledText]:
            if instead_of is not None:
                self._take_place(connection, instead_of, texts, now)
            there: list[ScheduledText] = []
            for text in texts:
                same = self._alike(connection, text.fingerprint, text.key, repeat=repeat)
                there.append(same or self._insert(connection, text, batch, now))
            old = self._store.today(connection, now)
            connection.execute("DELETE FROM once_scheduled WHERE ended_at < ?", (old - _KEEP_SECONDS,))
            forget = "UPDATE once_scheduled SET sealed = NULL WHERE ended_at < ? AND sealed IS NOT NULL"
            connection.execute(forget, (old - _KEEP_WORDS_SECONDS,))
            return there

        planned = await self._store.transact(write)
        self.more.set()
        return planned

    async def get(self, send_id: str) -> list[ScheduledText]:
        """A row, or the rows of a batch; none where there is no such name."""
        return await self._store.transact(
            lambda connection: rows(connection, self._seal, _THIS, (self._account, send_id, send_id)), durable=False
        )

    async def listed(self) -> list[ScheduledText]:
        """What is to leave, and what did not go out in the last days."""
        return await self._store.transact(
            lambda connection: rows(
                connection,
                self._seal,
                f"account = ? AND ({OPEN} OR (state IN ('NOT_SENT', 'UNKNOWN', 'MISSED') AND ended_at > ?))",
                (self._account, self._clock() - _KEEP_WORDS_SECONDS),
            ),
            durable=False,
        )

    async def cancel(self, send_id: str) -> int:
        """Take back a text, or those of a batch, that nobody sees to yet; how many."""
        now = self._clock()
        return await self._store.transact(lambda connection: self._cancel(connection, send_id, now))

    async def untold(self) -> list[ScheduledText]:
        """The texts that did not go out, of which nobody was told yet."""
        where = "account = ? AND told = 0 AND state IN ('NOT_SENT', 'UNKNOWN', 'MISSED')"
        return await self._store.transact(
            lambda connection: rows(connection, self._seal, where, (self._account,)), durable=False
        )

    async def stranded(self, lines: Callable[[], Awaitable[Collection[int]]]) -> int:
        """How many texts of these lines were scheduled with another key, and lately did not leave or will not.

        An account with a server of its own that stays up sees to its texts. Who reads a line with another key has the
        same account: the service's ids of lines are its own. The lines are asked for only where there are such texts.
        """

        def read(connection: Connection) -> list[tuple[int]]:
            now = self._clock()
            up = "SELECT account FROM once_keepers WHERE seen_at > ?"
            return connection.execute(
                f"SELECT dashboard_id FROM once_scheduled WHERE account <> ? AND {OPEN} AND leaves_at > ?"  # noqa: S608 - our own words
                f" AND account NOT IN ({up})",
                (self._account, now - _KEEP_WORDS_SECONDS, now - GONE_SECONDS),
            ).fetchall()

        found = await self._store.transact(read, durable=False)
        theirs = await lines() if found else ()
        return sum(line in theirs for (line,) in found)

    async def told(self, send_ids: Sequence[str]) -> None:
        """Note that somebody was told of these."""
        await self._store.transact(
            lambda connection: connection.executemany(
                "UPDATE once_scheduled SET told = 1 WHERE send_id = ?", [(send_id,) for send_id in send_ids]
            ),
            durable=False,
        )

    def _take_place(self, connection: Connection, send_id: str, texts: Sequence[Planned], now: float) -> None:
        """Take back what the texts replace; one to somebody else would be cancelled without being asked about."""
        replaced = rows(connection, self._seal, f"{_THIS} AND state = 'WAITING'", (self._account, send_id, send_id))
        if not self._cancel(connection, send_id, now):
            raise BadInput(
                "The text that this was to replace has left, was cancelled, or is not known.",
                todo="Look with list_scheduled.",
            )
        if not {_place(each) for each in replaced} <= {_place(each) for each in texts}:
            raise BadInput(
                "What this was to replace is also for somebody whom it does not text.",
                todo=f"cancel_scheduled with send_id {send_id} takes it back; then call this without instead_of.",
            )

    def _alike(
        self, connection: Connection, fingerprint: str, key: str | None, *, repeat: bool
    ) -> ScheduledText | None:
        named = rows(
            connection, self._seal, "account = ? AND idempotency_key = ? AND state <> 'CANCELLED'", (self._account, key)
        )
        if named and named[0].fingerprint != fingerprint:
            raise BadInput("This idempotency_key was used before, for another text.", todo="Use a new key.")
        if named or repeat:
            return next(iter(named), None)
        same = rows(connection, self._seal, f"account = ? AND fingerprint = ? AND {OPEN}", (self._account, fingerprint))
        return next(iter(same), None)

    def _insert(self, connection: Connection, text: Planned, batch: str | None, now: float) -> ScheduledText:
        facts: dict[str, Any] = {name: value for name, value in vars(text).items() if name != "key"}
        facts |= {"send_id": f"later_{secrets.token_hex(6)}", "member": current_id()}
        row = ScheduledText(**facts, batch=batch, state="WAITING", planned_at=now, said=None)
        insert(connection, self._seal, self._account, row, text.content, text.key)
        return row

    def _cancel(self, connection: Connection, send_id: str, now: float) -> int:
        member = current_id()
        theirs, whose = (" AND member = ?", [member]) if member else ("", [])
        return connection.execute(
            f"UPDATE once_scheduled SET state = 'CANCELLED', ended_at = ?, sealed = NULL"  # noqa: S608 - our own words
            f" WHERE {_THIS} AND state = 'WAITING'{theirs}",
            (now, self._account, send_id, send_id, *whose),
        ).rowcount


def _place(text: ScheduledText | Planned) -> tuple[int, Any]:
    """From which line it leaves, and for whom."""
    return text.dashboard_id, text.content.arguments.get("phone_number") if text.content is not None else None
