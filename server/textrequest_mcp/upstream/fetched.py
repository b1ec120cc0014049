"""Fetches a picture from the net by its https address; never from this machine, its network, or where a redirect leads.

The name is looked up once, each of its addresses must be a public one, and the connection goes to the one that was
looked at: so a name that answers otherwise a moment later leads nowhere else.
"""

import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus

import anyio
import httpx2

from textrequest_mcp.upstream.errors import BadInput

MOST_BYTES = 5_000_000  # of a picture that carriers take (research: the vendor's FAQ)
_SECONDS = 10.0
_PORT = 443

Resolve = Callable[[str], Awaitable[Sequence[str]]]


async def addresses_of(host: str) -> list[str]:
    """The IP addresses of a host name."""
    found = await anyio.getaddrinfo(host, _PORT, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[4][0]) for place in found))


class Fetcher:
    """Fetches from public addresses.

    Args:
        resolve: looks a name up; for tests.
        transport: carries the request instead of the network; for tests.
    """

    def __init__(self, *, resolve: Resolve = addresses_of, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._resolve = resolve
        self._transport = transport

    async def get(self, address: str) -> bytes:
        """What an https address holds.

        Raises:
            BadInput: it is not public, does not answer with it, or holds too much.
        """
        url = _public_url(address)
        try:
            with anyio.fail_after(_SECONDS):
                place = _only_public(await self._resolve(url.host))
                return await self._read(url, place)
        except (OSError, UnicodeError, httpx2.HTTPError, httpx2.InvalidURL):  # a TimeoutError is an OSError
            raise BadInput("The picture's address does not answer.", todo="Check it, or give a file.") from None

    async def _read(self, url: httpx2.URL, place: str) -> bytes:
        content = b""
        async with (
            httpx2.AsyncClient(follow_redirects=False, trust_env=False, transport=self._transport) as client,
            client.stream(
                "GET",
                url.copy_with(host=place),
                headers={"host": url.host, "accept": "image/*, video/mp4"},
                extensions={"sni_hostname": url.host},
            ) as answer,
        ):
            if answer.status_code != HTTPStatus.OK:
                raise BadInput(
                    f"The picture's address answers {answer.status_code} and not with a picture.",
                    todo="Give the address of the picture itself; redirects are not followed.",
                )
            async for part in answer.aiter_bytes():
                content += part
                if len(content) > MOST_BYTES:
                    raise too_large()
        return content


def too_large() -> BadInput:
    """The refusal of a picture that carriers would not take."""
    return BadInput(f"The picture has more than {MOST_BYTES // 1_000_000} MB.", todo="Give a smaller one.")


def _public_url(address: str) -> httpx2.URL:
    try:
        url = httpx2.URL(address)
    except httpx2.InvalidURL:
        raise _no_address() from None
    if url.scheme != "https" or not url.host or url.port not in (None, _PORT) or url.userinfo:
        raise _no_address()
    return url


def _only_public(places: Sequence[str]) -> str:
    """The first of some addresses that must all be public."""
    read = [ipaddress.ip_address(place) for place in places]
    if not read or not all(each.is_global and not each.is_multicast for each in read):
        raise _no_address()
    return places[0]


def _no_address() -> BadInput:
    return BadInput("That is no https address on the public net.", todo="Give another, or a file.")
