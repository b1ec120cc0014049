"""The sandbox on a real socket: its first line, its silence, its hooks, its end."""

import base64
import hmac
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx2
import pytest
from tests.sandbox.service import KEY

PROGRAM = "from textrequest_mcp.sandbox import serve; serve({}, key={!r})"


@pytest.fixture
def served() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-W", "error", "-c", PROGRAM.format(0, KEY)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_is_answers_there_and_ends_quietly(served: subprocess.Popen[str], end: signal.Signals):
    assert served.stderr
    first = served.stderr.readline()
    address = first.split()[4]
    with httpx2.Client(trust_env=False) as client:
        answer = client.get(f"{address}/dashboards", headers={"x-api-key": KEY})
        asked_to_end = time.monotonic()
        served.send_signal(end)
        out, err = served.communicate(timeout=5)

    assert first == f"Text Request sandbox at {address} with key {KEY}\n"
    assert answer.status_code == 200
    assert time.monotonic() - asked_to_end < 3  # a second, on a machine with nothing else to do
    assert (out, err) == ("", "")


def test_it_ends_at_a_ctrl_c_that_comes_with_its_first_line_and_is_lost_by_python():
    """Where one strikes while an object is cleared away, Python writes of it and goes on."""
    losing = """
import io, signal, sys
class Stderr(io.StringIO):
    def write(self, text):
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            pass
sys.stderr = Stderr()
"""
    command = [sys.executable, "-W", "error", "-c", losing + PROGRAM.format(0, KEY)]

    assert subprocess.run(command, timeout=20, check=False).returncode == 0


def test_hooks_are_called_and_one_that_hangs_does_not_hold_up_the_end(served: subprocess.Popen[str]):
    assert served.stderr
    address = served.stderr.readline().split()[4]
    headers = {"x-api-key": KEY}
    with socket.create_server(("127.0.0.1", 0)) as target, httpx2.Client(trust_env=False, headers=headers) as client:
        target.settimeout(5)
        url = f"http://127.0.0.1:{target.getsockname()[1]}/in"
        client.post(f"{address}/dashboards/121/hooks", json={"target_url": url, "event": "msg_received"})
        text = {"from": "+14235550100", "body": "Is my car ready?"}
        client.post(address.replace("/api/v3", "/sandbox/texts"), json=text)
        call, _ = target.accept()
        with call:
            head, body = read_request(call)
            asked_to_end = time.monotonic()
            served.send_signal(signal.SIGINT)
            out, err = served.communicate(timeout=5)

    signed = f"{head['x-tr-webhook-timestamp']}.".encode() + body
    assert head["x-tr-webhook-signature"].encode() == base64.b64encode(hmac.digest(KEY.encode(), signed, "sha256"))
    assert b"Is my car ready?" in body
    assert time.monotonic() - asked_to_end < 3
    assert (served.returncode, out, err) == (0, "", "")


def read_request(call: socket.socket) -> tuple[dict[str, str], bytes]:
    """Headers by their lower-case names, and the body; it is never answered."""
    call.settimeout(5)
    with call.makefile("rb") as lines:
        lines.readline()
        head: dict[str, str] = {}
        while line := lines.readline().decode().strip():
            name, _, value = line.partition(": ")
            head[name.lower()] = value
        return head, lines.read(int(head["content-length"]))


def test_importing_the_sandbox_leaves_the_web_server_and_the_client_unloaded():
    check = "import sys, textrequest_mcp.sandbox; sys.exit(not sys.modules.keys().isdisjoint({'uvicorn', 'httpx2'}))"

    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
