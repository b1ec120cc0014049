"""Keeps one member from using up the sessions of all: over their share, their oldest session ends."""

from collections import OrderedDict, defaultdict
from collections.abc import Mapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from textrequest_mcp.commands.people.let_in import LetIn

MOST_OF_A_MEMBER = 100  # hosts that start a session for every call leave each open for half an hour
_SESSION = b"mcp-session-id"


class Shares:
    """Stands right before the app, and ends sessions as their hosts would.

    Args:
        app: serves streamable HTTP.
        most: sessions of one member.
    """

    def __init__(self, app: ASGIApp, *, most: int = MOST_OF_A_MEMBER) -> None:
        self._app = app
        self._most = most
        self._sessions: defaultdict[str, OrderedDict[bytes, None]] = defaultdict(OrderedDict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        let_in: LetIn | None = scope.get("let_in")
        if let_in is None:
            await self._app(scope, receive, send)
            return
        mine = self._sessions[let_in.member.id]
        named = dict(scope["headers"]).get(_SESSION)
        if named in mine:
            mine.move_to_end(named)
            if scope["method"] == "DELETE":
                del mine[named]

        async def sent(message: Message) -> None:
            if named is None and message["type"] == "http.response.start":
                mine.update({value: None for name, value in message["headers"] if name.lower() == _SESSION})
            await send(message)

        await self._app(scope, receive, sent)
        while len(mine) > self._most:
            await self._end(scope, mine.popitem(last=False)[0])

    async def _end(self, scope: Mapping[str, Any], session: bytes) -> None:
        """End a session, as the member to whom it belongs."""
        parts: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive() -> Message:
            return parts.pop() if parts else {"type": "http.disconnect"}

        async def send(_: Message) -> None:
            """Nobody waits for the answer."""

        headers = [(b"host", b"localhost"), (b"accept", b"application/json"), (_SESSION, session)]
        await self._app({**scope, "method": "DELETE", "headers": headers}, receive, send)
