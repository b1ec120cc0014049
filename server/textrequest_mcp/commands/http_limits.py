"""Limits what hosts can hold of the server over HTTP: bytes, seconds, and open streams."""

import re
from collections.abc import Sequence

import anyio
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from textrequest_mcp.commands.messages import BAD_ID, NO_JSON, Unreadable, read
from textrequest_mcp.ground.raw_json import MOST_BYTES, readable
from textrequest_mcp.live.webhooks import PATH

IDLE_SECONDS = 30 * 60.0  # a person who comes back after a longer break finds a host that connects anew
MOST_SESSIONS = 1000  # at 37 kB each; hosts that start a session for every call leave many behind
BODY_SECONDS = 30.0
_SESSION = re.compile(rb"session_id=([0-9a-f]{32})")
_CLOSE = {"Connection": "close"}


class HttpLimits:
    """Reads the body of each request before the app gets it, and ends streams of `/sse` on which nothing happens.

    Webhooks have limits of their own, and streamable HTTP ends its sessions itself.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._open = 0
        self._streams: dict[str, anyio.CancelScope] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(f"{PATH}/"):
            await self._app(scope, receive, send)
        elif scope["path"] == "/sse" and scope["method"] == "GET":
            await self._stream(scope, receive, send)
        else:
            self._touch(_SESSION.search(scope["query_string"]))
            await self._with_body(scope, receive, send)

    async def _with_body(self, scope: Scope, receive: Receive, send: Send) -> None:
        announced = Headers(scope=scope).get("content-length", "0")
        body = bytearray()
        try:
            with anyio.fail_after(BODY_SECONDS):
                more = True
                while more:
                    if len(body) > MOST_BYTES or (announced.isdecimal() and int(announced[:18]) > MOST_BYTES):
                        await PlainTextResponse("The body is longer than 8 MB.", 413, _CLOSE)(scope, receive, send)
                        return
                    message = await receive()
                    if message["type"] != "http.request":
                        return  # the host has gone
                    body += message.get("body", b"")
                    more = message.get("more_body", False)
        except TimeoutError:
            await PlainTextResponse("The body did not come in time.", 408, _CLOSE)(scope, receive, send)
            return
        whole = readable(bytes(body))
        await (_refusal(scope, whole) or self._app)(scope, _again(whole, receive), send)

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._open >= MOST_SESSIONS:
            await PlainTextResponse("Too many streams are open.", 503, {"Retry-After": "60"})(scope, receive, send)
            return
        self._open += 1
        session = ""

        async def sent(message: Message) -> None:
            nonlocal session
            data: bytes = message.get("body", b"")
            if not session and (found := _SESSION.search(data)):
                session = found[1].decode()
                self._streams[session] = time_left
            if data and not data.startswith(b":"):  # a comment only keeps the connection
                time_left.deadline = anyio.current_time() + IDLE_SECONDS
            await send(message)

        try:
            with anyio.move_on_after(IDLE_SECONDS) as time_left:
                await self._app(scope, receive, sent)
            if time_left.cancelled_caught:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self._open -= 1
            self._streams.pop(session, None)

    def _touch(self, named: re.Match[bytes] | None) -> None:
        if named is not None and (stream := self._streams.get(named[1].decode())):
            stream.deadline = anyio.current_time() + IDLE_SECONDS


def _refusal(scope: Scope, body: bytes) -> Response | None:
    """The answer to a message that the SDK would not answer with the id of its call."""
    if scope["method"] != "POST" or not scope["path"].startswith(("/mcp", "/messages/")):
        return None
    found: Sequence[object] = list(read(body))
    first = found[0]
    if len(found) == 1 and isinstance(first, Unreadable) and first.why in {BAD_ID, NO_JSON}:
        return Response(first.answer, 400, media_type="application/json")
    return None


def _again(body: bytes, receive: Receive) -> Receive:
    """Gives a body that was read once more, and then what comes after it."""
    parts: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def given() -> Message:
        return parts.pop() if parts else await receive()

    return given
