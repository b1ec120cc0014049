"""Stands between the conformance runner and the server, and gives the runner's fixtures the names of what is there.

The runner calls tools, prompts and documents that only the test servers of SDKs have. Here each becomes one of ours
that behaves as the fixture should; all else, streams too, goes through as it is, but for blanks round a header.
"""

import json
import re
from collections.abc import Generator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx2

LINE = 121
DEVON = {"dashboard_id": LINE, "phone_number": "14235550102"}
STRANGER = {"dashboard_id": LINE, "phone_number": "14235550177"}
ASKS = ("delete_contact", DEVON)

TOOLS: dict[str, tuple[str, dict[str, Any]]] = {
    "test_simple_text": ("list_dashboards", {}),
    "test_logging_tool": ("list_dashboards", {}),
    "test_reconnection": ("list_dashboards", {}),
    "test_error_handling": ("get_contact", STRANGER),
    # It tells how far it is after each 5 seconds, and the runner wants to be told three times.
    "test_tool_with_progress": ("wait_for_messages", {"dashboard_id": LINE, "timeout_seconds": 16}),
    "test_elicitation": ASKS,
    "test_streaming_elicitation": ASKS,
    "test_input_required_result_elicitation": ASKS,
    "test_input_required_result_request_state": ASKS,
    "test_input_required_result_tampered_state": ASKS,
}
PROMPTS = {"test_simple_prompt": "catch_up", "test_prompt_with_arguments": "collect_payment"}
DOCUMENTS = {
    "test://static-text": "textrequest://dashboards",
    "test://template/123/data": "textrequest://dashboards/123",
    "test://watched-resource": f"textrequest://dashboards/{LINE}/conversations",
}
_QUESTION = re.compile(rb'(?<="inputRequests":\{")[^"]+')
_THEIR_QUESTION = b"user_name"
_OF_ONE_WAY = {"transfer-encoding", "content-length", "connection", "date", "server"}


def translate(message: dict[str, Any]) -> None:
    """Put our names, and what ours need, into a request of the runner."""
    given: dict[str, Any] = message.get("params") or {}
    match message.get("method"):
        case "tools/call" if given.get("name") in TOOLS:
            given["name"], given["arguments"] = TOOLS[given["name"]]
        case "prompts/get" if given.get("name") in PROMPTS:
            given["name"] = PROMPTS[given["name"]]
            arguments: dict[str, str] = given.get("arguments") or {}
            if words := " ".join(arguments.values()):
                given["arguments"] = {"phone_number": "4235550100", "amount": "49.50", "description": words}
        case "resources/read" | "resources/subscribe" | "resources/unsubscribe" if given.get("uri") in DOCUMENTS:
            given["uri"] = DOCUMENTS[given["uri"]]
        case "completion/complete" if given.get("ref", {}).get("name") in PROMPTS:
            given["ref"]["name"] = PROMPTS[given["ref"]["name"]]
            given["argument"] = {"name": "phone_number", "value": "423"}
        case _:
            pass


@contextmanager
def named_as_the_runner_knows(server: str, secret: dict[str, str]) -> Generator[str]:
    """An address that passes everything on to the server, with the secret that it wants.

    Args:
        server: the server's address.
    """

    ours = [_THEIR_QUESTION]  # the name that the server gave its newest question

    class Interpreter(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            self.close_connection = True
            said = self.rfile.read(int(self.headers.get("content-length", 0)))
            body = _translated(said.replace(_THEIR_QUESTION, ours[-1]))
            headers = [
                (name, _our_name(value.strip()) if name.lower() == "mcp-name" else value.strip())
                for name, value in self.headers.items()
                if name.lower() not in _OF_ONE_WAY
            ]
            # Whoever leaves, the runner or the server, the other is left too.
            with suppress(OSError, httpx2.TransportError), httpx2.Client(timeout=None) as client:
                request = client.stream(self.command, server, headers=[*headers, *secret.items()], content=body)
                with request as answer:
                    self.send_response(answer.status_code)
                    for name, value in answer.headers.items():
                        if name not in _OF_ONE_WAY:
                            self.send_header(name, value)
                    self.send_header("connection", "close")
                    self.end_headers()
                    for part in answer.iter_raw():
                        ours.extend(_QUESTION.findall(part))
                        self.wfile.write(_QUESTION.sub(_THEIR_QUESTION, part))
                        self.wfile.flush()

        do_GET = do_POST = do_DELETE = do_OPTIONS = pass_on  # noqa: N815 - the standard library's names

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the standard library's name
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Interpreter) as interpreter:
        interpreter.daemon_threads = True
        Thread(target=interpreter.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{interpreter.server_address[1]}/mcp"
        interpreter.shutdown()


def _translated(body: bytes) -> bytes:
    try:
        message = json.loads(body)
    except ValueError:
        return body
    if not isinstance(message, dict):
        return body
    translate(message)  # pyright: ignore[reportUnknownArgumentType]
    return json.dumps(message).encode()


def _our_name(name: str) -> str:
    """What the header says of a request's body, which must agree with it."""
    return TOOLS[name][0] if name in TOOLS else PROMPTS.get(name, DOCUMENTS.get(name, name))
