"""Stands where hooks point: takes what the courier brings, and answers as told."""

import json
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
import anyio.lowlevel
import httpx2
from tests.sandbox.service import KEY, Service

from textrequest_mcp.sandbox import Courier

HERE = "http://127.0.0.1:9"


@dataclass
class Targets:
    """`received` is every call, in order of arrival. An address answers 200 unless `statuses` says otherwise; one in
    `hanging` never does, and one in `breaking` breaks the client that calls it."""

    received: list[httpx2.Request] = field(default_factory=list[httpx2.Request])
    statuses: dict[str, int] = field(default_factory=lambda: defaultdict[str, int](lambda: 200))
    hanging: set[str] = field(default_factory=set[str])
    breaking: set[str] = field(default_factory=set[str])

    def at(self, url: str) -> list[Any]:
        """The payloads that came to an address."""
        return [json.loads(request.content) for request in self.received if str(request.url) == url]

    async def answer(self, request: httpx2.Request) -> httpx2.Response:
        self.received.append(request)
        url = str(request.url)
        if url in self.breaking:
            raise ExceptionGroup("as for port 99999", [OverflowError()])
        if url in self.hanging:
            await anyio.sleep_forever()
        await anyio.lowlevel.checkpoint()  # lets the others go first, as a network would
        return httpx2.Response(self.statuses[url], headers={"location": "http://127.0.0.1:9/elsewhere"})


@asynccontextmanager
async def delivering(service: Service, targets: Targets, *, patience: float = 5.0) -> AsyncGenerator[Courier, None]:
    """Runs a courier for as long as the block, on the service's own clock."""
    transport = httpx2.MockTransport(targets.answer)
    courier = Courier(service.account, KEY, seconds_between=0, timeout=patience, transport=transport)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(courier.run)
        yield courier
        tasks.cancel_scope.cancel()


async def done(courier: Courier) -> None:
    """Until all that happened is delivered or given up."""
    await anyio.lowlevel.checkpoint()  # in which the courier looks at the clock and into the outbox
    await until(lambda: not courier.busy)


async def until(holds: Callable[[], bool]) -> None:
    with anyio.fail_after(10):
        while not holds():
            await anyio.lowlevel.checkpoint()


async def hook(service: Service, event: str, url: str, *, verb: str = "POST", line: int = 121) -> dict[str, Any]:
    made = {"target_url": url, "event": event, "http_verb": verb}
    answer = await service.api.post(f"/dashboards/{line}/hooks", json=made)
    assert answer.status_code == 201, answer.text
    return answer.json()
