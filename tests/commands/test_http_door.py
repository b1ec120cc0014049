"""The HTTP door from outside: names, web pages, limits of bytes, seconds and sessions; and the sandbox's own door."""

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.served import INITIALIZE, address_of, real_account, running

ACCEPT = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
TEXT_IN = {"from": "+14235550100", "body": "Is it ready?"}
PUBLIC = {"TEXTREQUEST_PUBLIC_URL": "https://Texts.Example.com/hooks"}
PAGE = "http://localhost:6274"
HURRIED = """
import sys
from textrequest_mcp.commands import http, http_connection, http_limits
http.IDLE_SECONDS = http_limits.IDLE_SECONDS = {idle}
http.MOST_SESSIONS = http_limits.MOST_SESSIONS = 3
http_connection.HEADER_SECONDS = http_limits.BODY_SECONDS = {patience}
from textrequest_mcp.cli import main
sys.exit(main(sys.argv[1:]))
"""


@contextmanager
def serving(transport: str = "http", *, idle: float = 60, patience: float = 60) -> Generator[str]:
    """A sandbox that is served in a hurry; where it listens."""
    program = ("-c", HURRIED.format(idle=idle, patience=patience))
    with running("serve", "--sandbox", "--transport", transport, "--port", "0", program=program) as child:
        yield address_of(child)


@pytest.fixture(scope="module")
def sandboxes() -> Generator[dict[str, str]]:
    """Where a sandbox is served over HTTP and over SSE, with a public name."""
    with ExitStack() as stack:
        started = {
            transport: stack.enter_context(
                running("serve", "--sandbox", "--transport", transport, "--port", "0", environment=PUBLIC)
            )
            for transport in ("http", "sse")
        }
        yield {transport: address_of(child).rpartition("/")[0] for transport, child in started.items()}


@contextmanager
def stand_alone() -> Generator[tuple[str, str]]:
    """The command `sandbox`: where it listens, and its key."""
    with running("sandbox", "--port", "0") as child:
        assert child.stderr is not None
        line = child.stderr.readline()
        found = re.fullmatch(r".* at (http://127\.0\.0\.1:\d+)/api/v3 with key (\w+)\n", line)
        assert found
        yield found[1], found[2]
        child.send_signal(signal.SIGINT)


FOREIGN: dict[str, dict[str, str]] = {
    "another host": {"host": "evil.example"},
    "a host that begins like ours": {"host": "localhost.evil.example:80"},
    "a user before our name": {"host": "evil@127.0.0.1:80"},
    "an empty host": {"host": ""},
    "another machine": {"host": "192.0.2.1"},
    "all addresses": {"host": "0.0.0.0:80"},
    "another page": {"origin": "https://evil.example"},
    "a page of no place": {"origin": "null"},
    "a file": {"origin": "file://"},
    "a page that begins like ours": {"origin": "http://localhost.evil.example"},
    "a user before our page": {"origin": "http://localhost:80@evil.example"},
    "a page under the public name": {"origin": "https://texts.example.com"},
}
ROUTES = {
    "http": [("POST", "/mcp"), ("GET", "/mcp"), ("DELETE", "/mcp"), ("OPTIONS", "/mcp")],
    "sse": [("GET", "/sse"), ("POST", "/messages/"), ("OPTIONS", "/messages/")],
}
EVERYWHERE = [
    ("GET", "/health"),
    ("POST", "/sandbox/texts"),
    ("POST", "/webhooks/textrequest/121/msg_received"),
    ("GET", "/nothing"),
    ("GET", "/.well-known/oauth-protected-resource"),
]


@pytest.mark.parametrize("foreign", FOREIGN.values(), ids=FOREIGN)
@pytest.mark.parametrize("transport", ROUTES)
def test_every_route_refuses_a_foreign_host_and_a_foreign_page(
    sandboxes: dict[str, str], transport: str, foreign: dict[str, str]
):
    root = sandboxes[transport]
    with httpx2.Client() as client:
        statuses = {
            client.request(method, root + path, headers=ACCEPT | foreign, json=TEXT_IN).status_code
            for method, path in [*ROUTES[transport], *EVERYWHERE]
        }

    assert statuses == {403 if "origin" in foreign else 421}


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "LOCALHOST", "localhost.", "localhost:1", "[::1]:80", "127.0.0.2:8000", "127.0.0.1:"]
)
def test_each_name_of_this_machine_is_known_however_it_is_written(sandboxes: dict[str, str], host: str):
    answer = httpx2.post(sandboxes["http"] + "/mcp", headers=ACCEPT | {"host": host}, json=INITIALIZE)

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "host", ["texts.example.com", "TEXTS.example.COM", "texts.example.com.", "texts.example.com:443"]
)
def test_the_public_name_is_known_however_it_is_written(tmp_path: Path, host: str, no_service: str):
    environment = real_account(no_service, tmp_path) | PUBLIC
    with running("serve", "--transport", "http", "--port", "0", environment=environment) as child:
        root = address_of(child).rpartition("/")[0]
        secret = {"authorization": f"Bearer {(tmp_path / 'http-token').read_text()}"}
        let_in = httpx2.post(root + "/mcp", headers=ACCEPT | secret | {"host": host}, json=INITIALIZE)
        hooks = [
            httpx2.post(f"{root}/webhooks/textrequest/121/msg_received", headers=each, content=b"{}").status_code
            for each in ({"host": host}, {"host": "127.0.0.1:8000", "x-forwarded-for": "192.0.2.1"})
        ]

    assert let_in.status_code == 200
    assert hooks == [401, 401]  # unsigned, and so known as webhooks


@pytest.fixture(scope="module")
def no_service() -> Generator[str]:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{closed.getsockname()[1]}/api/v3"


@pytest.mark.parametrize("page", [PAGE, "https://127.0.0.1", "http://[::1]:3000", "HTTP://LocalHost:80"])
@pytest.mark.parametrize("transport", ROUTES)
def test_a_page_of_this_machine_is_told_what_its_client_may_send(sandboxes: dict[str, str], transport: str, page: str):
    asked = {
        "origin": page,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type,mcp-session-id,mcp-protocol-version",
    }
    answer = httpx2.options(sandboxes[transport] + ROUTES[transport][-1][1], headers=asked)

    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == page
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "authorization" in answer.headers["access-control-allow-headers"]


def test_a_page_of_this_machine_reads_its_answer_and_its_session(sandboxes: dict[str, str]):
    answer = httpx2.post(sandboxes["http"] + "/mcp", headers=ACCEPT | {"origin": PAGE}, json=INITIALIZE)

    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert "mcp-session-id" in answer.headers["access-control-expose-headers"]
    assert "origin" in answer.headers["vary"].lower()


def test_a_preflight_opens_nothing_without_the_secret(tmp_path: Path, no_service: str):
    environment = real_account(no_service, tmp_path)
    with running("serve", "--transport", "http", "--port", "0", environment=environment) as child:
        address = address_of(child)
        asked = {"origin": PAGE, "access-control-request-method": "POST"}
        statuses = [
            httpx2.options(address, headers=asked).status_code,
            httpx2.options(address, headers={"origin": PAGE}).status_code,
            httpx2.post(address, headers=ACCEPT | {"origin": PAGE}, json=INITIALIZE).status_code,
        ]

    assert statuses == [200, 401, 401]


class TestTheStandAloneSandbox:
    def test_it_refuses_foreign_hosts_and_pages_everywhere(self):
        with stand_alone() as (root, key):
            for foreign in FOREIGN.values():
                headers = {"x-api-key": key} | foreign
                statuses = {
                    httpx2.get(root + "/api/v3/dashboards", headers=headers).status_code,
                    httpx2.post(root + "/sandbox/texts", headers=headers, json=TEXT_IN).status_code,
                }
                assert statuses == {403 if "origin" in foreign else 421}
            for known in ({}, {"host": "LOCALHOST.:1"}, {"origin": PAGE}):
                assert httpx2.get(root + "/api/v3/dashboards", headers={"x-api-key": key} | known).status_code == 200


def session_of(address: str) -> str:
    return httpx2.post(address, headers=ACCEPT, json=INITIALIZE).headers["mcp-session-id"]


def ping(address: str, session: str) -> int:
    body = {"jsonrpc": "2.0", "id": 2, "method": "ping"}
    return httpx2.post(address, headers=ACCEPT | {"mcp-session-id": session}, json=body).status_code


class TestSessions:
    def test_r12_more_sessions_than_the_most_are_refused_and_the_others_work_on(self):
        with serving() as address:
            sessions = [session_of(address) for _ in range(3)]
            more = httpx2.post(address, headers=ACCEPT, json=INITIALIZE)
            assert [ping(address, session) for session in sessions] == [200] * 3
            httpx2.delete(address, headers=ACCEPT | {"mcp-session-id": sessions[0]})
            assert session_of(address)

        assert more.status_code == 503
        assert "Too many open sessions" in more.text

    def test_r12_an_idle_session_ends(self):
        with serving(idle=0.3) as address:
            session = session_of(address)
            while ping(address, session) == 200:
                subprocess.run([sys.executable, "-c", "import time; time.sleep(0.6)"], check=True)

            assert ping(address, session) == 404

    def test_r12_streams_are_limited(self):
        with serving("sse") as address, ExitStack() as open_streams:
            for _ in range(3):
                assert open_streams.enter_context(httpx2.stream("GET", address, headers=ACCEPT)).status_code == 200
            refused = httpx2.get(address, headers=ACCEPT)

        assert (refused.status_code, refused.text) == (503, "Too many streams are open.")

    def test_r12_an_idle_stream_ends_and_makes_room(self):
        with serving("sse", idle=0.3) as address:
            for _ in range(4):
                with httpx2.stream("GET", address, headers=ACCEPT, timeout=60) as stream:
                    assert "session_id=" in stream.read().decode()  # to its end

    def test_r12_what_a_host_says_keeps_its_stream_open(self):
        with serving("sse", idle=60) as address, httpx2.stream("GET", address, headers=ACCEPT) as stream:
            lines = stream.iter_lines()
            path = next(line.removeprefix("data: ") for line in lines if "session_id=" in line)
            root = address.rpartition("/")[0]
            assert httpx2.post(root + path, headers=ACCEPT, json=INITIALIZE).status_code == 202
            assert json.loads(next(line.removeprefix("data: ") for line in lines if "serverInfo" in line))


class TestSlowness:
    def said(self, address: str, *parts: bytes) -> bytes:
        """What a server says to these bytes, up to the end of the connection that it ends."""
        host, _, port = address.removeprefix("http://").partition("/")[0].partition(":")
        with socket.create_connection((host, int(port)), timeout=20) as connection:
            for part in parts:
                connection.sendall(part)
            said = b""
            while some := connection.recv(4096):
                said += some
            return said

    def test_r12_connections_without_a_whole_request_are_cut(self):
        good = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        with serving(patience=0.3) as address:
            nothing = self.said(address)
            begun = self.said(address, good)
            second = self.said(address, good + b"\r\n", b"GET /health HT")
            body = self.said(address, b"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n{")
            assert httpx2.get(address.replace("/mcp", "/health")).status_code == 200

        assert nothing.startswith(b"HTTP/1.1 408 ")
        assert begun.startswith(b"HTTP/1.1 408 ")
        assert second.startswith(b"HTTP/1.1 200 ")
        assert second.count(b"HTTP/1.1 ") <= 2  # it may be cut before it counts as begun
        assert body.startswith(b"HTTP/1.1 408 ")
        assert b"did not come in time" in body

    @pytest.mark.parametrize("announced", [True, False], ids=["announced", "in chunks"])
    def test_r12_a_body_over_8_mb_is_refused(self, sandboxes: dict[str, str], announced: bool):
        body = b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":"' + b"x" * 9_000_000 + b'"}}'

        def parts() -> Generator[bytes]:
            for at in range(0, len(body), 1_000_000):
                yield body[at : at + 1_000_000]

        try:
            answer = httpx2.post(
                sandboxes["http"] + "/mcp", headers=ACCEPT, content=body if announced else parts()
            ).status_code
        except httpx2.TransportError:
            answer = 413  # it was cut off in the middle of its body
        assert answer == 413
        assert httpx2.get(sandboxes["http"] + "/health").status_code == 200


class TestBytes:
    """The same reading as on stdio."""

    def call(self, root: str, body: bytes, **headers: str) -> httpx2.Response:
        return httpx2.post(root + "/mcp", headers=ACCEPT | headers, content=body)

    @pytest.mark.parametrize("half", [b"\\ud83d", b"\xff"])
    @pytest.mark.parametrize("era", ["2025-11-25", "2026-07-28"])
    def test_l1_half_a_character_is_refused_in_the_tools_own_sentence(
        self, sandboxes: dict[str, str], half: bytes, era: str
    ):
        arguments = {"dashboard_id": 121, "phone_number": "4235550100", "body": "cut HALF"}
        params: dict[str, Any] = {"name": "send_message", "arguments": arguments}
        headers = {"mcp-protocol-version": era}
        if era == "2025-11-25":
            first = httpx2.post(sandboxes["http"] + "/mcp", headers=ACCEPT, json=INITIALIZE)
            headers["mcp-session-id"] = first.headers["mcp-session-id"]
        else:
            headers |= {"mcp-method": "tools/call", "mcp-name": "send_message"}
            params["_meta"] = {
                "io.modelcontextprotocol/protocolVersion": era,
                "io.modelcontextprotocol/clientInfo": {"name": "x", "version": "1"},
                "io.modelcontextprotocol/clientCapabilities": {},
            }
        message = {"jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": params}
        answer = self.call(sandboxes["http"], json.dumps(message).encode().replace(b"HALF", half), **headers)

        assert answer.status_code == 200
        assert '"id":5' in answer.text
        assert "has half a character in it" in answer.text

    def test_l2_a_byte_order_mark_is_dropped(self, sandboxes: dict[str, str]):
        assert self.call(sandboxes["http"], b"\xef\xbb\xbf" + json.dumps(INITIALIZE).encode()).status_code == 200

    @pytest.mark.parametrize(
        ("body", "number"),
        [
            (b"hello", "null"),
            (b"[" * 100_000, "null"),
            (b'{"jsonrpc":"2.0","id":5,"method":"ping"}\x00', "5"),
            (b'{"jsonrpc":"2.0","id":' + b"9" * 5000 + b',"method":"ping"}', "null"),
            (b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}', "1.5"),
            (b'{"jsonrpc":"2.0","id":"\\ud83d","method":"ping"}', '"\\ud83d"'),
            (b"", "null"),
        ],
        ids=range(7),
    )
    def test_l3_what_is_no_message_is_answered_with_an_error(self, sandboxes: dict[str, str], body: bytes, number: str):
        answer = self.call(sandboxes["http"], body)

        assert answer.status_code == 400
        assert answer.text.startswith(f'{{"jsonrpc":"2.0","id":{number},"error":{{"code": -32700')

    def test_l1_over_sse_half_a_character_is_answered_on_the_stream(self, sandboxes: dict[str, str]):
        root = sandboxes["sse"]
        with httpx2.stream("GET", root + "/sse", headers=ACCEPT) as stream:
            lines = stream.iter_lines()
            path = root + next(line.removeprefix("data: ") for line in lines if "session_id=" in line)
            arguments = {"dashboard_id": 121, "phone_number": "4235550100", "body": "cut \ud83d"}
            send = {"jsonrpc": "2.0", "id": 5, "method": "tools/call"}
            send["params"] = {"name": "send_message", "arguments": arguments}  # type: ignore[assignment]
            for message in (INITIALIZE, {"jsonrpc": "2.0", "method": "notifications/initialized"}, send):
                assert httpx2.post(path, headers=ACCEPT, content=json.dumps(message).encode()).status_code == 202

            answer = json.loads(next(line.removeprefix("data: ") for line in lines if '"id":5' in line))

        assert "has half a character in it" in answer["result"]["content"][0]["text"]


def test_two_hosts_in_one_request_are_refused(sandboxes: dict[str, str]):
    with closing(http.client.HTTPConnection(sandboxes["http"].removeprefix("http://"))) as connection:
        connection.putrequest("GET", "/health")
        connection.putheader("host", "evil.example")
        connection.endheaders()

        assert connection.getresponse().status in {400, 421}
