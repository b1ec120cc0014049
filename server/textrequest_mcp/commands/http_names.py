"""Refuses what comes to a name that is not the server's, and what web pages of elsewhere send, on every path."""

import re
from collections.abc import Sequence

from starlette.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from textrequest_mcp.settings.reading import is_loopback

_HOST = re.compile(r"([a-z0-9._-]+|\[[0-9a-f.:]+\])(?::[0-9]*)?", re.ASCII | re.IGNORECASE)
_SCHEME = re.compile("https?://", re.IGNORECASE)
# What a browser's client of streamable HTTP or SSE may read of an answer.
_SHOWN = ("mcp-session-id", "mcp-protocol-version", "www-authenticate", "retry-after")


def host_name(given: str) -> str | None:
    """The name in a `Host` header, as names are compared: in lower case, without its port and last dot."""
    found = _HOST.fullmatch(given)
    return found[1].lower().rstrip(".") if found else None


class KnownNames:
    """Stands before all else. The names of this machine are known, so no page can pretend to be one (DNS rebinding).

    Args:
        app: gets the requests that pass. To pages of this machine a browser shows its answers (CORS).
        names: the server's names elsewhere, such as on the internet; none if it has none.
        own_pages: whether pages of those names may send here.
    """

    def __init__(self, app: ASGIApp, *, names: frozenset[str], own_pages: bool = False) -> None:
        self._app = app
        self._for_pages = CORSMiddleware(
            app, allow_origin_regex=".*", allow_methods=["*"], allow_headers=["*"], expose_headers=_SHOWN
        )
        self._names = names
        self._pages = names if own_pages else frozenset[str]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        hosts, origins = _headers(scope, b"host"), _headers(scope, b"origin")
        app = self._refusal(hosts, origins) or (self._for_pages if origins else self._app)
        await app(scope, receive, send)

    def _refusal(self, hosts: Sequence[str], origins: Sequence[str]) -> Response | None:
        if len(hosts) != 1 or not self._is_known(hosts[0]):
            return PlainTextResponse("This server has another name than the Host header says.", 421)
        if not all(self._is_here(origin) for origin in origins):
            return PlainTextResponse("Web pages of elsewhere reach nothing here (Origin).", 403)
        return None

    def _is_known(self, host: str) -> bool:
        name = host_name(host)
        return name is not None and (is_loopback(name) or name in self._names)

    def _is_here(self, origin: str) -> bool:
        scheme = _SCHEME.match(origin)
        name = host_name(origin[scheme.end() :]) if scheme else None
        return name is not None and (is_loopback(name) or name in self._pages)


def _headers(scope: Scope, wanted: bytes) -> list[str]:
    return [value.decode("latin-1") for name, value in scope["headers"] if name == wanted]
