"""Stands before each request to a server for a team: lets members in, and cuts off those who are let in no more."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

import anyio
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from textrequest_mcp.commands.http_access import WELL_KNOWN, refused
from textrequest_mcp.commands.people.doors import Doors
from textrequest_mcp.commands.people.let_in import LetIn
from textrequest_mcp.commands.probes import PROBES
from textrequest_mcp.ground.member import on_behalf_of
from textrequest_mcp.live.webhooks import PATH

_LOOK_SECONDS = 1.0
_UNKNOWN = (
    "This server does not know who you are: send your token as the header Authorization: Bearer TOKEN, or as "
    "X-API-Key, and only once. Nothing was sent or changed."
)
_NO_STREAM = "There is no stream here without a session: POST to this address."


@dataclass(eq=False)
class _Open:
    """A request that is being answered."""

    let_in: LetIn
    scope: anyio.CancelScope


class Access:
    """Passes on the requests that members send, each on behalf of its member.

    Args:
        app: gets them.
        doors: finds the member.
        at: by the beginning of their paths, apps that look after their visitors themselves.
    """

    def __init__(self, app: ASGIApp, doors: Doors, *, at: Mapping[str, ASGIApp] | None = None) -> None:
        self._app = app
        self._doors = doors
        self._at = at or {}
        self._open: set[_Open] = set()

    async def run(self) -> None:
        """Cut off the requests of members who are let in no more; never returns."""
        while True:
            await anyio.sleep(_LOOK_SECONDS)
            for each in [*self._open]:
                if not each.let_in.lasts(time.time()):
                    each.scope.cancel()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        beside = self._beside(scope) if scope["type"] == "http" else None
        if scope["type"] == "lifespan" or beside is not None:
            await (beside or self._app)(scope, receive, send)
        elif scope["type"] == "http":
            await self._checked(scope, receive, send)
        else:  # nothing here speaks over WebSockets
            await send({"type": "websocket.close"})

    def _beside(self, scope: Scope) -> ASGIApp | None:
        """The app of a path that looks after its visitors itself; None for a path that is for members."""
        path: str = scope["path"]
        if path in PROBES or path.startswith(f"{PATH}/"):
            return self._app
        return next((app for beginning, app in self._at.items() if path.startswith(beginning)), None)

    async def _checked(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._without_member(scope)
        if answer is None:
            token = _brought(scope["headers"])
            let_in = await self._doors.enter(token) if token else None
            if let_in is not None:
                await self._let_in(let_in, scope, receive, send)
                return
            challenge = self._doors.challenge("invalid_token" if token else "")
            answer = refused(HTTPStatus.UNAUTHORIZED, _UNKNOWN, {"WWW-Authenticate": challenge})
        await answer(scope, receive, send)

    def _without_member(self, scope: Scope) -> Response | None:
        """The answers that everybody gets."""
        path: str = scope["path"]
        if path.startswith(WELL_KNOWN) and scope["method"] in {"GET", "HEAD"}:
            return self._doors.metadata(path) or PlainTextResponse("Not Found", 404)
        has_session = any(name == b"mcp-session-id" for name, _ in scope["headers"])
        if path == "/mcp" and scope["method"] in {"GET", "HEAD"} and not has_session:
            # Copilot Studio asks for a stream before it signs in, and takes a 401 there for a fault.
            return PlainTextResponse(_NO_STREAM, 405, {"Allow": "POST, DELETE"})
        return None

    async def _let_in(self, let_in: LetIn, scope: Scope, receive: Receive, send: Send) -> None:
        member, started, ended = let_in.member, False, False
        # The SDK gives a session, and a question's sealed state, to whom these say.
        principal = AccessToken(token="", client_id=member.id, subject=member.version, scopes=sorted(member.scopes))
        scope["user"] = AuthenticatedUser(principal)
        scope["let_in"] = let_in

        async def sent(message: Message) -> None:
            nonlocal started, ended
            started = started or message["type"] == "http.response.start"
            ended = ended or (message["type"] == "http.response.body" and not message.get("more_body", False))
            await send(message)

        with anyio.CancelScope() as cut:
            this = _Open(let_in, cut)
            self._open.add(this)
            try:
                with on_behalf_of(member):
                    await self._app(scope, receive, sent)
            finally:
                self._open.discard(this)
        if cut.cancelled_caught and not started:
            challenge = {"WWW-Authenticate": self._doors.challenge("invalid_token")}
            await refused(HTTPStatus.UNAUTHORIZED, _UNKNOWN, challenge)(scope, receive, send)
        elif cut.cancelled_caught and not ended:
            await send({"type": "http.response.body", "body": b"", "more_body": False})


def _brought(headers: Sequence[tuple[bytes, bytes]]) -> str | None:
    """The one token that a request brings; None where it brings none, or several."""
    given = [(name, value) for name, value in headers if name in {b"authorization", b"x-api-key"}]
    if len(given) != 1:  # a proxy and this server might choose differently between several
        return None
    name, value = given[0]
    scheme, _, rest = (b"bearer", b"", value) if name == b"x-api-key" else value.partition(b" ")
    return rest.strip(b" ").decode("latin-1") if scheme.lower() == b"bearer" else None
