"""One request to the pretend service, and the reading of its parts: line, number, page, filters, body."""

import json
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from starlette.datastructures import QueryParams, UploadFile
from starlette.responses import JSONResponse, Response

from textrequest_mcp.sandbox.account import Account
from textrequest_mcp.sandbox.phone import eleven_digits
from textrequest_mcp.sandbox.records import Contact, Line
from textrequest_mcp.sandbox.refusals import Refusal

T = TypeVar("T")

DEFAULT_PAGE_SIZE = 100
MOST_PAGE_SIZE = 1000


@dataclass(frozen=True, slots=True)
class Call:
    account: Account
    now: float
    path: dict[str, str]
    query: QueryParams
    body: object = None
    file: UploadFile | None = None

    @property
    def line(self) -> Line:
        return self.account.line(self.path_number("dashboard_id"))

    @property
    def phone(self) -> str:
        return eleven_digits(self.path["phone_number"])

    @property
    def contact(self) -> Contact | None:
        """The contact whom the path names. A number that is none is nobody's: the vendor lists no 400 for these."""
        line = self.line
        try:
            return line.contacts.get(self.phone)
        except Refusal:
            return None

    def path_number(self, name: str) -> int:
        return whole_number(self.path[name], name)

    def count(self, name: str, default: int) -> int:
        """wire-facts, Base: a negative or non-numeric page is a 400."""
        written = self.query.get(name, "")
        return whole_number(written, name) if written else default

    def flag(self, name: str) -> bool | None:
        written = self.query.get(name, "").lower()
        if written not in {"", "true", "false"}:
            raise Refusal(400, f"{name} must be true or false.", "parameterInvalid")
        return written == "true" if written else None

    def listed(self, name: str) -> list[str]:
        return [part.strip() for part in self.query.get(name, "").split(",") if part.strip()]

    def fields(self) -> "Body":
        return Body.of(self.body)

    def page(self, found: list[T]) -> tuple[list[T], dict[str, int]]:
        """wire-facts, Base: pages count from 0, and a size over 1000 is cut without a word except in `meta`."""
        number, size = self.count("page", 0), min(self.count("page_size", DEFAULT_PAGE_SIZE), MOST_PAGE_SIZE)
        meta = {"page": number, "page_size": size, "total_items": len(found)}
        return found[number * size : (number + 1) * size], meta


@dataclass(frozen=True, slots=True)
class Body:
    """The JSON object of a request; a field that is missing or null reads as None."""

    given: dict[str, Any]

    @classmethod
    def of(cls, body: object) -> "Body":
        if not isinstance(body, dict):
            raise Refusal(400, "The body must be a JSON object.", "bodyInvalid")
        return cls(cast("dict[str, Any]", body))

    def text(self, name: str, *, most: int | None = None) -> str | None:
        value = self._of(name, str, "a text")
        if value is not None and most is not None and len(value) > most:
            raise Refusal(400, f"{name} may have at most {most} characters.", "parameterInvalid")
        return value

    def required(self, name: str, *, most: int | None = None) -> str:
        value = self.text(name, most=most)
        if value is None or not value.strip():
            raise Refusal(400, f"{name} is required.", "parameterMissing")
        return value

    def flag(self, name: str) -> bool | None:
        return self._of(name, bool, "true or false")

    def whole(self, name: str) -> int | None:
        value = self._of(name, int, "a whole number")
        if isinstance(value, bool):  # which is an int to Python
            raise Refusal(400, f"{name} must be a whole number.", "parameterInvalid")
        return value

    def listed(self, name: str, kind: type[T]) -> list[T] | None:
        values = cast("list[object] | None", self._of(name, list, "a list"))
        if values is None:
            return None
        if any(not isinstance(value, kind) or isinstance(value, bool) for value in values):
            raise Refusal(400, f"{name} holds something of the wrong kind.", "parameterInvalid")
        return cast("list[T]", values)

    def _of(self, name: str, kind: type[T], called: str) -> T | None:
        value = self.given.get(name)
        if value is not None and not isinstance(value, kind):
            raise Refusal(400, f"{name} must be {called}.", "parameterInvalid")
        return value


def parsed(raw: bytes) -> object:
    """The JSON of a body; None where there is none."""
    try:
        body = json.loads(raw) if raw else None
        json.dumps(body, ensure_ascii=False).encode()  # half a surrogate pair could be kept but never shown again
    except (ValueError, RecursionError):
        raise Refusal(400, "The body is not JSON.", "bodyInvalid") from None
    return body


def whole_number(written: str, name: str) -> int:
    """Eighteen digits are more than any id has, and few enough for Python to read."""
    if not (written.isascii() and written.isdigit() and len(written) <= 18):
        raise Refusal(400, f"{name} must be a whole number that is not negative.", "parameterInvalid")
    return int(written)


def shown(body: object, status: int = 200) -> Response:
    return JSONResponse(body, status_code=status)


def nothing(status: int = 204) -> Response:
    return Response(status_code=status)
