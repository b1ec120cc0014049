"""Measures how soon texts are known: webhook answers under load, notifications of subscribers, and rest for nobody."""

import base64
import hashlib
import hmac
import http.client
import json
import logging
import math
import socket
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from statistics import median
from typing import Any

import anyio
import anyio.to_thread
import httpx2
from figures import Row
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from stage import KEY, LINE, Stage, free_port

from textrequest_mcp.live.watch import WAITED_FOR_SECONDS
from textrequest_mcp.sandbox import payloads, records

_A_SECOND = 50
_LOAD_SECONDS = 10
_WARM_UP_CALLS = 50
_HOOKED_TEXTS = 20
_POLLED_TEXTS = 3
_QUIET_SECONDS = 3.0
_READ_AND_TELL_SECONDS = 0.5
_LONGEST_ANSWER_SECONDS = 60.0
_MILLI = 1000
_MARIA = "+14235550100"
_CONVERSATIONS = f"textrequest://dashboards/{LINE}/conversations"


def arrivals(stage: Stage) -> list[Row]:
    """All of it, one after the other."""
    logging.disable()  # of the clients in this process
    try:
        return _arrivals(stage, free_port(), free_port())
    finally:
        logging.disable(logging.NOTSET)


def _arrivals(stage: Stage, hooked: int, polled: int) -> list[Row]:
    stage.hook(hooked, "msg_received")
    with stage.served(hooked, "hooked", public=True) as (secret, _):
        rows = [webhook_answers(hooked), anyio.run(by_webhook, stage, hooked, secret)]
    with stage.served(polled, "polled") as (secret, _):
        return rows + anyio.run(by_polling, stage, polled, secret)


def webhook_answers(port: int) -> Row:
    """How long a signed call waits for its answer, from the moment it was due, in a steady stream of them."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.connect()
    assert connection.sock is not None
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    taken: list[float] = []
    began = time.perf_counter()
    for number in range(_WARM_UP_CALLS + _A_SECOND * _LOAD_SECONDS):
        due = began + number / _A_SECOND
        time.sleep(max(0.0, due - time.perf_counter()))
        body, headers = _call(number)
        connection.request("POST", f"/webhooks/textrequest/{LINE}/msg_received", body, headers)
        response = connection.getresponse()
        response.read()
        taken.append((time.perf_counter() - due) * _MILLI)
        if response.status != http.client.OK:
            raise RuntimeError(f"A webhook call was answered {response.status}.")
    connection.close()
    taken = sorted(taken[_WARM_UP_CALLS:])
    return Row(
        what=f"milliseconds to a webhook's answer, p99 of {len(taken)} at {_A_SECOND} a second",
        runs=[taken[math.ceil(len(taken) * 0.99) - 1]],
        target=50.0,
        aside=f"on disk; median {median(taken):.1f} ms, slowest {taken[-1]:.1f} ms",
    )


async def by_webhook(stage: Stage, port: int, secret: dict[str, str]) -> Row:
    """From a customer's text to a subscriber's notification, where the service calls."""
    async with _host(port, secret) as host, host.listen(resource_subscriptions=[_CONVERSATIONS]) as told:
        waits = [await _until_told(stage, told, number) for number in range(_HOOKED_TEXTS)]
    return Row(
        what=f"seconds from a text to its notification by webhook, slowest of {_HOOKED_TEXTS}",
        runs=[max(waits)],
        target=1.0,
        aside=f"median {median(waits):.2f} s",
    )


async def by_polling(stage: Stage, port: int, secret: dict[str, str]) -> list[Row]:
    """The same where the server looks by itself, each text coming just after a look; and that it looks for nobody."""
    waits: list[float] = []
    asked = await _asked_meanwhile(stage)
    async with _host(port, secret) as host, _host(port, secret) as waiter, anyio.create_task_group() as tasks:
        async with host.listen(resource_subscriptions=[_CONVERSATIONS]) as told:
            tasks.start_soon(_wait_on, waiter)
            await anyio.to_thread.run_sync(_until_asked, stage)
            # The notification of one says that a look was just now.
            waits = [await _until_told(stage, told, number) for number in range(_POLLED_TEXTS)]
        tasks.cancel_scope.cancel()
    await anyio.sleep(_READ_AND_TELL_SECONDS)  # until the server has noticed that they left
    asked += await _asked_meanwhile(stage)
    return [
        Row(
            what=f"seconds from a text to its notification by polling, slowest of {_POLLED_TEXTS}",
            runs=[max(waits)],
            target=WAITED_FOR_SECONDS + _READ_AND_TELL_SECONDS,
            aside=f"somebody waits, so it looks every {WAITED_FOR_SECONDS:g} s; each text just after a look",
        ),
        Row(
            what=f"calls to the service in {2 * _QUIET_SECONDS:g} seconds while nobody listens",
            runs=[asked],
            target=0,
            exactly=True,
            aside="before anybody came, and after all had left",
        ),
    ]


@asynccontextmanager
async def _host(port: int, secret: dict[str, str]) -> AsyncGenerator[Client]:
    async with httpx2.AsyncClient(headers=secret, timeout=_LONGEST_ANSWER_SECONDS) as http:
        transport = streamable_http_client(f"http://127.0.0.1:{port}/mcp", http_client=http)
        async with Client(transport, mode="2026-07-28", cache=None) as host:
            yield host


async def _wait_on(host: Client) -> None:
    """Wait for texts, and for more; never returns."""
    after: dict[str, Any] = {}
    while True:
        result = await host.call_tool("wait_for_messages", {"dashboard_id": LINE, "timeout_seconds": 40, **after})
        assert result.structured_content is not None, result.content
        after = {"after": result.structured_content["cursor"]}


async def _until_told(stage: Stage, told: Any, number: int) -> float:
    """Seconds from a text until the next notification."""
    before = time.perf_counter()
    await anyio.to_thread.run_sync(stage.text_in, _MARIA, f"Is my car ready? {number}")
    with anyio.fail_after(10 * WAITED_FOR_SECONDS):
        await anext(told)
    return time.perf_counter() - before


async def _asked_meanwhile(stage: Stage) -> int:
    before = stage.requests()
    await anyio.sleep(_QUIET_SECONDS)
    return stage.requests() - before


def _until_asked(stage: Stage) -> None:
    """Return just after the server has looked."""
    before = stage.requests()
    while stage.requests() == before:
        time.sleep(0.02)


def _call(number: int) -> tuple[bytes, dict[str, str]]:
    """A webhook call as of now, as the service makes it."""
    line, contact = records.Line(LINE, "Front Desk", "14235550199"), records.Contact(1, _MARIA[1:], 0.0)
    message = records.Message(f"load-{number}", f"Is my car ready? {number}", "R", None, time.time())
    body = json.dumps(payloads.text(line, contact, message), separators=(",", ":")).encode()
    stamp = f"{int(time.time())}"
    seal = base64.b64encode(hmac.digest(KEY.encode(), f"{stamp}.".encode() + body, hashlib.sha256)).decode()
    headers = {"Content-Type": "application/json", "x-tr-webhook-timestamp": stamp, "x-tr-webhook-signature": seal}
    return body, headers
