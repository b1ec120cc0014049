"""Acts of one breath are one question: each with its own facts, and a person unticks what they do not want."""

import hashlib
import re
from dataclasses import replace
from typing import Any

import pytest
from tests.desk import MARIA, call, open_desk, said
from tests.guard.approval.authenticator import Authenticator
from tests.guard.approval.test_desk import NAMED, SHOWN, Browser, Clock, open_room
from tests.guard.approval.test_passkeys import enrolled

from textrequest_mcp.ground.store import Store
from textrequest_mcp.guard.approval import at_desk
from textrequest_mcp.guard.approval.approval_rows import Row
from textrequest_mcp.guard.approval.approvals import Approvals
from textrequest_mcp.guard.approval.batches import BREATH_SECONDS, MOST_TOGETHER, batches
from textrequest_mcp.guard.approval.passkeys import Passkeys
from textrequest_mcp.upstream.errors import TextRequestError

pytestmark = pytest.mark.usefixtures("both_engines")

LATER = BREATH_SECONDS + 1


class Ticking(Clock):
    """Time passes from one call to the next, a little."""

    def __call__(self) -> float:
        self.now += 0.001
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Ticking()


@pytest.fixture
def approvals(clock: Clock) -> Approvals:
    return Approvals(Store.open(None), "account", clock=clock)


async def asked(approvals: Approvals, count: int, **other: Any) -> list[Row]:
    shown = [replace(SHOWN, text=f"Delete number {n}?", **other) for n in range(count)]
    return [await approvals.ask(f"{n}", "delete_contact", each) for n, each in enumerate(shown)]


def sizes(rows: list[Row]) -> list[int]:
    return [len(group) for group in batches(rows)]


class TestWhatIsGathered:
    async def test_what_one_host_asks_in_one_breath(self, approvals: Approvals, clock: Clock):
        await asked(approvals, 2)
        await approvals.ask("other host", "t", replace(SHOWN, caller="another"))
        await approvals.ask("a name", "t", NAMED)
        clock.now += BREATH_SECONDS - 1
        await approvals.ask("same breath", "t", SHOWN)
        assert sizes(await approvals.waiting()) == [3, 1, 1]

    async def test_what_cannot_be_undone_only_with_its_like(self, approvals: Approvals):
        final = replace(SHOWN, is_final=True)
        for number, (tool, shown) in enumerate(
            [("send_message", SHOWN), ("delete_contact", final), ("save_contact", SHOWN), ("delete_contact", final)]
        ):
            await approvals.ask(f"{number}", tool, shown)
        await approvals.ask("group", "delete_group", final)

        assert [[row.tool for row in group] for group in batches(await approvals.waiting())] == [
            ["send_message", "save_contact"],
            ["delete_contact", "delete_contact"],
            ["delete_group"],
        ]

    async def test_not_what_is_asked_later_or_cannot_be_read(self, approvals: Approvals, clock: Clock):
        await asked(approvals, 1)
        clock.now += LATER
        await approvals.ask("later", "t", SHOWN)
        rows = await approvals.waiting()

        assert sizes(rows) == [1, 1]
        assert sizes([replace(row, shown=None) for row in rows]) == [1, 1]

    async def test_a_batch_is_one_question_and_has_an_end(self, approvals: Approvals, clock: Clock):
        await asked(approvals, MOST_TOGETHER)

        with pytest.raises(TextRequestError, match="50 acts wait for the person already, for 10 minutes"):
            await approvals.ask("one too many", "t", SHOWN)
        assert len(await approvals.waiting()) == MOST_TOGETHER
        for _ in range(2):
            clock.now += LATER
            await approvals.ask(f"{clock.now}", "t", SHOWN)
        clock.now += LATER
        with pytest.raises(TextRequestError, match="3 questions wait"):
            await approvals.ask("fourth", "t", SHOWN)


class TestOnThePage:
    async def test_one_yes_for_all_but_those_that_were_unticked(self, approvals: Approvals):
        rows = await asked(approvals, 3)
        async with open_room(approvals) as room:
            room.desk.show()
            browser, html = await room.enter()
            assert "One question waits" in html
            assert "3 acts together: Delete a contact (3)" in html
            done = await decide(browser, html, "yes", [rows[0].id, rows[2].id])

        assert "You said yes to 2 of 3" in done
        assert await decisions(approvals, rows) == ["yes", "no", "yes"]

    @pytest.mark.parametrize(("answer", "picked"), [("no", [0, 1]), ("yes", []), ("silence", [0])])
    async def test_no_to_all(self, approvals: Approvals, answer: str, picked: list[int]):
        rows = await asked(approvals, 2)
        async with open_room(approvals) as room:
            room.desk.show()
            browser, html = await room.enter()
            assert "You said no" in await decide(browser, html, answer, [rows[n].id for n in picked])

        assert await decisions(approvals, rows) == ["no", "no"]

    async def test_only_what_was_shown_can_be_picked_and_one_that_is_over_stops_no_other(self, approvals: Approvals):
        rows = await asked(approvals, 2)
        other = await approvals.ask("other", "t", replace(SHOWN, caller="another"))
        async with open_room(approvals) as room:
            room.desk.show()
            browser, html = await room.enter()
            await approvals.decide(rows[0].id, yes=False, by="terminal")
            shown = html.split("</article>")[0]
            await decide(browser, shown, "yes", [*(row.id for row in rows), other.id])

        assert await decisions(approvals, [*rows, other]) == ["no", "yes", None]

    async def test_a_passkey_signs_those_that_are_ticked(self, approvals: Approvals):
        mine = Authenticator()
        await Passkeys(approvals.store).add(enrolled(mine), beside=0)
        rows = await asked(approvals, 3, by_passkey=True)
        picked = [rows[0], rows[2]]
        whole = hashlib.sha256(b"".join(row.challenge for row in picked)).digest()
        everything = hashlib.sha256(b"".join(row.challenge for row in rows)).digest()
        async with open_room(approvals) as room:
            room.desk.show()
            browser, html = await room.enter()
            ids = [row.id for row in picked]
            wrong = await decide(browser, html, "yes", ids, **mine.signs(everything, room.origin))
            assert await decisions(approvals, rows) == [None] * 3
            await decide(browser, html, "yes", ids, **mine.signs(whole, room.origin))

        assert "another page or question" in wrong
        assert len(re.findall(r'type="checkbox" name="pick" value="\w+" checked data-challenge="', html)) == 3
        assert await decisions(approvals, rows) == ["yes", "no", "yes"]


async def decide(browser: Browser, html: str, answer: str, picked: list[str], **more: str) -> str:
    """Press a button with these boxes ticked; the page that comes."""
    rows = re.findall(r'name="row" value="([^"]+)"', html)
    headers = {"origin": browser.origin, "sec-fetch-site": "same-origin"}
    fields: dict[str, Any] = {"row": rows, "pick": picked, "answer": answer} | more
    return (await browser.client.post(f"{browser.origin}/a/decide", data=fields, headers=headers)).text


async def decisions(approvals: Approvals, rows: list[Row]) -> list[str | None]:
    return [(await approvals.get(row.id) or row).decision for row in rows]


async def test_a_driver_that_tells_twelve_people_is_one_question(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(at_desk, "PATIENCE_SECONDS", 0.0)
    async with open_desk(confirm="sends", confirm_fallback="page") as desk, desk.host() as host:
        numbers = [f"+1423555{n:04}" for n in (100, 102, 105, 106)]
        for number in numbers:
            await call(host, "send_message", phone_number=number, body="We close early today.")
        approvals = desk.account.gate.desk.approvals
        rows = await approvals.waiting()
        assert sizes(rows) == [4]
        for row in rows:
            await approvals.decide(row.id, yes=MARIA not in (row.shown.text if row.shown else ""), by="page")
        told = [
            said(await call(host, "send_message", phone_number=number, body="We close early today."))["outcome"]
            for number in numbers[:3]
        ]

    assert told == ["not_confirmed", "sent", "sent"]
