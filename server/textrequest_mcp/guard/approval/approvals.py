"""The questions that only a person may decide, away from the model: rows that every server of this user shares.

A row opens nothing by itself. The call that asked, or the same call again, acts only once a person has decided yes; a
row is used up by the act, and is forgotten with its words when it is over.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable
from typing import Any

import anyio
from anyio.lowlevel import checkpoint

from textrequest_mcp.ground.connection import Connection
from textrequest_mcp.ground.quoting import same_name
from textrequest_mcp.ground.store import Store
from textrequest_mcp.guard.approval.approval_rows import SCHEMA, Row, seal, select
from textrequest_mcp.guard.approval.batches import MOST_TOGETHER, batches
from textrequest_mcp.guard.approval.shown import Shown
from textrequest_mcp.upstream.errors import BadInput, TextRequestError

MINUTES = 10
MOST_OPEN = 3
_SECONDS = MINUTES * 60.0
_LOOK_EVERY_SECONDS = 0.2
_DECIDED = "approvals"  # what processes tell each other of

_OPEN = "expires_at > :now AND used = 0 AND decision IS NULL"


class Approvals:
    """The questions of one account.

    Args:
        store: where the rows are.
        account: names the account without telling its key; None stands for all accounts, to look and to decide.
        clock: seconds since 1970.

    Attributes:
        store: as given.
        now: the clock.
        account: as given.

    Every method raises `StoreError` where the store cannot be used.
    """

    def __init__(self, store: Store, account: str | None, *, clock: Callable[[], float] = time.time) -> None:
        self.store = store
        self.account = account
        self.now = clock
        self._decided = anyio.Event()
        store.when(_DECIDED, self._wake)
        self._ours = "1 = 1" if account is None else "account = :account"
        self._open = f"{self._ours} AND {_OPEN}"
        store.ensure(SCHEMA)

    async def ask(self, binding: str, tool: str, shown: Shown) -> Row:
        """The row of a question: the one that is there for the same call, or a new one.

        Args:
            binding: hash of the tool, its exact arguments, the question, the account and the host.
            tool: that was called.
            shown: what a person is to see.

        Raises:
            TextRequestError: too many questions wait, or the person wants no questions for now.
        """

        def write(connection: Connection) -> Row:
            now = self.now()
            self._forget(connection, now)
            same = self._same(connection, binding)
            if same is not None:
                return same
            (until,) = connection.execute(
                "SELECT max(until) FROM approvals_silence WHERE account = ?", (_quiet(self.account, shown.member),)
            ).fetchone()
            if until is not None and until > now:
                minutes = max(1, round((until - now) / 60))
                raise TextRequestError(
                    "The person wants no questions for now.",
                    todo=f"Tell them what you wanted; the call can be made again in {minutes} minutes.",
                )
            id_ = f"approval_{secrets.token_hex(6)}"
            connection.execute(
                "INSERT INTO approvals (id, account, caller, tool, binding, shown, asked_at, expires_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (id_, self.account, shown.caller, tool, binding, seal(connection, shown, id_), now, now + _SECONDS),
            )
            self._refuse_a_flood(connection, shown.member, now)
            return select(connection, "id = ?", (id_,))[0]

        return await self.store.transact(write)

    async def asked(self, binding: str) -> Row | None:
        """The question of a call that is at the desk already, decided or not."""

        return await self.store.transact(lambda connection: self._same(connection, binding), durable=False)

    async def wait(self, row: Row, until: float) -> Row:
        """The row once a person has decided, or as it is at `until` (`anyio.current_time`)."""
        while row.decision is None and anyio.current_time() < until:
            decided = self._decided
            row = await self.get(row.id) or row
            if row.decision is None:
                with anyio.move_on_after(_LOOK_EVERY_SECONDS):
                    await decided.wait()
                await checkpoint()  # after a timeout Python 3.11 traces no caller's lines before the next pause
        return row

    async def get(self, id_: str) -> Row | None:
        """A row that is not over; None where there is none."""

        this = f"{self._ours} AND expires_at > :now AND id = :id"
        values = self._values(id=id_)
        found = await self.store.transact(lambda connection: select(connection, this, values), durable=False)
        return next(iter(found), None)

    async def waiting(self) -> list[Row]:
        """The rows that nobody has decided, oldest first."""
        return await self.store.transact(
            lambda connection: select(connection, f"{self._open} ORDER BY asked_at, id", self._values()), durable=False
        )

    async def code(self, id_: str) -> str:
        """The four digits with which a person answers a question by text; the same in every process of this user."""
        mark = hmac.new(await self.store.secret(), f"approval code:{id_}".encode(), "sha256").digest()
        return f"{int.from_bytes(mark[:8], 'big') % 10_000:04}"

    async def any_waits(self) -> bool:
        """Whether there is a row that nobody has decided."""
        found = f"SELECT 1 FROM approvals WHERE {self._open} LIMIT 1"  # noqa: S608 - our own words
        return await self.store.transact(
            lambda connection: connection.execute(found, self._values()).fetchone() is not None, durable=False
        )

    async def decide(self, id_: str, *, yes: bool, by: str, typed: str | None = None) -> None:
        """Write down what a person decided.

        Args:
            id_: the row.
            yes: whether they agree.
            by: whose decision it is, as `Entry.approved_by`.
            typed: what they typed, where the question wants a name.

        Raises:
            BadInput: the row is over, or decided already, or what was typed is not the name.
        """

        def write(connection: Connection) -> None:
            found = select(connection, f"{self._open} AND id = :id", self._values(id=id_))
            if not found:
                raise BadInput("This question is over or was decided already.", todo="Look at what waits now.")
            shown = found[0].shown
            if yes and shown is not None and shown.by_passkey and not by.startswith("passkey:"):
                raise BadInput("Only a passkey agrees to this.", todo="Say yes with it on the page, or say no.")
            name = shown.must_type if shown is not None else None
            if yes and name is not None and not same_name(typed or "", name):
                raise BadInput(f"What was typed is not {name}.", todo="Type it exactly as shown, or say no.")
            decision = "yes" if yes else "no"
            connection.execute("UPDATE approvals SET decision = ?, decided_by = ? WHERE id = ?", (decision, by, id_))
            connection.tell(_DECIDED)

        await self.store.transact(write)

    async def use(self, id_: str) -> bool:
        """Use up a row that a person agreed to; False where it is over, used or not agreed to."""

        def write(connection: Connection) -> bool:
            return bool(
                connection.execute(
                    "UPDATE approvals SET used = 1, shown = NULL"
                    " WHERE id = ? AND account = ? AND decision = 'yes' AND used = 0 AND expires_at > ?",
                    (id_, self.account, self.now()),
                ).rowcount
            )

        return await self.store.transact(write)

    async def be_silent(self, id_: str, *, by: str) -> None:
        """Refuse new questions of a row's account and member for ten minutes, and say no to those that wait."""

        def write(connection: Connection) -> None:
            now = self.now()
            for row in select(connection, f"{self._ours} AND id = :id", self._values(id=id_)):
                connection.execute(
                    "INSERT INTO approvals_silence VALUES (?, ?)"
                    " ON CONFLICT (account) DO UPDATE SET until = excluded.until",
                    (_quiet(row.account, row.member), now + _SECONDS),
                )
                whose = {"account": row.account, "now": now}
                for each in select(connection, f"account = :account AND {_OPEN}", whose):
                    if each.member == row.member:
                        connection.execute(
                            "UPDATE approvals SET decision = 'no', decided_by = ? WHERE id = ?", (by, each.id)
                        )
            connection.tell(_DECIDED)

        await self.store.transact(write)

    def _wake(self) -> None:
        decided, self._decided = self._decided, anyio.Event()
        decided.set()

    def _values(self, **further: Any) -> dict[str, Any]:
        return {"account": self.account, "now": self.now(), **further}

    def _same(self, connection: Connection, binding: str) -> Row | None:
        same = "account = ? AND binding = ? AND used = 0 AND expires_at > ? ORDER BY asked_at DESC"
        return next(iter(select(connection, same, (self.account, binding, self.now()))), None)

    def _refuse_a_flood(self, connection: Connection, member: str, now: float) -> None:
        """Raise where a member's newest question is one too many; what is asked in one breath counts as one."""
        rows = select(connection, f"{self._open} ORDER BY asked_at, id", self._values(now=now))
        groups = batches([row for row in rows if row.member == member])
        if len(groups) <= MOST_OPEN and all(len(group) <= MOST_TOGETHER for group in groups):
            return
        most = f"{MOST_OPEN} questions wait" if len(groups) > MOST_OPEN else f"{MOST_TOGETHER} acts wait"
        raise TextRequestError(
            f"{most} for the person already, for {MINUTES} minutes at the longest.",
            todo="Wait until they are decided; ask for one thing at a time.",
        )

    @staticmethod
    def _forget(connection: Connection, now: float) -> None:
        connection.execute("UPDATE approvals SET shown = NULL WHERE expires_at <= ? AND shown IS NOT NULL", (now,))
        connection.execute("DELETE FROM approvals WHERE expires_at < ?", (now - _SECONDS,))


def _quiet(account: str | None, member: str) -> str | None:
    """Under which name it is kept that no questions are wanted: of an account, or of a member of its team."""
    return f"{account}/{member}" if member else account
