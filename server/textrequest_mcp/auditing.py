"""Words what a call did for the audit: who asked for it, for whom it was, and how it ended."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Literal

from mcp.server.mcpserver import Context

from textrequest_mcp.guard.audit import Audit
from textrequest_mcp.guard.audit_trail import Entry
from textrequest_mcp.guard.confirmation import caller
from textrequest_mcp.guard.policy import Forbidden
from textrequest_mcp.store import StoreError
from textrequest_mcp.toolset import Risk, ToolSpec
from textrequest_mcp.upstream.errors import BadInput, TextRequestError
from textrequest_mcp.upstream.phone import e164

Kind = Literal["write", "send", "destroy", "refusal", "approval", "preview"]
_KINDS: Mapping[Risk, Kind] = {"writes": "write", "sends": "send", "destroys": "destroy"}
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
    """

    def __init__(self, audit: Audit, hashed: Any, caller: str, tool: str, risk: Risk, given: Mapping[str, Any]) -> None:
        self._audit = audit
        self._hashed = hashed
        self._caller = caller
        self._tool = tool
        self._risk: Risk = risk
        self._given = given

    async def ended(self, said: Mapping[str, Any]) -> None:
        """An answer: what was done, or why not yet."""
        outcome = str(said.get("outcome") or "done")
        kind: Kind = "preview" if outcome in {"confirmation_required", "not_confirmed"} else _KINDS[self._risk]
        await self._write(kind, outcome, ids={name: said[name] for name in _IDS if name in said})

    async def refused(self, error: Exception) -> None:
        """An error: a rule, the service or the arguments said no."""
        rule = getattr(error, "rule", None) or getattr(error, "setting", None)
        known = isinstance(error, TextRequestError | StoreError)
        note = error.what if isinstance(error, TextRequestError) and not isinstance(error, Forbidden) else None
        await self._write("refusal", "refused" if known else "failed", rule=rule, note=note)

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
        await self._audit.record(
            Entry(
                caller=self._caller,
                tool=self._tool,
                kind=kind,
                outcome=outcome,
                dashboard_id=int(line) if line.isdecimal() else None,
                person=await self._person(),
                rule=rule,
                ids={name: value for name, value in (ids or {}).items() if isinstance(value, str | int)},
                body=body if isinstance(body, str) else None,
                note=note,
            )
        )

    async def _person(self) -> str | None:
        number = self._given.get("phone_number") or self._given.get("customer_phone")
        with suppress(BadInput, StoreError):
            return (await self._hashed())(e164(str(number))) if number is not None else None
        return None


def auditing_of(ctx: Context[Any, Any], spec: ToolSpec, given: Mapping[str, Any]) -> Auditing:
    """The auditing of a call."""
    account: Any = ctx.request_context.lifespan_context
    line = given.get("line")
    named = {"dashboard_id": line.id} if line is not None else {}
    return Auditing(
        account.audit, account.sender.ledger.hasher, caller(ctx.session), spec.name, spec.risk, {**given, **named}
    )
