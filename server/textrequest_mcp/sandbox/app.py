"""The pretend service itself: its addresses, its key, its rate limit, and its refusals."""

import hmac
import math
import time
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from textrequest_mcp.sandbox import (
    contacts,
    conversations,
    dashboards,
    fields,
    groups,
    hooks,
    keywords,
    media,
    messages,
    payments,
    reviews,
    tags,
)
from textrequest_mcp.sandbox.account import Account
from textrequest_mcp.sandbox.incoming import play_routes
from textrequest_mcp.sandbox.records import Accepted
from textrequest_mcp.sandbox.refusals import Refusal
from textrequest_mcp.sandbox.request import Call, parsed
from textrequest_mcp.sandbox.seed import fill

PREFIX = "/api/v3"
_READS = frozenset({"GET", "HEAD"})
_LINE = "/dashboards/{dashboard_id}"
_CONTACT = _LINE + "/contacts/{phone_number}"
_TAG = _LINE + "/tags/{tag_id}"
_FIELD = _LINE + "/fields/{field_id}"
_PAYMENT = _LINE + "/payments/{payment_id}"

Operation = Callable[[Call], Response]

OPERATIONS: tuple[tuple[str, str, Operation], ...] = (
    ("GET", "/dashboards", dashboards.list_all),
    ("POST", "/dashboards", dashboards.create),
    ("GET", "/dashboards/provisioning", dashboards.provisioning),
    ("GET", _LINE, dashboards.read),
    ("PUT", _LINE, dashboards.rename),
    ("DELETE", _LINE, dashboards.delete),
    ("GET", _LINE + "/contacts", contacts.list_all),
    ("POST", _LINE + "/contacts", contacts.save_many),
    ("GET", _CONTACT, contacts.read),
    ("POST", _CONTACT, contacts.save),
    ("PATCH", _CONTACT, contacts.patch),
    ("DELETE", _CONTACT, contacts.delete),
    ("GET", _CONTACT + "/messages", messages.list_for_contact),
    ("POST", _CONTACT + "/messages", messages.send),
    ("PUT", _CONTACT + "/conversations/archive", conversations.archive),
    ("PUT", _CONTACT + "/conversations/unarchive", conversations.unarchive),
    ("GET", _LINE + "/conversations", conversations.list_all),
    ("GET", _LINE + "/messages", messages.list_for_line),
    ("GET", _LINE + "/groups", groups.list_all),
    ("POST", _LINE + "/groups", groups.create),
    ("GET", _LINE + "/groups/{group_id}", groups.read),
    ("PUT", _LINE + "/groups/{group_id}", groups.update),
    ("DELETE", _LINE + "/groups/{group_id}", groups.delete),
    ("GET", _LINE + "/tags", tags.list_all),
    ("POST", _LINE + "/tags", tags.create),
    ("GET", _TAG, tags.read),
    ("PUT", _TAG, tags.update),
    ("DELETE", _TAG, tags.delete),
    ("GET", _LINE + "/fields", fields.list_all),
    ("POST", _LINE + "/fields", fields.create),
    ("GET", _FIELD, fields.read),
    ("PUT", _FIELD, fields.rename),
    ("DELETE", _FIELD, fields.delete),
    ("GET", _LINE + "/keywords", keywords.list_all),
    ("GET", _LINE + "/reviews", reviews.list_all),
    ("GET", _LINE + "/payments", payments.list_all),
    ("POST", _LINE + "/payments", payments.create),
    ("GET", _PAYMENT, payments.read),
    ("POST", _PAYMENT + "/mark_as_paid", payments.mark_as_paid),
    ("POST", _PAYMENT + "/resend", payments.resend),
    ("POST", _PAYMENT + "/cancel", payments.cancel),
    ("GET", _LINE + "/hooks", hooks.list_all),
    ("POST", _LINE + "/hooks", hooks.create),
    ("PUT", _LINE + "/hooks/{webhook_id}", hooks.reconnect),
    ("DELETE", _LINE + "/hooks/{webhook_id}", hooks.delete),
    ("POST", "/messages", messages.send_from),
    ("PUT", "/messages/{message_id}/redact", messages.redact),
    ("PUT", "/messages/{message_id}/unredact", messages.unredact),
    ("POST", "/mms", media.upload),
    ("GET", "/eventTypes", hooks.event_types),
)


def create_app(
    *,
    key: str,
    clock: Callable[[], float] = time.time,
    rate_limit: tuple[int, float] | None = (100, 60.0),
    lively: bool = True,
    contacts: int | None = None,
    account: Account | None = None,
) -> Starlette:
    """The service on an account, by default a new one.

    `contacts` is the number of the first line's contacts, for tests that need many.
    """
    if account is None:
        account = Account(clock, lively=lively)
        account.key = key
        fill(account, contacts)
    routes = [Route(path, _endpoint(operation), methods=[method]) for method, path, operation in OPERATIONS]
    door = Middleware(_Door, account=account, rate_limit=rate_limit)
    app = Starlette(
        routes=[Mount(PREFIX, routes=routes, middleware=[door]), *play_routes(account)],
        exception_handlers={HTTPException: _no_such_address},
    )
    app.state.account = account
    return app


class _Door:
    """Counts every request to the service, then checks the key, then the rate limit."""

    def __init__(self, app: ASGIApp, account: Account, rate_limit: tuple[int, float] | None) -> None:
        self.app = app
        self.account = account
        self.rate_limit = rate_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # A slash before the query is taken (wire-facts, Seen by others).
        scope = {**scope, "path": scope["path"].rstrip("/")}
        answer = self._turned_away(Request(scope)) if scope["type"] == "http" else None
        await (answer or self.app)(scope, receive, send)

    def _turned_away(self, request: Request) -> Response | None:
        self.account.requests += 1
        try:
            with self.account.turn():
                return self._refused(request)
        except Refusal as refusal:  # the account itself cannot be used
            return refusal.answer(request.url.path)

    def _refused(self, request: Request) -> Response | None:
        now = self.account.clock()
        self.account.advance(now)
        given = request.headers.get("x-api-key")
        if given is None:
            # wire-facts, Base: a missing key is a 400, a bad one a 401.
            return Refusal(400, "The header x-api-key is missing.", "keyMissing").answer(request.url.path)
        if not hmac.compare_digest(given.encode(), self.account.key.encode()):
            return Refusal(401, "The API key is not valid.", "keyInvalid").answer(request.url.path)
        return self._too_soon(request, now)

    def _too_soon(self, request: Request, now: float) -> Response | None:
        if self.rate_limit is None:
            return None
        most, seconds = self.rate_limit
        passed = self.account.passed
        while passed and passed[0] <= now - seconds:
            passed.popleft()
        if len(passed) < most:
            passed.append(now)
            return None
        answer = Refusal(429, f"Only {most} requests in {seconds:g} seconds.", "tooManyRequests").answer(
            request.url.path
        )
        answer.headers["Retry-After"] = str(max(1, math.ceil(passed[0] + seconds - now)))
        return answer


def _endpoint(operation: Operation) -> Callable[[Request], object]:
    async def answer(request: Request) -> Response:
        account: Account = request.app.state.account
        path = request.url.path.removeprefix(PREFIX)
        try:
            body, file = await _read(request)
            # From here on nothing waits, so two requests never see half of each other's work.
            with account.turn():
                call = Call(account, account.clock(), dict(request.path_params), request.query_params, body, file)
                answer = operation(call)
        except Refusal as refusal:
            return refusal.answer(path)
        if request.method not in _READS:
            account.journal.append(Accepted(request.method, path, body, call.now))
        return answer

    return answer


async def _read(request: Request) -> tuple[object, UploadFile | None]:
    """The request's JSON, or an uploaded file's entry in the journal and the file itself."""
    if request.method in _READS:
        return None, None
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await _upload(request)
    return parsed(await request.body()), None


async def _upload(request: Request) -> tuple[object, UploadFile | None]:
    try:
        async with request.form() as form:
            file = form.get("file")
    except HTTPException:
        raise Refusal(400, "The form cannot be read.", "bodyInvalid") from None
    if not isinstance(file, UploadFile):
        return None, None
    return {"file": file.filename, "mime_type": file.content_type, "size": file.size}, file


async def _no_such_address(_: Request, problem: Exception) -> Response:
    """wire-facts, Base: some errors have no body; here the addresses that do not exist."""
    if not isinstance(problem, HTTPException):
        raise problem
    return Response(status_code=problem.status_code, headers=problem.headers)
