"""Plays a customer: receives a made-up text, as if it came from a phone."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from textrequest_mcp.sandbox.account import Account
from textrequest_mcp.sandbox.delivery import receive
from textrequest_mcp.sandbox.refusals import Refusal
from textrequest_mcp.sandbox.request import Body, parsed

PATH = "/sandbox/texts"
LONGEST_TEXT = 1600
_NAMES = frozenset({"from", "body", "dashboard_id"})


def play_routes(account: Account) -> list[Route]:
    """`POST /sandbox/texts`, outside the service: it has no key and no rate limit, and is in no journal.

    Its JSON is `{"from": "+14235550100", "body": "Is my car ready?", "dashboard_id": 121}`; the line may be left out,
    and is the first one then. The answer is a 201 with `message_id` and `dashboard_id`, a 200 with `dropped` and
    `why` for a contact who is blocked, or a 400 with a sentence in `error`.
    """

    async def text_in(request: Request) -> JSONResponse:
        try:
            content_type, raw = request.headers.get("content-type", ""), await request.body()
            with account.turn():
                sender, body, dashboard_id = _read(account, content_type, raw)
                message = receive(account, dashboard_id, sender, body)
        except Refusal as refusal:
            return JSONResponse({"error": refusal.message}, refusal.status)
        if message is None:
            return JSONResponse({"dropped": True, "why": "The contact is blocked on this line."})
        return JSONResponse({"message_id": message.id, "dashboard_id": dashboard_id}, 201)

    return [Route(PATH, text_in, methods=["POST"])]


def _read(account: Account, content_type: str, raw: bytes) -> tuple[str, str, int]:
    """Sender, text and line."""
    # A web page may post anything but JSON to another address without being asked whether it may.
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise Refusal(400, "The content type must be application/json.")
    fields = Body.of(parsed(raw))
    if unknown := fields.given.keys() - _NAMES:
        raise Refusal(400, f"There is no {min(unknown)!r} here; a text has from, body and dashboard_id.")
    sender, body = fields.required("from"), fields.required("body", most=LONGEST_TEXT)
    return sender, body, _line(account, fields.whole("dashboard_id"))


def _line(account: Account, wanted: int | None) -> int:
    if wanted is not None:
        return wanted
    if not account.lines:
        raise Refusal(400, "The account has no line.")
    return next(iter(account.lines))
