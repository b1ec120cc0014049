"""A customer's phone: texts the sandbox that is served on a port of this machine."""

import http.client
import json
from typing import Any, cast

from textrequest_mcp.sandbox.incoming import PATH

DEFAULT_PORT = 8000
_SECONDS = 10.0


class NotTaken(Exception):
    """The text was not received; the words say why."""


def text(port: int, sender: str, body: str, dashboard_id: int | None = None) -> str:
    """Text a line, the first one by default; the result as one sentence.

    Raises:
        NotTaken: nothing listens on the port, or no sandbox does, or the sandbox refused the text.
    """
    fields: dict[str, Any] = {"from": sender, "body": body}
    if dashboard_id is not None:
        fields["dashboard_id"] = dashboard_id
    status, answer = _post(port, json.dumps(fields).encode())
    if status == 400 and "error" in answer:
        raise NotTaken(f"The sandbox refused the text: {answer['error']}")
    if status == 201 and "message_id" in answer:
        return f"Line {answer['dashboard_id']} received the text as message {answer['message_id']}."
    if status == 200 and "why" in answer:
        return f"The service dropped the text: {answer['why']}"
    raise NotTaken(f"What listens on port {port} is no sandbox that takes texts (it answered {status}).")


def _post(port: int, raw: bytes) -> tuple[int, dict[str, Any]]:
    """Posts to this machine, without proxy or redirect. An answer that is no JSON object reads as an empty one."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
    try:
        connection.request("POST", PATH, raw, {"Content-Type": "application/json"})
        response = connection.getresponse()
        status, written = response.status, response.read()
    except (OSError, OverflowError, http.client.HTTPException) as error:
        raise NotTaken(
            f"No sandbox answers on port {port} of this machine: {error}. "
            "Start one with `textrequest-mcp sandbox --port N`, or name its port with --port."
        ) from None
    finally:
        connection.close()
    try:
        answer: object = json.loads(written)
    except ValueError:
        answer = None
    return status, cast("dict[str, Any]", answer) if isinstance(answer, dict) else {}
