"""What hosts of the net send to a server for a team, from the first request to a tool's answer.

The forms follow the hosts' documentation and public reports of November 2026; the hosts themselves were not run. The
client of the MCP SDK is, with its own discovery, registration and sign-in.
"""

import json
import socket
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from mcp import Client
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider, TokenStorage
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from tests.commands.people.provider import Provider, provided
from tests.commands.people.team import Team, serving
from tests.desk import ERAS, Era, said

BACK = "http://127.0.0.1:9/callback"
VERIFIER = "v" * 64
CHALLENGE = "w1TpKUdYE9hUAcNSeeSRFioHDxfUxuHho_JHAfZ_vDM"  # of that verifier (S256)
FILE = "Anna texts:read,texts:send 121 sub:u-anna\n"


class Form(NamedTuple):
    """How a host speaks.

    Attributes:
        headers: with every request.
        version: of the protocol, as it asks for it.
        client: how it calls itself.
        metadata: where it looks first for the place to sign in.
        back: where its people are sent back to.
        client_id: its own, where it registers nowhere.
        looks_first: requests before it connects: method, headers, and the status that lets it go on.
    """

    headers: Mapping[str, str]
    version: str
    client: str
    metadata: str = "/.well-known/oauth-protected-resource/mcp"
    back: str = BACK
    client_id: str | None = None
    looks_first: tuple[tuple[str, Mapping[str, str], int], ...] = ()


BOTH = {"accept": "application/json, text/event-stream"}
SIGNING_IN = {
    "claude.ai": Form(
        {**BOTH, "user-agent": "python-httpx/0.28.1"},
        "2025-06-18",
        "claude-ai",
        back="https://claude.ai/api/mcp/auth_callback",
    ),
    "ChatGPT": Form(
        {**BOTH, "user-agent": "openai-mcp/1.0.0"},
        "2025-06-18",
        "openai-mcp",
        metadata="/.well-known/oauth-protected-resource",
        back="https://chatgpt.com/connector_platform_oauth_redirect",
        client_id="https://chatgpt.com/oauth/client.json",
    ),
    "VS Code": Form(
        {**BOTH, "user-agent": "node"},
        "2025-11-25",
        "Visual Studio Code",
        client_id="https://vscode.dev/oauth/client-metadata.json",
        back="http://127.0.0.1:33418/",
    ),
    "Copilot Studio": Form(
        {**BOTH, "user-agent": "Microsoft-Copilot-Studio"},
        "2025-03-26",
        "mcs",
        client_id="registered-by-hand",
        back="https://global.consent.azure-apim.net/redirect/textrequest",
        looks_first=(("GET", {"accept": "text/event-stream"}, 405),),
    ),
}
WITH_A_TOKEN = {
    "Copilot Studio with an API key": (SIGNING_IN["Copilot Studio"], "x-api-key"),
    "a header of VS Code": (SIGNING_IN["VS Code"], "authorization"),
    "LangChain": (Form({**BOTH, "user-agent": "python-httpx2/2.16"}, "2025-11-25", "mcp"), "authorization"),
    "the OpenAI Agents SDK": (Form(BOTH, "2025-06-18", "openai-agents-mcp"), "authorization"),
}


@pytest.fixture(scope="module")
def provider() -> Generator[Provider]:
    with provided() as one:
        yield one


@pytest.fixture(scope="module")
def team(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Generator[Team]:
    """A server whose public address is its own, so that a client finds the very address that it was given."""
    folder = tmp_path_factory.mktemp("team")
    (folder / "people").write_text(FILE, "utf-8")
    (folder / "people").chmod(0o600)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    root = f"http://127.0.0.1:{port}"
    more = {"TEXTREQUEST_ISSUER": provider.issuer, "TEXTREQUEST_PUBLIC_URL": root}
    with serving(folder, "--port", str(port), **more) as served:
        yield served


def initialize(form: Form) -> dict[str, Any]:
    about = {"name": form.client, "version": "1"}
    params = {"protocolVersion": form.version, "capabilities": {}, "clientInfo": about}
    return {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params}


def call_of(tool: str, **arguments: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}


def message_in(answer: httpx2.Response) -> dict[str, Any]:
    """The message of an answer, which is framed as a stream of events, as Copilot Studio wants it."""
    assert answer.headers["content-type"].startswith("text/event-stream")
    [data] = [
        line.removeprefix("data:") for line in answer.text.splitlines() if line.startswith("data:{") or "{" in line
    ]
    told: dict[str, Any] = json.loads(data)
    return told


def works(form: Form, address: str, credentials: Mapping[str, str]) -> list[str]:
    """Connect as the host does, list the tools, and call one; the names of the tools."""
    with httpx2.Client(headers={**form.headers, **credentials}, timeout=30) as http:
        begun = http.post(address, json=initialize(form))
        assert begun.status_code == 200
        agreed = message_in(begun)["result"]["protocolVersion"]
        session = {"mcp-session-id": begun.headers["mcp-session-id"], "mcp-protocol-version": agreed}
        noted = http.post(address, json={"jsonrpc": "2.0", "method": "notifications/initialized"}, headers=session)
        assert noted.status_code == 202
        listed = message_in(
            http.post(address, json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"}, headers=session)
        )
        called = message_in(http.post(address, json=call_of("list_dashboards"), headers=session))
        assert called["result"]["structuredContent"]["items"][0]["id"] == 121
        assert http.delete(address, headers=session).status_code == 200
    return [tool["name"] for tool in listed["result"]["tools"]]


@pytest.mark.parametrize("form", SIGNING_IN.values(), ids=SIGNING_IN)
def test_a_host_finds_where_to_sign_in_signs_in_and_works(team: Team, provider: Provider, form: Form):
    with httpx2.Client(headers=dict(form.headers), timeout=30) as http:
        for method, headers, status in form.looks_first:
            assert http.request(method, team.address, headers=dict(headers)).status_code == status
        refused = http.post(team.address, json=initialize(form))
        assert refused.status_code == 401
        told = refused.headers["www-authenticate"]
        assert f'resource_metadata="{team.root}/.well-known/oauth-protected-resource/mcp"' in told
        scope = told.partition('scope="')[2].partition('"')[0]

        resource = http.get(team.root + form.metadata).json()
        [issuer] = resource["authorization_servers"]
        about = http.get(f"{issuer}/.well-known/oauth-authorization-server").json()
        client_id = form.client_id or str(
            http.post(
                about["registration_endpoint"],
                json={"client_name": form.client, "redirect_uris": [form.back], "token_endpoint_auth_method": "none"},
            ).json()["client_id"]
        )
        asked = {
            "response_type": "code",
            "client_id": client_id,
            "redirect_uri": form.back,
            "state": "s",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            "scope": scope,
            "resource": resource["resource"],
        }
        sent_back = http.get(f"{about['authorization_endpoint']}?{urlencode(asked)}").headers["location"]
        assert sent_back.startswith(form.back)
        given = parse_qs(urlsplit(sent_back).query)
        granted = http.post(
            about["token_endpoint"],
            data={
                "grant_type": "authorization_code",
                "code": given["code"][0],
                "redirect_uri": form.back,
                "client_id": client_id,
                "code_verifier": VERIFIER,
                "resource": resource["resource"],
            },
        ).json()

    tools = works(form, team.address, {"authorization": f"Bearer {granted['access_token']}"})
    assert "send_message" in tools
    assert "list_payments" not in tools


@pytest.mark.parametrize(("form", "header"), WITH_A_TOKEN.values(), ids=WITH_A_TOKEN)
def test_a_host_that_brings_a_token_works_and_finds_no_place_to_sign_in(tmp_path: Path, form: Form, header: str):
    with serving(tmp_path) as team:
        with httpx2.Client(headers=dict(form.headers)) as http:
            found = {
                http.get(team.root + path).status_code for path in (form.metadata, "/.well-known/openid-configuration")
            }
        token = team.tokens["Anna"]
        tools = works(form, team.address, {header: token if header == "x-api-key" else f"Bearer {token}"})

    assert found == {404}
    assert len(tools) <= 30  # what Copilot Studio advises
    assert "send_message" in tools


class InMemory(TokenStorage):
    """What a client keeps, for as long as it runs."""

    def __init__(self) -> None:
        self.tokens: OAuthToken | None = None
        self.client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


@pytest.mark.parametrize("own_document", [None, "https://client.example.com/oauth.json"], ids=["registers", "CIMD"])
@pytest.mark.parametrize("era", ERAS)
async def test_the_client_of_the_sdk_signs_in_by_itself(
    team: Team, provider: Provider, era: Era, own_document: str | None
):
    kept, sent_back = InMemory(), [""]

    async def go(address: str) -> None:
        async with httpx2.AsyncClient() as browser:
            sent_back[0] = (await browser.get(address)).headers["location"]

    async def comes_back() -> AuthorizationCodeResult:
        given = parse_qs(urlsplit(sent_back[0]).query)
        return AuthorizationCodeResult(code=given["code"][0], state=given["state"][0], iss=given["iss"][0])

    signing_in = OAuthClientProvider(
        team.address,
        OAuthClientMetadata.model_validate({"redirect_uris": [BACK], "client_name": "sdk"}),
        kept,
        redirect_handler=go,
        callback_handler=comes_back,
        client_metadata_url=own_document,
    )
    async with (
        httpx2.AsyncClient(auth=signing_in, timeout=30) as http,
        Client(streamable_http_client(team.address, http_client=http), mode=era, cache=None) as host,
    ):
        lines = said(await host.call_tool("list_dashboards", {}))

    assert [line["id"] for line in lines["items"]] == [121]
    assert kept.tokens is not None
    assert "texts:read" in (kept.tokens.scope or "")
    assert kept.client is not None
    assert (kept.client.client_id == own_document) is (own_document is not None)
