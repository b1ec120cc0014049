"""Serving and ending: whoever listens where, and whatever is on its way when the end comes."""

import base64
import json
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.served import INITIALIZE, KEY, address_of, real_account, running
from tests.unruled import BY_TOKEN, UNRULED_ENVIRONMENT

from textrequest_mcp.live.signature import sign

# Stands for the event loop of Windows, which takes no signal handlers.
LIKE_WINDOWS = """
import anyio, runpy, sys
def no_handlers(*_): raise NotImplementedError
anyio.open_signal_receiver = no_handlers
sys.argv[0] = "textrequest-mcp"
runpy.run_module("textrequest_mcp", run_name="__main__")
"""


def tell(child: subprocess.Popen[str], *messages: dict[str, Any]) -> None:
    assert child.stdin is not None
    for message in messages:
        child.stdin.write(json.dumps(message) + "\n")
    child.stdin.flush()


def call(tool: str, **arguments: Any) -> dict[str, Any]:
    params = {"name": tool, "arguments": arguments}
    return {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": params}


@pytest.mark.parametrize(
    ("transport", "host"), [("http", "127.0.0.2"), ("http", "LOCALHOST"), ("http", "[::1]"), ("sse", "127.0.0.2")]
)
def test_a_web_page_of_elsewhere_reaches_no_server_whatever_name_it_listens_on(transport: str, host: str):
    with running("serve", "--sandbox", "--transport", transport, "--host", host, "--port", "0") as child:
        address = address_of(child)
        headers = {"accept": "application/json, text/event-stream"}
        foreign = [{"host": "evil.example"}, {"origin": "http://evil.example"}]
        if transport == "sse":
            refused = [httpx2.get(address, headers=headers | each).status_code for each in foreign]
        else:
            refused = [httpx2.post(address, headers=headers | each, json=INITIALIZE).status_code for each in foreign]
            assert httpx2.post(address, headers=headers, json=INITIALIZE).status_code == 200

    assert set(refused) <= {400, 403, 421}


@pytest.mark.parametrize("transport", ["stdio", "http"])
def test_where_the_event_loop_takes_no_signals_ctrl_c_ends_it_all_the_same(transport: str):
    port = ["--port", "0"] if transport == "http" else []
    with running("serve", "--sandbox", "--transport", transport, *port, program=("-c", LIKE_WINDOWS)) as child:
        if transport == "http":
            address_of(child)
        else:
            tell(child, INITIALIZE)
            assert child.stdout is not None
            child.stdout.readline()
        child.send_signal(signal.SIGINT)
        _, complaints = child.communicate(timeout=20)

        assert (child.returncode, complaints) == (0, "")


@pytest.fixture
def silent_service() -> Generator[socket.socket]:
    """Takes connections and never answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening


SEND = call("send_message", dashboard_id=121, phone_number="+14235550100", body="Your car is ready.")


@contextmanager
def sending(service: socket.socket, folder: Path) -> Generator[tuple[subprocess.Popen[str], socket.socket]]:
    """A server whose text is on its way, and the service's end of that connection."""
    environment = real_account(f"http://127.0.0.1:{service.getsockname()[1]}/api/v3", folder) | UNRULED_ENVIRONMENT
    with running("serve", environment=environment) as child:
        assert child.stderr is not None
        assert "runs without these rules" in child.stderr.readline()  # they would read the contact first
        assert "lets an assistant say the yes" in child.stderr.readline()
        tell(child, INITIALIZE, {"jsonrpc": "2.0", "method": "notifications/initialized"}, SEND)
        asked, _ = service.accept()
        with asked:  # its first act asks the service for the time
            assert asked.recv(65_536).startswith(b"GET ")
            asked.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        arrived, _ = service.accept()
        with arrived:
            assert arrived.recv(4).startswith(b"POST")
            yield child, arrived


def rows(folder: Path) -> list[tuple[str, str | None]]:
    """State and upstream id of every send that the ledger holds."""
    with closing(sqlite3.connect(folder / "state.sqlite3")) as connection:
        return connection.execute("SELECT state, upstream_id FROM ledger_sends").fetchall()


def test_a_text_on_its_way_when_the_server_is_ended_is_not_lost_silently(silent_service: socket.socket, tmp_path: Path):
    """It is waited for, which a second Ctrl-C cuts short; then the next start looks for it."""
    with sending(silent_service, tmp_path) as (child, _):
        assert child.stderr is not None
        child.send_signal(signal.SIGINT)
        assert "waits for the answer" in child.stderr.readline()
        child.send_signal(signal.SIGINT)
        _, complaints = child.communicate(timeout=20)

    assert child.returncode == 0
    assert "whether it took effect is unknown" in complaints
    for secret in ("CANARY", "Your car", "4235550100"):
        assert secret not in complaints
    assert rows(tmp_path) == [("INFLIGHT", None)]


def test_a_text_that_is_answered_while_the_server_is_ended_is_written_down(
    silent_service: socket.socket, tmp_path: Path
):
    with sending(silent_service, tmp_path) as (child, service):
        assert child.stderr is not None
        child.send_signal(signal.SIGINT)
        assert "waits for the answer" in child.stderr.readline()
        service.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{"message_id": "m1"}')
        _, complaints = child.communicate(timeout=20)

    assert (child.returncode, complaints) == (0, "")
    assert rows(tmp_path) == [("SENT", "m1")]


@pytest.fixture
def no_service() -> Generator[str]:
    """The address of a service that is out of reach, so that nothing is known of its lines."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{closed.getsockname()[1]}/api/v3"


@contextmanager
def receiving(service: str, folder: Path, transport: str = "http", **more: str) -> Generator[str]:
    """A server that takes webhooks; its address."""
    environment = real_account(service, folder) | more
    with running("serve", "--transport", transport, "--port", "0", environment=environment) as child:
        yield address_of(child).rsplit("/", 1)[0]


def webhook(message_id: str = "m1") -> tuple[bytes, dict[str, str]]:
    """A text that came in, as the service tells of it now."""
    told = {
        "messageUniqueIdentifier": message_id,
        "yourPhoneNumber": {"id": 121},
        "conversation": {"consumerPhoneNumber": "14235550100", "messageDirection": "R", "message": "Is it ready?"},
    }
    body, stamp = json.dumps(told).encode(), str(int(time.time()))
    signed = base64.b64encode(sign(KEY, stamp, body)).decode()
    return body, {"x-tr-webhook-timestamp": stamp, "x-tr-webhook-signature": signed}


def noted(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / "state.sqlite3")) as connection:
        return [row[0] for row in connection.execute("SELECT message_id FROM live_events ORDER BY number")]


PUBLIC = {"TEXTREQUEST_PUBLIC_URL": "https://texts.example.com"}
ADDRESS = "/webhooks/textrequest/121/msg_received"


@pytest.mark.parametrize(("transport", "auth"), [("http", "secret"), ("sse", "secret"), ("http", "off")])
def test_a_webhook_that_was_acknowledged_is_on_disk_when_the_server_is_killed(
    no_service: str, tmp_path: Path, transport: str, auth: str
):
    """It comes through a proxy, under the public name, which is none of this machine's, and without a secret."""
    body, headers = webhook()
    headers |= {"host": "texts.example.com", "x-forwarded-for": "203.0.113.7", "via": "1.1 proxy"}
    with receiving(no_service, tmp_path, transport, **PUBLIC, TEXTREQUEST_HTTP_AUTH=auth) as server:
        answers = [httpx2.post(server + ADDRESS, content=body, headers=headers) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert noted(tmp_path) == ["m1"]


def test_whatever_else_comes_to_the_address_of_a_webhook_is_refused_and_the_server_goes_on(
    no_service: str, tmp_path: Path
):
    body, headers = webhook()
    with receiving(no_service, tmp_path, **PUBLIC) as server, httpx2.Client(base_url=server) as service:
        statuses = {
            "unsigned": service.post(ADDRESS, content=body).status_code,
            "changed": service.post(ADDRESS, content=body + b" ", headers=headers).status_code,
            "another event": service.post(ADDRESS + "x", content=body, headers=headers).status_code,
            "too long": service.post(ADDRESS, content=b"x" * 10_000_000, headers=headers).status_code,
            "read": service.get(ADDRESS).status_code,
            "a token": service.post(ADDRESS + "/token", content=body, headers=headers).status_code,
        }
        assert service.post(ADDRESS, content=body, headers=headers).status_code == 200

    assert statuses == {
        "unsigned": 401,
        "changed": 401,
        "another event": 404,
        "too long": 413,
        "read": 405,
        "a token": 401,
    }
    assert noted(tmp_path) == ["m1"]


def test_an_unsigned_webhook_needs_the_token_that_was_set(no_service: str, tmp_path: Path):
    token, (body, _) = "a-token-that-nobody-can-guess", webhook()
    with receiving(no_service, tmp_path, TEXTREQUEST_WEBHOOK_TOKEN=token, **PUBLIC) as server:
        statuses = [
            httpx2.post(f"{server}{ADDRESS}{end}", content=body).status_code for end in ("", "/other", f"/{token}")
        ]

    assert statuses == [401, 401, 200]
    assert noted(tmp_path) == ["m1"]


def test_without_a_public_address_there_is_no_address_for_webhooks(no_service: str, tmp_path: Path):
    body, headers = webhook()
    with receiving(no_service, tmp_path) as server:
        assert httpx2.post(server + ADDRESS, content=body, headers=headers).status_code == 404


def test_the_line_at_the_start_says_which_rules_are_off():
    with running(
        "serve", "--sandbox", environment={"TEXTREQUEST_CONSENT": "off", "TEXTREQUEST_TEXTS_PER_DAY": "off"}
    ) as child:
        assert child.stderr is not None
        line = child.stderr.readline()

    assert line == ("textrequest-mcp runs without these rules: TEXTREQUEST_CONSENT, TEXTREQUEST_TEXTS_PER_DAY.\n")


def test_where_all_rules_are_on_nothing_is_said_of_them():
    with running("serve", "--sandbox", "--transport", "http", "--port", "0") as child:
        assert child.stderr is not None
        assert "rules" not in child.stderr.readline()


def test_the_start_says_where_an_assistant_can_say_the_yes_by_itself():
    with running("serve", "--sandbox", environment=BY_TOKEN) as child:
        assert child.stderr is not None
        line = child.stderr.readline()

    assert "lets an assistant say the yes for a person" in line
    assert "TEXTREQUEST_CONFIRM_FALLBACK is token" in line
