"""`textrequest-mcp desk`: what a person sees beside the questions, and nothing that could be changed there."""

import re
import sys
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.desk import BLOCKED, DEVON, MARIA, Desk, agrees, call, open_desk
from tests.live.stage import text_from
from tests.unruled import RULED

from textrequest_mcp.cli import main
from textrequest_mcp.commands import desk as command
from textrequest_mcp.commands.desk import rooms_of
from textrequest_mcp.ground.store import Store, StoreError
from textrequest_mcp.guard.approval.site import Site

DAY: dict[str, Any] = RULED | {"quiet_hours": "off", "if_unanswered": False}


async def shown(desk: Desk, path: str, **given: str) -> str:
    """A page's words, without its tags."""
    store = desk.account.gate._store  # pyright: ignore[reportPrivateUsage]
    [room] = [room for room in rooms_of(desk.account, store, None) if room.path == path]
    return await room.written(given)


def words_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


async def test_today_says_who_waits_what_went_out_and_what_is_left():
    async with open_desk(**DAY) as desk:
        async with desk.host() as host:
            await call(host, "send_message", phone_number=MARIA, body="Your car is ready.")
        text_from(desk, MARIA, "When do you close? <script>alert(1)</script>")
        html = await shown(desk, "today")

    front = words_of(html.split("</section>")[0])
    assert "Front Desk line 121, +14235550190" in front
    assert f"Maria Lopez {MARIA} When do you close? &lt;script&gt;alert(1)&lt;/script&gt; 0 min" in front
    assert re.search(r"Went out today: [1-9]", front)
    assert f"Maria Lopez {MARIA} Your car is ready." in front
    assert "99 texts this hour, 499 texts today, 49 new people today, 10000.00 dollars today" in front
    assert html.count("<section") == 3
    assert "<script" not in html
    assert "<form" not in html


async def test_a_text_that_did_not_arrive_stands_out():
    async with open_desk(**DAY) as desk:
        async with desk.host() as host:
            await call(host, "send_message", phone_number="+14235550108", body="Hello")
        desk.clock.now += 3600
        html = await shown(desk, "today")

    assert "did not arrive" in html
    assert "<td class=warn>" in html


async def test_the_week_is_plots_of_each_line():
    async with open_desk() as desk:
        html = await shown(desk, "week")

    assert html.count("<svg") == 6
    assert "Payment requests" not in html, "they cost a call for each line and page"


async def test_the_audit_can_be_searched_and_says_what_was_refused_by_which_rule(monkeypatch: pytest.MonkeyPatch):
    async with open_desk(**DAY) as desk:
        monkeypatch.setattr(time, "time", lambda: desk.clock.now)
        async with desk.host(agrees(), name="<claude>") as host:
            await call(host, "send_message", phone_number=MARIA, body="Your car is ready.")
            await call(host, "send_message", phone_number=BLOCKED, body="Hi")
            await call(host, "delete_contact", phone_number=DEVON)
        everything, approvals = await shown(desk, "audit"), await shown(desk, "audit", q="delete HOST")

    assert "Refused in the last 7 days: 1" in everything
    assert "TEXTREQUEST_CONSENT</text>" in everything
    assert "&lt;claude&gt;" in everything
    assert "4 of the newest 4 rows" in everything
    assert "1 of the newest 4 rows" in approvals
    assert "Your car is ready" not in everything
    assert 'value="delete HOST"' in approvals


async def test_an_empty_audit_and_rows_that_nobody_can_read(monkeypatch: pytest.MonkeyPatch):
    async with open_desk() as desk:
        assert "Refused in the last 7 days: nothing" in await shown(desk, "audit")
        await desk.call("create_group", name="Kept")
        store = desk.account.gate._store  # pyright: ignore[reportPrivateUsage]
        drop = "DROP TRIGGER audit_never_changes"
        await store.transact(lambda connection: connection.execute(drop))
        await store.transact(lambda connection: connection.execute("UPDATE audit_entries SET entry = 'x', at = 'x'"))
        assert "<td>unreadable</td>" in await shown(desk, "audit")


@pytest.mark.parametrize("path", ["today", "week"])
async def test_what_cannot_be_read_is_said_on_its_page(path: str):
    down = httpx2.MockTransport(lambda _: httpx2.Response(401, json={}))
    async with open_desk(transport=down) as desk:
        assert "This cannot be read now." in await shown(desk, path)


async def test_a_store_that_cannot_be_used_is_said_on_its_page(monkeypatch: pytest.MonkeyPatch):
    async with open_desk() as desk:

        async def fails(*_: Any, **__: Any) -> None:
            raise StoreError(Path("state.sqlite3"), "is full")

        monkeypatch.setattr(Store, "transact", fails)
        assert "is full" in await shown(desk, "audit")


class TestTheCommand:
    @pytest.mark.parametrize(("has_browser", "tells"), [(True, False), (False, True)])
    def test_it_opens_the_browser_or_names_the_address_in_a_terminal(
        self,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        has_browser: bool,
        tells: bool,
    ):
        opened: list[str] = []

        async def served(site: Site) -> None:
            assert site.wish()
            assert not site.wish()
            site.open_address(site.address())
            raise KeyboardInterrupt

        monkeypatch.setattr(Site, "serve", served)
        monkeypatch.setattr(command, "can_be_opened", lambda: has_browser)
        monkeypatch.setattr(command, "open_browser", opened.append)
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)

        assert main(["desk", "--sandbox"]) == 0
        printed = capsys.readouterr().out
        assert "The desk is open" in printed
        assert ("http://localhost:" in printed) is tells
        assert len(opened) == has_browser

    def test_without_either_it_says_so(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
        monkeypatch.setattr(command, "can_be_opened", lambda: False)

        assert main(["desk", "--sandbox"]) == 1
        assert "no browser to open here" in capsys.readouterr().err

    def test_a_store_that_cannot_be_used_is_a_sentence(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ):
        async def fails(_: Site) -> None:
            raise StoreError(Path("state.sqlite3"), "is full")

        monkeypatch.setattr(Site, "serve", fails)
        monkeypatch.setattr(command, "can_be_opened", lambda: True)

        assert main(["desk", "--sandbox"]) == 1
        assert "is full" in capsys.readouterr().err
