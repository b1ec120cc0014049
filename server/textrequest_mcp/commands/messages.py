"""Reads what a host sends as messages of the protocol, and says why some bytes are none."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple, cast

from mcp_types import PARSE_ERROR, JSONRPCMessage, JSONRPCNotification, jsonrpc_message_adapter
from pydantic import ValidationError
from pydantic_core import from_json

from textrequest_mcp.ground.raw_json import MARK, MOST_BYTES, id_at_the_ends, readable, unmarked

TOO_LONG = f"it is longer than {MOST_BYTES // 1024 // 1024} MB"
NO_JSON = "it is not JSON"
_NO_MESSAGE = "it is no JSON-RPC 2.0 message"
BAD_ID = "its id is neither a text nor a whole number"


class Unreadable(NamedTuple):
    """Bytes that are no message.

    Attributes:
        why: the reason, without any of the bytes.
        id: the id of the call that waits for an answer, as JSON; None if it cannot be read.
    """

    why: str
    id: bytes | None = None

    @property
    def answer(self) -> bytes:
        """The error that a host gets, as one line without its end."""
        said = f"This message cannot be read: {self.why}. Nothing was sent or changed."
        error = json.dumps({"code": PARSE_ERROR, "message": said}).encode()
        return b'{"jsonrpc":"2.0","id":%b,"error":%b}' % (self.id or b"null", error)


def read(raw: bytes) -> Iterator[JSONRPCMessage | Unreadable]:
    """The message, or each message of a list of them, which hosts of protocol 2025-03-26 may send."""
    try:
        found: Any = from_json(readable(raw))
    except ValueError:  # also for what lies too deep, and for numbers of too many digits
        yield Unreadable(NO_JSON, id_at_the_ends(raw))
        return
    for each in found if isinstance(found, list) and found else [found]:  # pyright: ignore[reportUnknownVariableType]
        yield _message(each)


def _message(found: Any) -> JSONRPCMessage | Unreadable:
    try:
        message = jsonrpc_message_adapter.validate_python(found, by_name=False)
    except ValidationError:
        return Unreadable(_NO_MESSAGE, _id_of(found))
    given = cast("dict[str, Any]", found).get("id")
    # With another id than these two a call would pass as a notification, which nobody answers.
    if (isinstance(message, JSONRPCNotification) and "id" in found) or (isinstance(given, str) and MARK in given):
        return Unreadable(BAD_ID, _id_of(found))
    return message


def _id_of(found: Any) -> bytes | None:
    given = cast("dict[str, Any]", found).get("id") if isinstance(found, dict) else None
    is_one = isinstance(given, str | int | float) and not isinstance(given, bool)
    return json.dumps(unmarked(given)).encode() if is_one else None
