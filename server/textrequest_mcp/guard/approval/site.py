"""Serves the pages of the desk to one browser: the questions, and for the command `desk` more pages beside them."""

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread

from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.guard.approval import page
from textrequest_mcp.guard.approval.approvals import Approvals
from textrequest_mcp.guard.approval.browser import open_browser
from textrequest_mcp.guard.approval.deciding import Answered, write_down
from textrequest_mcp.guard.approval.listening import listen
from textrequest_mcp.guard.approval.look import document
from textrequest_mcp.guard.approval.passkey_pages import Enrolment
from textrequest_mcp.guard.approval.passkeys import Passkeys
from textrequest_mcp.guard.approval.responses import answer, away, form, sealed_off, told, unknown
from textrequest_mcp.guard.approval.visitors import Visitors
from textrequest_mcp.upstream.errors import BadInput

if TYPE_CHECKING:
    import socket

    from starlette.requests import Request
    from starlette.responses import Response

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
        enrolment: adds a passkey; its page is then shown instead of the questions.
        stays: whether it is served until its task is cancelled.
    """

    def __init__(
        self,
        approvals: Approvals,
        *,
        wish: Callable[[], bool],
        open_address: Callable[[str], None] = open_browser,
        rooms: Sequence[Room] = (),
        enrolment: Enrolment | None = None,
        stays: bool = False,
    ) -> None:
        self.approvals = approvals
        self.wish = wish
        self.open_address = open_address
        self._rooms = rooms
        self._stays = stays
        self.enrolment = enrolment
        self._passkeys = Passkeys(approvals.store)
        self._visitors = Visitors(0)
        self._seen_at = -_WATCHED_SECONDS

    async def serve(self) -> None:
        """Serve until nothing has waited for a while."""
        import uvicorn

        with ExitStack() as open_sockets:
            listening = [open_sockets.enter_context(each) for each in listen()]
            self._visitors = Visitors(listening[0].getsockname()[1])
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
            if self._stays or await self.approvals.any_waits():
                # Looked at before the time, which can jump while the machine is busy.
                quiet_since = anyio.current_time()
            elif anyio.current_time() > quiet_since + _LINGER_SECONDS:
                return
            await anyio.sleep(_LOOK_EVERY_SECONDS)

    def address(self) -> str:
        """An address of the page that works once."""
        return self._visitors.address()

    @property
    def origin(self) -> str:
        """Where the page is; alone it opens nothing."""
        return self._visitors.origin

    def app(self) -> Any:
        """The routes of the page, as an ASGI app."""
        from starlette.applications import Starlette
        from starlette.routing import Route

        return Starlette(
            routes=[
                Route("/a/", self._page, methods=["GET"]),
                Route("/a/decide", self._decide, methods=["POST"]),
                *([Route("/a/passkey", self._adds, methods=["POST"])] if self.enrolment is not None else []),
                *(Route(f"/a/{room.path}", self._shows(room), methods=["GET"]) for room in self._rooms),
                Route("/a/{once}", self._enter, methods=["GET"]),
            ],
            exception_handlers={StoreError: away},
        )

    async def _enter(self, request: "Request") -> "Response":
        from starlette.responses import RedirectResponse

        if not self._visitors.enters(request):
            return told(403, "This page is open elsewhere", "Its address works once: use the window that opened first.")
        response = RedirectResponse("/a/", status_code=303)
        self._visitors.welcome(response)
        return sealed_off(response, secrets.token_urlsafe(12))

    async def _page(self, request: "Request") -> "Response":
        if not self._visitors.knows(request):
            return unknown()
        self._seen_at = anyio.current_time()
        return await self._questions(None) if self.enrolment is None else await self._enrols(self.enrolment, None)

    def _shows(self, room: Room) -> Callable[["Request"], Awaitable["Response"]]:
        async def shows(request: "Request") -> "Response":
            if not self._visitors.knows(request):
                return unknown()
            self._seen_at = anyio.current_time()
            top, html = self._top(room.path), await room.written(dict(request.query_params))
            again = (room.refresh_seconds, f"/a/{room.path}") if room.refresh_seconds else None
            return answer(200, lambda nonce: document(room.title, top + html, nonce, refresh=again))

        return shows

    async def _decide(self, request: "Request") -> "Response":
        fields = await form(request)
        shown = [text.partition(" ") for name, text in fields if name == "row"]
        ours = [self._visitors.sent_the_form(request, id_, {"value": value}) for id_, _, value in shown]
        if not ours or not all(ours):
            return unknown()
        self._seen_at = anyio.current_time()
        answered = Answered(fields, [id_ for id_, _, _ in shown], self.origin)
        return await self._questions(await write_down(self.approvals, self._passkeys, answered))

    async def _questions(self, note: str | None) -> "Response":
        rows, top, now = await self.approvals.waiting(), self._top(""), self.approvals.now()
        keys = await self._passkeys.all() if any(row.shown and row.shown.by_passkey for row in rows) else []
        values = {row.id: self._visitors.value(row.id) for row in rows}

        def written(nonce: str) -> str:
            return page.questions(rows, value_of=values, nonce=nonce, now=now, note=note, top=top, keys=keys)

        return answer(200, written, scripts=bool(keys))

    async def _adds(self, request: "Request") -> "Response":
        given, enrolment = dict(await form(request)), self.enrolment
        if enrolment is None or not self._visitors.sent_the_form(request, "passkey", given):
            return unknown()
        try:
            note = await enrolment.add(given, self.origin)
        except BadInput as error:
            note = str(error)
        return await self._enrols(enrolment, note)

    async def _enrols(self, enrolment: Enrolment, note: str | None) -> "Response":
        nonce = secrets.token_urlsafe(12)
        html = await enrolment.page(nonce, self._visitors.value("passkey"), note)
        return answer(200, lambda _: html, scripts=True, nonce=nonce)

    def _top(self, here: str) -> str:
        """The list of pages; nothing where there is only one."""
        pages = [("", "Questions"), *((room.path, room.title) for room in self._rooms)]
        links = "".join(
            f'<a href="/a/{path}"{" aria-current=page" if path == here else ""}>{escape(title)}</a>'
            for path, title in pages
        )
        return f"<nav>{links}</nav>" if self._rooms else ""


async def _serve_to_the_end(server: Any, listening: "list[socket.socket]") -> None:
    """Serve until the server is told to exit, and let it close its connections."""
    with anyio.CancelScope(shield=True):
        await server.serve(listening)


def _quiet(server: Any) -> Any:
    """The server without handlers for signals: those belong to the process."""
    from contextlib import nullcontext

    server.capture_signals = nullcontext
    return server
