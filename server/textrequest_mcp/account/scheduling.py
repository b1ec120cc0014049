"""Has an account see to its scheduled texts; what sends them is loaded with the first of them."""

import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from textrequest_mcp.ground.member import current
from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.guard.once.later import Later
from textrequest_mcp.tools.declare import ToolSpec, asks
from textrequest_mcp.tools.due_texts import DueTexts
from textrequest_mcp.upstream.errors import BadInput, TextRequestError

if TYPE_CHECKING:
    from textrequest_mcp.account.account import Account
    from textrequest_mcp.account.line import TextingLine
    from textrequest_mcp.tools.firing import Firing

logger = logging.getLogger(__name__)


async def tell_of_another_key(account: "Account", later: Later) -> None:
    """Say at the start what waits under another key, for whoever runs the server."""
    with suppress(TextRequestError, StoreError):  # list_scheduled says it too
        told = await later.of_another_key(account.line_ids)
        if told is not None:
            logger.warning(told)


class Settings(Protocol):
    """The settings that it goes by."""

    @property
    def confirm(self) -> str: ...
    @property
    def read_only(self) -> bool: ...


def sees_to_it(
    account: "Account",
    later: Later,
    tools: Mapping[str, ToolSpec],
    make_sure: Callable[[], Awaitable[None]],
    settings: Settings,
) -> Callable[[], Coroutine[Any, Any, None]]:
    """The chore that sees to them.

    Args:
        account: whose texts.
        later: its schedule.
        tools: those that text, by name.
        make_sure: has the clock confirmed by the service.
        settings: of the server.
    """

    async def line_of(dashboard_id: int) -> "TextingLine":
        member = current()
        if member is not None and not account.still_may_send(member, dashboard_id):
            raise BadInput("Who scheduled it may send no texts on this line any more.")
        return await account.line(dashboard_id)

    def firing() -> "Firing":
        from textrequest_mcp.tools.firing import Firing  # most servers never need it

        return Firing(account, later, line_of, tools, lambda spec: asks(spec, settings.confirm))

    return DueTexts(account, later, firing, make_sure, sends=not settings.read_only).run
