"""Builds the one row of the audit that says how a call ended."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import anyio

from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.guard.audit.reader import IDS, Entry, Kind
from textrequest_mcp.guard.audit.writer import Audit
from textrequest_mcp.guard.once.departure import LedgerDeparture
from textrequest_mcp.guard.rules.forbidden import Forbidden, rule_of
from textrequest_mcp.upstream.errors import TextRequestError, Uncertain

_NOT_YET = frozenset({"confirmation_required", "not_confirmed", "facts_changed"})


class CallRecord:
    """The record of one call of a tool that can change something.

    Args:
        audit: where it is written.
        begun: answers the entry as far as it is known before the call has ended: the host, the tool, what the tool can
            do, the line, the person.
    """

    def __init__(self, audit: Audit, begun: Callable[[], Awaitable[Entry]]) -> None:
        self._audit = audit
        self._begun = begun
        self._act: str | None = None
        self._departing: LedgerDeparture | None = None
        self._over = False

    async def departing(self) -> LedgerDeparture:
        """What goes along with a change that the ledger does not keep: notes it here before its first byte."""
        act = self._audit.begin(await self._begun())
        self._act = act
        self._departing = LedgerDeparture(self._audit, act)
        return self._departing

    def leave_to_ledger(self) -> None:
        """The ledger has the act now, and whoever ends it there writes the row."""
        self._over = True

    async def ended(self, said: Mapping[str, Any], rule: str | None = None) -> None:
        """An answer: what was done, or why not yet; `rule` is the setting of what stood against it."""
        outcome = str(said.get("outcome") or "done")
        # Of another call's act, whose row says how that ended: what this call had claimed itself is not its to record.
        if said.get("duplicate_suppressed") or (outcome == "not_sent" and "send_id" in said):
            outcome = "duplicate_suppressed"
        refused = outcome in {"not_sent", "duplicate_suppressed"}
        kind: Kind | None = "preview" if outcome in _NOT_YET else "refusal" if refused else None
        await self._end(kind, outcome, rule=rule, ids={name: said[name] for name in IDS if name in said})

    async def failed(self, error: Exception) -> None:
        """An error: a rule, the service or the arguments said no, or nobody knows how the change ended."""
        known = isinstance(error, TextRequestError | StoreError)
        note = error.what if isinstance(error, TextRequestError) and not isinstance(error, Forbidden) else None
        if isinstance(error, Uncertain):
            await self._end(None, "unknown", note=note)
        else:
            await self._end("refusal", "refused" if known else "failed", rule=rule_of(error), note=note)

    async def cancelled(self) -> None:
        """A call that was given up: before anything left, or else nobody knows what an earlier try changed."""
        departing = self._departing
        await self._end(None, "unknown" if departing is not None and departing.ever_left else "cancelled")

    async def approved(self, by: str) -> None:
        """A person said yes; `by` as `Entry.approved_by`."""
        with anyio.CancelScope(shield=True):
            entry = replace(await self._begun(), kind="approval", outcome="approved", approved_by=by)
            await self._audit.record(entry)

    async def _end(
        self,
        kind: Kind | None,
        outcome: str,
        *,
        rule: str | None = None,
        ids: Mapping[str, Any] | None = None,
        note: str | None = None,
    ) -> None:
        """Write the row, unless it is written; a kind that is left out is what the tool can do."""
        if self._over:
            return
        self._over = True
        with anyio.CancelScope(shield=True):  # a call that was given up is no less to be told of
            begun = await self._begun()
            kept = {name: value for name, value in (ids or {}).items() if isinstance(value, str | int)}
            entry = replace(begun, kind=kind or begun.kind, outcome=outcome, rule=rule, ids=kept, note=note)
            await self._audit.record(entry, closes=self._act, in_doubt=outcome == "unknown")
