"""Receives the body of an answer, up to a size that no honest answer has."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

import httpx2

# A page has at most 1000 records (wire-facts, Base); this is 16 kB for each.
LARGEST_BODY = 16_000_000
# One that expands to gigabytes must not be expanded first: the library unpacks these two piece by piece, and a piece of
# 64 kB grows to 64 MB at most. Nothing else was asked for.
_PACKINGS = ("", "identity", "gzip", "x-gzip", "deflate")
_READ = ("date", "retry-after")


class Unacceptable(Exception):
    """An answer that is not read to its end; the sentence says why."""


class Received(NamedTuple):
    """A whole answer; of its headers those that are read."""

    status: int
    headers: Mapping[str, str]
    content: bytes


async def receive(response: httpx2.Response) -> Received:
    """Read an answer to its end.

    Raises:
        Unacceptable: it is too large, or packed in a way that was not asked for.
        httpx2.HTTPError: it breaks off.
    """
    if response.headers.get("content-encoding", "").strip().lower() not in _PACKINGS:
        raise Unacceptable("the service's answer is packed in a way that is not read here")
    announced = response.headers.get("content-length", "0") != "0" or "transfer-encoding" in response.headers
    if response.status_code == HTTPStatus.NO_CONTENT and announced:
        await _part_from(response)
    content = bytearray()
    async for piece in response.aiter_bytes():
        content += piece
        if len(content) > LARGEST_BODY:
            raise Unacceptable(f"the service's answer is larger than {LARGEST_BODY // 1_000_000} MB")
    headers = {name: response.headers[name] for name in _READ if name in response.headers}
    return Received(response.status_code, headers, bytes(content))


async def _part_from(response: httpx2.Response) -> None:
    """Close the connection of an answer without a body that announces one: it would be read as the next answer."""
    connection: Any = response.extensions.get("network_stream")
    if connection is not None:
        await connection.aclose()
