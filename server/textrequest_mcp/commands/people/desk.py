"""The desk of a team, at the server's own address: who may approve signs in with a token, and decides what waits.

A member sees the questions about the lines that they may use; with four eyes none that their own assistant asks. What
they may not decide is answered like what is over. A cookie stands for their browser until they leave, twelve hours have
passed, or they are taken out of the team (`Browsers`). Every server of the team knows it.
"""

import hmac
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from textrequest_mcp.commands.people.browsers import Browsers
from textrequest_mcp.commands.people.tokens import Tokens
from textrequest_mcp.ground.member import Member
from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.guard.approval import page
from textrequest_mcp.guard.approval.approval_rows import Row
from textrequest_mcp.guard.approval.approvals import Approvals
from textrequest_mcp.guard.approval.deciding import Answered, write_down
from textrequest_mcp.guard.approval.look import document
from textrequest_mcp.guard.approval.passkeys import Passkeys
from textrequest_mcp.guard.approval.responses import answer, form, told
from textrequest_mcp.settings.team import DESK

logger = logging.getLogger(__name__)

_COOKIE = "textrequest-desk"
_NOT_YOURS = "Sign in again, and use the page's own buttons. Nothing was decided."
_NO_MEMBER = "That is not the token of somebody who may approve."
_OVER = "This question is over or was decided already. Look at what waits now."
_AWAY = "What waits cannot be read now. Nothing was decided; try again in a minute."


@dataclass(frozen=True)
class _Session:
    """A browser in which a member signed in."""

    member: Member
    cookie: str

    def value(self, id_: str) -> str:
        """What the form of a row must bring."""
        return hmac.new(self.cookie.encode(), id_.encode(), "sha256").hexdigest()


class TeamDesk:
    """The pages below `/desk/`.

    Args:
        approvals: the questions of the account.
        tokens: know the members.
        four_eyes: whether nobody decides what their own assistant asks.
        over_tls: whether browsers reach it over https only.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        approvals: Approvals,
        tokens: Tokens,
        *,
        four_eyes: bool = False,
        over_tls: bool = True,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._approvals = approvals
        self._passkeys = Passkeys(approvals.store)
        self._tokens = tokens
        self._four_eyes = four_eyes
        self._over_tls = over_tls
        self._browsers = Browsers(approvals.store, str(approvals.account), tokens, clock=clock)

    @property
    def cookie(self) -> str:
        """Its name; with this beginning a browser takes it from no other host, and over https only."""
        return f"__Host-{_COOKIE}" if self._over_tls else _COOKIE

    def app(self) -> ASGIApp:
        """The routes, as an ASGI app."""
        return Starlette(
            routes=[
                Route(DESK, self._page, methods=["GET"]),
                Route(f"{DESK}enter", self._enter, methods=["POST"]),
                Route(f"{DESK}leave", self._leave, methods=["POST"]),
                Route(f"{DESK}decide", self._decide, methods=["POST"]),
            ],
            exception_handlers={StoreError: _away},
        )

    async def _page(self, request: Request) -> Response:
        session = await self._session(request)
        return _sign_in_page(None) if session is None else await self._questions(session, None)

    async def _enter(self, request: Request) -> Response:
        given = dict(await form(request))
        member = self._tokens.member(given.get("token", "").strip()) if _is_own_page(request) else None
        if member is None or not member.may({"approve"}):
            return _sign_in_page(_NO_MEMBER, 403)
        name = await self._browsers.let_in(member)
        response = RedirectResponse(DESK, 303)
        response.set_cookie(self.cookie, name, httponly=True, samesite="strict", path="/", secure=self._over_tls)
        return response

    async def _leave(self, request: Request) -> Response:
        if _is_own_page(request):
            await self._browsers.forget(request.cookies.get(self.cookie, ""))
        return RedirectResponse(DESK, 303)

    async def _decide(self, request: Request) -> Response:
        session, fields = await self._session(request), await form(request)
        shown = [text.partition(" ") for name, text in fields if name == "row"]
        if session is None or not _is_own_page(request) or not shown:
            return told(403, "This page is not yours", _NOT_YOURS)
        if not all(hmac.compare_digest(session.value(id_).encode(), value.encode()) for id_, _, value in shown):
            return told(403, "This page is not yours", _NOT_YOURS)
        ids = [id_ for id_, _, _ in shown]
        theirs = {row.id for row in await self._waiting(session)}
        if not theirs.issuperset(ids):
            return await self._questions(session, _OVER)
        by = f"member:{session.member.id}"
        answered = Answered(fields, ids, _origin(request), by)
        return await self._questions(session, await write_down(self._approvals, self._passkeys, answered))

    async def _questions(self, session: _Session, note: str | None) -> Response:
        rows = await self._waiting(session)
        values: Mapping[str, str] = {row.id: session.value(row.id) for row in rows}
        name = escape(session.member.name)
        top = (
            f'<form method="post" action="{DESK}leave"><span class=soft>{name}</span>'
            '<button class="quiet">Leave</button></form>'
        )
        now = self._approvals.now()
        return answer(
            200,
            lambda nonce: page.questions(rows, value_of=values, nonce=nonce, now=now, note=note, top=top, root=DESK),
        )

    async def _waiting(self, session: _Session) -> Sequence[Row]:
        """What the member may decide."""
        return [row for row in await self._approvals.waiting() if self._may_decide(session, row)]

    def _may_decide(self, session: _Session, row: Row) -> bool:
        member = session.member
        if row.shown is None or (self._four_eyes and row.member == member.id):
            return False
        return member.lines is None or row.shown.line in member.lines

    async def _session(self, request: Request) -> _Session | None:
        cookie = request.cookies.get(self.cookie)
        member = await self._browsers.member(cookie) if cookie else None
        return None if member is None or cookie is None else _Session(member, cookie)


async def _away(_: Request, error: Exception) -> Response:
    logger.warning("the team's desk: %s", error)
    return told(503, "The desk is closed for a moment", _AWAY)


def _origin(request: Request) -> str:
    return request.headers.get("origin", "")


def _is_own_page(request: Request) -> bool:
    """Whether a form comes from a page of this very name: no other page may sign somebody in, or decide for them."""
    same = urlsplit(_origin(request)).netloc == request.headers.get("host")
    return same and request.headers.get("sec-fetch-site", "same-origin") == "same-origin"


def _sign_in_page(note: str | None, status: int = 200) -> Response:
    said = f'<p class="note" role="status">{escape(note)}</p>' if note else ""
    body = (
        f"{said}<h1>The team's desk</h1><p class=soft>What an assistant may not do without a yes waits here.</p>"
        f'<form method="post" action="{DESK}enter"><label>Your token, with the scope <code>approve</code>'
        '<input type="password" name="token" autocomplete="current-password" required></label>'
        '<button class="yes">Sign in</button></form>'
    )
    return answer(status, lambda nonce: document("The team's desk", body, nonce))
