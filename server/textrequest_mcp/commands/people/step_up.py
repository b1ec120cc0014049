"""Answers 403 to a call that needs a scope which a new sign-in can bring, and says which (RFC 6750)."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any, cast

from pydantic_core import from_json
from starlette.types import ASGIApp, Receive, Scope, Send

from textrequest_mcp.commands.http_access import refused
from textrequest_mcp.commands.people.doors import Doors
from textrequest_mcp.commands.people.let_in import LetIn

_LACKS = "This needs a sign-in with more scopes: {needed}. Nothing was sent or changed."


class StepUp:
    """Looks at the tools that a request calls; the body was read and measured before.

    A tool that a member was never granted is not this one's: it is unknown to them.

    Args:
        app: gets the requests that pass.
        doors: say how to sign in.
        needs: the scopes that each tool needs, by its name.
    """

    def __init__(self, app: ASGIApp, doors: Doors, needs: Mapping[str, frozenset[str]]) -> None:
        self._app = app
        self._doors = doors
        self._needs = needs

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        let_in: LetIn | None = scope.get("let_in")
        if scope["type"] != "http" or scope["method"] != "POST" or let_in is None:
            await self._app(scope, receive, send)
            return
        if let_in.granted <= let_in.member.scopes:
            await self._app(scope, receive, send)
            return
        first = await receive()
        needed = frozenset[str]().union(*(self._needs.get(name, ()) for name in _called(first.get("body", b""))))
        lacking = needed - let_in.member.scopes
        if lacking and needed <= let_in.granted:
            challenge = self._doors.challenge("insufficient_scope", needed | let_in.member.scopes)
            said = _LACKS.format(needed=", ".join(sorted(lacking)))
            await refused(HTTPStatus.FORBIDDEN, said, {"WWW-Authenticate": challenge})(scope, receive, send)
            return
        again = [first]

        async def given() -> Any:
            return again.pop() if again else await receive()

        await self._app(scope, given, send)


def _called(body: bytes) -> Iterator[str]:
    """The names of the tools that a message, or each of a list of them, calls."""
    try:
        found: Any = from_json(body)
    except ValueError:  # the SDK answers it
        return
    messages = cast("list[Any]", found) if isinstance(found, list) else [found]
    for each in messages:
        with suppress(KeyError, IndexError, TypeError):  # it is no message; the SDK answers it
            if each["method"] == "tools/call":
                yield str(each["params"]["name"])
