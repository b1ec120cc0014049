"""Tells hosts that a conversation changed. Hosts ask by listening (protocol 2026-07-28) or by subscribing (before).

A host hears only of the addresses that it asked for. A line is watched as long as one host asks for it.
"""

import logging
import re
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import anyio
from mcp.server.connection import Connection
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.mcpserver import MCPServer
from mcp.server.session import ServerSession
from mcp.server.subscriptions import InMemorySubscriptionBus, ResourceUpdated
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    EmptyResult,
    SubscribeRequestParams,
    SubscriptionsListenRequestParams,
    UnsubscribeRequestParams,
)
from pydantic import ValidationError

from textrequest_mcp.ground.member import may, may_use_line
from textrequest_mcp.ground.sdk import add_request_handler, connection_of
from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.live.watch import OTHERS_SECONDS, Watch
from textrequest_mcp.upstream.errors import BadInput
from textrequest_mcp.upstream.phone import as_listed

logger = logging.getLogger(__name__)

_LISTEN = "subscriptions/listen"
_CONVERSATIONS = re.compile(
    r"textrequest://dashboards/(?P<line>[1-9][0-9]{0,17})/conversations(?:/(?P<phone>[^/?#]+))?(?:\?[^#]*)?"
)
_ONLY_CONVERSATIONS = (
    "Only a line's conversations can be watched: textrequest://dashboards/{dashboard_id}/conversations, and the same "
    "with /{phone_number}."
)
_WRITE_SECONDS = 5.0  # a host that does not read for so long is left alone until the next change


@dataclass(frozen=True)
class _Target:
    """The conversations that an address stands for: all of a line, or the one with `person`, a hash of the number."""

    line: int
    person: str | None

    def is_among(self, changed: set[tuple[int, str]]) -> bool:
        return any(line == self.line and self.person in (None, person) for line, person in changed)


@dataclass(eq=False)
class _Asked:
    """One address that one host asked for.

    A host that subscribed is told through its `session`; a host that listens has a stream for that, and no session
    here.
    """

    uri: str
    target: _Target
    session: ServerSession | None = None
    scope: ExitStack = field(default_factory=ExitStack)
    is_being_told: bool = False
    is_due_again: bool = False


class Subscriptions:
    """The addresses that hosts asked for, and the messages that tell these hosts of changes.

    Args:
        live: watches the lines.

    Attributes:
        bus: for the server, which answers `subscriptions/listen` from it.
    """

    def __init__(self, live: Watch) -> None:
        self._live = live
        self.bus = InMemorySubscriptionBus()
        self._asked: list[_Asked] = []
        self._turn = anyio.Lock()  # for `_told`
        self._told: int | None = None  # the last event that hosts were told of; None while no host asks
        self._begun = anyio.Event()

    def serve(self, server: MCPServer[Any]) -> None:
        """Make the server notice hosts that listen, and answer older hosts that subscribe, as the SDK does not."""
        server.middleware.append(self._notice)
        add_request_handler(server, "resources/subscribe", SubscribeRequestParams, self._subscribe)
        add_request_handler(server, "resources/unsubscribe", UnsubscribeRequestParams, self._unsubscribe)

    async def run(self) -> None:
        """Tell hosts of changes as they come; never returns."""
        async with anyio.create_task_group() as tasks:
            while True:
                if not self._asked:
                    self._told, self._begun = None, anyio.Event()
                    await self._begun.wait()
                news = self._live.news
                for asked in await self._due():
                    if asked.session is None:
                        await self.bus.publish(ResourceUpdated(uri=asked.uri))
                    elif asked.is_being_told:
                        asked.is_due_again = True
                    else:
                        asked.is_being_told = True
                        tasks.start_soon(_tell, asked.session, asked)
                with anyio.move_on_after(OTHERS_SECONDS):
                    await news.wait()

    async def _due(self) -> list[_Asked]:
        """What hosts asked for and what changed since the last time. Hosts that listen share one item per address."""
        async with self._turn:
            try:
                told = await self._live.log.end() if self._told is None else self._told
                self._told, changed = await self._live.log.changed(told)
            except StoreError as error:
                logger.warning("changes cannot be told now: %s", error)
                return []
        due = [asked for asked in self._asked if asked.target.is_among(changed)]
        listen = {asked.uri: asked for asked in due if asked.session is None}
        return [*listen.values(), *(asked for asked in due if asked.session is not None)]

    async def _notice(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """A middleware that keeps the lines watched that a listening host asks for, as long as it listens."""
        if ctx.method != _LISTEN:
            return await call_next(ctx)
        asked: list[_Asked] = []
        try:
            for uri in _wanted(ctx.params):
                added = await self._add(uri)
                asked += [added] if added is not None else []
            return await call_next(ctx)
        finally:
            for each in asked:
                self._remove(each)

    async def _subscribe(self, ctx: ServerRequestContext[Any, Any], params: SubscribeRequestParams) -> EmptyResult:
        uri = str(params.uri)
        known = self._of(connection_of(ctx.session))
        if uri not in known:
            asked = await self._add(uri, ctx.session)
            if asked is None:
                raise MCPError(code=INVALID_PARAMS, message=_ONLY_CONVERSATIONS)
            self._remove(known.pop(uri, None))  # the host asked for the same address at the same time
            known[uri] = asked
        return EmptyResult()

    async def _unsubscribe(self, ctx: ServerRequestContext[Any, Any], params: UnsubscribeRequestParams) -> EmptyResult:
        self._remove(self._of(connection_of(ctx.session)).pop(str(params.uri), None))
        return EmptyResult()

    def _of(self, connection: Connection) -> dict[str, _Asked]:
        """The subscriptions of one host, by address; they end with its connection."""
        if __name__ not in connection.state:
            known: dict[str, _Asked] = {}
            connection.state[__name__] = known
            connection.exit_stack.callback(lambda: [self._remove(asked) for asked in known.values()])
        return connection.state[__name__]

    def _target(self, uri: str) -> _Target | None:
        match = _CONVERSATIONS.fullmatch(uri)
        if match is None:
            return None
        if match["phone"] is None:
            return _Target(int(match["line"]), None)
        try:
            number = as_listed(unquote(match["phone"]))
        except BadInput:
            return None
        return _Target(int(match["line"]), self._live.log.hashed(number))

    async def _add(self, uri: str, session: ServerSession | None = None) -> _Asked | None:
        """Begin to tell a host of an address, and to watch its line; None if the address is no conversation's."""
        target = self._target(uri)
        if target is None:
            return None
        _check(target)
        async with self._turn:
            try:
                self._told = await self._live.log.end() if self._told is None else self._told
            except StoreError as error:
                raise MCPError(code=INTERNAL_ERROR, message=f"Nothing can be watched now. {error}") from None
            # Nothing is awaited from here on, so that a cancelled request cannot stay on the list.
            asked = _Asked(uri, target, session)
            self._asked.append(asked)
            asked.scope.enter_context(self._live.subscribed([target.line]))
            self._begun.set()
        return asked

    def _remove(self, asked: _Asked | None) -> None:
        if asked is not None and asked in self._asked:
            self._asked.remove(asked)
            asked.scope.close()


async def _tell(session: ServerSession, asked: _Asked) -> None:
    """Tell a host until it knows of the last change. A host that does not read holds no other host up."""
    try:
        while True:
            asked.is_due_again = False
            with anyio.move_on_after(_WRITE_SECONDS):
                await session.send_resource_updated(asked.uri)
            if not asked.is_due_again:
                return
    except Exception:
        logger.exception("a host could not be told of a change")
    finally:
        asked.is_being_told = False


def _check(target: _Target) -> None:
    """Refuse what the current member may not read, in the words for a line that is not there."""
    if not (may({"texts:read"}) and may_use_line(target.line)):
        raise MCPError(code=INVALID_PARAMS, message="There is no such line to be told of; see list_dashboards.")


def _wanted(params: Mapping[str, Any] | None) -> set[str]:
    """The addresses that a listening host names; none in a malformed request, which the SDK refuses after this."""
    try:
        asked = SubscriptionsListenRequestParams.model_validate(params or {})
    except ValidationError:
        return set()
    return set(asked.notifications.resource_subscriptions or ())
