"""A picture is fetched from the public net only: by https, without redirects, from the address that was looked at."""

from collections.abc import Sequence

import httpx2
import pytest
from tests.desk import open_desk

from textrequest_mcp.upstream import fetched
from textrequest_mcp.upstream.errors import BadInput
from textrequest_mcp.upstream.fetched import MOST_BYTES, Fetcher, addresses_of
from textrequest_mcp.upstream.request import File

PUBLIC, ADDRESS = "93.184.216.34", "https://pictures.example/a.png"


class Net(httpx2.AsyncBaseTransport):
    """Answers each request alike, and keeps it."""

    def __init__(self, answer: httpx2.Response | Exception | None = None) -> None:
        self.answer = answer or httpx2.Response(200, content=b"picture")
        self.asked: list[httpx2.Request] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def fetcher(net: Net, *places: str) -> Fetcher:
    async def resolve(host: str) -> Sequence[str]:
        assert host == "pictures.example"
        return places

    return Fetcher(resolve=resolve, transport=net)


async def test_the_connection_goes_to_the_address_that_was_looked_at():
    net = Net()

    assert await fetcher(net, PUBLIC, "93.184.216.35").get(ADDRESS) == b"picture"
    [request] = net.asked
    assert (request.url.host, request.headers["host"]) == (PUBLIC, "pictures.example")
    assert request.extensions["sni_hostname"] == "pictures.example"


@pytest.mark.parametrize(
    "place", ["127.0.0.1", "10.0.0.7", "192.168.1.1", "169.254.169.254", "::1", "fd00::1", "100.64.0.1", "224.0.0.1"]
)
async def test_no_address_inside_a_network_is_called(place: str):
    net = Net()

    for places in ((place,), (PUBLIC, place), ()):
        with pytest.raises(BadInput, match="no https address on the public net"):
            await fetcher(net, *places).get(ADDRESS)
    assert net.asked == []


@pytest.mark.parametrize(
    "address",
    [
        *(
            "http://pictures.example/a.png",
            "https:///a.png",
            "https://pictures.example:8443/a",
            "ftp://pictures.example",
        ),
        *("https://user:pass@pictures.example/a.png", "https://[::1/a.png"),
    ],
)
async def test_only_plain_https_addresses_are_taken(address: str):
    with pytest.raises(BadInput, match="no https address"):
        await fetcher(Net(), PUBLIC).get(address)


@pytest.mark.parametrize("status", [301, 404])
async def test_a_redirect_is_not_followed_and_no_picture_is_said(status: int):
    net = Net(httpx2.Response(status, headers={"location": "https://127.0.0.1/"}))

    with pytest.raises(BadInput, match=f"answers {status}"):
        await fetcher(net, PUBLIC).get(ADDRESS)
    assert len(net.asked) == 1


async def test_too_much_is_refused_and_silence_is_said():
    with pytest.raises(BadInput, match="more than 5 MB"):
        await fetcher(Net(httpx2.Response(200, content=b"x" * (MOST_BYTES + 1))), PUBLIC).get(ADDRESS)
    with pytest.raises(BadInput, match="does not answer"):
        await fetcher(Net(httpx2.ConnectError("no")), PUBLIC).get(ADDRESS)


async def test_a_name_is_looked_up():
    assert "127.0.0.1" in await addresses_of("localhost") or "::1" in await addresses_of("localhost")
    assert fetched.too_large().what == "The picture has more than 5 MB."


def test_a_file_shows_no_bytes():
    assert repr(File("a.png", "image/png", b"secret")) == "File(image/png, 6 bytes)"


async def test_a_file_is_uploaded_as_a_form():
    async with open_desk() as desk:
        answer = await desk.account.api.upload("mms", file=File("picture.png", "image/png", b"\x89PNG"))

        assert answer == {"mime_type": "image/png", "url": next(iter(desk.sandbox.media))}
        assert desk.contract.violations == []
