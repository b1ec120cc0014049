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

import json
import logging
import math
import secrets
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import anyio

from textrequest_mcp.ground.store import Store, StoreError
from textrequest_mcp.guard.once.book import Book
from textrequest_mcp.guard.once.ledger_rows import Act, Ending, Send, Witness, all_rows, last_row, one_row
from textrequest_mcp.upstream.errors import BadInput, TextRequestError

if TYPE_CHECKING:
    import sqlite3

logger = logging.getLogger(__name__)

_FINAL = frozenset({"delivered", "undelivered", "failed", "error"})
_BUSY = ("INTENDED", "INFLIGHT")
_LOOK_EVERY_SECONDS = 0.05
_LONGEST_LOOK_EVERY_SECONDS = 0.5


class Ledger(Book):
    """The sends of one account.

    Args:
        store: where the rows are; without it nothing is sent.
        account: names the account without telling its key.
        window_seconds: how long the same act counts as a repetition.
        clock: seconds since 1970.
        witness: as `ledger_rows.Witness`.

    Every method raises `StoreError` where the store cannot be used, but for `end`.
    """

    def __init__(
        self,
        store: Store,
        account: str,
        *,
        window_seconds: float = 600.0,
        clock: Callable[[], float] = time.time,
        witness: Witness | None = None,
    ) -> None:
        super().__init__(store, account, clock=clock, witness=witness)
        self._window = window_seconds
        self._left: set[str] = set()  # those at work that may be on the wire

    @property
    def leaving(self) -> int:
        """How many acts of this server may be on the wire, or wait for their outcome to be written."""
        return len(self._left)

    async def prior(self, act: Act, *, repeat: bool) -> Send | None:
        """What a claim would answer with instead of a new row.

        Raises:
            BadInput: the idempotency key was used with other arguments.
        """
        return await self._transact(lambda connection: self._prior(connection, act, repeat=repeat))

    async def alike(self, act: Act) -> Send | None:
        """The latest row of the same act that may have happened, within the window or still in doubt."""
        return await self._transact(lambda connection: self._alike(connection, act.fingerprint))

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

        def write(connection: sqlite3.Connection) -> tuple[Send | None, bool]:
            earlier = self._prior(connection, act, repeat=repeat)
            if earlier is not None:
                self._name(connection, act, earlier.send_id)  # its result is what this key has been told
                return earlier, False
            if not may_act:
                return None, False
            connection.execute(
                "INSERT INTO ledger_sends (send_id, account, caller, tool, dashboard_id, person, fingerprint,"
                " facts, state, owner, intended_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'INTENDED', ?, ?)",
                (
                    *(send_id, self._account, act.caller, act.tool, act.dashboard_id, act.person, act.fingerprint),
                    *(json.dumps(act.facts), self._owner, self.clock()),
                ),
            )
            self._name(connection, act, send_id)
            return one_row(connection, "send_id = ?", (send_id,)), True

        # Before the row is there, so that no twin takes it for abandoned; a claim that fails leaves nothing.
        self._at_work[send_id] = anyio.Event()
        fresh = False
        try:
            send, fresh = await self._transact(write)
        finally:
            if not fresh:
                del self._at_work[send_id]
        return send, fresh

    async def leave(self, send_id: str) -> None:
        """Say that its first byte may leave from now on; on disk when this returns.

        Raises:
            TextRequestError: the row is not this server's to act on any more; nothing may leave.
        """

        def write(connection: sqlite3.Connection) -> bool:
            return bool(
                connection.execute(
                    "UPDATE ledger_sends SET state = 'INFLIGHT', left_at = ?"
                    " WHERE send_id = ? AND owner = ? AND state IN ('INTENDED', 'INFLIGHT')",
                    (self.clock(), send_id, self._owner),
                ).rowcount
            )

        self._left.add(send_id)
        if not await self._store.transact(write):
            raise TextRequestError(
                "The record of this call is gone, or was given up as too old, so it was stopped.", todo="Call again."
            )

    def stays(self, send_id: str) -> None:
        """Say that its last try certainly changed nothing; its row keeps INFLIGHT until it ends."""
        self._left.discard(send_id)

    async def end(self, send_id: str, ending: Ending) -> None:
        """Write an outcome down. Never raises: a disk that fails now gets it later, and who waits here gets it now."""
        self._owed[send_id] = ending
        with anyio.CancelScope(shield=True):
            try:
                await self._transact(lambda _: None)
            except StoreError:
                logger.exception("the outcome of %s is not on disk yet", send_id)
        self._left.discard(send_id)
        event = self._at_work.pop(send_id, None)
        if event is not None:
            event.set()

    async def wait_for(self, send: Send, until: float) -> Send:
        """The row once it has ended, or as it is at `until` (`anyio.current_time`)."""
        pause = _LOOK_EVERY_SECONDS
        while send.state in _BUSY and (left := until - anyio.current_time()) > 0:
            event = self._at_work.get(send.send_id)
            if event is not None:  # this server's own
                with anyio.move_on_after(left):
                    await event.wait()
            else:
                await anyio.sleep(min(pause, left))
                pause = min(pause * 1.5, _LONGEST_LOOK_EVERY_SECONDS)
            send = await self.get(send.send_id) or send
        return send

    async def take_due(self, postpone: float) -> list[Send]:
        """The rows whose time to be looked for has come; no other process takes them for `postpone` seconds."""
        now = self.clock()

        def take(connection: sqlite3.Connection) -> list[Send]:
            due = "account = ? AND state = 'UNKNOWN' AND look_at <= ?"
            rows = all_rows(connection, due, (self._account, now))
            connection.execute(
                f"UPDATE ledger_sends SET look_at = ? WHERE {due}",  # noqa: S608 - our own words
                (now + postpone, self._account, now),
            )
            return rows

        return await self._transact(take)

    async def next_due(self) -> float | None:
        """Seconds until a row wants to be looked for; None where none does."""
        (at,) = await self._transact(
            lambda connection: connection.execute(
                "SELECT min(look_at) FROM ledger_sends WHERE account = ? AND state = 'UNKNOWN'", (self._account,)
            ).fetchone()
        )
        return None if at is None else max(0.0, at - self.clock())

    async def settle(self, send: Send, choose: Callable[[list[Send], set[str]], Ending]) -> Send:
        """Decide on an UNKNOWN row with all others of the same act in view, so that no two take the same trace.

        Args:
            send: the row.
            choose: from the rows of the same act that may still find a trace (with this one, in their order), and the
                ids that are somebody's already, how it stands now.
        """

        def decide(connection: sqlite3.Connection) -> Send:
            now = one_row(connection, "send_id = ?", (send.send_id,))
            if now is None or now.state != "UNKNOWN":
                return now or send
            rivals = all_rows(
                connection,
                "account = ? AND fingerprint = ? AND state IN ('UNKNOWN', 'INFLIGHT')",
                (self._account, send.fingerprint),
            )
            taken = connection.execute(
                "SELECT upstream_id FROM ledger_sends WHERE account = ? AND tool = ? AND upstream_id IS NOT NULL",
                (self._account, send.tool),
            )
            ending = choose(rivals, {upstream_id for (upstream_id,) in taken})
            self._write_ending(connection, send.send_id, ending)
            connection.execute("UPDATE ledger_sends SET looks = looks + 1 WHERE send_id = ?", (send.send_id,))
            return one_row(connection, "send_id = ?", (send.send_id,)) or send

        return await self._transact(decide)

    async def refresh(self, send_id: str, result: Mapping[str, Any]) -> None:
        """Note what became of a SENT act since, such as its delivery."""
        await self._transact(
            lambda connection: connection.execute(
                "UPDATE ledger_sends SET result = ? WHERE send_id = ? AND state = 'SENT'", (json.dumps(result), send_id)
            )
        )

    async def delivered(self, told: Mapping[str, tuple[str | None, str | None]]) -> None:
        """Note what became of texts: by the service's id its delivery status, and the error where there is one."""
        if any(status for status, _ in told.values()):
            await self._transact(self.writes_delivery(told))

    def writes_delivery(
        self, told: Mapping[str, tuple[str | None, str | None]]
    ) -> Callable[[sqlite3.Connection], None]:
        """What `delivered` writes, for whoever must write something else in the same transaction."""
        told = {message_id: fate for message_id, fate in told.items() if fate[0]}

        def write(connection: sqlite3.Connection) -> None:
            marks = ", ".join("?" * len(told))
            rows = all_rows(
                connection,
                f"account = ? AND state = 'SENT' AND upstream_id IN ({marks})",
                (self._account, *told),
            )
            for row in rows:
                status, error = told[row.upstream_id or ""]
                kept = {name: value for name, value in row.result.items() if name != "delivery_error"}
                result = kept | {"delivery_status": status} | ({"delivery_error": error} if error else {})
                settled = row.result.get("delivery_status") in _FINAL and status not in _FINAL  # told late
                if "message_id" in row.result and result != row.result and not settled:
                    connection.execute(
                        "UPDATE ledger_sends SET result = ? WHERE send_id = ?", (json.dumps(result), row.send_id)
                    )

        return write

    def _prior(self, connection: sqlite3.Connection, act: Act, *, repeat: bool) -> Send | None:
        if act.idempotency_key:
            arguments, send_id = connection.execute(
                "SELECT arguments, send_id FROM ledger_keys WHERE account = ? AND idempotency_key = ?",
                (self._account, act.idempotency_key),
            ).fetchone() or (act.arguments, "")
            this = "account = ? AND send_id = ?", (self._account, send_id)
            self._bury(connection, *this)
            used = one_row(connection, *this)
            if used is not None and arguments != act.arguments:
                raise BadInput(
                    f"This idempotency_key was used before, for {used.tool} with other arguments.",
                    todo="Use a new key for another act, or the same arguments to get that call's result.",
                )
            if used is not None and used.state != "NOT_SENT":
                return used
        return None if repeat else self._alike(connection, act.fingerprint)

    def _alike(self, connection: sqlite3.Connection, fingerprint: str) -> Send | None:
        alike = "account = ? AND fingerprint = ?"
        self._bury(connection, alike, (self._account, fingerprint))
        return last_row(
            connection,
            f"{alike} AND state <> 'NOT_SENT' AND (state IN ('INTENDED', 'INFLIGHT')"
            # A time from the future counts too: the clock was set back, by how much nobody knows.
            " OR (state = 'UNKNOWN' AND settled_at IS NULL) OR intended_at > ?)",
            (self._account, fingerprint, self.clock() - self._window if self._window else math.inf),
        )

    def _name(self, connection: sqlite3.Connection, act: Act, send_id: str) -> None:
        """Note which act the caller's key stands for."""
        if act.idempotency_key:
            connection.execute(
                "INSERT OR REPLACE INTO ledger_keys VALUES (?, ?, ?, ?)",
                (self._account, act.idempotency_key, act.arguments, send_id),
            )
