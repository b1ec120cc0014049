"""Who reaches what over HTTP, as seen from outside: with the secret and without, directly and through a proxy."""

import http.client
import socket
from collections.abc import Generator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import pytest
from tests.served import INITIALIZE, address_of, bearing_secret, real_account, running

from textrequest_mcp.commands.http_access import HttpAccess

ACCEPT = {"accept": "application/json, text/event-stream"}
PUBLIC = {"TEXTREQUEST_PUBLIC_URL": "https://Texts.example.com/hooks"}
BY_PROXY: dict[str, dict[str, str]] = {
    "nginx": {"x-real-ip": "203.0.113.7"},
    "traefik": {"x-forwarded-server": "gate", "x-forwarded-for": "203.0.113.7"},
    "apache": {"x-forwarded-host": "texts.example.com"},
    "haproxy": {"forwarded": "for=203.0.113.7"},
    "caddy": {"via": "2.0 Caddy"},
    "cloudflare": {"cf-connecting-ip": "203.0.113.7"},
    "akamai": {"true-client-ip": "203.0.113.7"},
    "another network": {"cdn-loop": "example"},
    "a caller who claims it": {"x-forwarded-for": ""},
    "the public address": {"host": "texts.example.com"},
    "in other letters": {"host": "TEXTS.Example.com"},
    "with its port": {"host": "texts.example.com:443"},
    "with its last dot": {"host": "texts.example.com."},
}
by_proxy = pytest.mark.parametrize("way", BY_PROXY.values(), ids=BY_PROXY)
TEXT_IN = {"from": "+14235550100", "body": "Is it ready?"}


class Served(NamedTuple):
    """A server that listens.

    Attributes:
        address: where its hosts connect.
        folder: of its state.
    """

    address: str
    folder: Path

    @property
    def root(self) -> str:
        return self.address.rpartition("/")[0]

    @property
    def secret(self) -> dict[str, str]:
        return bearing_secret(self.folder)

    def greet(self, headers: Mapping[str, str] | list[tuple[str, str]], **more: Any) -> httpx2.Response:
        """The answer to who connects; a stream's without what comes in it."""
        method, body = ("GET", None) if self.address.endswith("/sse") else ("POST", INITIALIZE)
        every = [*ACCEPT.items(), *dict(headers).items()] if isinstance(headers, Mapping) else headers
        with httpx2.stream(method, self.address, headers=every, json=body, **more) as answer:
            if not answer.is_success:
                answer.read()
            return answer


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Generator[dict[str, Served]]:
    """One of each kind, all with a public address; they start at the same time."""
    kinds: dict[str, tuple[str, dict[str, str]]] = {
        "http": ("http", {}),
        "sse": ("sse", {}),
        "off": ("http", {"TEXTREQUEST_HTTP_AUTH": "off"}),
        "sandbox": ("http", {}),
    }
    with ExitStack() as running_servers, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}/api/v3"
        started: dict[str, tuple[Any, Path]] = {}
        for kind, (transport, more) in kinds.items():
            folder = tmp_path_factory.mktemp(kind)
            flags = ["--sandbox"] if kind == "sandbox" else []
            environment = real_account(nobody, folder) | PUBLIC | more
            server = running("serve", "--transport", transport, "--port", "0", *flags, environment=environment)
            started[kind] = running_servers.enter_context(server), folder
        yield {kind: Served(address_of(child), folder) for kind, (child, folder) in started.items()}


@pytest.fixture(params=["http", "sse"])
def served(request: pytest.FixtureRequest, servers: dict[str, Served]) -> Served:
    """A server of a real account, by both transports."""
    return servers[request.param]


@pytest.fixture(params=["off", "sandbox"])
def unlocked(request: pytest.FixtureRequest, servers: dict[str, Served]) -> Served:
    """A server that wants no secret."""
    return servers[request.param]


def test_who_brings_no_secret_is_told_what_is_missing_and_reaches_nothing(served: Served):
    refused = served.greet({})

    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == "Bearer"
    sentence = refused.json()["error"]["message"]
    for said in ("Authorization: Bearer", "http-token in the server's state folder", "Nothing was sent or changed."):
        assert said in sentence
    assert str(served.folder) not in refused.text


def test_only_the_secret_itself_in_its_one_header_counts(served: Served):
    scheme, _, secret = served.secret["authorization"].partition(" ")
    almost = [
        f"{scheme} {secret[:-1]}",
        f"{scheme} {secret}x",
        f"{scheme} {secret.swapcase()}",
        scheme,
        secret,
        f"Basic {secret}",
        f"{scheme} {scheme} {secret}",
        f"{scheme},{secret}",
    ]
    elsewhere = [{"x-api-key": secret}, {"cookie": f"authorization={secret}"}, {"proxy-authorization": almost[0]}]
    twice = [*ACCEPT.items(), *served.secret.items(), *served.secret.items()]
    refused = [
        *(served.greet({"authorization": value}).status_code for value in almost),
        *(served.greet(headers).status_code for headers in elsewhere),
        served.greet(twice).status_code,
        served.greet({}, params={"access_token": secret, "authorization": f"Bearer {secret}"}).status_code,
    ]

    assert set(refused) == {401}


def test_who_brings_the_secret_is_let_in_however_the_scheme_is_written(served: Served):
    secret = served.secret["authorization"].partition(" ")[2]

    assert [served.greet({"authorization": f"{said}{secret}"}).status_code for said in ("Bearer ", "bearer  ")] == [
        200,
        200,
    ]


def test_each_message_of_an_open_stream_needs_the_secret(servers: dict[str, Served]):
    served = servers["sse"]
    with httpx2.stream("GET", served.address, headers=ACCEPT | served.secret) as stream:
        told = (line.removeprefix("data:").strip() for line in stream.iter_lines())
        messages = served.root + next(line for line in told if line.startswith("/messages/"))
        statuses = [
            httpx2.post(messages, headers=headers, json=INITIALIZE).status_code for headers in ({}, served.secret)
        ]

    assert statuses == [401, 202]


@by_proxy
def test_what_was_forwarded_needs_the_secret_whatever_its_host_says(served: Served, way: dict[str, str]):
    assert served.greet(way).status_code == 401


@pytest.mark.parametrize(
    "way", [BY_PROXY["traefik"], BY_PROXY["the public address"], BY_PROXY["with its port"]], ids=" ".join
)
def test_with_the_secret_the_account_is_reached_through_a_proxy_too(served: Served, way: dict[str, str]):
    assert served.greet(way | served.secret).status_code == 200


def test_the_secret_opens_no_door_for_a_web_page_of_elsewhere(served: Served):
    foreign = [{"host": "evil.example"}, {"origin": "http://evil.example"}, {"origin": "https://texts.example.com"}]

    assert {served.greet(each | served.secret).status_code for each in foreign} <= {403, 421}


@pytest.mark.parametrize("path", ["/", "/nothing", "/webhooks", "/webhooks/textrequest", "/mcp/", "/messages/"])
def test_no_other_path_is_open(served: Served, path: str):
    assert httpx2.post(served.root + path, json=INITIALIZE).status_code == 401


@pytest.mark.parametrize("path", ["/../../mcp", "/..%2f..%2fmcp", "//mcp", "/%2e%2e/%2e%2e/mcp", "/"])
def test_the_open_paths_lead_nowhere_else(servers: dict[str, Served], path: str):
    """Sent as they stand: a client would tidy such a path before it left."""
    host = servers["http"].root.removeprefix("http://")
    with closing(http.client.HTTPConnection(host)) as connection:
        connection.request("POST", f"/webhooks/textrequest{path}", b"{}", {"content-type": "application/json"})

        assert connection.getresponse().status == 404


def test_directly_anybody_learns_that_the_server_is_well(servers: dict[str, Served]):
    assert {httpx2.get(server.root + "/health").status_code for server in servers.values()} == {200}


@by_proxy
def test_through_a_proxy_only_who_brings_the_secret_learns_it(served: Served, way: dict[str, str]):
    statuses = [httpx2.get(served.root + "/health", headers=way | more).status_code for more in ({}, served.secret)]

    assert statuses == [401, 200]


@pytest.mark.parametrize("what", ["oauth-protected-resource/mcp", "oauth-authorization-server", "openid-configuration"])
def test_a_client_that_looks_for_a_way_to_sign_in_finds_none(served: Served, what: str):
    assert httpx2.get(f"{served.root}/.well-known/{what}").status_code == 404


def test_where_no_secret_is_wanted_who_comes_directly_is_let_in(unlocked: Served):
    assert unlocked.greet({}).status_code == 200


@by_proxy
def test_where_no_secret_is_wanted_nothing_is_reached_through_a_proxy(unlocked: Served, way: dict[str, str]):
    refused = unlocked.greet(way | {"authorization": "Bearer whatever"})

    assert refused.status_code == 403
    assert "takes webhooks and nothing else" in refused.json()["error"]["message"]
    assert httpx2.get(unlocked.root + "/health", headers=way).status_code == 403


@by_proxy
def test_nobody_plays_a_customer_of_the_sandbox_through_a_proxy(servers: dict[str, Served], way: dict[str, str]):
    texts = servers["sandbox"].root + "/sandbox/texts"

    assert httpx2.post(texts, json=TEXT_IN, headers=way).status_code == 403


def test_a_customer_of_the_sandbox_is_played_on_this_machine(servers: dict[str, Served]):
    assert httpx2.post(servers["sandbox"].root + "/sandbox/texts", json=TEXT_IN).status_code == 201


def test_a_second_host_hides_no_public_address(servers: dict[str, Served]):
    host = servers["off"].root.removeprefix("http://")
    with closing(http.client.HTTPConnection(host)) as connection:
        connection.putrequest("GET", "/health")  # puts in the first
        connection.putheader("host", "texts.example.com")
        connection.endheaders()

        assert connection.getresponse().status in {400, 403}


def test_a_public_address_on_this_machine_is_no_way_in_from_outside(tmp_path: Path):
    """A tunnel's end, or a test, may be given as the address; what comes to it looks like what comes directly."""
    environment = {"TEXTREQUEST_PUBLIC_URL": "http://127.0.0.1:8000"}
    with running("serve", "--sandbox", "--transport", "http", "--port", "0", environment=environment) as child:
        assert Served(address_of(child), tmp_path).greet({}).status_code == 200


async def test_what_is_not_http_is_closed_off():
    """No client can send it while uvicorn has no part that speaks WebSocket; the environment may bring one."""
    sent: list[Any] = []

    async def receive() -> Any:
        raise AssertionError

    async def send(message: Any) -> None:
        sent.append(message)

    async def app(*_: Any) -> None:
        raise AssertionError

    await HttpAccess(app, secret=None, public=None)({"type": "websocket", "path": "/mcp"}, receive, send)

    assert sent == [{"type": "websocket.close"}]
