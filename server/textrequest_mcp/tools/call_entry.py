"""What the audit says of a call of a changing tool, as far as it is known before the call has ended."""

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from textrequest_mcp.ground.member import current_id
from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.guard.audit.reader import Entry, Kind
from textrequest_mcp.tools.declare import Risk, ToolSpec
from textrequest_mcp.tools.served import Served
from textrequest_mcp.upstream.errors import BadInput
from textrequest_mcp.upstream.phone import as_listed

KINDS: Mapping[Risk, Kind] = {"writes": "write", "sends": "send", "destroys": "destroy"}


async def entry_of(
    account: Served, spec: ToolSpec, caller: str, raw: Mapping[str, Any], given: Mapping[str, Any]
) -> Entry:
    """The entry of a call before it has ended.

    Args:
        account: of the call.
        spec: the tool.
        caller: the host.
        raw: the arguments as the host gave them.
        given: the same, once they were checked.
    """
    line, named = given.get("line"), str(raw.get("dashboard_id") or "")
    usual = line.id if line is not None else account.usual_line
    words = raw.get(spec.once.text) if spec.once is not None else None
    return Entry(
        caller=caller,
        by=current_id() or None,
        tool=spec.name,
        kind=KINDS[spec.risk],
        outcome="on its way",
        dashboard_id=int(named) if re.fullmatch(r"[0-9]{1,18}", named) else usual,
        person=await _person(account, spec, raw),
        body=words if isinstance(words, str) else None,
    )


async def _person(account: Served, spec: ToolSpec, raw: Mapping[str, Any]) -> str | None:
    about = spec.about
    number = None if about.each is not None else next(iter(about.named(raw)), None)
    with suppress(BadInput, StoreError):
        return (await account.at_most_once.ledger.hasher())(as_listed(str(number))) if number is not None else None
    return None
