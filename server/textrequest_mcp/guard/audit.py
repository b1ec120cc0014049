"""The audit: every change, text, refusal and approval, written down once and never changed.

It says who called what, for whom (as a hash) and how it ended; the words of a text only where the owner wants them.
All server processes of a user write to one audit. The ledger says what may be sent; this says what was done.
"""

from __future__ import annotations

import json
import logging
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import anyio

from textrequest_mcp.guard.audit_chain import Content, append
from textrequest_mcp.guard.audit_trail import Entry, Trail
from textrequest_mcp.store import Store
from textrequest_mcp.upstream.phone import mask_numbers
from textrequest_mcp.wording import one_line

if TYPE_CHECKING:
    import sqlite3

logger = logging.getLogger(__name__)

_MOST_OWED = 1000


class Audit(Trail):
    """The audit of a store, to be written by the servers of one account.

    Args:
        store: where the rows are.
        account: names the account without telling its key.
        keep_days: how long a row is kept, from the day it is written.
        with_bodies: whether the words of texts are kept.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        store: Store,
        account: str,
        *,
        keep_days: int = 365,
        with_bodies: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(store)
        self._account = account
        self._keep_seconds = keep_days * 86400.0
        self._with_bodies = with_bodies
        self._clock = clock
        self._owed: deque[Content] = deque(maxlen=_MOST_OWED)  # what the disk would not take yet
        self._failing = False

    async def record(self, entry: Entry) -> None:
        """Write an entry down. Never raises, and a cancelled caller does not stop it: what it tells of has happened.

        What the disk does not take now is written with the next entry, unless the process ends before.
        """
        with anyio.CancelScope(shield=True):
            try:
                self._owed.append(self._content(entry))
                secret = await self._store.secret()
                await self._store.transact(lambda connection: self._write_owed(connection, secret), durable=False)
                self._owed.clear()  # nothing suspends between the commit and here, so nothing came in between
                self._failing = False
            except Exception:
                if not self._failing:
                    logger.exception("the audit cannot be written; this is said once until it can be")
                self._failing = True

    def _write_owed(self, connection: sqlite3.Connection, secret: bytes) -> None:
        append(connection, secret, list(self._owed))

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
