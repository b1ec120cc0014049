"""The ledger of sends: what is to happen at most once is written here before it leaves, and how it ended after.

INTENDED    written, and nothing has left
INFLIGHT    on disk before the first byte leaves; from here on it may have happened
SENT        it happened: the service said so, or it was seen in the account
NOT_SENT    certainly nothing happened
UNKNOWN     it may have happened; `lost_sends` looks for it

Every server process of this user shares one ledger. It holds no text and no name, only keyed hashes of them; what is
needed to look for an act in the account, a phone number among it, is forgotten once its outcome is known.
"""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

from textrequest_mcp.ground.connection import Connection
from textrequest_mcp.ground.keyed_hash import as_read, keyed
from textrequest_mcp.ground.store import Store
from textrequest_mcp.guard.once.abandoned import forget, next_look, take_due, take_over
from textrequest_mcp.guard.once.book import Book
from textrequest_mcp.guard.once.ledger_rows import (
    Act,
    Ending,
    Send,
    Witness,
    insert,
    one_row,
    rivals_of,
    write_delivery,
    write_leaving,
    write_result,
)
from textrequest_mcp.guard.once.lost_record import LostRecord
from textrequest_mcp.guard.once.repetitions import Repetitions, happened_at
from textrequest_mcp.upstream.errors import TextRequestError
from textrequest_mcp.upstream.service_clock import ServiceClock


class Ledger:
    """The sends of one account.

    Args:
        store: where the rows are; without it nothing is sent.
        account: names the account without telling its key.
        window_seconds: how long the same act counts as a repetition.
        clock: seconds since 1970.
        service: the same clock, where it can be made sure.
        witness: as `ledger_rows.Witness`.

    Attributes:
        lost_record: what is said where the rows were lost.

    Every method raises `StoreError` where the store cannot be used, but for `end`.
    """

    def __init__(
        self,
        store: Store,
        account: str,
        *,
        window_seconds: float = 600.0,
        clock: Callable[[], float] = time.time,
        service: ServiceClock | None = None,
        witness: Witness | None = None,
    ) -> None:
        self._store = store
        self._account = account
        self._window = window_seconds
        self.clock = clock
        self._service = service
        self.lost_record = LostRecord(store, window_seconds, clock)
        self._book = Book(store, clock=clock, is_sure=lambda: service is None or service.is_sure, witness=witness)
        self._left: set[str] = set()  # this server's own that may be on the wire

    @property
    def leaving(self) -> int:
        """How many acts of this server may be on the wire, or wait for their outcome to be written."""
        return len(self._left)

    async def hasher(self) -> Callable[[str], str]:
        """What hashes a text, the same in every process: as a person reads it (`as_read`)."""
        secret = await self._store.secret()
        return lambda text: keyed(secret, as_read(text))

    async def get(self, send_id: str) -> Send | None:
        """One row of this account."""

        def read(connection: Connection) -> Send | None:
            self._book.bury(connection, "account = ? AND send_id = ?", (self._account, send_id))
            return one_row(connection, "account = ? AND send_id = ?", (self._account, send_id))

        return await self._book.transact(read)

    async def bury(self) -> None:
        """Say what is known of every row that an ended process left on its way, of whatever account."""
        await self._book.transact(lambda connection: self._book.bury(connection, "1 = 1", ()))

    async def recover(self) -> None:
        """Call what ended processes left on its way UNKNOWN, and forget what is old."""

        def tidy(connection: Connection) -> None:
            self._book.bury(connection, "account = ?", (self._account,))
            take_over(connection, self._account, self._book.owner, self.clock())
            forget(connection, self._store.today(connection, self.clock()))

        await self._book.transact(tidy)
        self._store.scrub()

    async def prior(self, act: Act, *, repeat: bool) -> Send | None:
        """What a claim would answer with instead of a new row.

        Raises:
            BadInput: the idempotency key was used with other arguments.
        """
        await self._make_sure(act.fingerprint)
        return await self._book.transact(lambda connection: self._repetitions(connection).prior(act, repeat=repeat))

    async def alike(self, act: Act) -> Send | None:
        """The latest row of the same act that may have happened, within the window or still in doubt."""
        await self._make_sure(act.fingerprint)
        return await self._book.transact(lambda connection: self._repetitions(connection).alike(act.fingerprint))

    async def claim(self, act: Act, *, repeat: bool, may_act: bool) -> tuple[Send | None, bool]:
        """Write the act down as INTENDED, or find that there is one already.

        Args:
            act: what is to happen.
            repeat: whether a person agreed that it happens although the same happened lately.
            may_act: whether it may go ahead; otherwise only an earlier row is looked for.

        Returns:
            The row, and whether it is new: only who made it may act. (None, False) where it may not.

        Raises:
            BadInput: the idempotency key was used with other arguments.
        """
        send_id = f"send_{secrets.token_hex(6)}"

        def write(connection: Connection) -> tuple[Send | None, bool]:
            repetitions = self._repetitions(connection)
            earlier = repetitions.prior(act, repeat=repeat)
            if earlier is not None:
                repetitions.name(act, earlier.send_id)  # its result is what this key has been told
                return earlier, False
            if not may_act:
                return None, False
            insert(connection, self._account, act, send_id, self._book.owner, self.clock())
            repetitions.name(act, send_id)
            return one_row(connection, "send_id = ?", (send_id,)), True

        if may_act and self._service is not None:
            await self._service.try_to_be_sure()
        self._book.begin(send_id)
        fresh = False
        try:
            send, fresh = await self._book.transact(write)
        finally:
            if not fresh:  # a claim that fails leaves nothing
                self._book.drop(send_id)
        return send, fresh

    async def leave(self, send_id: str) -> None:
        """Say that its first byte may leave from now on; on disk when this returns.

        Raises:
            TextRequestError: the row is not this server's to act on any more; nothing may leave.
        """

        self._left.add(send_id)
        if not await self._store.transact(
            lambda connection: write_leaving(connection, send_id, self._book.owner, self.clock())
        ):
            raise TextRequestError(
                "The record of this call is gone, or was given up as too old, so it was stopped.", todo="Call again."
            )

    def stays(self, send_id: str) -> None:
        """Say that its last try certainly changed nothing; its row keeps INFLIGHT until it ends."""
        self._left.discard(send_id)

    async def end(self, send_id: str, ending: Ending) -> None:
        """Write an outcome down. Never raises: a disk that fails now gets it later, and who waits here gets it now."""
        await self._book.end(send_id, ending)
        self._left.discard(send_id)

    async def wait_for(self, send: Send, until: float) -> Send:
        """The row once it has ended, or as it is at `until` (`anyio.current_time`)."""
        return await self._book.wait_for(send, until, self.get)

    async def take_due(self, postpone: float) -> list[Send]:
        """The rows whose time to be looked for has come; no other process takes them for `postpone` seconds."""
        return await self._book.transact(lambda connection: take_due(connection, self._account, self.clock(), postpone))

    async def next_due(self) -> float | None:
        """Seconds until a row wants to be looked for; None where none does."""
        at = await self._book.transact(lambda connection: next_look(connection, self._account))
        return None if at is None else max(0.0, at - self.clock())

    async def settle(
        self, send: Send, choose: Callable[[list[Send], set[str]], Ending], *, traces: Collection[str] = ()
    ) -> Send:
        """Decide on an UNKNOWN row with all others of the same act in view, so that no two take the same trace.

        Args:
            send: the row.
            choose: from the rows of the same act that may still find a trace (with this one, in their order), and the
                traces that are somebody's already, how it stands now.
            traces: the service's ids of what was found.
        """

        def decide(connection: Connection) -> Send:
            now = one_row(connection, "send_id = ?", (send.send_id,))
            if now is None or now.state != "UNKNOWN":
                return now or send
            self._book.write_ending(connection, send.send_id, choose(*rivals_of(connection, send, traces)))
            connection.execute("UPDATE ledger_sends SET looks = looks + 1 WHERE send_id = ?", (send.send_id,))
            return one_row(connection, "send_id = ?", (send.send_id,)) or send

        return await self._book.transact(decide)

    async def refresh(self, send_id: str, result: Mapping[str, Any]) -> None:
        """Note what became of a SENT act since, such as its delivery."""
        await self._book.transact(lambda connection: write_result(connection, send_id, result))

    async def delivered(self, told: Mapping[str, tuple[str | None, str | None]]) -> None:
        """Note what became of texts: by the service's id its delivery status, and the error where there is one."""
        if any(status for status, _ in told.values()):
            await self._book.transact(self.writes_delivery(told))

    def writes_delivery(self, told: Mapping[str, tuple[str | None, str | None]]) -> Callable[[Connection], None]:
        """What `delivered` writes, for whoever must write something else in the same transaction."""
        return lambda connection: write_delivery(connection, self._account, told)

    async def _make_sure(self, fingerprint: str) -> None:
        """Have the clock confirmed where the window is what decides on an earlier act."""
        if self._service is None or self._service.is_sure:
            return
        at = await self._book.transact(lambda connection: happened_at(connection, self._account, fingerprint))
        if at is not None and not 0.0 <= self.clock() - at < self._window:
            await self._service.make_sure()

    def _repetitions(self, connection: Connection) -> Repetitions:
        since = self.clock() - self._window if self._window else math.inf
        return Repetitions(connection, self._account, self.clock(), since, self._book.bury)
