"""Reads an answer of the service as JSON, as nothing, or as an error in plain words."""

import json
import math
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, NamedTuple

from textrequest_mcp.ground.clean import clean
from textrequest_mcp.upstream.errors import BadKey, NotFound, Refused
from textrequest_mcp.upstream.phone import mask_numbers

_LONGEST_QUOTE = 200
# Advice for the service's own codes (wire-facts, Conversations and messages; reported by one integrator).
_TODO_BY_CODE = {
    "30050": "This person opted out by texting STOP; only their own START lifts it, so do not text them.",
    "2001": "The number cannot be reached by text.",
}
_SECONDS = r"[0-9]{1,99}(\.[0-9]{0,99})?(\s*,\s*[0-9]{1,99}(\.[0-9]{0,99})?)*"
_ONLY_ERRORS_HAVE = ("error_message", "error_code", "errorCode")


class Unusable(Exception):
    """A complete answer without a usable meaning: a server fault, or a body that is not JSON."""


class _Error(NamedTuple):
    message: str
    code: str | None


def read_answer(method: str, status: int, body: bytes) -> Any | None:
    """The decoded JSON of a good answer; None for an empty one (204, or no body).

    Args:
        method: the request's.
        status: the HTTP status.
        body: the answer's bytes.

    Raises:
        Refused, BadKey, NotFound: the service finally says no: any 4xx; any 3xx, which is never followed; a change
            answered with an error under a 2xx.
        Unusable: 5xx, a 2xx whose body is not JSON, or a 408 to a read, which can be repeated.
    """
    late = method == "GET" and status == HTTPStatus.REQUEST_TIMEOUT
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status < HTTPStatus.OK or late:
        raise Unusable(f"the service answered {status}")
    if status >= HTTPStatus.MULTIPLE_CHOICES:
        raise _refusal(status, body)
    if status == HTTPStatus.NO_CONTENT or not body.strip():
        return None
    try:
        read: Any = json.loads(body, parse_constant=_no_constant, parse_float=_finite)
    except (ValueError, RecursionError):
        raise Unusable("the service's answer is not JSON") from None
    if method != "GET" and _is_error(read):
        raise _refusal(status, body)
    return read


def retry_after(headers: Mapping[str, str], *, now: datetime | None = None) -> float | None:
    """Seconds that a `Retry-After` header asks for, rounded up; None where it is neither numbers nor a date.

    Args:
        headers: the answer's.
        now: what a date is measured from; when left out, the answer's own date, or else this machine's clock.
    """
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(_SECONDS, value):
        return float(max(math.ceil(Decimal(number)) for number in value.split(",")))  # a repeated header is a list
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    base = date_of(headers) if now is None else now.timestamp()
    return max(0.0, math.ceil(at.timestamp() - (time.time() if base is None else base)))


def date_of(headers: Mapping[str, str]) -> float | None:
    """The answer's own date in seconds since 1970; None where it has none."""
    try:
        return parsedate_to_datetime(headers.get("date", "")).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def quote(message: str) -> str:
    """The service's words, fit for an error: one line, not long, no whole phone number."""
    plain = "".join(c if c.isprintable() else " " for c in clean(message))
    return mask_numbers(" ".join(plain.split()))[:_LONGEST_QUOTE]


def _refusal(status: int, body: bytes) -> Refused | NotFound:
    error = _read_error(body)
    said = f' It said: "{quote(error.message)}".' if error.message else ""
    code = f" (code {quote(error.code)})" if error.code else ""
    if status == HTTPStatus.UNAUTHORIZED:
        return BadKey(
            f"Text Request does not accept the API key.{said}",
            status=status,
            code=error.code,
            todo="Ask the person to check TEXTREQUEST_API_KEY; an administrator finds the key under Integrations, API.",
        )
    if status == HTTPStatus.NOT_FOUND:
        return NotFound(
            f"Text Request has no such thing.{said}",
            todo="Look its id up with a list tool; if lists say this too, TEXTREQUEST_BASE_URL is wrong.",
        )
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return Refused(
            f"Text Request answered with a redirect ({status}), which is never followed: the key would travel with it.",
            status=status,
            todo="Ask the person to check TEXTREQUEST_BASE_URL.",
        )
    # Without a code it is a rule of the service's, which no other argument gets around.
    by_rule = "Do not repeat the same call; tell the person what it says."
    by_argument = "Do not repeat the same call: correct what it names, or look the ids up with the list tools."
    todo = _TODO_BY_CODE.get(error.code or "", by_rule if error.message and not error.code else by_argument)
    return Refused(f"Text Request refused the call ({status}){code}.{said}", status=status, code=error.code, todo=todo)


def _is_error(read: Any) -> bool:
    fields: dict[str, Any] = read if isinstance(read, dict) else {}  # pyright: ignore[reportUnknownVariableType]
    return any(fields.get(name) for name in _ONLY_ERRORS_HAVE)


def _read_error(body: bytes) -> _Error:
    """Reads both spellings of an error body (wire-facts, Base); empty where it is neither."""
    try:
        read: Any = json.loads(body)
    except (ValueError, RecursionError):
        return _Error("", None)
    if not isinstance(read, dict):
        return _Error("", None)
    error: dict[str, Any] = read  # pyright: ignore[reportUnknownVariableType] - JSON of the upstream
    message = error.get("error_message") or error.get("message") or ""
    code = error.get("error_code") or error.get("errorCode")
    return _Error(str(message), None if code is None else str(code))


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _finite(text: str) -> float:
    """A number that can be written as JSON again; 1e999 would read as infinity."""
    number = float(text)
    if math.isinf(number):
        raise ValueError(text)
    return number
