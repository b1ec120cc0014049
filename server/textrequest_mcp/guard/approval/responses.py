"""Answers a browser at the desk: reads its form, and forbids it everything that the page does not need."""

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from textrequest_mcp.guard.approval import page

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_AWAY = "The server cannot use its store. Load the page again in a moment: what still waits there was not decided."
_MOST_BYTES = 32_768  # a passkey with its signature, what was typed, and the rows of a batch


async def form(request: "Request") -> list[tuple[str, str]]:
    """The fields of a form, in their order; none where the body is too large or of another kind."""
    if request.headers.get("content-type", "").partition(";")[0] != "application/x-www-form-urlencoded":
        return []
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _MOST_BYTES:
            return []
    return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)


def unknown() -> "Response":
    return told(403, "This page is not yours", "Only the window that the server opened decides. Nothing was decided.")


def told(status: int, title: str, sentence: str) -> "Response":
    return answer(status, lambda nonce: page.told(title, sentence, nonce))


async def away(_: "Request", __: Exception) -> "Response":
    """The answer where the store cannot be used, as Starlette takes it; perhaps after it took a decision."""
    return told(503, "What waits cannot be read now", _AWAY)


def answer(
    status: int, written: Callable[[str], str], *, scripts: bool = False, nonce: str | None = None
) -> "Response":
    """A page, written with the nonce of its own style, and of its own script where it may have one."""
    from starlette.responses import HTMLResponse

    nonce = nonce or secrets.token_urlsafe(12)
    return sealed_off(HTMLResponse(written(nonce), status), nonce, scripts=scripts)


def sealed_off(response: "Response", nonce: str, *, scripts: bool = False) -> "Response":
    """Forbid the browser everything that the page does not need: frames, foreign scripts and forms, copies, traces."""
    script = f"script-src 'nonce-{nonce}'; " if scripts else ""
    response.headers.update(
        {
            "Content-Security-Policy": f"default-src 'none'; style-src 'nonce-{nonce}'; {script}form-action 'self'; "
            "frame-ancestors 'none'; base-uri 'none'",
            "X-Frame-Options": "DENY",
            "X-Content-Type-Options": "nosniff",
            # Under no-referrer a browser sends `Origin: null` with the page's own form too, which is then refused.
            "Referrer-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "no-store",
        }
    )
    return response
