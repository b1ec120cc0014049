"""Passkeys: only its verified owner's key, for this question on this page, is a yes."""

import hashlib
import re
from typing import Any

import anyio
import httpx2
import pytest
from tests.desk import DEVON, call, open_desk, said
from tests.guard.approval.authenticator import ES256, HAS_KEY, PRESENT, RS256, VERIFIED, Authenticator
from tests.guard.approval.test_desk import SHOWN, Browser, open_room

from textrequest_mcp.ground.store import Store
from textrequest_mcp.guard.approval import at_desk, page
from textrequest_mcp.guard.approval.approvals import Approvals
from textrequest_mcp.guard.approval.passkey_pages import Enrolment
from textrequest_mcp.guard.approval.passkeys import Passkeys
from textrequest_mcp.guard.approval.shown import NOTHING, Shown
from textrequest_mcp.guard.approval.site import Site
from textrequest_mcp.guard.approval.webauthn import Passkey, decoded, new_key, verified
from textrequest_mcp.upstream.errors import BadInput

ORIGIN = "http://localhost:4821"
CHALLENGE = hashlib.sha256(b"this question").digest()
OTHER = hashlib.sha256(b"another question").digest()
BY_PASSKEY = Shown("Delete Devon?", None, "test-host", "Delete a contact", (), NOTHING, by_passkey=True)


def enrolled(authenticator: Authenticator) -> Passkey:
    return new_key(authenticator.makes(CHALLENGE, ORIGIN), "laptop", CHALLENGE, ORIGIN)


@pytest.fixture
def approvals() -> Approvals:
    return Approvals(Store.open(None), "account")


class TestASignature:
    @pytest.mark.parametrize("algorithm", [ES256, RS256])
    def test_of_the_verified_owner_for_this_question_is_good_and_its_counter_is_told(self, algorithm: int):
        mine = Authenticator(algorithm=algorithm)

        assert verified(enrolled(mine), mine.signs(OTHER, ORIGIN), OTHER, ORIGIN) == 1

    def test_of_a_key_that_does_not_count_is_good_each_time(self):
        mine = Authenticator(counter=None)
        key = enrolled(mine)

        assert [verified(key, mine.signs(OTHER, ORIGIN), OTHER, ORIGIN) for _ in range(2)] == [0, 0]

    @pytest.mark.parametrize(
        ("wrong", "says"),
        [
            ({"flags": PRESENT}, "did not verify its owner"),
            ({"flags": VERIFIED}, "did not verify its owner"),
            ({"site": "127.0.0.1"}, "another site"),
            ({"client": {"type": "webauthn.create"}}, "another page or question"),
            ({"client": {"origin": "http://localhost:1"}}, "another page or question"),
            ({"client": {"origin": "http://evil.example"}}, "another page or question"),
            ({"client": {"crossOrigin": True}}, "another page or question"),
            ({"client": {"challenge": "AAAA"}}, "another page or question"),
            ({"client": {"challenge": None}}, "another page or question"),
        ],
    )
    def test_of_anything_else_is_none(self, wrong: dict[str, Any], says: str):
        mine = Authenticator()
        key = enrolled(mine)

        with pytest.raises(BadInput, match=says):
            verified(key, mine.signs(CHALLENGE, ORIGIN, **wrong), CHALLENGE, ORIGIN)

    def test_of_another_question_or_key_is_none(self):
        mine, other = Authenticator(), Authenticator()
        key = enrolled(mine)

        with pytest.raises(BadInput, match="another page or question"):
            verified(key, mine.signs(OTHER, ORIGIN), CHALLENGE, ORIGIN)
        with pytest.raises(BadInput, match="did not sign"):
            verified(key, other.signs(CHALLENGE, ORIGIN), CHALLENGE, ORIGIN)

    @pytest.mark.parametrize("field", ["client_data", "authenticator_data", "signature"])
    @pytest.mark.parametrize("value", ["", "é", "AAAA", "W10"])
    def test_that_is_unreadable_is_a_sentence(self, field: str, value: str):
        mine = Authenticator()

        with pytest.raises(BadInput, match="This passkey"):
            verified(enrolled(mine), mine.signs(CHALLENGE, ORIGIN) | {field: value}, CHALLENGE, ORIGIN)

    def test_with_a_counter_that_does_not_grow_is_a_copys(self):
        mine = Authenticator(counter=7)
        key = enrolled(mine)
        mine.counter = 6

        with pytest.raises(BadInput, match="was copied"):
            verified(key, mine.signs(CHALLENGE, ORIGIN), CHALLENGE, ORIGIN)


class TestANewKey:
    @pytest.mark.parametrize(
        "wrong",
        [
            {"flags": PRESENT | HAS_KEY},
            {"flags": PRESENT | VERIFIED},
            {"site": "evil.example"},
            {"client": {"type": "webauthn.get"}},
            {"held_id": b"x" * 16},
            {"public_key": b"\x30\x00"},
            {"algorithm": RS256},
            {"algorithm": -8},
        ],
    )
    def test_that_is_not_as_it_should_be_is_not_kept(self, wrong: dict[str, Any]):
        with pytest.raises(BadInput, match="This passkey"):
            new_key(Authenticator().makes(CHALLENGE, ORIGIN, **wrong), "laptop", CHALLENGE, ORIGIN)

    def test_of_few_bits_or_without_an_id_is_not_kept(self):
        short, nameless = Authenticator(algorithm=RS256, bits=1024), Authenticator()
        nameless.id = b""

        for each in (short, nameless):
            with pytest.raises(BadInput, match="of a kind that is not known"):
                enrolled(each)

    async def test_a_second_one_needs_the_first(self):
        passkeys = Passkeys(Store.open(None))
        first, second = Authenticator(), Authenticator()
        await add(passkeys, first)

        with pytest.raises(BadInput, match="not known here"):
            await add(passkeys, second)
        with pytest.raises(BadInput, match="not known here"):
            await add(passkeys, second, by=second)
        with pytest.raises(BadInput, match="another page or question"):
            await add(passkeys, second, by=first, signs=CHALLENGE)
        await add(passkeys, second, by=first)
        assert len(await passkeys.all()) == 2
        with pytest.raises(BadInput, match="there already"):
            await add(passkeys, second, by=first)

    async def test_keys_that_were_added_meanwhile_stop_a_first_one(self):
        passkeys = Passkeys(Store.open(None))
        await add(passkeys, Authenticator())

        with pytest.raises(BadInput, match="changed meanwhile"):
            await passkeys.add(enrolled(Authenticator()), beside=0)


async def add(passkeys: Passkeys, new: Authenticator, *, by: Authenticator | None = None, signs: bytes = b"") -> None:
    enrolment = Enrolment(passkeys)
    html = await enrolment.page("nonce", "value", None)
    challenge = decoded(re.findall(r'data-challenge="([^"]+)"', html)[0])
    given = new.makes(challenge, ORIGIN) | {"name": "laptop"}
    if by is not None:
        whole = hashlib.sha256(challenge + new.public_key).digest()
        given |= {f"by_{name}": value for name, value in by.signs(signs or whole, ORIGIN).items()}
    assert "is added" in await enrolment.add(given, ORIGIN)
    assert enrolment.added is not None


class TestAtTheDesk:
    async def test_a_signed_yes_is_the_passkeys_and_a_button_is_none(self, approvals: Approvals):
        mine = Authenticator()
        await Passkeys(approvals.store).add(enrolled(mine), beside=0)
        row = await approvals.ask("b", "delete_contact", BY_PASSKEY)
        async with open_room(approvals) as room:
            room.desk.show()
            browser, html = await room.enter()
            policy = (await browser.get(f"{room.origin}/a/")).headers["content-security-policy"]
            button = await browser.press(html, "yes")
            foreign = await browser.press(html, "yes", **Authenticator().signs(row.challenge, room.origin))
            stale = await browser.press(html, "yes", **mine.signs(OTHER, room.origin))
            assert await approvals.any_waits()
            done = await browser.press(html, "yes", **mine.signs(row.challenge, room.origin))
            replayed = await browser.press(html, "yes", **mine.signs(row.challenge, room.origin))

        assert re.search(r"script-src 'nonce-[\w-]+'; form-action", policy)
        assert 'data-challenge="' in html
        assert "<noscript>" in html
        assert 'name="answer" value="yes"' not in html
        assert "not known here" in button.text
        assert "not known here" in foreign.text
        assert "another page or question" in stale.text
        assert "You said yes" in done.text
        assert "decided already" in replayed.text
        decided = await approvals.get(row.id)
        assert decided is not None
        assert (decided.decision, (decided.by or "")[:8]) == ("yes", "passkey:")

    async def test_a_terminal_can_only_say_no(self, approvals: Approvals):
        row = await approvals.ask("b", "delete_contact", BY_PASSKEY)

        with pytest.raises(BadInput, match="Only a passkey agrees"):
            await approvals.decide(row.id, yes=True, by="terminal")
        await approvals.decide(row.id, yes=False, by="terminal")

    async def test_without_a_key_the_page_says_how_to_make_one(self, approvals: Approvals):
        row = await approvals.ask("b", "delete_contact", BY_PASSKEY)

        html = page.questions([row], value_of={row.id: "v"}, nonce="n", now=row.asked_at)
        assert "textrequest-mcp approver add" in html
        assert 'value="yes"' not in html

    async def test_the_setting_asks_for_it_and_the_audit_names_it(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(at_desk, "PATIENCE_SECONDS", 0.0)
        async with open_desk(confirm_fallback="page", approve_with="passkey") as desk, desk.host() as host:
            await call(host, "delete_contact", phone_number=DEVON)
            [row] = await desk.account.gate.desk.approvals.waiting()
            assert row.shown is not None
            assert row.shown.by_passkey
            await desk.account.gate.desk.approvals.decide(row.id, yes=True, by="passkey:0123abcd")
            assert said(await call(host, "delete_contact", phone_number=DEVON))["outcome"] == "done"
            rows = [entry.entry async for entry in desk.account.audit.trail.entries() if entry.entry is not None]

        assert [entry.approved_by for entry in rows if entry.kind == "approval"] == ["passkey:0123abcd"]


class TestEnrolling:
    async def test_a_page_makes_a_key_for_its_own_browser_alone(self, approvals: Approvals):
        await approvals.ask("b", "delete_contact", SHOWN)
        mine, passkeys = Authenticator(), Passkeys(approvals.store)
        opened: list[str] = []
        wishes = iter([True])
        site = Site(
            approvals,
            wish=lambda: next(wishes, False),
            open_address=opened.append,
            enrolment=Enrolment(passkeys),
            stays=True,
        )
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(site.serve)
            with anyio.fail_after(20):
                while not opened:  # noqa: ASYNC110 - a browser has no event either
                    await anyio.sleep(0.01)
            browser, stranger = Browser(site.origin), Browser(site.origin)
            html = (await browser.get(opened[0])).text
            challenge = decoded(re.findall(r'data-challenge="([^"]+)"', html)[0])
            made = mine.makes(challenge, site.origin)
            foreign = await posted(stranger, html, made)
            wrong = await posted(browser, html, made | {"algorithm": "7"})
            done = await posted(browser, html, made)
            for each in (browser, stranger):
                await each.client.aclose()
            assert "Delete Devon?" not in html, "the questions are on another page"
            assert foreign.status_code == 403
            assert "of a kind that is not known" in wrong.text
            assert "Your passkey is added" in done.text
            tasks.cancel_scope.cancel()
        [key] = await passkeys.all()
        assert key.public_key == mine.public_key


async def posted(browser: Browser, html: str, fields: dict[str, str]) -> httpx2.Response:
    value = re.findall(r'name="value" value="([^"]+)"', html)[0]
    headers = {"origin": browser.origin, "sec-fetch-site": "same-origin"}
    return await browser.client.post(f"{browser.origin}/a/passkey", data=fields | {"value": value}, headers=headers)
