"""The desk of a team, at the server's own address: who may approve signs in with a token, and decides what waits.

A member sees the questions about the lines that they may use; with four eyes none that their own assistant asks. What
they may not decide is answered like what is over. A cookie stands for their browser until they leave, twelve hours have
passed, or they are taken out of the team.
"""

import hmac
import secrets
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

from textrequest_mcp.commands.people.doors import Doors
from textrequest_mcp.commands.people.let_in import LetIn
from textrequest_mcp.guard.approval import page
from textrequest_mcp.guard.approval.approval_rows import Row
from textrequest_mcp.guard.approval.approvals import Approvals
from textrequest_mcp.guard.approval.deciding import Answered, write_down
from textrequest_mcp.guard.approval.look import document
from textrequest_mcp.guard.approval.passkeys import Passkeys
from textrequest_mcp.guard.approval.responses import answer, form, told
from textrequest_mcp.settings.team import DESK

_COOKIE = "textrequest-desk"
_STAYS_SECONDS = 12 * 3600.0
_MOST_SESSIONS = 200
_NOT_YOURS = "Sign in again, and use the page's own buttons. Nothing was decided."
_NO_MEMBER = "That is not the token of somebody who may approve."
_OVER = "This question is over or was decided already. Look at what waits now."


@dataclass(frozen=True)
class _Session:
    """A browser in which a member signed in."""

    let_in: LetIn
    until: float
    secret: bytes

    def value(self, id_: str) -> str:
        """What the form of a row must bring."""
        return hmac.new(self.secret, id_.encode(), "sha256").hexdigest()


class TeamDesk:
    """The pages below `/desk/`.

    Args:
        approvals: the questions of the account.
        doors: know the members by their tokens.
        four_eyes: whether nobody decides what their own assistant asks.
        over_tls: whether browsers reach it over https only.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        approvals: Approvals,
        doors: Doors,
        *,
        four_eyes: bool = False,
        over_tls: bool = True,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._approvals = approvals
        self._passkeys = Passkeys(approvals.store)
        self._doors = doors
        self._four_eyes = four_eyes
        self._over_tls = over_tls
        self._clock = clock
        self._sessions: dict[str, _Session] = {}

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
            ]
        )

    async def _page(self, request: Request) -> Response:
        session = self._session(request)
        return _sign_in_page(None) if session is None else await self._questions(session, None)

    async def _enter(self, request: Request) -> Response:
        given = dict(await form(request))
        let_in = await self._doors.enter(given.get("token", "").strip()) if _is_own_page(request) else None
        if let_in is None or not let_in.member.may({"approve"}):
            return _sign_in_page(_NO_MEMBER, 403)
        now = self._clock()
        self._sessions = {name: each for name, each in self._sessions.items() if _lasts(each, now)}
        while len(self._sessions) >= _MOST_SESSIONS:
            del self._sessions[next(iter(self._sessions))]
        name = secrets.token_urlsafe(32)
        self._sessions[name] = _Session(let_in, now + _STAYS_SECONDS, secrets.token_bytes(32))
        response = RedirectResponse(DESK, 303)
        response.set_cookie(self.cookie, name, httponly=True, samesite="strict", path="/", secure=self._over_tls)
        return response

    async def _leave(self, request: Request) -> Response:
        if _is_own_page(request):
            self._sessions.pop(request.cookies.get(self.cookie, ""), None)
        return RedirectResponse(DESK, 303)

    async def _decide(self, request: Request) -> Response:
        session, fields = self._session(request), await form(request)
        shown = [text.partition(" ") for name, text in fields if name == "row"]
        if session is None or not _is_own_page(request) or not shown:
            return told(403, "This page is not yours", _NOT_YOURS)
        if not all(hmac.compare_digest(session.value(id_).encode(), value.encode()) for id_, _, value in shown):
            return told(403, "This page is not yours", _NOT_YOURS)
        ids = [id_ for id_, _, _ in shown]
        theirs = {row.id for row in await self._waiting(session)}
        if not theirs.issuperset(ids):
            return await self._questions(session, _OVER)
        by = f"member:{session.let_in.member.id}"
        answered = Answered(fields, ids, _origin(request), by)
        return await self._questions(session, await write_down(self._approvals, self._passkeys, answered))

    async def _questions(self, session: _Session, note: str | None) -> Response:
        rows = await self._waiting(session)
        values: Mapping[str, str] = {row.id: session.value(row.id) for row in rows}
        name = escape(session.let_in.member.name)
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
        member = session.let_in.member
        if row.shown is None or (self._four_eyes and row.member == member.id):
            return False
        return member.lines is None or row.shown.line in member.lines

    def _session(self, request: Request) -> _Session | None:
        found = self._sessions.get(request.cookies.get(self.cookie, ""))
        return found if found is not None and _lasts(found, self._clock()) else None


def _lasts(session: _Session, now: float) -> bool:
    return now < session.until and session.let_in.member.is_in()


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
