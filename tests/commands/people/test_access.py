"""Who reaches a server for a team, as seen from outside, and what ends when somebody is taken out of it."""

import http.client
import json
import socket
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from starlette.types import Message, Receive, Scope, Send
from tests.commands.people.team import ACCEPT, NAME, Team, add_people, serving
from tests.desk import ERAS, Era
from tests.served import INITIALIZE, running, said_at_start

from textrequest_mcp.commands.people.access import Access
from textrequest_mcp.commands.people.doors import Doors
from textrequest_mcp.commands.people.roster import Roster
from textrequest_mcp.commands.people.tokens import Tokens, revoke
from textrequest_mcp.ground.member import current_id


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Generator[Team]:
    with serving(tmp_path_factory.mktemp("team"), "--host", "0.0.0.0") as served:
        yield served


def test_webhooks_and_hosts_come_by_names_of_their_own(tmp_path: Path):
    with serving(tmp_path, TEXTREQUEST_PUBLIC_URL="https://hooks.example.com") as team:
        anna = team.bearing("Anna")
        statuses = [team.greet(anna | {"host": name}).status_code for name in (NAME, "hooks.example.com", "x.example")]
        hook = httpx2.post(f"{team.root}/webhooks/textrequest/121/received", headers={"host": "hooks.example.com"})

    assert statuses == [200, 200, 421]
    assert hook.status_code not in {401, 421}  # the receiver answers


def test_who_brings_no_token_is_told_how_and_finds_no_place_to_sign_in(team: Team):
    refused = team.greet({})

    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == "Bearer"
    assert "Authorization: Bearer TOKEN, or as X-API-Key" in refused.json()["error"]["message"]
    for what in ("oauth-protected-resource/mcp", "oauth-protected-resource", "oauth-authorization-server"):
        assert httpx2.get(f"{team.root}/.well-known/{what}").status_code == 404


def test_a_token_is_taken_as_a_bearer_and_as_a_key_and_nowhere_else(team: Team):
    token = team.tokens["Anna"]
    good = [{"authorization": f"Bearer {token}"}, {"authorization": f"bearer  {token}"}, {"x-api-key": token}]
    bad: list[Any] = [
        {"authorization": f"Bearer {token[:-1]}"},
        {"authorization": f"Basic {token}"},
        {"authorization": token},
        {"authorization": "Bearer"},
        {"x-api-key": ""},
        {"cookie": f"authorization={token}"},
        {"proxy-authorization": f"Bearer {token}"},
        [("authorization", f"Bearer {token}"), ("authorization", f"Bearer {token}")],
        [("authorization", f"Bearer {token}"), ("x-api-key", token)],
    ]

    assert {team.greet(headers).status_code for headers in good} == {200}
    assert {team.greet(headers).status_code for headers in bad} == {401}
    assert team.greet({}, params={"access_token": token, "api_key": token}).status_code == 401
    assert 'error="invalid_token"' in team.greet(bad[0]).headers["www-authenticate"]


def test_a_stream_without_a_session_is_no_method_here_signed_in_or_not(team: Team):
    answers = [httpx2.get(team.address, headers=ACCEPT | more) for more in ({}, team.bearing("Anna"))]

    assert [(each.status_code, each.headers["allow"]) for each in answers] == [(405, "POST, DELETE")] * 2


def test_only_its_own_names_and_pages_reach_it(team: Team):
    anna = team.bearing("Anna")
    ours = [{"host": NAME}, {"host": f"{NAME}:443"}, {"origin": f"https://{NAME}"}, {"origin": "http://localhost:6274"}]
    foreign = [{"host": "evil.example"}, {"origin": "https://evil.example"}, {"host": f"{NAME}.evil.example"}]

    assert {team.greet(anna | each).status_code for each in ours} == {200}
    assert {team.greet(anna | each).status_code for each in foreign} <= {403, 421}


@pytest.mark.parametrize("path", ["/", "/nothing", "/mcp/", "/webhooks", "/sandbox/texts", "/messages/", "/desk"])
def test_no_other_path_is_open(team: Team, path: str):
    assert httpx2.post(team.root + path, json=INITIALIZE).status_code == 401


@pytest.mark.parametrize(
    "path", ["//mcp", "/health/../mcp", "/%2e%2e/mcp", "/webhooks/textrequest/../../mcp", "/desk/../mcp"]
)
def test_the_open_paths_lead_nowhere_else(team: Team, path: str):
    with closing(http.client.HTTPConnection(team.root.removeprefix("http://"))) as connection:
        connection.request("POST", path, json.dumps(INITIALIZE), {"content-type": "application/json", **ACCEPT})

        assert connection.getresponse().status in {401, 404}


def test_anybody_learns_that_it_is_well_and_no_more(team: Team):
    answer = httpx2.get(team.root + "/health", headers={"host": NAME, "via": "2.0 Caddy"})

    assert answer.status_code == 200
    assert set(answer.json()) == {"status", "version"}


def test_a_long_body_and_a_deep_one_are_refused(team: Team):
    anna = team.bearing("Anna") | {"content-type": "application/json"}
    long = team.greet(anna, json=None, content=b" " * (10 * 1024 * 1024))
    deep = team.greet(anna, json=None, content=b'{"jsonrpc":"2.0","id":1,"method":"ping","params":' + b"[" * 100_000)

    assert (long.status_code, deep.status_code) == (413, 400)


def test_who_is_not_let_in_cannot_have_a_long_body_read(team: Team):
    host, _, port = team.root.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000\r\n\r\n")

        assert b" 401 " in connection.recv(100)


@pytest.mark.parametrize("era", ERAS)
async def test_members_see_what_their_scopes_allow(team: Team, era: Era):
    seen: dict[str, set[str]] = {}
    documents: dict[str, set[str]] = {}
    prompts: dict[str, set[str]] = {}
    for name in ("Anna", "Ben Ruiz", "Cleo"):
        async with team.host(name, era=era) as host:
            seen[name] = {tool.name for tool in (await host.list_tools()).tools}
            templates = (await host.list_resource_templates()).resource_templates
            documents[name] = {each.name for each in [*(await host.list_resources()).resources, *templates]}
            prompts[name] = {prompt.name for prompt in (await host.list_prompts()).prompts}

    assert seen["Cleo"] == {"list_payments", "get_payment", "mark_payment_paid", "get_send_status"}
    assert "send_message" in seen["Anna"]
    assert seen["Anna"].isdisjoint({"list_payments", "delete_contact", "create_payment", "create_dashboard"})
    assert seen["Ben Ruiz"] > seen["Anna"] | seen["Cleo"]
    assert (documents["Cleo"], prompts["Cleo"]) == ({"payment"}, set())
    assert "payment" not in documents["Anna"]
    assert documents["Ben Ruiz"] == documents["Anna"] | documents["Cleo"]
    assert prompts["Anna"] == prompts["Ben Ruiz"] - {"collect_payment"}


def test_a_session_of_somebody_else_is_not_found(team: Team):
    session = {"mcp-session-id": team.greet(team.bearing("Anna")).headers["mcp-session-id"]}
    ping = {"jsonrpc": "2.0", "id": 2, "method": "ping"}
    hers, his, nobodys = (
        team.greet(team.bearing(name) | id_, json=ping)
        for name, id_ in (("Anna", session), ("Ben Ruiz", session), ("Ben Ruiz", {"mcp-session-id": "0" * 32}))
    )

    assert (hers.status_code, his.status_code, nobodys.status_code) == (200, 404, 404)
    assert his.text == nobodys.text


async def test_who_is_revoked_is_out_at_once_in_open_sessions_and_streams_too(tmp_path: Path):
    with serving(tmp_path) as team:
        anna = team.bearing("Anna") | ACCEPT
        session = {"mcp-session-id": team.greet(anna).headers["mcp-session-id"]}
        async with (
            httpx2.AsyncClient(timeout=30) as http,
            http.stream("GET", team.address, headers=anna | session) as stream,
        ):
            assert stream.status_code == 200
            revoke(team.file, "Anna")
            refused = await http.post(team.address, headers=anna | session, json=INITIALIZE)
            with anyio.fail_after(20):
                assert [line async for line in stream.aiter_lines() if line.startswith("data")] == []
        assert refused.status_code == 401
        assert team.greet(team.bearing("Ben Ruiz")).status_code == 200


async def test_a_call_that_waits_is_cut_off_when_its_member_is_revoked(tmp_path: Path):
    with serving(tmp_path) as team:
        wait = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {
                "name": "wait_for_messages",
                "arguments": {"dashboard_id": 121, "timeout_seconds": 50},
                "_meta": {
                    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                    "io.modelcontextprotocol/clientInfo": {"name": "x", "version": "1"},
                    "io.modelcontextprotocol/clientCapabilities": {},
                },
            },
        }
        headers = team.bearing("Anna") | ACCEPT
        headers |= {"mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "wait_for_messages"}
        answers: list[httpx2.Response] = []

        async def waits() -> None:
            async with httpx2.AsyncClient(timeout=30) as http:
                answers.append(await http.post(team.address, headers=headers, json=wait))

        with anyio.fail_after(20):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(waits)
                await anyio.sleep(0.5)  # until it waits
                revoke(team.file, "Anna")

    assert "result" not in answers[0].text


async def test_a_session_ends_when_its_member_may_do_something_else(tmp_path: Path):
    with serving(tmp_path) as team:
        async with team.host("Anna", era="legacy") as host:
            assert not (await host.call_tool("list_dashboards", {})).is_error
            text = team.file.read_text("utf-8")
            team.file.write_text(text.replace("Anna texts:read,texts:send 121", "Anna texts:read 122"), "utf-8")
            with pytest.raises(Exception, match="Session"):
                await host.call_tool("list_messages", {"phone_number": "+14235550100", "dashboard_id": 121})


def test_over_sse_too_each_message_needs_its_members_token(tmp_path: Path):
    with serving(tmp_path, transport="sse") as team:
        with httpx2.stream("GET", team.address, headers=ACCEPT | team.bearing("Anna")) as stream:
            told = (line.removeprefix("data:").strip() for line in stream.iter_lines())
            messages = team.root + next(line for line in told if line.startswith("/messages/"))
            statuses = [
                httpx2.post(messages, headers=headers, json=INITIALIZE).status_code
                for headers in ({}, team.bearing("Ben Ruiz"), team.bearing("Anna"))
            ]
        assert httpx2.get(team.address, headers=ACCEPT).status_code == 401

    assert statuses == [401, 404, 202]


REFUSED: dict[str, tuple[list[str], dict[str, str], str]] = {
    "no way to sign in": (["--host", "0.0.0.0"], {"TEXTREQUEST_ALLOWED_HOSTS": NAME}, "nobody has to sign in; set"),
    "no name": (["--host", "192.0.2.1"], {"TEXTREQUEST_TOKENS_FILE": "FILE"}, "no name of it is allowed; set"),
    "a folder": ([], {"TEXTREQUEST_TOKENS_FILE": "FOLDER"}, "cannot be read: Is a directory"),
    "an open file": ([], {"TEXTREQUEST_TOKENS_FILE": "OPEN"}, "can be read or written by others; give it mode 0600"),
}


@pytest.mark.parametrize(("flags", "environment", "why"), REFUSED.values(), ids=REFUSED)
def test_an_open_server_that_lets_everybody_in_does_not_start(
    tmp_path: Path, flags: list[str], environment: dict[str, str], why: str
):
    add_people(tmp_path / "FILE")
    add_people(tmp_path / "OPEN")
    (tmp_path / "OPEN").chmod(0o644)
    (tmp_path / "FOLDER").mkdir()
    given = {
        name: str(tmp_path / value) if name == "TEXTREQUEST_TOKENS_FILE" else value
        for name, value in environment.items()
    }
    with running("serve", "--sandbox", "--transport", "http", "--port", "0", *flags, environment=given) as child:
        _, told = child.communicate(timeout=30)

    assert child.returncode == 2
    assert why in told
    assert "Nothing was started." in told


def test_a_server_may_start_before_its_first_person_is_added(tmp_path: Path):
    file = tmp_path / "people"
    environment = {"TEXTREQUEST_TOKENS_FILE": str(file), "TEXTREQUEST_ALLOWED_HOSTS": NAME}
    with running("serve", "--sandbox", "--transport", "http", "--port", "0", environment=environment) as child:
        *told, at = said_at_start(child)
        team = Team(at.split()[-1], file, {})
        before = team.greet({"authorization": "Bearer x"}).status_code
        team = team._replace(tokens=add_people(file))
        after = team.greet(team.bearing("Anna")).status_code

    assert any("has nobody in" in line for line in told)
    assert (before, after) == (401, 200)


async def test_what_is_not_http_is_closed_off_and_the_lifespan_goes_through(tmp_path: Path):
    sent: list[Message] = []
    seen: list[str] = []

    async def app(scope: Scope, _: Receive, __: Send) -> None:
        seen.append(scope["type"])

    async def receive() -> Message:
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    access = Access(app, Doors(Tokens(Roster(tmp_path / "people"))))
    for kind in ("websocket", "lifespan"):
        await access({"type": kind, "path": "/mcp"}, receive, send)

    assert sent == [{"type": "websocket.close"}]
    assert seen == ["lifespan"]
    assert current_id() == ""
