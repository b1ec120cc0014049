"""Tells hosts that a conversation changed: those that listen (protocol 2026-07-28) and those that subscribed (before).

A host is told of exactly the addresses it asked for. Whoever asks keeps a line watched; the last one that leaves ends
that.
"""

import logging
import re
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import anyio
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

from textrequest_mcp.live.watching import Live
from textrequest_mcp.store import StoreError
from textrequest_mcp.upstream.errors import BadInput
from textrequest_mcp.upstream.phone import e164

logger = logging.getLogger(__name__)

_LISTEN = "subscriptions/listen"
_OTHERS_SECONDS = 0.5  # how often the log is read, because other processes write to it too
_CONVERSATIONS = re.compile(
    r"textrequest://dashboards/(?P<line>[1-9][0-9]{0,17})/conversations(?:/(?P<phone>[^/?#]+))?(?:\?[^#]*)?"
)
_ONLY_CONVERSATIONS = (
    "Only a line's conversations can be watched: textrequest://dashboards/{dashboard_id}/conversations, and the same "
    "with /{phone_number}."
)
_WRITE_SECONDS = 5.0  # a host that does not read must not keep the others waiting


@dataclass(frozen=True)
class _Target:
    """What an address stands for: a line's conversations, or the one with a number, as its hash."""

    line: int
    person: str | None

    def is_among(self, changed: set[tuple[int, str]]) -> bool:
        return any(line == self.line and self.person in (None, person) for line, person in changed)


@dataclass(eq=False)
class _Asked:
    """One host's wish to be told of one address; `session` where it has no stream of its own for that."""

    uri: str
    target: _Target
    session: ServerSession | None = None
    scope: ExitStack = field(default_factory=ExitStack)


class Subscriptions:
    """Who wants to be told of what.

    Args:
        live: what is watched.

    Attributes:
        bus: give it to the server, which serves `subscriptions/listen` from it.
    """

    def __init__(self, live: Live) -> None:
        self._live = live
        self.bus = InMemorySubscriptionBus()
        self._asked: list[_Asked] = []
        self._told: int | None = None  # up to where of the log; None while nobody asks
        self._begun = anyio.Event()

    def serve(self, server: MCPServer[Any]) -> None:
        """Notice who listens, and serve the subscriptions of hosts from before 2026-07-28, which the SDK leaves out."""
        server.middleware.append(self._notice)
        older = server._lowlevel_server  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - there is no public way
        older.add_request_handler("resources/subscribe", SubscribeRequestParams, self._subscribe)
        older.add_request_handler("resources/unsubscribe", UnsubscribeRequestParams, self._unsubscribe)

    async def run(self) -> None:
        """Tell of changes as they come; never returns."""
        while True:
            if not self._asked:
                self._told, self._begun = None, anyio.Event()
                await self._begun.wait()
            news = self._live.news
            await self._tell()
            with anyio.move_on_after(_OTHERS_SECONDS):
                await news.wait()

    async def _tell(self) -> None:
        try:
            told = await self._live.log.end() if self._told is None else self._told
            self._told, changed = await self._live.log.changed(told)
        except StoreError as error:
            logger.warning("changes cannot be told now: %s", error)
            return
        due = [asked for asked in self._asked if asked.target.is_among(changed)]
        for uri in {asked.uri for asked in due if asked.session is None}:
            await self.bus.publish(ResourceUpdated(uri=uri))
        for asked in due:
            if asked.session is not None:
                with anyio.move_on_after(_WRITE_SECONDS):
                    await asked.session.send_resource_updated(asked.uri)

    async def _notice(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """A middleware: what a listening host asks for is watched as long as it listens."""
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
        connection = ctx.session._connection  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - handlers get no other
        known: dict[str, _Asked] = connection.state.setdefault(__name__, {})
        if uri not in known:
            asked = await self._add(uri, ctx.session)
            if asked is None:
                raise MCPError(code=INVALID_PARAMS, message=_ONLY_CONVERSATIONS)
            known[uri] = asked
            connection.exit_stack.callback(self._remove, asked)
        return EmptyResult()

    async def _unsubscribe(self, ctx: ServerRequestContext[Any, Any], params: UnsubscribeRequestParams) -> EmptyResult:
        connection = ctx.session._connection  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - handlers get no other
        asked: _Asked | None = connection.state.get(__name__, {}).pop(str(params.uri), None)
        if asked is not None:
            self._remove(asked)
        return EmptyResult()

    async def _target(self, uri: str) -> _Target | None:
        match = _CONVERSATIONS.fullmatch(uri)
        if match is None:
            return None
        if match["phone"] is None:
            return _Target(int(match["line"]), None)
        try:
            number = e164(unquote(match["phone"]))
        except BadInput:
            return None
        return _Target(int(match["line"]), await self._live.log.hashed(number))

    async def _add(self, uri: str, session: ServerSession | None = None) -> _Asked | None:
        """From here on the host is told, and the line watched; None where the address is no conversation's."""
        try:
            target = await self._target(uri)
            if target is None:
                return None
            asked = _Asked(uri, target, session)
            self._asked.append(asked)
            if self._told is None:
                self._told = await self._live.log.end()
        except StoreError as error:
            raise MCPError(code=INTERNAL_ERROR, message=f"Nothing can be watched now. {error}") from None
        asked.scope.enter_context(self._live.subscribed([target.line]))
        self._begun.set()
        return asked

    def _remove(self, asked: _Asked) -> None:
        if asked in self._asked:
            self._asked.remove(asked)
        asked.scope.close()


def _wanted(params: Mapping[str, Any] | None) -> set[str]:
    """The addresses that a listening host names; what is none is left to the SDK, which checks it after this."""
    try:
        asked = SubscriptionsListenRequestParams.model_validate(params or {})
    except ValidationError:
        return set()
    return set(asked.notifications.resource_subscriptions or ())
