"""Answers the service's webhook calls: checks the caller, writes the text to the disk, and answers at once."""

import hmac
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import anyio

from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.guard.once.ledger import Ledger
from textrequest_mcp.live.events import NotAnEvent, TextEvent, of_hook, of_status
from textrequest_mcp.live.replays import Replayed
from textrequest_mcp.live.signature import SIGNATURE, TIMESTAMP, BadSignature, check_signature
from textrequest_mcp.live.watch import Watch
from textrequest_mcp.upstream.scrub import Scrubber

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

logger = logging.getLogger(__name__)

PATH = "/webhooks/textrequest"
RECEIVED, SENT, STATUS = "msg_received", "msg_sent", "msg_status_updated"
EVENTS = (RECEIVED, SENT, STATUS)
LARGEST_BODY = 256 * 1024
_BODY_SECONDS = 10.0  # a slower caller would hold a connection that others need
_DIRECTIONS = {RECEIVED: "R", SENT: "S"}


@dataclass(frozen=True, kw_only=True)
class Door:
    """The proofs that a call may bring.

    Attributes:
        keys: the keys that may sign a call: the API key, and the previous one.
        token: a secret part of the path that replaces the signature; None if each call must be signed.
    """

    keys: Sequence[str]
    token: str | None = None


class _Turned(Exception):
    """The call is refused with this status; nothing was noted."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Receiver:
    """The endpoint of one account's webhooks.

    Args:
        live: notes texts.
        ledger: keeps our sends, and notes their delivery.
        door: the proofs that a call may bring.
        watches: tells whether a line is one of the account's.
    """

    def __init__(self, live: Watch, ledger: Ledger, door: Door, watches: Callable[[int], Awaitable[bool]]) -> None:
        self._live = live
        self._ledger = ledger
        self._door = door
        self._scrubber = Scrubber(door.keys)
        self._watches = watches

    async def answer(self, request: "Request") -> "Response":
        """Answer 200 once the text is on the disk, 4xx to a refused call, and 503 if the disk fails.

        The service repeats a call after a 503. A repetition of what was noted is as good as the call itself: ten other
        answers would disconnect the hook.
        """
        from starlette.responses import Response

        try:
            await self._take(request)
        except _Turned as turned:
            logger.warning("a webhook call was not taken: %s", turned)
            return Response(status_code=turned.status)
        except StoreError:
            logger.exception("a webhook call could not be noted")
            return Response(status_code=503, headers={"Retry-After": "5"})
        return Response(status_code=200)

    async def _take(self, request: "Request") -> None:
        event, line = request.path_params["event"], request.path_params["dashboard_id"]
        if event not in EVENTS or not (line.isascii() and line.isdecimal() and len(line) <= 18):
            raise _Turned(404, "no such event or line")
        body = await _body(request)
        once = self._admit(request, body)
        payload = _payload(self._scrubber.scrub(body))
        if not await self._watches(int(line)):
            raise _Turned(404, f"line {line} is not one of this account")
        try:
            if event == STATUS:
                fate = of_status(payload)
                # In one transaction with the name of the call: if this fails, the service may repeat the call.
                writes = self._ledger.writes_delivery({fate.message_id: (fate.status, fate.error)})
                await self._live.note([], once=once, also=writes)
            else:
                await self._live.note([_text(payload, int(line), event)], durable=True, once=once)
        except NotAnEvent as problem:
            raise _Turned(400, str(problem)) from None
        except Replayed:
            logger.debug("a webhook call was heard before, and is not noted again")

    def _admit(self, request: "Request", body: bytes) -> str | None:
        """Refuse a call without a valid proof; returns the name of the call, or None if it is not signed."""
        given = request.path_params.get("token")
        signature, timestamp = request.headers.get(SIGNATURE), request.headers.get(TIMESTAMP)
        if given is not None and not self._fits(given):
            raise _Turned(401, "its token is wrong")
        if given is None or signature is not None:
            now = self._live.reader.now()
            try:
                return check_signature(signature, timestamp, body, keys=self._door.keys, now=now)
            except BadSignature as problem:
                raise _Turned(401, str(problem)) from None
        # Nothing tells when an unsigned call was made, so only the text's id keeps it from being noted twice.
        return None

    def _fits(self, token: str) -> bool:
        expected = self._door.token
        return expected is not None and hmac.compare_digest(token.encode("utf-8", "surrogatepass"), expected.encode())


async def _body(request: "Request") -> bytes:
    """The raw bytes of the body; too many are refused."""
    from starlette.requests import ClientDisconnect

    announced = request.headers.get("content-length", "0")
    body = bytearray()
    if not announced.isdecimal() or int(announced[:18]) > LARGEST_BODY:
        raise _Turned(413, "its body is too large")
    try:
        with anyio.fail_after(_BODY_SECONDS):
            async for part in request.stream():
                body += part
                if len(body) > LARGEST_BODY:
                    raise _Turned(413, "its body is too large")
    except TimeoutError:
        raise _Turned(408, "its body did not come in time") from None
    except ClientDisconnect:
        raise _Turned(400, "its body did not come to its end") from None
    return bytes(body)


def _payload(body: bytes) -> dict[str, Any]:
    try:
        read: Any = json.loads(body)
    except (ValueError, RecursionError):
        raise _Turned(400, "its body is not JSON") from None
    if not isinstance(read, dict):
        raise _Turned(400, "its body is no record")
    return read  # pyright: ignore[reportUnknownVariableType] - JSON


def _text(payload: dict[str, Any], line: int, event: str) -> TextEvent:
    text = of_hook(payload)
    if text.dashboard_id != line:
        raise NotAnEvent("its line is not the one of its address")
    if text.direction != _DIRECTIONS[event]:
        raise NotAnEvent("its direction is not the one of its address")
    return text
