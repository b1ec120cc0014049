"""Completions: what a person may mean while typing a line, a phone number or a payment."""

import logging
import re
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import Completion, CompletionArgument, CompletionContext

from textrequest_mcp.account.account import Account
from textrequest_mcp.account.contacts import list_contacts
from textrequest_mcp.account.line import TextingLine
from textrequest_mcp.account.payments import list_payments
from textrequest_mcp.ground.member import may

logger = logging.getLogger(__name__)

_MOST = 20


def add_completions(server: MCPServer[Any], account: Account) -> None:
    """Answer completion requests of prompts and resource templates alike, by the argument's name."""

    @server.completion()
    async def complete(  # pyright: ignore[reportUnusedFunction] - the server calls it
        _: object, argument: CompletionArgument, context: CompletionContext | None
    ) -> Completion | None:
        given = (context.arguments if context else None) or {}
        try:
            values = await _values(account, argument.name, argument.value.strip(), given.get("dashboard_id"))
        except ToolError as error:  # a suggestion that cannot be had is no suggestion
            logger.info("no completions: %s", error)
            return None
        more = len(values) > _MOST
        return Completion(values=values[:_MOST], total=None if more else len(values), has_more=more)


async def _values(account: Account, name: str, typed: str, dashboard_id: str | None) -> list[str]:
    if name == "dashboard_id":
        lines = await account.lines()
        return [str(line.id) for line in lines if str(line.id).startswith(typed) or typed.lower() in line.name.lower()]
    if name not in {"phone_number", "payment_id"} or not may({"payments" if name == "payment_id" else "texts:read"}):
        return []
    if dashboard_id and not re.fullmatch(r"[1-9][0-9]{0,17}", dashboard_id):
        return []  # a line was meant, and none has such an id
    line = await account.line(int(dashboard_id) if dashboard_id else None)
    if name == "payment_id":
        payments = (await list_payments(line, page_size=100)).items
        return [str(payment.payment_id) for payment in payments if str(payment.payment_id).startswith(typed)]
    return await _numbers(line, typed)


async def _numbers(line: TextingLine, typed: str) -> list[str]:
    """By the start of a number, or by a part of a name, among all contacts."""
    if typed and any(c.isalpha() for c in typed):
        return [person.number for person in await line.account.directory.search(line.id, typed)]
    started = await list_contacts(line, contact_phone_number=typed or None, page_size=_MOST + 1)
    return [item.phone_number for item in started.items if item.phone_number]
