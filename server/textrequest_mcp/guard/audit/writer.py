"""The audit: every change, text, refusal and approval, written down once and never changed.

It says who called what, for whom (as a hash) and how it ended; the words of a text only where the owner wants them.
What the ledger keeps is written here by the transaction that ends its row there, whoever ends it (`follow`). Any other
change is noted before it leaves (`leave`) and recorded when it has ended; where no server lives to record it, the next
one says that it may have happened. All server processes of a user write to one audit.
"""

from __future__ import annotations

import json
import logging
import secrets
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import anyio

from textrequest_mcp.ground.connection import Connection
from textrequest_mcp.ground.processes import new_owner
from textrequest_mcp.ground.quoting import one_line
from textrequest_mcp.ground.store import Store, StoreError
from textrequest_mcp.guard.audit.acts import SCHEMA, UNKNOWN, Owed, abandoned, forget_doubts, note, write
from textrequest_mcp.guard.audit.chain import Content
from textrequest_mcp.guard.audit.figures import count
from textrequest_mcp.guard.audit.reader import IDS, Entry, Kind, Trail
from textrequest_mcp.guard.once.ledger_rows import Ending, Send
from textrequest_mcp.upstream.phone import mask_numbers

logger = logging.getLogger(__name__)

_MOST_OWED = 1000
_LOOK_EVERY_SECONDS = 60.0


class Audit:
    """The audit of a store, to be written by the servers of one account.

    Args:
        store: where the rows are.
        account: names the account without telling its key.
        keep_days: how long a row is kept, from the day it is written.
        with_bodies: whether the words of texts are kept.
        kinds: what the tools do whose acts the ledger keeps, by their names.
        clock: seconds since 1970.
        is_sure: whether the clock is more than what this machine alone says.

    Attributes:
        trail: reads what was written.
    """

    def __init__(
        self,
        store: Store,
        account: str,
        *,
        keep_days: int = 365,
        with_bodies: bool = False,
        kinds: Mapping[str, Kind] | None = None,
        clock: Callable[[], float] = time.time,
        is_sure: Callable[[], bool] = lambda: True,
    ) -> None:
        self._store = store
        self.trail = Trail(store)
        store.ensure(SCHEMA)
        self._account = account
        self._keep_seconds = keep_days * 86400.0
        self._with_bodies = with_bodies
        self._kinds = kinds or {}
        self._clock = clock
        self._is_sure = is_sure
        self._owner = new_owner()
        self._begun: dict[str, Entry] = {}
        self._left: set[str] = set()
        self._owed: deque[Owed] = deque(maxlen=_MOST_OWED)  # what the disk would not take yet
        self._failing = False

    @property
    def leaving(self) -> int:
        """How many changes of this server, beside the ledger's, may be on the wire or wait to be recorded."""
        return len(self._left)

    def begin(self, entry: Entry) -> str:
        """Name a change that may leave; `record` with `closes` ends it. Nothing is written yet."""
        act = f"change_{secrets.token_hex(6)}"
        self._begun[act] = entry
        return act

    async def leave(self, act: str) -> None:
        """Note that its first byte may leave from now on; on disk when this returns.

        Raises:
            StoreError: it cannot be noted, so nothing may leave.
        """
        content = self._content(self._begun[act])
        self._left.add(act)
        await self._store.transact(lambda connection: note(connection, act, self._owner, content))

    def stays(self, act: str) -> None:
        """Say that its last try certainly changed nothing; its note stays until `record` closes it."""
        self._left.discard(act)

    async def record(self, entry: Entry, *, closes: str | None = None, in_doubt: bool = False) -> None:
        """Write an entry down. Never raises, and a cancelled caller does not stop it: what it tells of has happened.

        What the disk does not take now is written with the next entry, in the background, or at the end.

        Args:
            entry: what happened.
            closes: the change that ended with it, as `begin` named it.
            in_doubt: whether nobody knows how that ended.
        """
        count(entry)
        try:
            self._owed.append(Owed(self._content(entry), closes, in_doubt))
        except Exception as error:  # noqa: BLE001 - whatever it is, what it tells of has happened
            self._complain(error)
        await self.write_owed()
        if closes is not None:
            self._left.discard(closes)

    async def write_owed(self) -> None:
        """Write what the disk would not take before. Never raises; what it still does not take stays owed."""
        if not self._owed:
            return
        with anyio.CancelScope(shield=True):
            try:
                written = await self._store.transact(self._write_owed, durable=False)
            except Exception as error:  # noqa: BLE001 - whatever it is, what the rows tell of has happened
                self._complain(error)
                return
            for owed in written:
                self._begun.pop(owed.act or "", None)
            done = set(map(id, written))
            self._owed = deque((owed for owed in self._owed if id(owed) not in done), maxlen=_MOST_OWED)  # newer ones
            self._failing = False

    def follow(self, connection: Connection, row: Send, ending: Ending) -> None:
        """Write down how a row of the ledger ended, in the transaction that ends it there; as `ledger_rows.Witness`.

        An audit that cannot be written now does not keep the ledger from its outcome; the entry is owed then.
        """
        kind = self._kinds.get(row.tool, "send")
        said = {"SENT": "sent" if kind == "send" else "done", "NOT_SENT": "not_sent", "UNKNOWN": UNKNOWN}
        body = (row.facts or {}).get("audit_body")
        entry = Entry(
            caller=row.caller,
            by=row.member or None,
            tool=row.tool,
            kind="refusal" if ending.state == "NOT_SENT" else kind,
            outcome=said[ending.state],
            dashboard_id=row.dashboard_id,
            person=row.person,
            rule=ending.rule,
            ids={"send_id": row.send_id} | {name: ending.result[name] for name in IDS if name in ending.result},
            body=body if isinstance(body, str) else None,
        )
        count(entry)
        content = self._content(entry)._replace(account=row.account)
        owed = Owed(content, row.send_id, in_doubt=ending.state == "UNKNOWN")
        connection.execute("SAVEPOINT audit")
        try:
            self._write(connection, owed)
        except Exception as error:  # noqa: BLE001 - whatever it is, the ledger has to have its outcome
            connection.execute("ROLLBACK TO audit")
            self._owed.append(owed)
            self._complain(error)
        connection.execute("RELEASE audit")

    async def run(self) -> None:
        """Record in the background what ended servers left noted; never returns."""
        with suppress(StoreError):
            head = await self.trail.head()
            if head is not None:
                logger.info("the audit's head is %s; audit --verify HEAD compares a later audit with it", head)
        while True:
            await self.write_owed()
            try:
                await self.close_abandoned()
            except StoreError:
                logger.warning("what ended servers left on its way cannot be looked at now")
            await anyio.sleep(_LOOK_EVERY_SECONDS)

    async def close_abandoned(self) -> None:
        """Record of every change that an ended server left noted, of whatever account, that it may have happened.

        Raises:
            StoreError: the store cannot be used.
        """

        def close(connection: Connection) -> None:
            now, mine = float(self._clock()), self._begun.__contains__
            for owed in abandoned(connection, now, mine=mine, keep_seconds=self._keep_seconds, is_sure=self._is_sure()):
                self._write(connection, owed)
            forget_doubts(connection)

        await self._store.transact(close, durable=False)

    def _write_owed(self, connection: Connection) -> list[Owed]:
        written = list(self._owed)
        for owed in written:
            self._write(connection, owed)
        return written

    def _write(self, connection: Connection, owed: Owed) -> None:
        write(connection, owed, self._store.today(connection, self._clock()))

    def _complain(self, error: Exception) -> None:
        if not self._failing:
            logger.error("the audit cannot be written; this is said once until it can be", exc_info=error)
        self._failing = True

    def _content(self, entry: Entry) -> Content:
        facts: dict[str, Any] = {**vars(entry), "ids": dict(entry.ids)}
        for name in ("caller", "tool"):  # a host may call itself, and what it calls, anything
            facts[name] = one_line(facts[name])
        if not self._with_bodies:
            del facts["body"]
        if entry.note is not None:
            facts["note"] = mask_numbers(entry.note)
        tool = facts.pop("tool")
        now = float(self._clock())
        said = json.dumps({name: value for name, value in facts.items() if value is not None})
        return Content(now, now + self._keep_seconds, self._account, tool, said)
