"""The desk of a team: who gets in, what they see, what counts as their yes, and that nobody else decides."""

import hmac
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.abc
import httpx2
import pytest
from mcp_types import CallToolResult
from tests.commands.people.team import add_people, serving
from tests.desk import DEVON, LINE, MARIA, Desk, call, open_desk, said, text_of
from tests.engines import by_hand
from tests.live.stage import until
from tests.sandbox.service import Clock
from tests.served import running

from textrequest_mcp.commands.people.browsers import MOST_OF_A_MEMBER
from textrequest_mcp.commands.people.desk import TeamDesk
from textrequest_mcp.commands.people.roster import Roster
from textrequest_mcp.commands.people.tokens import Tokens, add, revoke
from textrequest_mcp.ground.member import SCOPES, Member, on_behalf_of
from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.guard.approval.approvals import Approvals
from textrequest_mcp.settings.team import DESK, desk_of_team, serves_team

ORIGIN = "http://localhost:8000"
OURS = {"origin": ORIGIN, "sec-fetch-site": "same-origin"}
PEOPLE: dict[str, tuple[set[str], set[int] | None]] = {
    "Ada": ({"approve"}, None),
    "Bob": ({"approve", *SCOPES}, {LINE}),
    "Cy": ({"approve"}, {122}),
    "Dee": ({*SCOPES} - {"approve"}, None),
}
BOB = Member(id="Bob", name="Bob", scopes=frozenset(SCOPES), lines=frozenset({LINE}))
DEE = Member(id="Dee", name="Dee", scopes=frozenset(SCOPES) - {"approve"})


class Stage:
    """An account whose questions wait at a team's desk, and browsers at it."""

    def __init__(
        self, desk: Desk, pages: TeamDesk, file: Path, tokens: dict[str, str], tasks: anyio.abc.TaskGroup
    ) -> None:
        self.tasks = tasks
        self.desk = desk
        self.pages = pages
        self.file = file
        self.tokens = tokens
        self.results: dict[str, CallToolResult] = {}

    @property
    def folder(self) -> Path:
        return self.file.parent / "state"

    def browser(self, cookie: str | None = None) -> httpx2.AsyncClient:
        transport = httpx2.ASGITransport(app=self.pages.app())
        cookies = {} if cookie is None else {"textrequest-desk": cookie}
        return httpx2.AsyncClient(transport=transport, base_url=ORIGIN, headers=OURS, cookies=cookies)

    @asynccontextmanager
    async def at(self, name: str) -> AsyncGenerator[httpx2.AsyncClient]:
        """A browser in which somebody signed in."""
        async with self.browser() as browser:
            entered = await browser.post(f"{DESK}enter", data={"token": self.tokens[name]})
            assert entered.status_code == 303
            yield browser

    async def asks(self, member: Member, tool: str = "delete_contact", **arguments: Any) -> CallToolResult:
        """A call that waits for somebody's yes."""
        with on_behalf_of(member):
            async with self.desk.host() as host:
                result = self.results[member.id] = await call(host, tool, **arguments)
        return result

    async def rows(self, browser: httpx2.AsyncClient, count: int = 1) -> list[str]:
        """What waits for a browser's member, as its forms name it."""
        found: list[str] = []
        with anyio.fail_after(10):
            while len(found) < count:
                await anyio.sleep(0.02)
                found = re.findall(r'name="row" value="([^"]+)"', (await browser.get(DESK)).text)
        return found


@asynccontextmanager
async def stage(tmp_path: Path, *, four_eyes: bool = False, **settings: Any) -> AsyncGenerator[Stage]:
    file = tmp_path / "people"
    tokens = add_people(file, PEOPLE)
    given: dict[str, Any] = {"confirm_fallback": None, "served_over": "http", "tokens_file": file} | settings
    given |= {"state_dir": tmp_path / "state"}
    async with open_desk(four_eyes=four_eyes, **given) as desk, anyio.create_task_group() as tasks:
        yield Stage(desk, pages_of(desk, file, four_eyes=four_eyes), file, tokens, tasks)


def pages_of(desk: Desk, file: Path, *, four_eyes: bool = False) -> TeamDesk:
    """The pages that a server of the team shows."""
    approvals, tokens = desk.account.gate.desk.approvals, Tokens(Roster(file))
    return TeamDesk(approvals, tokens, four_eyes=four_eyes, over_tls=False, clock=desk.clock)


def signed_in(page: httpx2.Response) -> bool:
    return "Leave" in page.text


@pytest.mark.parametrize("answer", ["yes", "no", "silence"])
async def test_a_colleague_decides_and_the_audit_says_who(tmp_path: Path, answer: str):
    async with stage(tmp_path) as at:
        at.tasks.start_soon(lambda: at.asks(DEE, phone_number=DEVON))
        async with at.at("Ada") as ada:
            [row] = await at.rows(ada)
            page = await ada.get(DESK)
            told = await ada.post(f"{DESK}decide", data={"row": row, "answer": answer})
            again = await ada.post(f"{DESK}decide", data={"row": row, "answer": "yes"})
        await until(lambda: DEE.id in at.results)
        entries = [each.entry async for each in at.desk.account.audit.trail.entries() if each.entry is not None]
        changes = at.desk.changes

    assert "test-host for Dee" in page.text
    assert "Devon" in page.text
    assert f"You said {'yes' if answer == 'yes' else 'no'}" in told.text
    assert "is over or was decided already" in again.text
    assert [entry.approved_by for entry in entries if entry.kind == "approval"] == (
        ["member:Ada"] if answer == "yes" else []
    )
    assert len(changes) == (1 if answer == "yes" else 0)
    if answer == "yes":
        assert said(at.results["Dee"])["outcome"] == "done"
    else:
        assert "The person said no" in text_of(at.results["Dee"])


async def test_only_who_may_approve_gets_in_and_everybody_else_is_told_the_same(tmp_path: Path):
    async with stage(tmp_path) as at, at.browser() as browser:
        answers = [
            await browser.post(f"{DESK}enter", data={"token": token})
            for token in (at.tokens["Dee"], "nothing", "", f"{at.tokens['Ada']}x")
        ]
        first = await browser.get(DESK)

    assert {(each.status_code, "set-cookie" in each.headers) for each in answers} == {(403, False)}
    assert len({re.sub(r"nonce[-=][^\s';>]+", "", each.text) for each in answers}) == 1
    assert 'type="password"' in first.text
    assert "frame-ancestors 'none'" in first.headers["content-security-policy"]


@pytest.mark.usefixtures("both_engines")
async def test_members_see_the_questions_of_their_lines_alone(tmp_path: Path):
    async with stage(tmp_path) as at:
        at.tasks.start_soon(lambda: at.asks(DEE, phone_number=DEVON))
        async with at.at("Bob") as bob, at.at("Cy") as cy:
            [row] = await at.rows(bob)
            nothing = await cy.get(DESK)
            # With a value of his own page, for a row that he may not decide.
            id_ = row.partition(" ")[0]
            value = hmac.new(cy.cookies["textrequest-desk"].encode(), id_.encode(), "sha256").hexdigest()
            told = await cy.post(f"{DESK}decide", data={"row": f"{id_} {value}", "answer": "yes"})
            foreign = await cy.post(f"{DESK}decide", data={"row": row, "answer": "yes"})
            await bob.post(f"{DESK}decide", data={"row": row, "answer": "no"})

    assert "Nothing waits" in nothing.text
    assert "is over or was decided already" in told.text
    assert foreign.status_code == 403
    assert at.desk.changes == []


async def test_a_question_about_the_whole_account_is_for_who_has_all_lines(tmp_path: Path):
    async with stage(tmp_path, toolsets=("contacts", "privacy")) as at:
        owner = Member(id="Owner", name="Owner", scopes=frozenset(SCOPES))
        at.tasks.start_soon(lambda: at.asks(owner, "redact_message", message_id="m1"))
        async with at.at("Ada") as ada, at.at("Bob") as bob:
            [row] = await at.rows(ada)
            nothing = await bob.get(DESK)
            await ada.post(f"{DESK}decide", data={"row": row, "answer": "no"})

    assert "Nothing waits" in nothing.text


async def test_with_four_eyes_nobody_decides_what_their_own_assistant_asks(tmp_path: Path):
    async with stage(tmp_path, four_eyes=True) as at:
        at.tasks.start_soon(lambda: at.asks(BOB, phone_number=DEVON))
        async with at.at("Ada") as ada, at.at("Bob") as bob:
            [row] = await at.rows(ada)
            nothing = await bob.get(DESK)
            await ada.post(f"{DESK}decide", data={"row": row, "answer": "yes"})
            await until(lambda: "Bob" in at.results)

    assert "Nothing waits" in nothing.text
    assert said(at.results["Bob"])["outcome"] == "done"


async def test_with_four_eyes_the_yes_of_ones_own_host_does_not_count(tmp_path: Path):
    from tests.desk import agrees

    async with stage(tmp_path, four_eyes=True) as at:
        person = agrees()

        async def asks() -> None:
            with on_behalf_of(BOB):
                async with at.desk.host(person) as host:
                    at.results["Bob"] = await call(host, "delete_contact", phone_number=DEVON)

        at.tasks.start_soon(asks)
        async with at.at("Ada") as ada:
            [row] = await at.rows(ada)
            await ada.post(f"{DESK}decide", data={"row": row, "answer": "no"})
            await until(lambda: "Bob" in at.results)

    assert person.questions == []
    assert at.desk.changes == []


async def test_without_four_eyes_ones_own_yes_counts(tmp_path: Path):
    async with stage(tmp_path) as at:
        at.tasks.start_soon(lambda: at.asks(BOB, phone_number=DEVON))
        async with at.at("Bob") as bob:
            [row] = await at.rows(bob)
            await bob.post(f"{DESK}decide", data={"row": row, "answer": "yes"})
            await until(lambda: "Bob" in at.results)

    assert said(at.results["Bob"])["outcome"] == "done"


FOREIGN = [
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": ORIGIN, "sec-fetch-site": "cross-site"},
    {"origin": ""},
]


@pytest.mark.parametrize("headers", FOREIGN)
async def test_a_page_of_elsewhere_signs_nobody_in_and_decides_nothing(tmp_path: Path, headers: dict[str, str]):
    async with stage(tmp_path) as at:
        at.tasks.start_soon(lambda: at.asks(DEE, phone_number=DEVON))
        async with at.browser() as stranger, at.at("Ada") as ada:
            entered = await stranger.post(f"{DESK}enter", data={"token": at.tokens["Ada"]}, headers=headers)
            [row] = await at.rows(ada)
            decided = await ada.post(f"{DESK}decide", data={"row": row, "answer": "yes"}, headers=headers)
            await ada.post(f"{DESK}leave", headers=headers)
            still = await ada.get(DESK)
            await ada.post(f"{DESK}decide", data={"row": row, "answer": "no"})

    assert entered.status_code == 403
    assert decided.status_code == 403
    assert signed_in(still)
    assert at.desk.changes == []


async def test_who_leaves_is_revoked_or_stays_too_long_has_to_sign_in_again(tmp_path: Path):
    async with stage(tmp_path) as at:
        left: list[bool] = []
        async with at.at("Ada") as ada:
            await ada.post(f"{DESK}leave")
            left.append(signed_in(await ada.get(DESK)))
        async with at.at("Ada") as ada:
            clock: Clock = at.desk.clock
            clock.forward(12 * 3600 + 1)
            left.append(signed_in(await ada.get(DESK)))
        async with at.at("Ada") as ada:
            left.append(signed_in(await ada.get(DESK)))
            revoke(at.file, "Ada")
            left.append(signed_in(await ada.get(DESK)))
            decided = await ada.post(f"{DESK}decide", data={"row": "x y", "answer": "yes"})

    assert left == [False, False, True, False]
    assert decided.status_code == 403


@pytest.mark.usefixtures("both_engines")
async def test_many_browsers_of_a_member_push_out_that_members_oldest_alone(tmp_path: Path):
    async with stage(tmp_path) as at, at.at("Bob") as bob, at.at("Ada") as oldest:
        clock: Clock = at.desk.clock
        told: list[bool] = []
        for _ in range(MOST_OF_A_MEMBER):
            clock.forward(1)
            async with at.at("Ada") as newest:
                told = [signed_in(await each.get(DESK)) for each in (bob, newest)]
        pushed_out = not signed_in(await oldest.get(DESK))
        rows = by_hand(at.folder, "SELECT count(*) FROM desk_browsers")

    assert told == [True, True]
    assert pushed_out
    assert rows == [(MOST_OF_A_MEMBER + 1,)]


@pytest.mark.usefixtures("both_engines")
async def test_whoever_signed_in_at_one_server_is_signed_in_at_all_of_them_also_after_a_restart(tmp_path: Path):
    async with stage(tmp_path) as at, at.at("Ada") as ada:
        cookie = ada.cookies["textrequest-desk"]
        async with open_desk(state_dir=at.folder) as second:
            at.pages = pages_of(second, at.file)
            at.tasks.start_soon(lambda: at.asks(DEE, phone_number=DEVON))
            async with at.browser(cookie) as elsewhere:
                [row] = await at.rows(elsewhere)
                told = await ada.post(f"{DESK}decide", data={"row": row, "answer": "yes"})
                await until(lambda: DEE.id in at.results)
                await elsewhere.post(f"{DESK}leave")
                left = await ada.get(DESK)
        kept = by_hand(at.folder, "SELECT * FROM desk_browsers")

    assert "You said yes" in told.text
    assert said(at.results["Dee"])["outcome"] == "done"
    assert not signed_in(left)
    assert kept == []


async def test_a_copy_of_the_tables_signs_nobody_in(tmp_path: Path):
    async with stage(tmp_path) as at, at.at("Ada"):
        [(kept,)] = by_hand(at.folder, "SELECT cookie FROM desk_browsers")
        async with at.browser(kept) as thief:
            page = await thief.get(DESK)

    assert not signed_in(page)


@pytest.mark.usefixtures("both_engines")
async def test_somebody_who_is_revoked_is_out_at_every_server_and_another_token_of_theirs_is_not(tmp_path: Path):
    async with stage(tmp_path) as at, at.at("Ada") as ada:
        lines = at.file.read_text("utf-8")
        at.tokens["Ada"] = add(at.file, "Ada", frozenset({"approve"}), None)
        async with at.at("Ada") as other:
            at.file.write_text("\n".join(set(at.file.read_text("utf-8").splitlines()) - set(lines.splitlines())) + "\n")
            told = [signed_in(await each.get(DESK)) for each in (ada, other)]

    assert told == [False, True]


@pytest.mark.usefixtures("both_engines")
async def test_another_account_over_the_same_database_knows_none_of_its_browsers(tmp_path: Path):
    async with stage(tmp_path) as at, at.at("Ada") as ada:
        store = at.desk.account.gate.desk.approvals.store
        tokens = Tokens(Roster(at.file))
        at.pages = TeamDesk(Approvals(store, "another"), tokens, over_tls=False, clock=at.desk.clock)
        async with at.browser(ada.cookies["textrequest-desk"]) as elsewhere:
            page = await elsewhere.get(DESK)

    assert not signed_in(page)


async def test_while_the_store_is_away_the_desk_says_so_and_nothing_of_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    async def away(*_: object, **__: object) -> None:
        raise StoreError(tmp_path / "state.sqlite3", "it is away")

    async with stage(tmp_path) as at, at.at("Ada") as ada:
        with monkeypatch.context() as patched:
            patched.setattr(at.desk.account.gate.desk.approvals.store, "transact", away)
            pages = [await ada.get(DESK), await ada.post(f"{DESK}enter", data={"token": at.tokens["Ada"]})]
        again = await ada.get(DESK)

    assert {each.status_code for each in pages} == {503}
    assert all("Nothing was decided" in each.text and str(tmp_path) not in each.text for each in pages)
    assert signed_in(again)


@pytest.mark.usefixtures("both_engines")
async def test_one_members_flood_and_silence_are_not_anothers(tmp_path: Path):
    async with stage(tmp_path, confirm="all") as at:
        at.tasks.start_soon(lambda: at.asks(BOB, phone_number=DEVON))
        at.tasks.start_soon(lambda: at.asks(DEE, "archive_conversation", phone_number=MARIA))
        async with at.at("Ada") as ada:
            rows = await at.rows(ada, 2)
            waiting = {each.id: each.member for each in await at.desk.account.gate.desk.approvals.waiting()}
            bobs = next(row for row in rows if waiting[row.partition(" ")[0]] == "Bob")
            await ada.post(f"{DESK}decide", data={"row": bobs, "answer": "silence"})
            left = await at.rows(ada)
            silenced = await at.asks(BOB, "archive_conversation", phone_number=MARIA)
            await ada.post(f"{DESK}decide", data={"row": left[0], "answer": "no"})

    assert len(left) == 1
    assert "wants no questions for now" in text_of(silenced)


async def test_a_text_tells_the_approvers_that_something_waits(tmp_path: Path):
    more: dict[str, Any] = {"approvers": "+14235550120", "public_url": "https://texts.example.com"}
    async with stage(tmp_path, **more) as at:
        at.tasks.start_soon(lambda: at.asks(DEE, phone_number=DEVON))
        async with at.at("Ada") as ada:
            [row] = await at.rows(ada)
            await until(lambda: any("14235550120" in each.path for each in at.desk.sandbox.journal))
            texts = [each for each in at.desk.sandbox.journal if "14235550120" in each.path]
            await ada.post(f"{DESK}decide", data={"row": row, "answer": "no"})

    assert "It waits at https://texts.example.com/desk/" in str(texts[0])
    assert "YES" not in str(texts[0])


def test_the_desk_is_where_the_settings_say(tmp_path: Path):
    from textrequest_mcp.settings.table import Settings

    team: dict[str, Any] = {"api_key": "k", "transport": "http", "tokens_file": tmp_path / "people"}
    at_name = Settings(**team, allowed_hosts=frozenset({"b.example.com", "a.example.com"}), host="0.0.0.0")

    assert desk_of_team(at_name) == "https://a.example.com/desk/"
    assert desk_of_team(Settings(**team, public_url="https://t.example.com")) == "https://t.example.com/desk/"
    assert desk_of_team(Settings(**team, confirm_fallback="text")) is None
    assert desk_of_team(Settings(api_key="k")) is None
    team["transport"] = "stdio"
    assert not serves_team(Settings(**team))
    assert serves_team(Settings(api_key="k", transport="sse", issuer="https://login.example.com"))


def test_the_desk_is_served_at_the_servers_own_address(tmp_path: Path):
    kept = {"TEXTREQUEST_STATE_DIR": str(tmp_path / "state")}
    with (
        serving(tmp_path, **kept) as team,
        httpx2.Client(headers={"origin": team.root}, follow_redirects=True) as browser,
    ):
        first = browser.get(team.root + DESK)
        entered = browser.post(f"{team.root}{DESK}enter", data={"token": team.tokens["Ben Ruiz"]})
        elsewhere = browser.get(team.root + "/desk")
        other = browser.get(team.root + DESK, headers={"host": "evil.example"})

    with serving(tmp_path, **kept) as restarted:
        still = httpx2.get(restarted.root + DESK, cookies=browser.cookies)

    assert (first.status_code, entered.status_code, elsewhere.status_code, other.status_code) == (200, 200, 401, 421)
    assert signed_in(still)
    assert "Nothing waits for you" in entered.text
    assert "Ben Ruiz" in entered.text


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"TEXTREQUEST_APPROVE_WITH": "passkey"}, "TEXTREQUEST_APPROVE_WITH is passkey"),
        ({"TEXTREQUEST_FOUR_EYES": "true", "TEXTREQUEST_CONFIRM_FALLBACK": "token"}, "nobody else looks"),
    ],
)
def test_settings_that_would_let_nobody_or_everybody_decide_do_not_start(
    tmp_path: Path, more: dict[str, str], why: str
):
    add_people(tmp_path / "people")
    environment = {"TEXTREQUEST_TOKENS_FILE": str(tmp_path / "people")} | more
    with running("serve", "--sandbox", "--transport", "http", "--port", "0", environment=environment) as child:
        _, told = child.communicate(timeout=30)

    assert child.returncode == 2
    assert why in told
