"""The desk: a question that only a person decides, on a page that only their browser gets."""

import errno
import re
import socket
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from tests import engines
from tests.desk import DEVON, LINE, Desk, agrees, call, open_desk, refusal, said

from textrequest_mcp.ground.store import Store, StoreError
from textrequest_mcp.guard.approval import approvals as waiting_rows
from textrequest_mcp.guard.approval import at_desk, listening, page, site
from textrequest_mcp.guard.approval import desk as pages
from textrequest_mcp.guard.approval.approval_rows import Row
from textrequest_mcp.guard.approval.approvals import MINUTES, Approvals
from textrequest_mcp.guard.approval.browser import open_browser
from textrequest_mcp.guard.approval.shown import Beside, Bubble, Shown
from textrequest_mcp.upstream.errors import BadInput, TextRequestError

pytestmark = pytest.mark.usefixtures("both_engines")

DELETED = ("DELETE", "/dashboards/121/contacts/14235550102")
SHOWN = Shown("Delete Devon?", None, "test-host", "Delete a contact")
NAMED = Shown("Delete the line?", "Front Desk", "test-host", "Delete a line")


def of_host(number: int) -> Shown:
    """A question of another host, which is gathered with no other."""
    return replace(SHOWN, caller=f"host {number}")


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class Browser:
    """A person's browser: keeps cookies, and follows where it is sent."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.client = httpx2.AsyncClient(follow_redirects=True, trust_env=False)

    async def get(self, address: str, **headers: str) -> httpx2.Response:
        return await self.client.get(address, headers=headers)

    async def press(self, html: str, answer: str, **other: Any) -> httpx2.Response:
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', html))
        headers = {"origin": self.origin, "sec-fetch-site": "same-origin"} | other.pop("headers", {})
        data = fields | {"answer": answer} | other
        return await self.client.post(f"{self.origin}/a/decide", data=data, headers=headers)


class Room:
    """A desk that is being served, and the addresses that it opened."""

    def __init__(self, desk: pages.Desk, opened: list[str]) -> None:
        self.desk = desk
        self.opened = opened
        self.browsers: list[Browser] = []

    def browser(self) -> Browser:
        self.browsers.append(Browser(self.origin))
        return self.browsers[-1]

    @property
    def origin(self) -> str:
        return "/".join(self.opened[-1].split("/")[:3])

    async def address(self) -> str:
        with anyio.fail_after(20):
            while not self.opened:  # noqa: ASYNC110 - a browser has no event either
                await anyio.sleep(0.01)
        return self.opened[-1]

    async def enter(self) -> tuple[Browser, str]:
        address = await self.address()
        browser = self.browser()
        page = await browser.get(address)
        assert page.status_code == 200
        return browser, page.text


@asynccontextmanager
async def open_room(approvals: Approvals) -> AsyncGenerator[Room]:
    opened: list[str] = []
    desk = pages.Desk(approvals, open_address=opened.append)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(desk.run)
        room = Room(desk, opened)
        yield room
        for browser in room.browsers:
            await browser.client.aclose()
        tasks.cancel_scope.cancel()


@pytest.fixture
def approvals() -> Approvals:
    return Approvals(Store.open(None), "account")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(at_desk, "PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr(at_desk, "_TELL_EVERY_SECONDS", 0.1)
    monkeypatch.setattr(site, "_LOOK_EVERY_SECONDS", 0.01)


class TestRows:
    async def test_a_yes_is_used_once(self, approvals: Approvals):
        row = await approvals.ask("b", "delete_contact", SHOWN)

        assert not await approvals.use(row.id), "nobody decided"
        await approvals.decide(row.id, yes=True, by="page")
        assert (await approvals.ask("b", "delete_contact", SHOWN)).decision == "yes"
        assert await approvals.use(row.id)
        assert not await approvals.use(row.id)
        assert (await approvals.ask("b", "delete_contact", SHOWN)).id != row.id, "the same again asks again"

    async def test_a_no_opens_nothing(self, approvals: Approvals):
        row = await approvals.ask("b", "delete_contact", SHOWN)
        await approvals.decide(row.id, yes=False, by="terminal")

        assert not await approvals.use(row.id)
        assert (await approvals.ask("b", "delete_contact", SHOWN)).decision == "no"
        with pytest.raises(BadInput, match="decided already"):
            await approvals.decide(row.id, yes=True, by="page")

    async def test_a_yes_is_too_late_after_ten_minutes_and_its_words_are_forgotten(self, tmp_path: Path):
        clock = Clock()
        approvals = Approvals(Store.open(tmp_path), "account", clock=clock)
        row = await approvals.ask("b", "delete_contact", SHOWN)
        await approvals.decide(row.id, yes=True, by="page")
        clock.now += MINUTES * 60

        assert not await approvals.use(row.id)
        assert await approvals.get(row.id) is None
        again = await approvals.ask("b", "delete_contact", SHOWN)
        assert again.id != row.id
        [[shown]] = engines.by_hand(tmp_path, "SELECT shown FROM approvals WHERE id = ?", row.id)
        assert shown is None
        clock.now += 2 * MINUTES * 60 + 1
        await approvals.ask("c", "delete_contact", SHOWN)
        assert len(engines.by_hand(tmp_path, "SELECT id FROM approvals")) == 1

    async def test_a_name_must_be_typed_exactly(self, approvals: Approvals):
        row = await approvals.ask("b", "delete_dashboard", NAMED)

        for typed in (None, "", "front desk", "yes"):
            with pytest.raises(BadInput, match="Front Desk"):
                await approvals.decide(row.id, yes=True, by="page", typed=typed)
        await approvals.decide(row.id, yes=True, by="page", typed=" Front  Desk ")
        assert await approvals.use(row.id)

    async def test_three_wait_and_the_fourth_is_refused(self, approvals: Approvals):
        rows = [await approvals.ask(f"{n}", "delete_contact", of_host(n)) for n in range(3)]

        with pytest.raises(TextRequestError, match="3 questions wait"):
            await approvals.ask("3", "delete_contact", of_host(3))
        assert [row.id for row in await approvals.waiting()] == [row.id for row in rows]
        await approvals.decide(rows[0].id, yes=False, by="page")
        await approvals.ask("3", "delete_contact", of_host(3))

    async def test_who_wants_no_questions_gets_none_for_ten_minutes(self):
        clock = Clock()
        approvals = Approvals(Store.open(None), "account", clock=clock)
        row = await approvals.ask("b", "delete_contact", SHOWN)
        await approvals.be_silent(row.id, by="page")

        assert (await approvals.get(row.id) or row).decision == "no"
        with pytest.raises(TextRequestError, match="10 minutes"):
            await approvals.ask("c", "delete_contact", SHOWN)
        clock.now += MINUTES * 60 + 1
        await approvals.ask("c", "delete_contact", SHOWN)

    async def test_accounts_do_not_see_each_other_and_a_person_sees_all(self):
        store = Store.open(None)
        one, other = Approvals(store, "one"), Approvals(store, "other")
        row = await one.ask("b", "delete_contact", SHOWN)

        assert await other.waiting() == []
        assert await other.get(row.id) is None
        with pytest.raises(BadInput):
            await other.decide(row.id, yes=True, by="page")
        await Approvals(store, None).decide(row.id, yes=True, by="terminal")
        assert not await other.use(row.id)
        assert await one.use(row.id)

    async def test_a_wait_ends_with_the_decision_or_in_time(self, approvals: Approvals):
        row = await approvals.ask("b", "delete_contact", SHOWN)

        assert (await approvals.wait(row, anyio.current_time() + 0.01)).decision is None
        await approvals.decide(row.id, yes=True, by="page")
        assert (await approvals.wait(row, anyio.current_time() + 20)).decision == "yes"


class TestWhatIsKept:
    FULL = Shown(
        "A customer wrote this. Delete Devon?",
        None,
        "test-host",
        "Delete a contact",
        ("A customer wrote this.",),
        Beside(
            person="Devon (+14235550102)",
            texts=(
                Bubble(theirs=True, words="<b>Hi</b>", at=1_800_000_000.0),
                Bubble(theirs=False, words="Hello", by="Luis"),
                Bubble(theirs=False, words="There"),
            ),
            facts=(("Line", "Front Desk"),),
            note="Half of it.",
        ),
        rules=("TEXTREQUEST_PROVENANCE", "TEXTREQUEST_CONSENT"),
    )

    def test_another_process_of_this_user_shows_the_same_and_the_disk_says_nothing(self, tmp_path: Path):
        row = anyio.run(Approvals(Store.open(tmp_path), "account").ask, "b", "delete_contact", self.FULL)

        [same] = anyio.run(Approvals(Store.open(tmp_path), None).waiting)
        assert same == row
        assert same.shown == self.FULL
        assert b"Devon" not in b"".join(file.read_bytes() for file in tmp_path.iterdir())

    async def test_what_was_sealed_with_another_secret_or_for_another_row_is_not_shown(self, tmp_path: Path):
        approvals = Approvals(Store.open(tmp_path), "account")
        rows = [await approvals.ask(f"{n}", "delete_contact", self.FULL) for n in range(3)]
        [other] = engines.by_hand(tmp_path, "SELECT shown FROM approvals WHERE id = ?", rows[0].id)
        engines.by_hand(tmp_path, "UPDATE approvals SET shown = ? WHERE id = ?", *other, rows[1].id)
        engines.by_hand(tmp_path, "UPDATE approvals SET shown = 'AAAA' WHERE id = ?", rows[2].id)

        assert [bool(row.shown) for row in [await approvals.get(row.id) or row for row in rows]] == [True, False, False]
        assert rows[0].challenge != (await approvals.get(rows[1].id) or rows[0]).challenge

    @pytest.mark.parametrize("kept", ["AAA", None])
    async def test_what_cannot_be_read_or_was_forgotten_is_not_shown(self, tmp_path: Path, kept: str | None):
        approvals = Approvals(Store.open(tmp_path), "account")
        row = await approvals.ask("b", "delete_contact", self.FULL)
        engines.by_hand(tmp_path, "UPDATE approvals SET shown = ?", kept)

        assert (await approvals.get(row.id) or row).shown is None

    async def test_a_question_of_0_1_0_is_shown_as_it_was_kept(self, tmp_path: Path):
        approvals = Approvals(Store.open(tmp_path), "account")
        row = await approvals.ask("b", "delete_contact", SHOWN)
        kept = '{"text": "Delete Devon?", "must_type": null, "caller": "test-host", "title": "Delete a contact"}'
        engines.by_hand(tmp_path, "UPDATE approvals SET shown = ?", kept)

        assert (await approvals.get(row.id) or row).shown == SHOWN

    async def test_the_page_shows_reasons_facts_and_the_conversation_as_plain_text(self, approvals: Approvals):
        row = await approvals.ask("b", "delete_contact", self.FULL)

        html = page.questions([row], value_of={row.id: "v"}, nonce="n", now=row.asked_at)

        assert "<blockquote>Delete Devon?</blockquote>" in html
        assert "<li>A customer wrote this.</li>" in html
        assert "Set by TEXTREQUEST_PROVENANCE, TEXTREQUEST_CONSENT" in html
        assert "<dt>Line</dt><dd>Front Desk</dd>" in html
        assert "Half of it." in html
        assert "Conversation with Devon (+14235550102)" in html
        assert f"&lt;b&gt;Hi&lt;/b&gt;<small>Customer, {page.moment(1_800_000_000.0)}</small>" in html
        assert 'class="ours">Hello<small>Luis</small>' in html
        assert 'class="ours">There<small>Us</small>' in html
        assert html.index("There") < html.index("Hello"), "the newest is read first, and shown last"

    async def test_a_conversation_without_texts_says_so(self, approvals: Approvals):
        row = await approvals.ask("b", "t", Shown("Delete?", None, "", "Delete", (), Beside(person="Devon")))

        assert "No texts yet." in page.questions([row], value_of={row.id: "v"}, nonce="n", now=row.asked_at)
        assert "TEXTREQUEST_CONFIRM" in page.questions([row], value_of={row.id: "v"}, nonce="n", now=row.asked_at)


class TestThePage:
    async def test_a_person_sees_the_question_and_says_yes(self, approvals: Approvals):
        row = await approvals.ask("b", "delete_contact", Shown("Delete <Devon> & all?", None, "<host>", "Delete"))
        async with open_room(approvals) as room:
            room.desk.show()
            browser, page = await room.enter()

            assert "One question waits" in page
            assert "Delete &lt;Devon&gt; &amp; all?" in page
            assert "&lt;host&gt;" in page
            done = await browser.press(page, "yes")
        assert "You said yes" in done.text
        assert "Nothing waits" in done.text
        assert await approvals.use(row.id)

    async def test_no_and_silence(self, approvals: Approvals):
        rows = [await approvals.ask(f"{n}", "delete_contact", of_host(n)) for n in range(2)]
        async with open_room(approvals) as room:
            room.desk.show()
            browser, page = await room.enter()
            assert "2 questions wait" in page
            second = await browser.press(page.split("</article>")[0], "no")
            assert "You said no" in second.text
            assert "No new questions" in (await browser.press(second.text, "silence")).text
        assert [(await approvals.get(row.id) or row).decision for row in rows] == ["no", "no"]

    async def test_a_decision_that_the_store_does_not_take_is_told(
        self, approvals: Approvals, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ):
        row = await approvals.ask("b", "delete_contact", of_host(1))

        async def away(*_: object, **__: object) -> None:
            raise StoreError(tmp_path / "state.sqlite3", "it is away")

        async with open_room(approvals) as room:
            room.desk.show()
            browser, page = await room.enter()
            with monkeypatch.context() as patched:
                patched.setattr(approvals, "decide", away)
                answer = await browser.press(page, "yes")
        assert answer.status_code == 503
        assert "What waits cannot be read now" in answer.text
        assert str(tmp_path) not in answer.text
        assert (await approvals.get(row.id) or row).decision is None

    async def test_a_wrong_name_decides_nothing_and_says_so(self, approvals: Approvals):
        row = await approvals.ask("b", "delete_dashboard", NAMED)
        async with open_room(approvals) as room:
            room.desk.show()
            browser, page = await room.enter()
            wrong = await browser.press(page, "yes", typed="Back Desk")
            assert "What was typed is not Front Desk" in wrong.text
            await browser.press(wrong.text, "yes", typed="Front Desk")
        assert await approvals.use(row.id)

    async def test_the_address_works_once_and_a_second_browser_gets_nothing(self, approvals: Approvals):
        await approvals.ask("b", "delete_contact", SHOWN)
        async with open_room(approvals) as room:
            room.desk.show()
            _, page = await room.enter()
            stranger = room.browser()
            again = await stranger.get(room.opened[0])
            plain = await stranger.get(f"{room.origin}/a/")
            forged = await stranger.press(page, "yes")

        assert [answer.status_code for answer in (again, plain, forged)] == [403, 403, 403]
        assert not any("Devon" in answer.text for answer in (again, plain, forged))
        assert len(await approvals.waiting()) == 1

    @pytest.mark.parametrize(
        ("fields", "headers"),
        [
            ({"row": "approval_other " + "0" * 64}, {}),
            ({"row": ""}, {}),
            ({}, {"origin": "http://evil.example"}),
            ({}, {"origin": "null"}),
            ({}, {"sec-fetch-site": "cross-site"}),
            ({}, {"sec-fetch-site": "same-site"}),
            ({}, {"host": "evil.example"}),
            ({}, {"content-type": "text/plain"}),
            ({"typed": "x" * 40_000}, {}),
        ],
    )
    async def test_what_did_not_come_from_the_page_itself_decides_nothing(
        self, approvals: Approvals, fields: dict[str, str], headers: dict[str, str]
    ):
        await approvals.ask("b", "delete_contact", SHOWN)
        async with open_room(approvals) as room:
            room.desk.show()
            browser, page = await room.enter()
            answer = await browser.press(page, "yes", headers=headers, **fields)

        assert answer.status_code == 403
        assert len(await approvals.waiting()) == 1

    async def test_a_page_of_another_name_gets_nothing(self, approvals: Approvals):
        await approvals.ask("b", "delete_contact", SHOWN)
        async with open_room(approvals) as room:
            room.desk.show()
            address = await room.address()
            rebound = await room.browser().get(address, host="evil.example")
            assert rebound.status_code == 403
            await room.enter()

    async def test_the_browser_is_told_to_allow_nothing_else(self, approvals: Approvals):
        await approvals.ask("b", "delete_contact", SHOWN)
        async with open_room(approvals) as room:
            room.desk.show()
            browser, _ = await room.enter()
            page = await browser.get(f"{room.origin}/a/")

        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "form-action 'self'" in policy
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] == "same-origin"
        assert page.headers["x-frame-options"] == "DENY"
        assert "<script" not in page.text
        [cookie] = browser.client.cookies.jar
        assert cookie.has_nonstandard_attr("HttpOnly")
        assert cookie.get_nonstandard_attr("SameSite") == "strict"
        assert cookie.path == "/a"

    async def test_a_page_that_is_watched_shows_the_next_question_by_itself(self, approvals: Approvals):
        await approvals.ask("b", "delete_contact", SHOWN)
        async with open_room(approvals) as room:
            room.desk.show()
            browser, page = await room.enter()
            assert 'http-equiv="refresh"' in (await browser.press(page, "no")).text
            await approvals.ask("c", "delete_contact", SHOWN)
            room.desk.show()
            await anyio.sleep(0.1)
            assert "One question waits" in (await browser.get(f"{room.origin}/a/")).text
            assert len(room.opened) == 1

    async def test_it_is_up_only_while_something_waits(self, approvals: Approvals, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(site, "_LINGER_SECONDS", 0.1)
        row = await approvals.ask("b", "delete_contact", SHOWN)
        async with open_room(approvals) as room:
            room.desk.show()
            await room.enter()
            await approvals.decide(row.id, yes=False, by="terminal")
            with anyio.fail_after(20):
                while True:
                    try:
                        await room.browser().get(f"{room.origin}/a/")
                    except httpx2.TransportError:
                        break
                    await anyio.sleep(0.05)
            await approvals.ask("c", "delete_contact", SHOWN)
            room.opened.clear()
            room.desk.show()
            await room.enter()

    async def test_a_browser_that_cannot_be_opened_stops_nothing(
        self, approvals: Approvals, caplog: pytest.LogCaptureFixture
    ):
        opened: list[str] = []

        def fails_once(address: str) -> None:
            opened.append(address)
            if len(opened) == 1:
                raise OSError("no browser")

        await approvals.ask("b", "delete_contact", SHOWN)
        desk = pages.Desk(approvals, open_address=fails_once)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(desk.run)
            with anyio.fail_after(20):
                while len(opened) < 2:
                    desk.show()
                    await anyio.sleep(0.05)
            tasks.cancel_scope.cancel()
        assert "cannot be shown" in caplog.text


class TestHosts:
    async def test_where_a_host_cannot_ask_nothing_in_the_answer_opens_anything(self):
        async with opened_for_hosts() as desk, desk.host() as host:
            result = said(await call(host, "delete_contact", phone_number=DEVON))
            again = said(await call(host, "delete_contact", phone_number=DEVON, confirmation="yes"))

            assert result["outcome"] == again["outcome"] == "confirmation_required"
            assert "confirmation" not in result
            assert not any(word in str(result) for word in ("localhost", "127.0.0.1", "approval_"))
            assert desk.changes == []

    async def test_a_yes_at_the_desk_is_picked_up_by_the_same_call_once(self):
        async with opened_for_hosts() as desk, desk.host() as host:
            await call(host, "delete_contact", phone_number=DEVON)
            [row] = await desk.account.gate.desk.approvals.waiting()
            assert "Devon O'Neil" in (row.shown.text if row.shown else "")
            await desk.account.gate.desk.approvals.decide(row.id, yes=True, by="page")

            assert said(await call(host, "delete_contact", phone_number=DEVON))["outcome"] == "done"
            assert desk.changes == [DELETED]
            assert "has no contact" in refusal(await call(host, "delete_contact", phone_number=DEVON))

    async def test_a_no_at_the_desk_stops_it(self):
        async with opened_for_hosts() as desk, desk.host() as host:
            await call(host, "delete_contact", phone_number=DEVON)
            [row] = await desk.account.gate.desk.approvals.waiting()
            await desk.account.gate.desk.approvals.decide(row.id, yes=False, by="page")

            result = said(await call(host, "delete_contact", phone_number=DEVON))
            assert (result["outcome"], desk.changes) == ("not_confirmed", [])
            assert "said no" in result["message"]

    async def test_a_yes_is_for_exactly_this_call(self):
        async with opened_for_hosts() as desk, desk.host() as host:
            await call(host, "save_contact", phone_number="+14235550142")
            before = desk.changes
            await call(host, "delete_contact", phone_number=DEVON)
            [row] = await desk.account.gate.desk.approvals.waiting()
            await desk.account.gate.desk.approvals.decide(row.id, yes=True, by="page")

            other = said(await call(host, "delete_contact", phone_number="+14235550142"))
            assert (other["outcome"], desk.changes) == ("confirmation_required", before)

    async def test_facts_that_change_before_the_yes_are_not_acted_on(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(at_desk, "PATIENCE_SECONDS", 20.0)
        result: dict[str, Any] = {}
        async with opened_for_hosts() as desk, desk.host() as host, anyio.create_task_group() as tasks:
            [group, *_] = said(await call(host, "list_groups"))["items"]

            async def a_person() -> None:
                approvals = desk.account.gate.desk.approvals
                while not (rows := await approvals.waiting()):  # noqa: ASYNC110 - it has no event
                    await anyio.sleep(0.01)
                await desk.call("update_group", group_id=group["id"], name="Renamed")
                await approvals.decide(rows[0].id, yes=True, by="page")

            tasks.start_soon(a_person)
            result |= said(await call(host, "delete_group", group_id=group["id"]))

        assert result["outcome"] == "not_confirmed"
        assert "facts that they were shown changed" in result["message"]
        assert [method for method, _ in desk.changes] == ["PUT"]

    async def test_a_person_can_want_the_page_also_where_a_host_asks(self):
        person = agrees()
        async with opened_for_hosts(confirm_via="page") as desk, desk.host(person) as host:
            result = said(await call(host, "delete_contact", phone_number=DEVON))

        assert (result["outcome"], person.questions, desk.changes) == ("confirmation_required", [], [])


@asynccontextmanager
async def opened_for_hosts(*, confirm_via: str = "host") -> AsyncGenerator[Desk]:
    async with open_desk(confirm_fallback="page", confirm_via=confirm_via) as desk:
        yield desk


class Texting:
    """Asks by text, and hears a yes at the second look, or nothing at all."""

    def __init__(self, approvals: Approvals, *, fails: bool = False) -> None:
        self.approvals = approvals
        self.fails = fails
        self.asked: list[str] = []
        self.looks = 0

    async def ask(self, row: Row) -> None:
        self.asked.append(row.id)

    async def look(self, row: Row) -> None:
        self.looks += 1
        if self.fails:
            raise TextRequestError("Text Request is down.")
        if self.looks == 2:
            await self.approvals.decide(row.id, yes=True, by="text:0123abcd")


class TestByText:
    async def test_an_answer_is_looked_for_while_the_call_waits(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(at_desk, "_TELL_EVERY_SECONDS", 0.01)
        async with open_desk(confirm_fallback="text", approvers="+14235550142") as desk, desk.host() as host:
            by_text = Texting(desk.account.gate.desk.approvals)
            desk.account.gate.by_text = by_text
            told: list[Any] = []

            async def hears(progress: float, total: float | None, message: str | None) -> None:
                told.append(message)

            arguments = {"dashboard_id": LINE, "phone_number": DEVON}
            result = said(await host.call_tool("delete_contact", arguments, progress_callback=hears))
            rows = [row.entry async for row in desk.account.audit.trail.entries() if row.entry is not None]

        assert (result["outcome"], by_text.looks, len(by_text.asked)) == ("done", 2, 1)
        assert told == ["A person decides by text"]
        assert [row.approved_by for row in rows if row.kind == "approval"] == ["text:0123abcd"]

    async def test_a_look_that_fails_leaves_the_question_open_and_a_silent_host_is_not_asked_again(
        self, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(at_desk, "PATIENCE_SECONDS", 0.0)
        person = agrees()
        async with open_desk(confirm_fallback="text", approvers="+14235550142") as desk:
            by_text = Texting(desk.account.gate.desk.approvals, fails=True)
            desk.account.gate.by_text = by_text
            first = said(await desk.call("delete_contact", phone_number=DEVON))
            async with desk.host(person) as host:
                again = said(await call(host, "delete_contact", phone_number=DEVON))

        assert first["outcome"] == again["outcome"] == "confirmation_required"
        assert (by_text.looks, len(by_text.asked), person.questions) == (2, 2, [])

    async def test_a_code_is_the_same_in_every_process_and_another_for_each_question(self, tmp_path: Path):
        one, other = (Approvals(Store.open(tmp_path), "account") for _ in range(2))

        assert await one.code("approval_1") == await other.code("approval_1")
        assert len({await one.code(f"approval_{n}") for n in range(20)}) > 15
        assert re.fullmatch(r"\d{4}", await one.code("approval_1"))


class TestRooms:
    async def test_more_pages_stand_beside_the_questions_for_the_same_browser_alone(self, approvals: Approvals):
        async def today(given: Mapping[str, str]) -> str:
            return f"<h1>Today {given.get('q', '')}</h1>"

        rooms = [site.Room(path="today", title="Today", written=today, refresh_seconds=5)]
        opened: list[str] = []
        wishes = iter([True])
        pages_ = site.Site(
            approvals, wish=lambda: next(wishes, False), open_address=opened.append, rooms=rooms, stays=True
        )
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(pages_.serve)
            with anyio.fail_after(20):
                while not opened:  # noqa: ASYNC110 - a browser has no event either
                    await anyio.sleep(0.01)
            browser, stranger = Browser(pages_.origin), Browser(pages_.origin)
            first = await browser.get(opened[0])
            room = await browser.get(f"{pages_.origin}/a/today?q=now")
            foreign = await stranger.get(f"{pages_.origin}/a/today")
            for each in (browser, stranger):
                await each.client.aclose()
            assert '<a href="/a/" aria-current=page>Questions</a><a href="/a/today">Today</a>' in first.text
            assert "<h1>Today now</h1>" in room.text
            assert 'content="5;url=/a/today"' in room.text
            assert room.headers["cache-control"] == "no-store"
            assert (foreign.status_code, "Today now" in foreign.text) == (403, False)
            tasks.cancel_scope.cancel()


class TestThePort:
    def test_nobody_else_has_the_same_port_of_the_other_address(self, monkeypatch: pytest.MonkeyPatch):
        """A browser may take either for localhost."""
        tried: list[str] = []

        class Taken(socket.socket):
            def bind(self, address: Any) -> None:
                tried.append(address[0])
                if address[0] == "::1" and tried.count("::1") == 1:
                    raise OSError(errno.EADDRINUSE, "taken")
                if address[0] == "::1" and tried.count("::1") == 3:
                    raise OSError(errno.EADDRNOTAVAIL, "no IPv6")
                super().bind(address if address[0] != "::1" else ("127.0.0.1", 0))

        def taken(*_: Any) -> Taken:
            return Taken()

        monkeypatch.setattr(socket, "socket", taken)
        both, alone = listening.listen(), listening.listen()
        for each in (*both, *alone):
            each.close()

        assert (len(both), len(alone)) == (2, 1)
        assert tried == ["127.0.0.1", "::1"] * 3

    def test_a_machine_without_ipv6_has_one_address(self, monkeypatch: pytest.MonkeyPatch):
        real = socket.socket

        def made(*family: Any) -> socket.socket:
            if family:
                raise OSError(errno.EAFNOSUPPORT, "no IPv6")
            return real()

        monkeypatch.setattr(socket, "socket", made)
        [one] = listening.listen()
        one.close()


class TestTheBrowser:
    def test_it_gets_the_address_and_none_of_our_pipes(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        told = tmp_path / "told"
        browser = tmp_path / "browser"
        browser.write_text(f'#!/bin/sh\necho noise\nprintf %s "$1" > {told}.new\nmv {told}.new {told}\n')
        browser.chmod(0o700)
        monkeypatch.setenv("BROWSER", str(browser))

        open_browser("http://localhost:1/a/once")

        assert told.read_text() == "http://localhost:1/a/once"


async def test_what_a_person_decides_at_another_server_ends_the_wait_here(
    tmp_path: Path, both_engines: str, monkeypatch: pytest.MonkeyPatch
):
    # A database tells of it; servers that share a file look again and again.
    monkeypatch.setattr(waiting_rows, "_LOOK_EVERY_SECONDS", 60.0 if both_engines == "postgres" else 0.01)
    here, there = (Approvals(Store.open(tmp_path), "account") for _ in range(2))
    decided = list[Row]()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(here.store.listen)
        row = await here.ask("binding", "delete_contact", SHOWN)

        async def decide() -> None:
            await anyio.sleep(0.1)
            await there.decide(row.id, yes=True, by="page")

        tasks.start_soon(decide)
        decided.append(await here.wait(row, anyio.current_time() + 20))
        tasks.cancel_scope.cancel()
    here.store.close()
    there.store.close()

    assert [(row.decision, row.by) for row in decided] == [("yes", "page")]
