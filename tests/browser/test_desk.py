"""The desk in a real browser: a person's way through it, an attacker's, and a passkey's."""

import http.server
import os
import threading
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest
from tests.browser.chromium import Chromium, Tab
from tests.desk import DEVON, LINE, MARIA, OWES, Desk, call, open_desk, said
from tests.unruled import RULED

from textrequest_mcp.commands.desk import rooms_of
from textrequest_mcp.guard.approval import at_desk
from textrequest_mcp.guard.approval.approvals import Approvals
from textrequest_mcp.guard.approval.passkey_pages import Enrolment
from textrequest_mcp.guard.approval.passkeys import Passkeys
from textrequest_mcp.guard.approval.shown import Shown
from textrequest_mcp.guard.approval.site import Room, Site

PICTURES = Path(__file__).parent.parent.parent / "docs" / "pictures"
SHOWN = Shown("Delete Devon?", None, "test-host", "Delete a contact")
ASKED: dict[str, Any] = RULED | {
    "quiet_hours": "off",
    "if_unanswered": False,
    "confirm": "sends",
    "confirm_fallback": "page",
}
# The button that agrees sleeps for a second, so that no click is caught that was meant for something else.
AWAKE = "getComputedStyle(document.querySelector('.yes')).opacity > .9"
in_thread = anyio.to_thread.run_sync


class Open:
    """A desk that is being served, and the address with which a browser comes in."""

    def __init__(self, desk: Desk, site: Site, approvals: Approvals) -> None:
        self.desk = desk
        self.site = site
        self.approvals = approvals

    async def waits(self, **arguments: Any) -> str:
        """A question waits; the id of its row."""
        told = said(await self.desk.call("delete_contact", **({"phone_number": DEVON} | arguments)))
        assert told["outcome"] == "confirmation_required"
        return (await self.approvals.waiting())[-1].id

    async def decision(self, id_: str) -> str | None:
        row = await self.approvals.get(id_)
        return row.decision if row is not None else None

    async def enters(self, chromium: Chromium) -> Tab:
        return await in_thread(chromium.tab, self.site.address())


@asynccontextmanager
async def opened(*, enrolment: bool = False, **settings: Any) -> AsyncGenerator[Open]:
    async with open_desk(**(ASKED | settings)) as desk, anyio.create_task_group() as tasks:
        approvals = desk.account.gate.desk.approvals
        enrols = Enrolment(Passkeys(approvals.store)) if enrolment else None
        rooms: Sequence[Room] = [] if enrolment else rooms_of(desk.account, approvals.store, None)
        site = Site(approvals, wish=lambda: False, rooms=rooms, enrolment=enrols, stays=True)
        tasks.start_soon(site.serve)
        while site.origin.endswith(":0"):  # noqa: ASYNC110 - it has no event
            await anyio.sleep(0.01)
        yield Open(desk, site, approvals)
        tasks.cancel_scope.cancel()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(at_desk, "PATIENCE_SECONDS", 0.0)


def keep(tab: Tab, name: str, **how: Any) -> None:
    """Take a picture for the manual, where that is wanted."""
    if os.environ.get("UPDATE_PICTURES") == "1":
        tab.picture(PICTURES / f"{name}.png", **how)


class TestAPerson:
    async def test_reads_and_says_yes_with_the_mouse(self, chromium: Chromium):
        async with opened() as here:
            text = {"phone_number": MARIA, "body": "Hi Maria, your car is ready: $180.00 in all. We close at 6."}
            await here.desk.call("list_messages", phone_number=MARIA)
            await here.desk.call("send_message", **text)
            tab = await here.enters(chromium)
            words = await in_thread(lambda: tab.text)
            await in_thread(partial(keep, tab, "question"))
            await in_thread(partial(keep, tab, "question-phone", width=400, dark=True))
            await in_thread(lambda: tab.until("getComputedStyle(document.querySelector('.yes')).opacity > .9"))
            await in_thread(tab.press, "button.yes")
            await in_thread(tab.says, "You said yes")
            sent = said(await here.desk.call("send_message", **text))

        assert "One question waits for you" in words
        assert "Any idea what the noise" in words
        assert "Texts left today" in words
        assert sent["outcome"] == "sent"

    async def test_types_a_name_and_agrees_with_the_keyboard_alone(self, chromium: Chromium):
        async with opened() as here:
            await here.desk.call("delete_dashboard", dashboard_id=LINE)
            [row] = await here.approvals.waiting()
            tab = await here.enters(chromium)
            await in_thread(tab.run, "document.querySelector('input[name=typed]').focus()")
            await in_thread(tab.type, "Front Desk")
            await in_thread(tab.key, "Enter", 13)
            await in_thread(tab.says, "You said yes")
            assert await here.decision(row.id) == "yes"

    async def test_thins_out_a_batch(self, chromium: Chromium):
        async with opened() as here:
            for number in (MARIA, OWES, "+14235550109"):
                await here.desk.call("send_message", phone_number=number, body="We close early today, at 3.")
            rows = await here.approvals.waiting()
            tab = await here.enters(chromium)
            await in_thread(partial(keep, tab, "batch"))
            await in_thread(tab.press, "input[name=pick]")
            await in_thread(lambda: tab.until("getComputedStyle(document.querySelector('.yes')).opacity > .9"))
            await in_thread(tab.press, "button.yes")
            await in_thread(tab.says, "You said yes to")
            decided = [await here.decision(row.id) for row in rows]
            assert sorted(map(str, decided)) == ["no", "yes", "yes"]

    async def test_looks_at_the_rooms(self, chromium: Chromium):
        async with opened(confirm="destructive") as here:
            async with here.desk.host(name="claude-desktop") as host:
                await call(host, "send_message", phone_number=MARIA, body="Your car is ready.")
                await call(host, "send_message", phone_number="+14235550103", body="Hi")
            tab = await here.enters(chromium)
            for path, words in (("today", "Left of the caps"), ("week", "The last 7 days"), ("audit", "Find")):
                await in_thread(tab.go, f"{here.site.origin}/a/{path}")
                assert words in await in_thread(lambda: tab.text)
                await in_thread(partial(keep, tab, path))


@contextmanager
def evil(html: Callable[[int], str]) -> Generator[str]:
    """Another site of this machine, with this page."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = html(0).encode()
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the same
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


class TestAnAttacker:
    async def test_with_the_address_that_was_used_or_without_a_cookie_sees_nothing(self, chromium: Chromium):
        async with opened() as here:
            id_ = await here.waits()
            address = here.site.address()
            await in_thread(chromium.tab, address)
            second = await in_thread(chromium.tab, address)
            other = await in_thread(chromium.tab, f"{here.site.origin}/a/", chromium.other_profile())
            for tab, words in ((second, "open elsewhere"), (other, "not yours")):
                text = await in_thread(lambda tab=tab: tab.text)
                assert words in text
                assert "Devon" not in text
            assert await here.decision(id_) is None

    async def test_under_another_name_of_this_machine_sees_nothing(self, chromium: Chromium):
        async with opened() as here:
            await here.waits()
            await here.enters(chromium)
            rebound = await in_thread(chromium.tab, here.site.origin.replace("localhost", "evil.example") + "/a/")
            assert "not yours" in await in_thread(lambda: rebound.text)

    async def test_cannot_frame_the_page_or_read_it(self, chromium: Chromium):
        async with opened() as here:
            await here.waits()
            await here.enters(chromium)
            framing = f'<iframe src="{here.site.origin}/a/"></iframe>'
            with evil(lambda _: framing) as address:
                tab = await in_thread(chromium.tab, address)
                tree = await in_thread(tab.tell, "Page.getFrameTree")
                reads = (
                    f"fetch('{here.site.origin}/a/', {{credentials: 'include'}}).then(r => r.text(), e => 'refused')"
                )
                read = await in_thread(tab.run, reads)
            frames = [each["frame"]["url"] for each in tree["frameTree"].get("childFrames", [])]
            assert not any(url.startswith("http://localhost") for url in frames)
            assert read == "refused"

    async def test_cannot_post_the_form_from_another_page(self, chromium: Chromium):
        async with opened() as here:
            id_ = await here.waits()
            mine = await here.enters(chromium)
            value = await in_thread(mine.run, "document.querySelector('input[name=row]').value")
            form = (
                f'<form method="post" action="{here.site.origin}/a/decide"><input name="row" value="{value}">'
                '<input name="answer" value="yes"></form><script>document.forms[0].submit()</script>'
            )
            with evil(lambda _: form) as address:
                tab = await in_thread(chromium.tab, address)
                await in_thread(tab.says, "not yours")
            assert await here.decision(id_) is None

    async def test_gets_nothing_from_an_old_page_or_a_second_press(self, chromium: Chromium):
        async with opened() as here:
            id_ = await here.waits()
            stale, again = await here.enters(chromium), await here.enters(chromium)
            await here.approvals.decide(id_, yes=False, by="terminal")
            for tab in (stale, again):
                await in_thread(
                    lambda tab=tab: tab.until("getComputedStyle(document.querySelector('.yes')).opacity > .9")
                )
                await in_thread(tab.press, "button.yes")
                await in_thread(tab.says, "decided already")
            assert await here.decision(id_) == "no"

    async def test_cannot_press_yes_in_the_first_moment(self, chromium: Chromium):
        """A window that opens under a mouse that is about to click."""
        async with opened() as here:
            id_ = await here.waits()
            tab = await here.enters(chromium)
            await in_thread(
                tab.run, "document.querySelectorAll('.yes').forEach(b => b.style.animationDuration = '60s')"
            )
            await in_thread(tab.press, "button.yes")
            assert await here.decision(id_) is None


class TestAPasskey:
    async def test_is_made_and_agrees_and_one_that_verifies_nobody_does_not(self, chromium: Chromium):
        async with opened(enrolment=True, approve_with="passkey") as here:
            passkeys = Passkeys(here.approvals.store)
            tab = await in_thread(chromium.tab)
            mine = await in_thread(tab.authenticator)
            await in_thread(tab.go, here.site.address())
            await in_thread(partial(keep, tab, "passkey"))
            await in_thread(tab.until, AWAKE)
            await in_thread(tab.press, "button[data-passkey]")
            await in_thread(tab.says, "Your passkey is added")
            assert len(await passkeys.all()) == 1

            here.site.enrolment = None
            id_ = await here.waits()
            await in_thread(tab.go, f"{here.site.origin}/a/")
            verified = partial(tab.tell, "WebAuthn.setUserVerified", authenticatorId=mine)
            await in_thread(lambda: verified(isUserVerified=False))
            await in_thread(tab.until, AWAKE)
            await in_thread(tab.press, "button[data-passkey]")
            await in_thread(
                tab.until, "document.querySelector('[role=alert]').textContent.includes('No passkey was used')"
            )
            assert await here.decision(id_) is None

            await in_thread(lambda: verified(isUserVerified=True))
            await in_thread(tab.until, AWAKE)
            await in_thread(tab.press, "button[data-passkey]")
            await in_thread(tab.says, "You said yes")
            row = await here.approvals.get(id_)
            assert row is not None
            assert (row.decision, (row.by or "")[:8]) == ("yes", "passkey:")
