"""Decides which HTTP requests pass: with the secret all of them, from the internet only those to webhooks."""

import hmac
from urllib.parse import urlsplit

from mcp_types import INVALID_REQUEST
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from textrequest_mcp.commands.http_names import host_name
from textrequest_mcp.commands.probes import PROBES
from textrequest_mcp.live.webhooks import PATH
from textrequest_mcp.settings.reading import is_loopback

WELL_KNOWN = "/.well-known/"
# Proxies, tunnels and content networks add these headers: three standards (RFC 7239, 9110, 8586), the older
# X-Forwarded-*, and headers that hold only the sender's address.
_FORWARDING = {b"forwarded", b"via", b"cdn-loop", b"x-real-ip", b"cf-connecting-ip", b"true-client-ip"}
_FORWARDING_BEGINS = b"x-forwarded"
_UNKNOWN_CALLER = (
    "This server wants a secret with each request, as the header Authorization: Bearer SECRET. It stands in the file "
    "http-token in the server's state folder. Nothing was sent or changed."
)
_FROM_OUTSIDE = (
    "Through a proxy or by its public address this server takes webhooks and nothing else; connect on the machine that "
    "it runs on. Nothing was sent or changed."
)


def public_name(public_url: str | None) -> str | None:
    """The server's name on the internet, in lower case; None if it has only names of this machine."""
    name = host_name(urlsplit(public_url).netloc) if public_url else None
    return None if name is None or is_loopback(name) else name


class HttpAccess:
    """Stands before the whole app, and passes on the requests that it does not refuse.

    Args:
        app: gets the requests that pass.
        secret: hosts must bring it; if it is None, each request that comes directly from this machine passes.
        public: the server's name on the internet.
    """

    def __init__(self, app: ASGIApp, *, secret: str | None, public: str | None) -> None:
        self._app = app
        self._secret = secret
        self._public = public

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await (self._refusal(scope) or self._app)(scope, receive, send)
        else:  # nothing here speaks over WebSockets
            await send({"type": "websocket.close"})

    def _refusal(self, scope: Scope) -> Response | None:
        path: str = scope["path"]
        if path.startswith(f"{PATH}/"):  # the webhooks' receiver checks signatures
            return None
        if path.startswith(WELL_KNOWN) and scope["method"] in {"GET", "HEAD"}:
            # After a 401 clients look here for a place to sign in, and take any other answer for a fault.
            return PlainTextResponse("Not Found", 404)
        if (path in PROBES or self._secret is None) and self._comes_directly(scope):
            return None
        if self._secret is None:
            return refused(403, _FROM_OUTSIDE)
        if _brings(scope, self._secret):
            return None
        return refused(401, _UNKNOWN_CALLER, {"WWW-Authenticate": "Bearer"})

    def _comes_directly(self, scope: Scope) -> bool:
        """Whether no header shows that the request came from another machine."""
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        return not any(
            name in _FORWARDING
            or name.startswith(_FORWARDING_BEGINS)
            or (name == b"host" and self._public is not None and host_name(value.decode("latin-1")) == self._public)
            for name, value in headers
        )


def refused(status: int, sentence: str, headers: dict[str, str] | None = None) -> Response:
    """A refusal with a sentence for the person behind the host."""
    # As an error of the protocol: the SDK's clients show its message from 2.x on, and nothing of any other body.
    error = {"code": INVALID_REQUEST, "message": sentence}
    return JSONResponse({"jsonrpc": "2.0", "id": None, "error": error}, status, headers)


def _brings(scope: Scope, secret: str) -> bool:
    given = [value for name, value in scope["headers"] if name == b"authorization"]
    if len(given) != 1:  # a proxy and this server might choose differently between several
        return False
    scheme, _, credentials = given[0].partition(b" ")
    return scheme.lower() == b"bearer" and hmac.compare_digest(credentials.strip(b" "), secret.encode())
