"""The desk: a page on this machine, where a person decides what waits, out of the model's reach.

It is up only while something waits. The server opens it in the person's browser, by an address that works once; from
then on a cookie stands for that browser. No address, cookie or value of it is ever told to a host.
"""

import hmac
import logging
import secrets
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread

from textrequest_mcp.guard.approval import page
from textrequest_mcp.guard.approval.approvals import Approvals
from textrequest_mcp.guard.approval.browser import open_browser
from textrequest_mcp.guard.approval.responses import answer, form, sealed_off, told, unknown
from textrequest_mcp.upstream.errors import BadInput

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

logger = logging.getLogger(__name__)

_NAME = "localhost"
_COOKIE = "textrequest-desk"
_LINGER_SECONDS = 20.0  # an empty page stays so long, for the next question
_WATCHED_SECONDS = 2.5 * page.REFRESH_SECONDS  # a page that waits looks again by itself
_LOOK_EVERY_SECONDS = 0.5


class Desk:
    """The pages of one server process.

    Args:
        approvals: the questions.
        open_address: opens an address in the person's browser.
    """

    def __init__(self, approvals: Approvals, *, open_address: Callable[[str], None] = open_browser) -> None:
        self.approvals = approvals
        self._open_address = open_address
        self._wanted = anyio.Event()
        self._once: set[str] = set()
        self._sessions: set[str] = set()
        self._secret = secrets.token_bytes(32)
        self._port = 0
        self._seen_at = -_WATCHED_SECONDS

    def show(self) -> None:
        """Bring what waits before the person."""
        self._wanted.set()

    async def run(self) -> None:
        """Serve the page whenever something waits; never returns."""
        while True:
            await self._wanted.wait()
            try:
                await self._serve()
            except Exception:
                logger.exception("the page for approvals cannot be shown")
                self._wanted = anyio.Event()

    async def _serve(self) -> None:
        import uvicorn

        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen()
            self._port = listening.getsockname()[1]
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
        self._sessions.clear()
        self._once.clear()
        self._seen_at = -_WATCHED_SECONDS  # the page went with its server

    async def _look_after(self) -> None:
        """Open the page for each new wish, until nothing has waited for a while."""
        quiet_since = anyio.current_time()
        while True:
            if self._wanted.is_set():
                self._wanted = anyio.Event()
                if anyio.current_time() > self._seen_at + _WATCHED_SECONDS:
                    await anyio.to_thread.run_sync(self._open_address, self.address())
            if await self.approvals.waiting():  # looked at before the time, which can jump while the machine is busy
                quiet_since = anyio.current_time()
            elif anyio.current_time() > quiet_since + _LINGER_SECONDS:
                return
            await anyio.sleep(_LOOK_EVERY_SECONDS)

    def address(self) -> str:
        """An address of the page that works once."""
        once = secrets.token_urlsafe(24)
        self._once.add(once)
        return f"http://{_NAME}:{self._port}/a/{once}"

    def app(self) -> Any:
        """The routes of the page, as an ASGI app."""
        from starlette.applications import Starlette
        from starlette.routing import Route

        return Starlette(
            routes=[
                Route("/a/", self._page, methods=["GET"]),
                Route("/a/decide", self._decide, methods=["POST"]),
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

    async def _decide(self, request: "Request") -> "Response":
        given = await form(request)
        id_ = given.get("id", "")
        own = request.headers.get("origin") == f"http://{_NAME}:{self._port}"
        same_site = request.headers.get("sec-fetch-site", "same-origin") == "same-origin"
        value = hmac.compare_digest(given.get("value", "").encode(), self._value(id_).encode())
        if not (self._is_known(request) and own and same_site and value):
            return unknown()
        self._seen_at = anyio.current_time()
        answer = given.get("answer")
        try:
            if answer == "silence":
                await self.approvals.be_silent()
                note = "You said no. No new questions for 10 minutes."
            else:
                await self.approvals.decide(id_, yes=answer == "yes", by="page", typed=given.get("typed"))
                note = "You said yes: it may be done, once." if answer == "yes" else "You said no: nothing was done."
        except BadInput as error:
            note = str(error)
        return await self._questions(note)

    async def _questions(self, note: str | None) -> "Response":
        rows = await self.approvals.waiting()
        values = {row.id: self._value(row.id) for row in rows}
        return answer(200, lambda nonce: page.questions(rows, value_of=values, nonce=nonce, note=note))

    def _value(self, id_: str) -> str:
        return hmac.new(self._secret, id_.encode(), "sha256").hexdigest()

    def _is_ours(self, request: "Request") -> bool:
        return request.headers.get("host") == f"{_NAME}:{self._port}"

    def _is_known(self, request: "Request") -> bool:
        session = request.cookies.get(f"{_COOKIE}-{self._port}", "")
        known = [hmac.compare_digest(session.encode(), each.encode()) for each in self._sessions]
        return self._is_ours(request) and any(known)


async def _serve_to_the_end(server: Any, listening: socket.socket) -> None:
    """Serve until the server is told to exit, and let it close its connections."""
    with anyio.CancelScope(shield=True):
        await server.serve([listening])


def _quiet(server: Any) -> Any:
    """The server without handlers for signals: those belong to the process."""
    from contextlib import nullcontext

    server.capture_signals = nullcontext
    return server
