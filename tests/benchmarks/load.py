"""A hundred hosts read contacts at once: what one and two of our servers cost beside a bare one, on each engine."""

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import count, cycle
from statistics import median, quantiles
from typing import Any

import anyio
import httpx2
from figures import Row
from stage import LINE, Stage, free_port
from stdio_server import PROTOCOL

_HOSTS = 100
_CALLS = 5  # of each host, in a round
_ROUNDS = 3
_ACCEPT = {"accept": "application/json, text/event-stream"}
_MILLI = 1000
DATABASE = "BENCH_DATABASE_URL"

Address = tuple[str, dict[str, str]]


def load(stage: Stage) -> list[Row]:
    """The time of a thousand reads, ours to bare; the databases' where there is one to measure on."""
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
            anyio.run(_round, bare, numbers)  # for what a first call reads
            anyio.run(_round, ours, numbers)
            pairs = [(anyio.run(_round, ours, numbers), anyio.run(_round, bare, numbers)) for _ in range(_ROUNDS)]
        rows.append(
            Row(
                what=f"100 hosts read 500 contacts, {name}, ours / bare",
                runs=[sum(mine) / sum(other) for mine, other in pairs],
                target=target,
                aside=f"{_told(pairs, 0)} against {_told(pairs, 1)}",
            )
        )
    return rows


def _told(pairs: Sequence[tuple[list[float], list[float]]], which: int) -> str:
    """Calls a second, and how long one took, of ours (0) or the bare one (1)."""
    waits = [seconds for pair in pairs for seconds in pair[which]]
    hundredths = quantiles(waits, n=100)
    rate = _HOSTS * len(waits) / sum(waits)
    return f"{rate:.0f}/s, p50 {median(waits) * _MILLI:.0f} ms, p99 {hundredths[-1] * _MILLI:.0f} ms"


async def _round(servers: Sequence[Address], numbers: Sequence[str]) -> list[float]:
    """Each host calls in turn, all at once; the seconds of every call."""
    waits: list[float] = []
    async with anyio.create_task_group() as tasks:
        for server, number in zip(cycle(servers), numbers[:_HOSTS], strict=False):
            tasks.start_soon(_host, server, number, waits)
    return waits


async def _host(server: Address, number: str, waits: list[float]) -> None:
    address, headers = server
    about = {"protocolVersion": PROTOCOL, "capabilities": {}, "clientInfo": {"name": "load", "version": "1"}}
    ids = count(1)
    async with httpx2.AsyncClient(headers=_ACCEPT | headers, timeout=120) as host:

        async def ask(method: str, params: dict[str, Any]) -> httpx2.Response:
            asked = {"jsonrpc": "2.0", "id": next(ids), "method": method, "params": params}
            return (await host.post(address, json=asked)).raise_for_status()

        greeted = await ask("initialize", about)
        host.headers["mcp-session-id"] = greeted.headers["mcp-session-id"]
        host.headers["mcp-protocol-version"] = PROTOCOL
        await host.post(address, json={"jsonrpc": "2.0", "method": "notifications/initialized"})
        for _ in range(_CALLS):
            before = time.perf_counter()
            answer = await ask(
                "tools/call", {"name": "get_contact", "arguments": {"dashboard_id": LINE, "phone_number": number}}
            )
            waits.append(time.perf_counter() - before)
            said = json.loads(answer.text.rpartition("data: ")[2])
            if said.get("result", {}).get("isError", True):
                raise RuntimeError(f"get_contact failed: {answer.text[:500]}")
        await host.delete(address)


@contextmanager
def _ours(stage: Stage, servers: int, database: str | None = None) -> Generator[list[Address]]:
    more = {} if database is None else {"TEXTREQUEST_DATABASE_URL": database}
    with ExitStack() as stack:
        yield [
            (f"http://127.0.0.1:{port}/mcp", stack.enter_context(stage.served(port, "load", more=more)))
            for port in (free_port() for _ in range(servers))
        ]


@contextmanager
def _bare(stage: Stage) -> Generator[list[Address]]:
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
            yield [(f"http://127.0.0.1:{port}/mcp", {})]
        finally:
            server.terminate()


def _answers(port: int) -> bool:
    try:
        httpx2.get(f"http://127.0.0.1:{port}/mcp")
    except httpx2.TransportError:
        return False
    return True
