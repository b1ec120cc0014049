"""Words what a call did for the audit: who asked for it, for whom it was, and how it ended."""

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Literal

import anyio
from mcp.server.mcpserver import Context

from textrequest_mcp.guard.audit import Audit
from textrequest_mcp.guard.audit_trail import Entry
from textrequest_mcp.guard.confirmation import caller
from textrequest_mcp.guard.forbidden import Forbidden
from textrequest_mcp.sending import rule_of
from textrequest_mcp.store import StoreError
from textrequest_mcp.toolset import Risk, ToolSpec
from textrequest_mcp.upstream.errors import BadInput, TextRequestError
from textrequest_mcp.upstream.phone import e164

Kind = Literal["write", "send", "destroy", "refusal", "approval", "preview"]
_KINDS: Mapping[Risk, Kind] = {"writes": "write", "sends": "send", "destroys": "destroy"}
_NOT_YET = frozenset({"confirmation_required", "not_confirmed", "facts_changed"})
_IDS = ("send_id", "message_id", "payment_id", "id", "group_id", "dashboard_id")


class Auditing:
    """One call, as the audit has it.

    Args:
        audit: where it is written.
        hashed: how a number is hashed.
        caller: the host.
        tool: that it called.
        risk: what the tool can do.
        given: its arguments, as they came.
        usual_line: where it happens if they name no line.
    """

    def __init__(
        self,
        audit: Audit,
        hashed: Any,
        caller: str,
        tool: str,
        risk: Risk,
        given: Mapping[str, Any],
        usual_line: int | None = None,
    ) -> None:
        self._usual_line = usual_line
        self._audit = audit
        self._hashed = hashed
        self._caller = caller
        self._tool = tool
        self._risk: Risk = risk
        self._given = given

    async def ended(self, said: Mapping[str, Any], rule: str | None = None) -> None:
        """An answer: what was done, or why not yet; `rule` is the setting of what stood against it."""
        outcome = str(said.get("outcome") or "done")
        kind: Kind = "preview" if outcome in _NOT_YET else "refusal" if outcome == "not_sent" else _KINDS[self._risk]
        await self._write(kind, outcome, rule=rule, ids={name: said[name] for name in _IDS if name in said})

    async def refused(self, error: Exception) -> None:
        """An error: a rule, the service or the arguments said no."""
        known = isinstance(error, TextRequestError | StoreError)
        note = error.what if isinstance(error, TextRequestError) and not isinstance(error, Forbidden) else None
        await self._write("refusal", "refused" if known else "failed", rule=rule_of(error), note=note)

    async def torn(self) -> None:
        """A call that was given up, whatever became of it."""
        await self._write(_KINDS[self._risk], "cancelled")

    async def approved(self) -> None:
        """A person said yes."""
        await self._write("approval", "approved")

    async def _write(
        self,
        kind: Kind,
        outcome: str,
        *,
        rule: str | None = None,
        ids: Mapping[str, Any] | None = None,
        note: str | None = None,
    ) -> None:
        line = str(self._given.get("dashboard_id") or "")
        body = self._given.get("body")
        with anyio.CancelScope(shield=True):  # a call that was given up is no less to be told of
            entry = Entry(
                caller=self._caller,
                tool=self._tool,
                kind=kind,
                outcome=outcome,
                dashboard_id=int(line) if re.fullmatch(r"[0-9]{1,18}", line) else self._usual_line,
                person=await self._person(),
                rule=rule,
                ids={name: value for name, value in (ids or {}).items() if isinstance(value, str | int)},
                body=body if isinstance(body, str) else None,
                note=note,
            )
            await self._audit.record(entry)

    async def _person(self) -> str | None:
        number = self._given.get("phone_number") or self._given.get("customer_phone")
        with suppress(BadInput, StoreError):
            return (await self._hashed())(e164(str(number))) if number is not None else None
        return None


def auditing_of(ctx: Context[Any, Any], spec: ToolSpec, given: Mapping[str, Any]) -> Auditing:
    """The auditing of a call."""
    account: Any = ctx.request_context.lifespan_context
    line = getattr(given.get("line"), "id", None)  # a host can send anything under that name
    return Auditing(
        *(account.audit, account.sender.ledger.hasher, caller(ctx.session), spec.name, spec.risk),
        {**given, **({} if line is None else {"dashboard_id": line})},
        account.usual_line,
    )
