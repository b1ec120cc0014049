"""Sign-in: which tokens of an identity provider let whom in, and what a host is told that has none, or too little."""

import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx2
import jwt
import pytest
from tests.commands.people.provider import Provider, provided
from tests.commands.people.team import ACCEPT, Team, serving
from tests.served import running

from textrequest_mcp.commands.people.doors import Doors
from textrequest_mcp.commands.people.issuer import Issuer, IssuerError, check_address
from textrequest_mcp.commands.people.roster import Roster
from textrequest_mcp.commands.people.sign_in import SignIn
from textrequest_mcp.commands.people.tokens import Tokens
from textrequest_mcp.ground.member import SCOPES

ROOT = "https://texts.example.com"
RESOURCE = f"{ROOT}/mcp"
FILE = """
Anna texts:read,texts:send 121 sub:u-anna
Ben * * email:ben@example.com
desk texts:read 122 group:front-desk
night contacts:write 121 group:night
"""


@pytest.fixture(scope="module")
def provider() -> Generator[Provider]:
    with provided() as one:
        yield one


@pytest.fixture
def people(tmp_path: Path) -> Path:
    file = tmp_path / "people"
    file.write_text(FILE, "utf-8")
    file.chmod(0o600)
    return file


@pytest.fixture
def door(provider: Provider, people: Path) -> SignIn:
    return SignIn(Issuer(provider.issuer), Roster(people), RESOURCE, ("api://textrequest",))


@pytest.mark.parametrize("audience", [RESOURCE, ROOT, f"{RESOURCE}/", "api://textrequest", ["other", RESOURCE]])
@pytest.mark.parametrize("alg", ["RS256", "ES256"])
async def test_a_token_for_this_server_lets_its_person_in(door: SignIn, provider: Provider, alg: str, audience: Any):
    let_in = await door.enter(provider.token(alg=alg, aud=audience))

    assert let_in is not None
    assert (let_in.member.id, let_in.member.name, let_in.member.lines) == ("Anna", "Anna", {121})
    assert let_in.member.scopes == let_in.granted == {"texts:read", "texts:send"}
    assert let_in.lasts(time.time())
    assert not let_in.lasts(time.time() + 400)


BAD: dict[str, dict[str, Any]] = {
    "no signature": {"alg": "none"},
    "signed with a public key": {"alg": "HS256"},
    "a stranger's key": {"strange": True},
    "an unknown key": {"kid": "unknown"},
    "another audience": {"aud": "https://other.example.com/mcp"},
    "no audience": {"aud": None},
    "another issuer": {"iss": "https://login.example.com"},
    "over": {"exp": 1_700_000_000},
    "without an end": {"exp": None},
    "not yet": {"nbf": 4_000_000_000},
    "of nobody": {"sub": None},
    "of somebody else": {"sub": "u-zed", "email": "zed@example.com"},
}


@pytest.mark.parametrize("given", BAD.values(), ids=BAD)
async def test_any_other_token_lets_nobody_in(door: SignIn, provider: Provider, given: dict[str, Any]):
    assert await door.enter(provider.token(**{"aud": RESOURCE} | given)) is None


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "e30.e30.", "x" * 20_000])
async def test_what_is_no_token_lets_nobody_in(door: SignIn, token: str):
    assert await door.enter(token) is None


async def test_an_address_counts_only_where_the_provider_verified_it(door: SignIn, provider: Provider):
    ben: dict[str, Any] = {"aud": RESOURCE, "sub": "u-ben", "email": "Ben@Example.com"}
    found = [
        await door.enter(provider.token(**ben, email_verified=verified)) for verified in (True, "true", False, None)
    ]

    assert [each.member.id if each else None for each in found] == ["Ben", "Ben", None, None]


async def test_groups_are_put_together_and_their_people_keep_their_own_names(door: SignIn, provider: Provider):
    claims: dict[str, Any] = {"aud": RESOURCE, "sub": "u-7", "email": "cleo@example.com", "name": 'Cleo "<b>" Diaz'}
    both = await door.enter(provider.token(**claims, groups=["front-desk", "other"], roles="night"))
    one = await door.enter(provider.token(**claims, groups=["front-desk"]))
    other = await door.enter(provider.token(**claims | {"sub": "u-8"}, groups=["front-desk"]))
    own = await door.enter(provider.token(**claims | {"sub": "u-anna"}, groups=["night"]))

    assert both
    assert one
    assert other
    assert own
    assert (both.member.name, both.member.scopes, both.member.lines) == (
        "Cleo b Diaz",
        {"texts:read", "contacts:write"},
        {121, 122},
    )
    assert one.member.id == both.member.id == f"Cleo b Diaz#{one.member.id[-8:]}"
    assert other.member.id != one.member.id
    assert one.member.version != both.member.version
    assert (own.member.id, own.member.scopes) == ("Anna", {"texts:read", "texts:send", "contacts:write"})


async def test_nobody_takes_the_name_of_a_colleague_for_their_own(door: SignIn, provider: Provider):
    found = await door.enter(provider.token(aud=RESOURCE, sub="u-9", name="anna", groups=["night"]))

    assert found is not None
    assert found.member.name == found.member.id
    assert found.member.id.startswith("anna#")


async def test_a_person_without_a_name_is_called_something(door: SignIn, provider: Provider):
    found = await door.enter(provider.token(aud=RESOURCE, sub="<>", email="<>", groups=["night"]))

    assert found is not None
    assert found.member.name == "somebody"


@pytest.mark.parametrize(
    ("claims", "scopes"),
    [
        ({"scope": "openid texts:read"}, {"texts:read"}),
        ({"scp": ["texts:read", "texts:send", "admin"]}, {"texts:read", "texts:send"}),
        ({"permissions": ["texts:send"]}, {"texts:send"}),
        ({"scope": "openid profile"}, {"texts:read", "texts:send"}),
        ({"scope": 5, "scp": [7]}, {"texts:read", "texts:send"}),
    ],
)
async def test_a_tokens_scopes_only_take_away(
    door: SignIn, provider: Provider, claims: dict[str, Any], scopes: set[str]
):
    found = await door.enter(provider.token(aud=RESOURCE, **claims))

    assert found is not None
    assert found.member.scopes == scopes
    assert found.granted == {"texts:read", "texts:send"}


async def test_who_is_taken_out_of_the_file_is_out(door: SignIn, provider: Provider, people: Path):
    found = await door.enter(provider.token(aud=RESOURCE))
    people.write_text("Ben * * email:ben@example.com\n", "utf-8")  # noqa: ASYNC240 - nothing else runs

    assert found is not None
    assert not found.lasts(time.time())
    assert await door.enter(provider.token(aud=RESOURCE)) is None


async def test_a_flood_of_unknown_keys_asks_the_provider_once(provider: Provider, people: Path):
    now = [100.0]
    door = SignIn(Issuer(provider.issuer, clock=lambda: now[0]), Roster(people), RESOURCE)
    provider.asked.clear()
    for number in range(20):
        assert await door.enter(provider.token(aud=RESOURCE, kid=f"unknown{number}")) is None
    first = provider.asked.count("/jwks")
    assert await door.enter(provider.token(aud=RESOURCE)) is not None
    now[0] += 31
    assert await door.enter(provider.token(aud=RESOURCE, kid="new")) is None
    second = provider.asked.count("/jwks")
    now[0] += 301
    assert await door.enter(provider.token(aud=RESOURCE)) is not None

    assert (first, second, provider.asked.count("/jwks")) == (1, 2, 3)


async def test_a_new_key_is_found_and_an_old_one_is_no_more(provider: Provider, people: Path):
    now = [100.0]
    door = SignIn(Issuer(provider.issuer, clock=lambda: now[0]), Roster(people), RESOURCE)
    provider.keys = ["RS256"]
    try:
        before = await door.enter(provider.token(aud=RESOURCE, alg="ES256"))
        only = await door.enter(jwt_without_key_id(provider))
        now[0] += 31
        provider.keys = ["ES256"]
        after = [await door.enter(provider.token(aud=RESOURCE, alg=alg)) for alg in ("ES256", "RS256")]
    finally:
        provider.keys = ["RS256", "ES256"]

    assert before is None
    assert only is not None
    assert [each is not None for each in after] == [True, False]


def jwt_without_key_id(provider: Provider) -> str:
    from tests.commands.people import provider as keys

    said = {"iss": provider.issuer, "aud": RESOURCE, "exp": int(time.time()) + 60} | provider.person
    return jwt.encode(said, keys._KEYS["RS256"], algorithm="RS256")  # pyright: ignore[reportPrivateUsage]


async def test_a_provider_that_is_away_lets_nobody_in_and_is_asked_again(
    provider: Provider, people: Path, caplog: pytest.LogCaptureFixture
):
    now = [100.0]
    door = SignIn(Issuer(provider.issuer, clock=lambda: now[0]), Roster(people), RESOURCE)
    provider.is_away = True
    try:
        away = await door.enter(provider.token(aud=RESOURCE))
    finally:
        provider.is_away = False
    now[0] += 31
    back = await door.enter(provider.token(aud=RESOURCE))
    provider.is_away = True
    nobody_there = Issuer("http://127.0.0.1:9")
    try:
        now[0] += 301  # its description is known, and its keys are not at the same place
        still = await door.enter(provider.token(aud=RESOURCE))
        with pytest.raises(IssuerError, match="cannot be asked"):
            await nobody_there.key("RS256", "RS256")
    finally:
        provider.is_away = False

    assert away is None
    assert back is not None
    assert still is not None
    assert "nobody can sign in now" in caplog.text


async def test_keys_that_were_read_hold_while_the_provider_is_away(people: Path):
    now = [100.0]
    with provided() as provider:
        door = SignIn(Issuer(provider.issuer, clock=lambda: now[0]), Roster(people), RESOURCE)
        first = await door.enter(provider.token(aud=RESOURCE))
    now[0] += 301
    known = await door.enter(provider.token(aud=RESOURCE))
    now[0] += 301
    unknown = await door.enter(provider.token(aud=RESOURCE, kid="unknown"))

    assert first is not None
    assert known is not None
    assert unknown is None


async def test_a_provider_that_calls_itself_another_name_is_not_used(provider: Provider, people: Path):
    provider.calls_itself = "https://evil.example.com"
    try:
        door = SignIn(Issuer(provider.issuer), Roster(people), RESOURCE)
        assert await door.enter(provider.token(aud=RESOURCE)) is None
    finally:
        provider.calls_itself = None


@pytest.mark.parametrize("address", ["http://login.example.com/jwks", "file:///etc/passwd", "", "ftp://127.0.0.1/x"])
def test_keys_are_fetched_only_where_nobody_on_the_way_can_answer(address: str):
    with pytest.raises(IssuerError, match="is not https"):
        check_address(address)


def test_who_has_no_token_is_told_where_to_sign_in_and_for_what(door: SignIn):
    doors = Doors(Tokens(door.roster), door, frozenset({"texts:read", "texts:send", "payments"}))

    assert doors.challenge("") == (
        'Bearer scope="texts:read texts:send payments", '
        f'resource_metadata="{ROOT}/.well-known/oauth-protected-resource/mcp"'
    )
    assert doors.challenge("insufficient_scope", {"payments"}) == (
        'Bearer error="insufficient_scope", scope="payments", '
        f'resource_metadata="{ROOT}/.well-known/oauth-protected-resource/mcp"'
    )


@pytest.fixture(scope="module")
def team(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Generator[Team]:
    folder = tmp_path_factory.mktemp("team")
    (folder / "people").write_text(FILE, "utf-8")
    (folder / "people").chmod(0o600)
    more = {
        "TEXTREQUEST_ISSUER": provider.issuer,
        "TEXTREQUEST_PUBLIC_URL": f"{ROOT}/",
        "TEXTREQUEST_ALLOWED_HOSTS": "",
    }
    with serving(folder, **more) as served:
        yield served


def bearing(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


@pytest.mark.parametrize("path", ["/mcp", ""])
def test_the_server_says_where_to_sign_in_at_both_addresses(team: Team, provider: Provider, path: str):
    told = httpx2.get(f"{team.root}/.well-known/oauth-protected-resource{path}", headers={"host": "texts.example.com"})

    assert told.json() == {
        "resource": RESOURCE,
        "authorization_servers": [provider.issuer],
        "scopes_supported": ["texts:read", "texts:send", "contacts:write", "payments", "admin"],
        "bearer_methods_supported": ["header"],
        "resource_name": "Text Request",
    }
    for other in ("oauth-protected-resource/other", "oauth-authorization-server", "openid-configuration"):
        assert httpx2.get(f"{team.root}/.well-known/{other}").status_code == 404


def test_tokens_of_both_kinds_are_let_in_and_others_are_told_what_is_missing(team: Team, provider: Provider):
    signed_in = team.greet(bearing(provider.token(aud=RESOURCE)))
    by_token = team.greet(team.bearing("Anna"))
    none, bad = team.greet({}), team.greet(bearing(provider.token(aud="other")))

    assert (signed_in.status_code, by_token.status_code, none.status_code, bad.status_code) == (200, 200, 401, 401)
    assert "error=" not in none.headers["www-authenticate"]
    assert 'scope="texts:read texts:send contacts:write payments admin"' in none.headers["www-authenticate"]
    assert 'error="invalid_token"' in bad.headers["www-authenticate"]


@pytest.mark.parametrize("is_list", [False, True])
def test_a_call_that_needs_more_scopes_than_the_sign_in_has_is_told_which(
    team: Team, provider: Provider, *, is_list: bool
):
    reads = bearing(provider.token(aud=RESOURCE, scope="texts:read"))
    session = {"mcp-session-id": team.greet(reads).headers["mcp-session-id"]}

    def calling(*tools: str) -> Any:
        calls: list[Any] = [
            {"jsonrpc": "2.0", "id": at, "method": "tools/call", "params": {"name": tool, "arguments": {}}}
            for at, tool in enumerate(tools)
        ]
        return team.greet(reads | session, json=calls if is_list else calls[-1])

    lacks, never, has = (
        calling("list_dashboards", "send_message"),
        calling("delete_contact"),
        calling("list_dashboards"),
    )

    assert lacks.status_code == 403
    assert 'error="insufficient_scope", scope="texts:read texts:send"' in lacks.headers["www-authenticate"]
    assert "needs a sign-in with more scopes: texts:send. Nothing was sent" in lacks.json()["error"]["message"]
    assert never.status_code != 403  # nobody granted it, so no sign-in brings it; it is unknown
    assert has.status_code != 403


@pytest.mark.parametrize("body", [b"no JSON", b"[1, null, {}]", b'{"method": "tools/call"}', b'{"method": 5}'])
def test_what_is_no_call_is_answered_by_the_protocol(team: Team, provider: Provider, body: bytes):
    reads = bearing(provider.token(aud=RESOURCE, scope="texts:read")) | {"content-type": "application/json"}

    assert team.greet(reads, json=None, content=body).status_code == 400


def test_with_fewer_scopes_other_requests_go_through(team: Team, provider: Provider):
    reads = bearing(provider.token(aud=RESOURCE, scope="texts:read"))

    assert httpx2.get(team.address, headers=ACCEPT | reads).status_code == 405
    assert httpx2.delete(team.address, headers=ACCEPT | reads | {"mcp-session-id": "0" * 32}).status_code == 404


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"TEXTREQUEST_PUBLIC_URL": ROOT}, "TEXTREQUEST_TOKENS_FILE is needed too"),
        ({"TEXTREQUEST_TOKENS_FILE": "/nowhere"}, "TEXTREQUEST_PUBLIC_URL is needed too"),
        ({"TEXTREQUEST_ISSUER": "http://login.example.com"}, "TEXTREQUEST_ISSUER is not https"),
    ],
)
def test_sign_in_does_not_start_without_what_it_needs(more: dict[str, str], why: str):
    environment = {"TEXTREQUEST_ISSUER": "https://login.example.com"} | more
    with running("serve", "--sandbox", "--transport", "http", "--port", "0", environment=environment) as child:
        _, told = child.communicate(timeout=30)

    assert child.returncode == 2
    assert why in told


def test_every_scope_has_a_place():
    assert set(SCOPES) == {"texts:read", "texts:send", "contacts:write", "payments", "admin", "approve"}
