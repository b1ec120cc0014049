"""Server processes end cleanly, whoever ends them; and what they write while they live belongs where it goes."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, ExitStack
from itertools import repeat
from typing import Any, NamedTuple

import httpx2
import pytest
from tests.surface import DEFAULT_TOOLS

PATIENCE_SECONDS = 30.0  # for what only takes long when something hangs
SOON_SECONDS = 1.0
STREAM_SECONDS = 0.5  # how long an open stream may go on after the signal

INITIALIZE: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "plain", "version": "1"},
    },
}
INITIALIZED = {"jsonrpc": "2.0", "method": "notifications/initialized"}
HTTP_HEADERS = {"Accept": "application/json, text/event-stream"}

Process = subprocess.Popen[str]
Serving = Callable[..., AbstractContextManager[Process]]
Listening = Callable[[str], AbstractContextManager[tuple[Process, str]]]
Take = Callable[[str], tuple[Process, str]]


class Ending(NamedTuple):
    """How a process ended."""

    status: int
    seconds: float
    stdout: str
    stderr: str


def end(process: Process, *, sign: signal.Signals | None = None) -> Ending:
    """Close its stdin, or send it a signal, and see it out."""
    begun = time.monotonic()
    if sign is None:
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
    else:
        process.send_signal(sign)
    status = process.wait(PATIENCE_SECONDS)
    seconds = time.monotonic() - begun
    stdout, stderr = process.communicate(timeout=PATIENCE_SECONDS)
    return Ending(status, seconds, stdout, stderr)


def tell(process: Process, *messages: dict[str, Any] | str) -> None:
    """Write lines to a stdio server, as they are or as JSON."""
    assert process.stdin is not None
    for message in messages:
        process.stdin.write((message if isinstance(message, str) else json.dumps(message)) + "\n")
    process.stdin.flush()


def address_of(process: Process) -> str:
    """Where a server says that it listens."""
    assert process.stderr is not None
    return process.stderr.readline().split()[-1]


def hear(process: Process) -> dict[str, Any]:
    """The next line of a stdio server."""
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


def greet(process: Process) -> str:
    """The name that a stdio server gives when it is greeted."""
    tell(process, INITIALIZE)
    return hear(process)["result"]["serverInfo"]["name"]


@pytest.fixture(scope="module")
def take(serving: Serving) -> Generator[Take]:
    """A ready server of a transport, for one test alone, and its address; a stdio server was greeted.

    All start at once, because starting is what takes time, and are ready before the first test measures anything.
    """
    needed = [*repeat("stdio", 3), *repeat("http", 3), *repeat("sse", 2)]
    with ExitStack() as running:
        port = {"stdio": (), "http": ("--port", "0"), "sse": ("--port", "0")}
        started = [(kind, running.enter_context(serving("--transport", kind, *port[kind]))) for kind in needed]
        ready = [
            (kind, process, greet(process) if kind == "stdio" else address_of(process)) for kind, process in started
        ]

        def give(transport: str) -> tuple[Process, str]:
            found = next(server for server in ready if server[0] == transport)
            ready.remove(found)
            return found[1:]

        yield give


def test_stdio_server_ends_in_good_order_when_its_host_closes_stdin(take: Take):
    process, name = take("stdio")
    assert name == "textrequest-mcp"

    ending = end(process)

    assert ending.stderr == ""
    assert_ended_well(ending)


def test_stdio_server_ends_in_good_order_when_nobody_ever_spoke(serving: Serving):
    with serving() as process:
        ending = end(process)

    assert ending.status == 0
    assert ending.stdout == ""
    assert ending.stderr == ""


def test_stdout_of_a_stdio_server_holds_only_messages(take: Take):
    process, _ = take("stdio")
    call: dict[str, Any] = {"method": "tools/call", "params": {"name": "list_dashboards", "arguments": {}}}
    wrong: dict[str, Any] = {"method": "tools/call", "params": {"name": "no_such_tool", "arguments": {}}}
    tell(process, INITIALIZED, "this is not JSON", '{"jsonrpc": "2.0", "method": 7}')
    for number, request in enumerate([{"method": "tools/list"}, call, wrong, {"method": "no/such"}], start=2):
        tell(process, {"jsonrpc": "2.0", "id": number} | request)
    lines: list[dict[str, Any]] = []
    while {2, 3, 4, 5} - {line.get("id") for line in lines}:
        lines.append(hear(process))

    ending = end(process)

    lines += [json.loads(line) for line in ending.stdout.splitlines()]
    assert {line["jsonrpc"] for line in lines} == {"2.0"}
    by_id = {line.get("id"): line for line in lines}
    assert len(by_id[2]["result"]["tools"]) == DEFAULT_TOOLS
    assert not by_id[3]["result"].get("isError")
    assert by_id[4].get("error") or by_id[4]["result"]["isError"]
    assert by_id[5]["error"]["code"] == -32601
    assert "Traceback" not in ending.stderr


def test_stdio_server_ends_at_an_interrupt(take: Take):
    process, _ = take("stdio")

    ending = end(process, sign=signal.SIGINT)

    assert_ended_well(ending)


@pytest.mark.parametrize(
    ("transport", "sign"), [("http", signal.SIGINT), ("http", signal.SIGTERM), ("sse", signal.SIGINT)]
)
def test_listening_server_ends_at_a_signal(transport: str, sign: signal.Signals, take: Take):
    process, address = take(transport)
    health = address.rpartition("/")[0] + "/health"
    assert httpx2.get(health, timeout=PATIENCE_SECONDS).status_code == 200

    ending = end(process, sign=sign)

    assert_ended_well(ending)


@pytest.mark.parametrize("transport", ["http", "sse"])
def test_listening_server_with_a_client_on_the_line_ends_at_an_interrupt(transport: str, take: Take):
    process, address = take(transport)
    headers = HTTP_HEADERS
    with httpx2.Client(timeout=PATIENCE_SECONDS) as client:
        if transport == "http":
            hello = client.post(address, json=INITIALIZE, headers=headers)
            headers = headers | {"Mcp-Session-Id": hello.headers["Mcp-Session-Id"]}
        with client.stream("GET", address, headers=headers) as stream:
            assert stream.status_code == 200

            ending = end(process, sign=signal.SIGINT)

    assert_ended_well(ending, within=SOON_SECONDS + STREAM_SECONDS)


def test_server_that_just_said_where_it_listens_ends_at_an_interrupt(listening: Listening):
    with listening("http") as (process, _):
        ending = end(process, sign=signal.SIGINT)

    assert_ended_well(ending)


def assert_ended_well(ending: Ending, *, within: float = SOON_SECONDS) -> None:
    """Soon, for as busy as this machine is; in good order; and without a stack of calls for a person to puzzle over."""
    busy = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    assert ending.stdout == ""
    assert "Traceback" not in ending.stderr
    assert ending.status == 0
    assert ending.seconds < within * busy


@pytest.fixture(scope="module", params=["http", "sse"])
def address(request: pytest.FixtureRequest, listening: Listening) -> Generator[str]:
    """Where a server listens, shared by tests that leave no trace in it."""
    with listening(request.param) as (_, where):
        yield where


@pytest.mark.parametrize(
    "foreign", [{"Host": "textrequest.evil.example"}, {"Origin": "https://evil.example"}], ids=["host", "origin"]
)
def test_web_page_of_another_site_is_refused(address: str, foreign: dict[str, str]):
    method = "GET" if address.endswith("/sse") else "POST"
    with httpx2.Client(timeout=PATIENCE_SECONDS) as client:
        refused = client.request(method, address, headers=HTTP_HEADERS | foreign, json=INITIALIZE)

    assert refused.status_code in {403, 421}
    assert "textrequest-mcp" not in refused.text


def test_page_on_this_machine_is_let_in(address: str):
    origin = address.rpartition("/")[0]
    method = "GET" if address.endswith("/sse") else "POST"
    with httpx2.Client(timeout=PATIENCE_SECONDS) as client:
        headers = HTTP_HEADERS | {"Origin": origin}
        with client.stream(method, address, headers=headers, json=INITIALIZE) as answer:
            assert answer.status_code == 200
