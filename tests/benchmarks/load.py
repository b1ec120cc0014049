"""A hundred hosts read contacts at once: what one and two of our servers cost beside a bare one, on each engine."""

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import AsyncExitStack, ExitStack, contextmanager
from itertools import count, cycle
from statistics import median, quantiles
from typing import Any, NamedTuple

import anyio
import httpx2
import psutil
from figures import Row
from stage import LINE, Stage, free_port
from stdio_server import PROTOCOL

_HOSTS = 100
_CALLS = 5  # of each host, in a round
_ROUNDS = 5
_ACCEPT = {"accept": "application/json, text/event-stream"}
_MILLI = 1000
DATABASE = "BENCH_DATABASE_URL"

Ask = Callable[[str, dict[str, Any]], Awaitable[httpx2.Response]]


class _Server(NamedTuple):
    """A server that runs: where it is, what its hosts have to bring, and the number of its process."""

    address: str
    headers: dict[str, str]
    process: int


class _Round(NamedTuple):
    """The seconds of each call, of all of them together, and those that the servers worked."""

    waits: list[float]
    seconds: float
    worked: float


def load(stage: Stage) -> list[Row]:
    """What a read costs, ours to bare: processor time of the servers, and the time until the answer.

    The second says less: hosts, service and servers share the processors of one machine, so two servers can hardly be
    faster than one. The databases' rows are there where there is one to measure on; its own work is not counted.
    """
    logging.disable()  # of the clients in this process
    numbers = stage.phone_numbers(_HOSTS)
    kinds: dict[str, tuple[Callable[[], Any], float]] = {
        "1 server, SQLite": (lambda: _ours(stage, 1), 1.5),
        "2 servers, SQLite": (lambda: _ours(stage, 2), 1.5),
    }
    if database := os.environ.get(DATABASE):
        kinds |= {
            "1 server, PostgreSQL": (lambda: _ours(stage, 1, database), 2.0),
            "2 servers, PostgreSQL": (lambda: _ours(stage, 2, database), 2.0),
        }
    rows: list[Row] = []
    for name, (start, target) in kinds.items():
        with _bare(stage) as bare, start() as ours:
            for servers in (bare, ours):
                anyio.run(_round, servers, numbers)  # for what a first call reads
            pairs = [(anyio.run(_round, ours, numbers), anyio.run(_round, bare, numbers)) for _ in range(_ROUNDS)]
        rows += [
            Row(
                what=f"processor time of a read by 100 hosts at once, {name}, ours / bare",
                runs=[mine.worked / other.worked for mine, other in pairs],
                target=target,
                aside=" against ".join(f"{_worked([pair[which] for pair in pairs]):.2f} ms" for which in (0, 1)),
            ),
            Row(
                what=f"time of it, {name}, ours / bare",
                runs=[sum(mine.waits) / sum(other.waits) for mine, other in pairs],
                target=target,
                aside=" against ".join(_told([pair[which] for pair in pairs]) for which in (0, 1)),
            ),
        ]
    return rows


def _worked(rounds: Sequence[_Round]) -> float:
    return median(each.worked / len(each.waits) for each in rounds) * _MILLI


def _told(rounds: Sequence[_Round]) -> str:
    """Calls a second, and how long one took."""
    waits = [seconds for each in rounds for seconds in each.waits]
    hundredths = quantiles(waits, n=100)
    rate = median(len(each.waits) / each.seconds for each in rounds)
    return f"{rate:.0f}/s, p50 {median(waits) * _MILLI:.0f} ms, p99 {hundredths[-1] * _MILLI:.0f} ms"


async def _round(servers: Sequence[_Server], numbers: Sequence[str]) -> _Round:
    """All hosts connect; then each calls in turn, all at once, and only that is measured."""
    waits: list[float] = []
    plain = httpx2.Limits(max_connections=_HOSTS, max_keepalive_connections=_HOSTS)
    async with AsyncExitStack() as stack:
        # No host of ours needs TLS, and to set it up takes longer than all its calls.
        hosts = [
            await _connected(stack, server, number, httpx2.AsyncHTTPTransport(verify=False, limits=plain))
            for server, number in zip(cycle(servers), numbers[:_HOSTS], strict=False)
        ]
        worked, began = _processor_seconds(servers), time.perf_counter()
        async with anyio.create_task_group() as tasks:
            for ask, number in hosts:
                tasks.start_soon(_read, ask, number, waits)
        return _Round(waits, time.perf_counter() - began, _processor_seconds(servers) - worked)


def _processor_seconds(servers: Sequence[_Server]) -> float:
    return sum(sum(psutil.Process(server.process).cpu_times()[:2]) for server in servers)


async def _connected(
    stack: AsyncExitStack, server: _Server, number: str, way: httpx2.AsyncHTTPTransport
) -> tuple[Ask, str]:
    """A host in a session of its own, which ends with the stack."""
    about = {"protocolVersion": PROTOCOL, "capabilities": {}, "clientInfo": {"name": "load", "version": "1"}}
    ids = count(1)
    host = httpx2.AsyncClient(headers=_ACCEPT | server.headers, timeout=120, transport=way, trust_env=False)
    await stack.enter_async_context(host)

    async def ask(method: str, params: dict[str, Any]) -> httpx2.Response:
        asked = {"jsonrpc": "2.0", "id": next(ids), "method": method, "params": params}
        return (await host.post(server.address, json=asked)).raise_for_status()

    greeted = await ask("initialize", about)
    host.headers["mcp-session-id"] = greeted.headers["mcp-session-id"]
    host.headers["mcp-protocol-version"] = PROTOCOL
    await host.post(server.address, json={"jsonrpc": "2.0", "method": "notifications/initialized"})
    stack.push_async_callback(host.delete, server.address)
    return ask, number


async def _read(ask: Ask, number: str, waits: list[float]) -> None:
    for _ in range(_CALLS):
        before = time.perf_counter()
        called = {"name": "get_contact", "arguments": {"dashboard_id": LINE, "phone_number": number}}
        answer = await ask("tools/call", called)
        waits.append(time.perf_counter() - before)
        said = json.loads([line for line in answer.text.splitlines() if line.startswith("data: ")][-1][len("data: ") :])
        if said.get("result", {}).get("isError", True):
            raise RuntimeError(f"get_contact failed: {answer.text[:500]}")


@contextmanager
def _ours(stage: Stage, servers: int, database: str | None = None) -> Generator[list[_Server]]:
    more = {} if database is None else {"TEXTREQUEST_DATABASE_URL": database}
    with ExitStack() as stack:
        yield [
            _Server(f"http://127.0.0.1:{port}/mcp", *stack.enter_context(stage.served(port, "load", more=more)))
            for port in (free_port() for _ in range(servers))
        ]


@contextmanager
def _bare(stage: Stage) -> Generator[list[_Server]]:
    port = free_port()
    command = [sys.executable, "bare_server.py", str(port)]
    with subprocess.Popen(
        command,
        env=stage.environment,
        cwd=os.path.dirname(__file__),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            until = time.monotonic() + 20
            while not _answers(port):
                assert time.monotonic() < until, "the bare server did not start"
                time.sleep(0.05)
            yield [_Server(f"http://127.0.0.1:{port}/mcp", {}, server.pid)]
        finally:
            server.terminate()


def _answers(port: int) -> bool:
    try:
        httpx2.get(f"http://127.0.0.1:{port}/mcp")
    except httpx2.TransportError:
        return False
    return True
