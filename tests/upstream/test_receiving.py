"""Answers of every size, packing and type end in a sentence, and none fills the memory."""

import gzip
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import httpx2
import pytest
from tests.upstream.faulty_server import Behaviour, Wire, answer, bytes_after_request
from tests.upstream.test_api import GET, GOOD, ONCE, POST, PUT, Caller, Verb, failure, service

from textrequest_mcp.upstream.errors import Refused, TextRequestError, Uncertain, Unreadable

HUGE = b'{"items": ["' + b"a" * 17_000_000 + b'"]}'
BOMB = gzip.compress(HUGE)


async def endless(wire: Wire) -> None:
    """An answer whose body never ends."""
    await wire.request()
    await wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    piece = b"10000\r\n" + b" " * 65536 + b"\r\n"
    try:
        while True:
            await wire.send(piece)
    except (anyio.BrokenResourceError, anyio.ClosedResourceError):
        return


LARGE = "the service's answer is larger than 16 MB"
PACKED = "the service's answer is packed in a way that is not read here"
NO_JSON = "the service's answer is not JSON"
UNUSABLE: dict[str, tuple[Behaviour, str]] = {
    "an endless body": (endless, LARGE),
    "a large body": (answer(200, HUGE), LARGE),
    "a bomb": (answer(200, BOMB, "Content-Encoding: gzip"), LARGE),
    "a bomb in a bomb": (answer(200, gzip.compress(BOMB), "Content-Encoding: gzip, gzip"), PACKED),
    "another packing": (answer(200, b"[]", "Content-Encoding: br"), PACKED),
    "a large error": (answer(400, HUGE), LARGE),
    "no UTF-8": (answer(200, b'{"name": "\xff"}'), NO_JSON),
    "HTML called JSON": (answer(200, b"<html>", "Content-Type: application/json"), NO_JSON),
    "two answers in one": (answer(200, b"{}{}"), NO_JSON),
    "not a number": (answer(200, b'{"id": NaN}'), NO_JSON),
    "half a list": (answer(200, b'[{"id": 1}, {"id"'), NO_JSON),
}


@pytest.mark.parametrize("verb", [GET, POST, PUT], ids=["get", "post", "put"])
@pytest.mark.parametrize("name", UNUSABLE)
async def test_an_answer_that_cannot_be_used_ends_in_the_sentence_for_it(name: str, verb: Verb):
    behaviour, why = UNUSABLE[name]
    async with service(behaviour) as (server, api, _):
        error = await failure(verb(api))

    assert why in str(error)
    assert isinstance(error, Unreadable if verb is GET else Uncertain)
    assert server.connections == (1 if verb is POST else 3)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b'{"id": 7}', ["Content-Type: text/plain"]),
        (b'{"id": 7}', ["Content-Type: text/html; charset=utf-16"]),
        (gzip.compress(b'{"id": 7}', mtime=0), ["Content-Encoding: gzip"]),
        (zlib.compress(b'{"id": 7}'), ["Content-Encoding: Deflate"]),
        (b'{"id": 7}', ["Content-Encoding: identity"]),
        (b'\xef\xbb\xbf{"id": 7}', []),
    ],
)
async def test_json_is_read_whatever_it_is_called(body: bytes, headers: list[str]):
    async with service(answer(200, body, *headers)) as (_, api, _):
        assert await POST(api) == {"id": 7}


@pytest.mark.parametrize("verb", [GET, *ONCE.values()], ids=["get", *ONCE])
async def test_a_204_with_a_body_is_nothing_and_the_body_is_no_part_of_the_next_answer(verb: Verb):
    said = b'HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n{"id": 8}'
    async with service(bytes_after_request(said, keep=True), GOOD) as (server, api, _):
        assert await POST(api) is None
        await anyio.wait_all_tasks_blocked()
        assert await verb(api) == {"id": 7}

    assert len(server.received) == 2


async def test_a_204_that_announces_no_body_keeps_its_connection():
    said = b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"
    async with service(bytes_after_request(said, keep=True), GOOD) as (server, api, _):
        await POST(api)
        await POST(api)

    assert server.connections == 1


async def test_a_204_with_a_body_over_another_transport_is_nothing():
    transport = httpx2.MockTransport(lambda _: httpx2.Response(204, content=b'{"id": 8}'))

    assert await Caller().api("http://service", transport=transport).get("x") is None


@pytest.mark.parametrize("verb", [POST, PUT], ids=["post", "put"])
async def test_a_change_that_the_service_gave_up_waiting_for_did_not_happen(verb: Verb):
    async with service(answer(408, b'{"message": "Request timeout"}')) as (server, api, _):
        error = await failure(verb(api))

    assert isinstance(error, Refused)
    assert "(408)" in str(error)
    assert len(server.received) == 1


async def test_early_hints_without_an_end_are_not_waited_for_for_ever():
    async def hinting(wire: Wire) -> None:
        await wire.request()
        try:
            while True:
                await wire.send(b"HTTP/1.1 103 Early Hints\r\n\r\n")
                await anyio.sleep(0.01)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            return

    async with service(hinting, deadline_seconds=0.2) as (_, api, _):
        errors: list[TextRequestError] = [await failure(call(api)) for call in _CALLS]

    assert [type(error) for error in errors] == [Unreadable, Uncertain]


_CALLS: tuple[Callable[[Any], Awaitable[Any]], ...] = (GET, POST)
