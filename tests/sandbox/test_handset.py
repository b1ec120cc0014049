"""The command that plays a customer, against a sandbox that is really served."""

import re
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from textrequest_mcp.cli import main


@pytest.fixture(scope="module")
def port() -> Generator[int]:
    """Where a sandbox is served for all of these tests, in a process of its own."""
    command = [sys.executable, "-W", "error", "-m", "textrequest_mcp", "sandbox", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", process.stderr.readline())
        assert found
        yield int(found[1])
        process.kill()


def test_the_command_says_that_the_line_received_it(port: int, capsys: pytest.CaptureFixture[str]):
    words = ["sandbox", "text", "--from", "+14235550100", "Is my car ready?", "--port", str(port)]

    assert main(words) == 0
    assert main([*words, "--dashboard-id", "122"]) == 0

    first, second = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"Line 121 received the text as message [0-9a-f-]{36}\.", first)
    assert second.startswith("Line 122 received")


def test_the_port_may_stand_before_the_word(port: int):
    assert main(["sandbox", "--port", str(port), "text", "--from", "4235550100", "Hello?"]) == 0


def test_a_blocked_customer_is_told_of(port: int, capsys: pytest.CaptureFixture[str]):
    assert main(["sandbox", "text", "--from", "4235550103", "Hello?", "--port", str(port)]) == 0

    assert capsys.readouterr().out == "The service dropped the text: The contact is blocked on this line.\n"


def test_a_refused_text_is_a_sentence_and_a_failure(port: int, capsys: pytest.CaptureFixture[str]):
    assert main(["sandbox", "text", "--from", "12", "Hello?", "--port", str(port)]) == 1

    assert capsys.readouterr() == ("", "The sandbox refused the text: The phone number is invalid.\n")


@pytest.mark.parametrize("address", ["free", "99999"])
def test_where_nothing_listens_the_way_out_is_named(address: str, capsys: pytest.CaptureFixture[str]):
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))  # without listening
        wanted = str(reserved.getsockname()[1]) if address == "free" else address
        status = main(["sandbox", "text", "--from", "4235550100", "Hello?", "--port", wanted])

    out, err = capsys.readouterr()
    assert (status, out) == (1, "")
    assert f"No sandbox answers on port {wanted} of this machine" in err
    assert "textrequest-mcp sandbox --port N" in err


@pytest.mark.parametrize(
    "answer", [(200, b"Hello"), (200, b"[]"), (404, b'{"detail": "x"}'), (302, b""), (500, b"{}"), (400, b"\xff")]
)
def test_another_server_on_the_port_is_not_taken_for_a_sandbox(
    answer: tuple[int, bytes], capsys: pytest.CaptureFixture[str]
):
    with other_server(*answer) as elsewhere:
        status = main(["sandbox", "text", "--from", "4235550100", "Hello?", "--port", str(elsewhere)])

    assert status == 1
    assert f"is no sandbox that takes texts (it answered {answer[0]})" in capsys.readouterr().err


@contextmanager
def other_server(status: int, body: bytes) -> Generator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.send_header("location", "http://192.0.2.1/")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the library
            """Say nothing on stderr."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.server_port
        server.shutdown()
