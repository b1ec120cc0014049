"""Reads the audit, and checks that no row was changed."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Literal

from textrequest_mcp.ground.store import Store
from textrequest_mcp.guard.audit.chain import SCHEMA, Walk, select, walk_on
from textrequest_mcp.guard.once.ledger_rows import OWNED as OF_LEDGER
from textrequest_mcp.guard.once.ledger_rows import SCHEMA as LEDGER
from textrequest_mcp.guard.once.ledger_rows import ended_since

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Kind = Literal["write", "send", "destroy", "refusal", "approval", "preview"]
# The fields of an answer that are ids, and may stand in an entry.
IDS = ("send_id", "message_id", "payment_id", "id", "group_id", "dashboard_id")

_EVERY = 2**63  # more rows than there can be
_PAGE = 500  # rows in one transaction: servers that want to send wait for it


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What happened.

    Attributes:
        caller: the host that called.
        by: the member of the team for whom it did; None where one person uses the server.
        tool: that was called.
        kind: what sort of thing happened.
        dashboard_id: the line it happened on; None where it is about the account.
        person: keyed hash of the number that it reached (`keyed_hash.keyed`).
        outcome: how it ended, such as sent, unknown, refused, not_confirmed.
        rule: what refused it, such as quiet_hours.
        ids: what it made or changed, by name: send_id, message_id, payment_id; and as first_row the number of the row
            that said of the same act that its outcome was unknown.
        body: the words of a text; kept only by an audit `with_bodies`.
        approved_by: of an approval, whose yes it was: host (as the host says), page, member and their id, passkey and
            its id, text and the hash of its sender, terminal, standing and the wish, or token (which a model can bring
            by itself).
        note: a sentence without anybody's words; long numbers in it are masked.
    """

    caller: str
    tool: str
    kind: Kind
    outcome: str
    dashboard_id: int | None = None
    person: str | None = None
    rule: str | None = None
    ids: Mapping[str, str | int] = field(default_factory=dict[str, str | int])
    by: str | None = None
    body: str | None = None
    approved_by: str | None = None
    note: str | None = None


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """One row of the audit.

    Attributes:
        number: its place; each row has the next one.
        at: when it was recorded, by this machine's clock.
        account: the account, which names it without telling its key.
        entry: what happened; None where somebody changed the row so that it cannot be read.
    """

    number: int
    at: datetime | None
    account: str
    entry: Entry | None


@dataclass(frozen=True, kw_only=True)
class Verification:
    """Whether the audit is as it was written.

    Attributes:
        count: how many rows are, from the first on.
        bad: the number of the first that was changed, removed or put in; None where there is none.
    """

    count: int
    bad: int | None

    @property
    def ok(self) -> bool:
        """Whether every row is as it was written."""
        return self.bad is None


class Trail:
    """The audit of a store, to be read.

    Args:
        store: where the rows are.
        account: whose rows `entries` and `count` give, under former keys too; None for all accounts that use the store.

    Its methods raise `StoreError` where the store cannot be used.
    """

    def __init__(self, store: Store, account: str | None = None) -> None:
        self._store = store
        self._account = account
        store.ensure(SCHEMA)
        store.ensure(LEDGER, *OF_LEDGER)

    async def entries(
        self,
        *,
        since: float | None = None,
        until: float | None = None,
        tool: str | None = None,
        by: str | None = None,
        limit: int | None = None,
    ) -> AsyncGenerator[Recorded]:
        """The rows in the order in which they were written.

        Args:
            since: not those before this time, in seconds since 1970.
            until: not those at this time or after it.
            tool: only those of this tool.
            by: only those of this member, by their id or name.
            limit: only the newest so many of these.
        """
        where, values = self._wanted(since, until, tool, by)
        after = -(2**63)  # SQLite's lowest: a row that somebody put in before the first is shown too
        left = _EVERY
        if limit is not None:  # found from the end: a year of rows may stand before them
            newest = await self._numbers(where, [after, *values, limit])
            after, left = newest[-1] - 1 if newest else after, len(newest)
        pages = f"WHERE {where} ORDER BY number LIMIT ?"
        while left and (rows := await self._select(pages, [after, *values, min(_PAGE, left)])):
            for row in rows:
                yield _recorded(row)
            after, left = rows[-1][0], left - len(rows)

    async def keep_days(self) -> int:
        """For how many days the newest row is kept, as its server was set; a year where there is none."""
        newest = await self._select("ORDER BY number DESC LIMIT ?", [1])
        return max(1, round((newest[0][2] - newest[0][1]) / 86400)) if newest else 365

    async def verify(self) -> Verification:
        """Follow the chain of all rows, while others may go on writing."""
        secret = await self._store.secret()
        walk = Walk()
        while not walk.over:
            walk = await self._store.transact(partial(walk_on, secret=secret, walk=walk), durable=False)
        return Verification(count=walk.sound, bad=walk.bad)

    async def head(self) -> str | None:
        """The newest row's number and the beginning of its mac, such as `42:3f9a2c1d`; None where there is no row."""
        newest = await self._select("ORDER BY number DESC LIMIT ?", [1])
        return _head_of(newest[0]) if newest else None

    async def is_there(self, head: str) -> bool:
        """Whether the row of an earlier head is still the one that it was."""
        number = head.partition(":")[0]
        rows = await self._select("WHERE number = ? LIMIT ?", [int(number), 1]) if number.isdecimal() else []
        return [_head_of(row) for row in rows] == [head]

    async def unrecorded(self) -> list[str]:
        """The acts in the ledger that have ended, and of which no row says so; by their send_id.

        Not those from before the first row, where older rows are forgotten.
        """
        told: set[str] = set()
        begins: float | None = None
        async for row in self.entries():
            if begins is None:
                begins = row.at.timestamp() if row.number > 1 and row.at is not None else 0.0
            told.add(str(row.entry.ids.get("send_id")) if row.entry is not None else "")
        rows = await self._store.transact(ended_since(begins or 0.0), durable=False)
        return [send_id for send_id in rows if send_id not in told]

    async def _numbers(self, where: str, values: list[Any]) -> list[int]:
        """The numbers of rows, newest first."""
        sql = f"SELECT number FROM audit_entries WHERE {where} ORDER BY number DESC LIMIT ?"  # noqa: S608 - our own words
        rows = await self._store.transact(lambda connection: connection.execute(sql, values).fetchall(), durable=False)
        return [number for (number,) in rows]

    def _wanted(
        self, since: float | None, until: float | None, tool: str | None, by: str | None
    ) -> tuple[str, list[float | str]]:
        where, values = _wanted(since, until, tool, by)
        if self._account is None:
            return where, values
        own = "(account = ? OR account IN (SELECT former FROM store_former WHERE account = ?))"
        return f"{where} AND {own}", [*values, self._account, self._account]

    async def _select(self, rest: str, values: list[Any]) -> list[tuple[Any, ...]]:
        return await self._store.transact(lambda connection: select(connection, rest, values), durable=False)


def _wanted(
    since: float | None, until: float | None, tool: str | None, by: str | None
) -> tuple[str, list[float | str]]:
    """The condition for rows after a number, and the values of its further question marks."""
    wanted = {"at >= ?": since, "at < ?": until, "tool = ?": tool}
    chosen: dict[str, float | str] = {term: value for term, value in wanted.items() if value is not None}
    if by is None:
        return " AND ".join(["number > ?", *chosen]), list(chosen.values())
    # Inside the words of an entry each quote has a backslash before it, so only its own field `by` reads like this.
    said = re.sub(r"([%_\\])", r"\\\1", f'"by": {json.dumps(by)}')
    like = "entry LIKE ? ESCAPE '\\'"
    values = [*chosen.values(), f"%{said[:-1]}%", f"%{said}%", f"%{said[:-1]}#%"]
    # The first alone is looked for in nearly every row, which halves the time.
    return " AND ".join(["number > ?", *chosen, like, f"({like} OR {like})"]), values


def _head_of(row: tuple[Any, ...]) -> str:
    return f"{row[0]}:{bytes(row[-1]).hex()[:8]}" if isinstance(row[-1], bytes) else f"{row[0]}:unreadable"


@cache
def _reader() -> TypeAdapter[Entry]:
    from pydantic import TypeAdapter

    return TypeAdapter(Entry)


def _recorded(row: tuple[Any, ...]) -> Recorded:
    number, at, _, account, tool, entry, _ = row
    try:
        return Recorded(
            number=number,
            at=datetime.fromtimestamp(at, UTC),
            account=str(account),
            entry=_reader().validate_python({**json.loads(entry), "tool": tool}),
        )
    except (TypeError, ValueError, OverflowError, OSError):  # pydantic's error is a ValueError
        return Recorded(number=number, at=None, account=str(account), entry=None)
