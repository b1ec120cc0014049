"""Words what a call did for the audit: who asked for it, for whom it was, and how it ended."""

import re
from collections.abc import Mapping
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

import anyio
from mcp.server.mcpserver import Context

from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.guard.approval.gate import caller
from textrequest_mcp.guard.audit.reader import IDS, Entry, Kind
from textrequest_mcp.guard.once.departure import Departing
from textrequest_mcp.guard.rules.forbidden import Forbidden
from textrequest_mcp.tools.declare import Risk, ToolSpec
from textrequest_mcp.tools.sending import rule_of
from textrequest_mcp.upstream.errors import BadInput, TextRequestError, Uncertain
from textrequest_mcp.upstream.phone import e164

KINDS: Mapping[Risk, Kind] = {"writes": "write", "sends": "send", "destroys": "destroy"}
_NOT_YET = frozenset({"confirmation_required", "not_confirmed", "facts_changed"})


class Auditing:
    """One call of a tool that can change something, as the audit has it: one row for how it ended.

    Args:
        account: whose audit it is.
        spec: the tool.
        caller: the host.
        given: its arguments, as they came.
    """

    def __init__(self, account: Any, spec: ToolSpec, caller: str, given: Mapping[str, Any]) -> None:
        self._account = account
        self._spec = spec
        self._caller = caller
        self._given = given
        self._act: str | None = None
        self._over = False

    async def departing(self) -> Departing:
        """What goes along with a change that the ledger does not keep: notes it here before its first byte."""
        act: str = self._account.audit.begin(await self._entry(self._kind, "on its way"))
        self._act = act
        return Departing(self._account.audit, act)

    def leave_to_ledger(self) -> None:
        """The ledger has the act now, and whoever ends it there writes the row."""
        self._over = True

    async def ended(self, said: Mapping[str, Any], rule: str | None = None) -> None:
        """An answer: what was done, or why not yet; `rule` is the setting of what stood against it."""
        outcome = str(said.get("outcome") or "done")
        if said.get("duplicate_suppressed"):  # of another call's act, whose row says how that ended
            outcome = "duplicate_suppressed"
        refused = outcome in {"not_sent", "duplicate_suppressed"}
        kind: Kind = "preview" if outcome in _NOT_YET else "refusal" if refused else self._kind
        await self._end(kind, outcome, rule=rule, ids={name: said[name] for name in IDS if name in said})

    async def failed(self, error: Exception) -> None:
        """An error: a rule, the service or the arguments said no, or nobody knows how the change ended."""
        known = isinstance(error, TextRequestError | StoreError)
        note = error.what if isinstance(error, TextRequestError) and not isinstance(error, Forbidden) else None
        if isinstance(error, Uncertain):
            await self._end(self._kind, "unknown", note=note)
        else:
            await self._end("refusal", "refused" if known else "failed", rule=rule_of(error), note=note)

    async def cancelled(self) -> None:
        """A call that was given up before anything left; what has left is finished."""
        await self._end(self._kind, "cancelled")

    async def approved(self) -> None:
        """A person said yes."""
        with anyio.CancelScope(shield=True):
            await self._account.audit.record(await self._entry("approval", "approved"))

    @property
    def _kind(self) -> Kind:
        return KINDS[self._spec.risk]

    async def _end(self, kind: Kind, outcome: str, **more: Any) -> None:
        if self._over:
            return
        self._over = True
        with anyio.CancelScope(shield=True):  # a call that was given up is no less to be told of
            entry = await self._entry(kind, outcome, **more)
            await self._account.audit.record(entry, closes=self._act, in_doubt=outcome == "unknown")

    async def _entry(
        self,
        kind: Kind,
        outcome: str,
        *,
        rule: str | None = None,
        ids: Mapping[str, Any] | None = None,
        note: str | None = None,
    ) -> Entry:
        line = str(self._given.get("dashboard_id") or "")
        body = self._given.get("body")
        return Entry(
            caller=self._caller,
            tool=self._spec.name,
            kind=kind,
            outcome=outcome,
            dashboard_id=int(line) if re.fullmatch(r"[0-9]{1,18}", line) else self._account.usual_line,
            person=await self._person(),
            rule=rule,
            ids={name: value for name, value in (ids or {}).items() if isinstance(value, str | int)},
            body=body if isinstance(body, str) else None,
            note=note,
        )

    async def _person(self) -> str | None:
        about = self._spec.about
        number = None if about.each is not None else next(iter(about.named(self._given)), None)
        with suppress(BadInput, StoreError):
            return (await self._account.sender.ledger.hasher())(e164(str(number))) if number is not None else None
        return None


# The auditing of the call that is being worked on; `tool` sets it around each.
current_auditing: ContextVar[Auditing] = ContextVar("current_auditing")


def auditing_of(ctx: Context[Any, Any], spec: ToolSpec, given: Mapping[str, Any]) -> Auditing:
    """The auditing of a call."""
    return Auditing(ctx.request_context.lifespan_context, spec, caller(ctx.session), given)
