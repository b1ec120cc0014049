"""The sandbox on a real socket: its first line, its silence, its end."""

import signal
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


def test_importing_the_sandbox_leaves_the_web_server_unloaded():
    check = "import sys, textrequest_mcp.sandbox; sys.exit('uvicorn' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
