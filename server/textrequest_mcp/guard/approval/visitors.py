"""Tells the one browser that the server opened from every other program on this machine and every page on the web."""

import hmac
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

NAME = "localhost"
_COOKIE = "textrequest-desk"


class Visitors:
    """Who may see the desk that is served on a port of this machine.

    Args:
        port: of the desk.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._once: set[str] = set()
        self._sessions: set[str] = set()
        self._secret = secrets.token_bytes(32)

    @property
    def origin(self) -> str:
        """Where the desk is; alone it opens nothing."""
        return f"http://{NAME}:{self._port}"

    def address(self) -> str:
        """An address of the desk that works once."""
        once = secrets.token_urlsafe(24)
        self._once.add(once)
        return f"{self.origin}/a/{once}"

    def enters(self, request: "Request") -> bool:
        """Use up the address with which a browser comes in; false where it was used up, or is none."""
        once = request.path_params["once"]
        if not self._is_ours(request) or once not in self._once:
            return False
        self._once.discard(once)
        return True

    def welcome(self, response: "Response") -> None:
        """Give a browser the cookie by which it is known from now on."""
        session = secrets.token_urlsafe(24)
        self._sessions.add(session)
        response.set_cookie(f"{_COOKIE}-{self._port}", session, httponly=True, samesite="strict", path="/a")

    def knows(self, request: "Request") -> bool:
        """Whether a request comes from a browser that was let in."""
        session = request.cookies.get(f"{_COOKIE}-{self._port}", "")
        known = [hmac.compare_digest(session.encode(), each.encode()) for each in self._sessions]
        return self._is_ours(request) and any(known)

    def value(self, name: str) -> str:
        """What the form of this name must bring back."""
        return hmac.new(self._secret, name.encode(), "sha256").hexdigest()

    def sent_the_form(self, request: "Request", name: str, given: Mapping[str, str]) -> bool:
        """Whether a form of this name comes from our own page in that browser."""
        own = request.headers.get("origin") == self.origin
        same_site = request.headers.get("sec-fetch-site", "same-origin") == "same-origin"
        value = hmac.compare_digest(given.get("value", "").encode(), self.value(name).encode())
        return self.knows(request) and own and same_site and value

    def _is_ours(self, request: "Request") -> bool:
        return request.headers.get("host") == f"{NAME}:{self._port}"
