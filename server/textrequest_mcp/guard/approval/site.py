"""Serves the pages of the desk to one browser: the questions, and for the command `desk` more pages beside them."""

import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread

from textrequest_mcp.guard.approval import page
from textrequest_mcp.guard.approval.approvals import Approvals
from textrequest_mcp.guard.approval.browser import open_browser
from textrequest_mcp.guard.approval.listening import listen
from textrequest_mcp.guard.approval.look import document
from textrequest_mcp.guard.approval.responses import answer, form, sealed_off, told, unknown
from textrequest_mcp.upstream.errors import BadInput

if TYPE_CHECKING:
    import socket

    from starlette.requests import Request
    from starlette.responses import Response

NAME = "localhost"
_COOKIE = "textrequest-desk"
_LINGER_SECONDS = 20.0  # an empty page stays so long, for the next question
_WATCHED_SECONDS = 2.5 * page.REFRESH_SECONDS  # a page that waits looks again by itself
_LOOK_EVERY_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True)
class Room:
    """A page beside the questions, which only shows something.

    Attributes:
        path: below `/a/`.
        title: in the list of pages.
        written: its HTML, by the fields of the address.
        refresh_seconds: how often it looks again by itself; 0 for never.
    """

    path: str
    title: str
    written: Callable[[Mapping[str, str]], Awaitable[str]]
    refresh_seconds: int = 0


class Site:
    """The pages, from the time that they are served until nothing waits.

    Args:
        approvals: the questions.
        wish: whether something new is to be brought before the person.
        open_address: opens an address in the person's browser.
        rooms: further pages.
        stays: whether it is served until its task is cancelled.
    """

    def __init__(
        self,
        approvals: Approvals,
        *,
        wish: Callable[[], bool],
        open_address: Callable[[str], None] = open_browser,
        rooms: Sequence[Room] = (),
        stays: bool = False,
    ) -> None:
        self._approvals = approvals
        self.wish = wish
        self.open_address = open_address
        self._rooms = rooms
        self._stays = stays
        self._once: set[str] = set()
        self._sessions: set[str] = set()
        self._secret = secrets.token_bytes(32)
        self._port = 0
        self._seen_at = -_WATCHED_SECONDS

    async def serve(self) -> None:
        """Serve until nothing has waited for a while."""
        import uvicorn

        with ExitStack() as open_sockets:
            listening = [open_sockets.enter_context(each) for each in listen()]
            self._port = listening[0].getsockname()[1]
            config = uvicorn.Config(
                self.app(), log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1
            )
            server = _quiet(uvicorn.Server(config))
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_serve_to_the_end, server, listening)
                try:
                    await self._look_after()
                finally:
                    server.should_exit = True

    async def _look_after(self) -> None:
        """Open the page for each new wish, until nothing has waited for a while."""
        quiet_since = anyio.current_time()
        while True:
            if self.wish() and anyio.current_time() > self._seen_at + _WATCHED_SECONDS:
                await anyio.to_thread.run_sync(self.open_address, self.address())
            if self._stays or await self._approvals.any_waits():
                # Looked at before the time, which can jump while the machine is busy.
                quiet_since = anyio.current_time()
            elif anyio.current_time() > quiet_since + _LINGER_SECONDS:
                return
            await anyio.sleep(_LOOK_EVERY_SECONDS)

    def address(self) -> str:
        """An address of the page that works once."""
        once = secrets.token_urlsafe(24)
        self._once.add(once)
        return f"{self.origin}/a/{once}"

    @property
    def origin(self) -> str:
        """Where the page is; alone it opens nothing."""
        return f"http://{NAME}:{self._port}"

    def app(self) -> Any:
        """The routes of the page, as an ASGI app."""
        from starlette.applications import Starlette
        from starlette.routing import Route

        return Starlette(
            routes=[
                Route("/a/", self._page, methods=["GET"]),
                Route("/a/decide", self._decide, methods=["POST"]),
                *(Route(f"/a/{room.path}", self._shows(room), methods=["GET"]) for room in self._rooms),
                Route("/a/{once}", self._enter, methods=["GET"]),
            ]
        )

    async def _enter(self, request: "Request") -> "Response":
        from starlette.responses import RedirectResponse

        once = request.path_params["once"]
        if not self._is_ours(request) or once not in self._once:
            return told(403, "This page is open elsewhere", "Its address works once: use the window that opened first.")
        self._once.discard(once)
        session = secrets.token_urlsafe(24)
        self._sessions.add(session)
        response = RedirectResponse("/a/", status_code=303)
        response.set_cookie(f"{_COOKIE}-{self._port}", session, httponly=True, samesite="strict", path="/a")
        return sealed_off(response, secrets.token_urlsafe(12))

    async def _page(self, request: "Request") -> "Response":
        if not self._is_known(request):
            return unknown()
        self._seen_at = anyio.current_time()
        return await self._questions(None)

    def _shows(self, room: Room) -> Callable[["Request"], Awaitable["Response"]]:
        async def shows(request: "Request") -> "Response":
            if not self._is_known(request):
                return unknown()
            self._seen_at = anyio.current_time()
            top, html = self._top(room.path), await room.written(dict(request.query_params))
            again = (room.refresh_seconds, f"/a/{room.path}") if room.refresh_seconds else None
            return answer(200, lambda nonce: document(room.title, top + html, nonce, refresh=again))

        return shows

    async def _decide(self, request: "Request") -> "Response":
        given = await form(request)
        id_ = given.get("id", "")
        own = request.headers.get("origin") == self.origin
        same_site = request.headers.get("sec-fetch-site", "same-origin") == "same-origin"
        value = hmac.compare_digest(given.get("value", "").encode(), self._value(id_).encode())
        if not (self._is_known(request) and own and same_site and value):
            return unknown()
        self._seen_at = anyio.current_time()
        said = given.get("answer")
        try:
            if said == "silence":
                await self._approvals.be_silent(id_, by="page")
                note = "You said no. No new questions for 10 minutes."
            else:
                await self._approvals.decide(id_, yes=said == "yes", by="page", typed=given.get("typed"))
                note = "You said yes: it may be done, once." if said == "yes" else "You said no: nothing was done."
        except BadInput as error:
            note = str(error)
        return await self._questions(note)

    async def _questions(self, note: str | None) -> "Response":
        rows, top = await self._approvals.waiting(), self._top("")
        values = {row.id: self._value(row.id) for row in rows}
        return answer(200, lambda nonce: page.questions(rows, value_of=values, nonce=nonce, note=note, top=top))

    def _top(self, here: str) -> str:
        """The list of pages; nothing where there is only one."""
        pages = [("", "Questions"), *((room.path, room.title) for room in self._rooms)]
        links = "".join(
            f'<a href="/a/{path}"{" aria-current=page" if path == here else ""}>{escape(title)}</a>'
            for path, title in pages
        )
        return f"<nav>{links}</nav>" if self._rooms else ""

    def _value(self, id_: str) -> str:
        return hmac.new(self._secret, id_.encode(), "sha256").hexdigest()

    def _is_ours(self, request: "Request") -> bool:
        return request.headers.get("host") == f"{NAME}:{self._port}"

    def _is_known(self, request: "Request") -> bool:
        session = request.cookies.get(f"{_COOKIE}-{self._port}", "")
        known = [hmac.compare_digest(session.encode(), each.encode()) for each in self._sessions]
        return self._is_ours(request) and any(known)


async def _serve_to_the_end(server: Any, listening: "list[socket.socket]") -> None:
    """Serve until the server is told to exit, and let it close its connections."""
    with anyio.CancelScope(shield=True):
        await server.serve(listening)


def _quiet(server: Any) -> Any:
    """The server without handlers for signals: those belong to the process."""
    from contextlib import nullcontext

    server.capture_signals = nullcontext
    return server
