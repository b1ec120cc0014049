"""People who answer by text: asked once from the line, heard only from their own number, and hidden from the model."""

import re
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from tests.desk import DEVON, LINE, MARIA, Desk, call, declines, open_desk, refusal, said
from tests.live.stage import text_from
from tests.unruled import RULED

from textrequest_mcp.account.approvers import question
from textrequest_mcp.account.segments import segments
from textrequest_mcp.guard.approval import at_desk
from textrequest_mcp.guard.approval.approval_rows import Row
from textrequest_mcp.guard.approval.shown import Shown
from textrequest_mcp.live.event_filter import EventFilter
from textrequest_mcp.live.events import TextEvent
from textrequest_mcp.settings.table import Settings
from textrequest_mcp.upstream.errors import BadInput
from textrequest_mcp.wiring import approvers_of

OWNER = "+14235550142"
PARTNER = "+14235550143"
DELETED = ("DELETE", "/dashboards/121/contacts/14235550102")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(at_desk, "PATIENCE_SECONDS", 0.0)


@pytest.fixture
async def asked() -> AsyncGenerator[Desk]:
    async with open_desk(**BY_TEXT) as opened:
        yield opened


BY_TEXT: dict[str, Any] = {"confirm_fallback": "text", "approvers": OWNER}


def texted(desk: Desk, number: str = OWNER) -> list[str]:
    """The texts that went to a number."""
    contact = desk.sandbox.line(LINE).contacts.get(number[1:])
    return [text.body for text in contact.messages if text.direction == "S"] if contact is not None else []


def code_in(text: str) -> str:
    found = re.search(r"YES (\d{4})", text)
    assert found
    return found[1]


async def deletes(desk: Desk) -> dict[str, Any]:
    return said(await desk.call("delete_contact", phone_number=DEVON))


class TestAQuestion:
    async def test_it_goes_out_once_in_one_segment_and_the_yes_is_picked_up_by_the_same_call(self, asked: Desk):
        first, again = await deletes(asked), await deletes(asked)
        [text] = texted(asked)
        text_from(asked, OWNER, f"Yes {code_in(text)}")
        done = await deletes(asked)

        assert text.startswith('Delete the contact "Devon O\'Neil" (+14235550102) from')
        assert segments(text) == 1
        assert first["outcome"] == again["outcome"] == "confirmation_required"
        assert "was asked by text" in first["message"]
        assert code_in(text) not in str(first)
        assert OWNER[-4:] not in str(first)
        assert (done["outcome"], asked.changes[-1]) == ("done", DELETED)

    async def test_the_audit_says_whose_yes_it_was_and_that_a_text_went_out(self, asked: Desk):
        await deletes(asked)
        text_from(asked, OWNER, f"YES {code_in(texted(asked)[0])}.")
        await deletes(asked)

        hashed = (await asked.account.at_most_once.ledger.hasher())(OWNER)
        rows = [row.entry async for row in asked.account.audit.trail.entries() if row.entry is not None]
        assert [row.approved_by for row in rows if row.kind == "approval"] == [f"text:{hashed[:8]}"]
        assert [(row.tool, row.outcome, row.person) for row in rows if row.kind == "send"] == [
            ("ask_approver", "sent", hashed)
        ]

    async def test_it_counts_under_the_caps_and_without_room_nobody_is_asked(self):
        async with open_desk(**BY_TEXT, texts_per_day=0) as desk:
            sentence = refusal(await desk.call("delete_contact", phone_number=DEVON))

        assert "could not be asked by text" in sentence
        assert "TEXTREQUEST_TEXTS_PER_DAY" in sentence
        assert desk.changes == []

    @pytest.mark.parametrize(
        ("number", "answer", "outcome"),
        [
            (OWNER, "NO {code}", "not_confirmed"),
            (OWNER, "yes", "confirmation_required"),
            (OWNER, "yes 0000 {code}", "confirmation_required"),
            (OWNER, "{code}", "confirmation_required"),
            (MARIA, "YES {code}", "confirmation_required"),
        ],
    )
    async def test_anything_but_the_code_from_that_number_agrees_to_nothing(
        self, asked: Desk, number: str, answer: str, outcome: str
    ):
        await deletes(asked)
        text_from(asked, number, answer.format(code=code_in(texted(asked)[0])))

        assert (await deletes(asked))["outcome"] == outcome
        assert DELETED not in asked.changes

    async def test_nobody_tries_all_codes(self, asked: Desk):
        await deletes(asked)
        code = code_in(texted(asked)[0])
        for wrong in range(5):
            text_from(asked, OWNER, f"YES {(int(code) + 1 + wrong) % 10_000:04}")
        text_from(asked, OWNER, f"YES {code}")

        assert (await deletes(asked))["outcome"] == "confirmation_required"

    async def test_an_old_yes_is_for_no_new_question(self, asked: Desk):
        """The clock of the sandbox and the gate's are one."""
        await deletes(asked)
        code = code_in(texted(asked)[0])
        text_from(asked, OWNER, f"NO {code}")
        assert (await deletes(asked))["outcome"] == "not_confirmed"
        asked.clock.now += 601
        assert (await deletes(asked))["outcome"] == "confirmation_required"
        assert len(texted(asked)) == 2

    async def test_a_name_is_typed_after_the_code(self, asked: Desk):
        text_from(asked, OWNER, "Hello")  # or the question itself makes the line have one conversation more
        line = {"dashboard_id": LINE}
        assert said(await asked.call("delete_dashboard", **line))["outcome"] == "confirmation_required"
        [text] = texted(asked)
        code = code_in(text)
        text_from(asked, OWNER, f"YES {code}")
        assert said(await asked.call("delete_dashboard", **line))["outcome"] == "confirmation_required"
        text_from(asked, OWNER, f"YES {code} Front Desk")

        assert "and the name" in text
        assert said(await asked.call("delete_dashboard", **line))["outcome"] == "done"

    async def test_one_of_several_answers(self):
        async with open_desk(confirm_fallback="text", approvers=f"{OWNER}, {PARTNER}") as desk:
            await deletes(desk)
            assert texted(desk, OWNER) == texted(desk, PARTNER)
            text_from(desk, PARTNER, f"YES {code_in(texted(desk)[0])}")
            assert (await deletes(desk))["outcome"] == "done"

    async def test_a_line_that_cannot_be_read_leaves_the_question_open(
        self, asked: Desk, monkeypatch: pytest.MonkeyPatch
    ):
        await deletes(asked)

        async def fails(*_: Any) -> None:
            raise BadInput("Not now.")

        monkeypatch.setattr("textrequest_mcp.account.approvers.newest_texts", fails)
        assert (await deletes(asked))["outcome"] == "confirmation_required"

    async def test_a_host_that_can_ask_asks(self, asked: Desk):
        async with asked.host(declines()) as host:
            assert said(await call(host, "delete_contact", phone_number=DEVON))["outcome"] == "not_confirmed"
        assert texted(asked) == []


def test_a_long_question_is_cut_to_one_segment():
    shown = Shown(f"Text Zoë \U0001f600 {'x' * 400}?", "Front Desk", "", "Send a text")
    row = Row(id="a", account="", tool="", binding="", shown=shown, asked_at=0, expires_at=0, decision=None, by=None)

    assert segments(question(row, "4821")) == 1
    assert question(row, "4821").endswith("...? Reply YES 4821 and the name, or NO 4821")


class TestHidden:
    async def test_no_reading_tool_and_no_document_shows_what_approvers_write(self, asked: Desk):
        await deletes(asked)
        code = code_in(texted(asked)[0])
        text_from(asked, OWNER, f"I say {code}")
        async with asked.host() as host:
            told: list[Any] = [
                await call(host, "list_conversations", page_size=1000),
                await call(host, "list_contacts", page_size=1000),
                await call(host, "wait_for_messages", timeout_seconds=0),
                await host.read_resource(f"textrequest://dashboards/{LINE}/conversations"),
                await call(host, "list_messages", phone_number=OWNER),
                await call(host, "get_contact", phone_number=OWNER),
                await call(host, "wait_for_messages", phone_number=OWNER, timeout_seconds=0),
            ]

        assert len(said(told[0])["items"]) > 30
        for each in told:
            assert f"I say {code}" not in str(each)
        for each in told[:-1]:  # the last one says of whose texts it was asked
            assert OWNER[-7:] not in str(each)
        assert said(told[-1])["items"] == []
        assert "gives approvals by text" in refusal(told[4])
        assert "gives approvals by text" in refusal(told[5])

    @pytest.mark.parametrize(
        ("tool", "arguments"),
        [
            ("send_message", {"phone_number": OWNER, "body": "YES"}),
            ("save_contact", {"phone_number": OWNER, "is_blocked": True}),
            ("save_contacts", {"contacts": [{"phone_number": MARIA}, {"phone_number": OWNER}]}),
            ("create_payment", {"customer_phone": OWNER, "amount_requested": 1, "description": "x"}),
            ("archive_conversation", {"phone_number": OWNER}),
            ("delete_contact", {"phone_number": OWNER}),
        ],
    )
    async def test_an_approver_is_neither_texted_nor_changed_for_a_model(self, tool: str, arguments: dict[str, Any]):
        async with open_desk(**(RULED | {"quiet_hours": "off"}), **BY_TEXT) as desk:
            assert "gives approvals by text" in refusal(await desk.call(tool, **arguments))
            assert desk.changes == []

    async def test_texts_of_a_webhook_are_not_noted(self, asked: Desk):
        event = TextEvent(
            dashboard_id=LINE, message_id="m1", phone_number=OWNER, direction="R", body="YES 4821", at=1.0
        )
        await asked.account.live.note([event])

        assert await asked.account.live.log.read(0, EventFilter(), 10) == []


class TestTheSetting:
    def test_numbers_in_any_usual_form(self):
        settings = Settings(api_key="", approvers="(423) 555-0142, 423-555-0143,")

        assert approvers_of(settings) == {OWNER, PARTNER}

    @pytest.mark.parametrize(
        ("given", "says"), [("555", "TEXTREQUEST_APPROVERS makes no sense at entry 1"), ("", "names nobody to ask")]
    )
    def test_a_mistake_is_a_sentence(self, given: str, says: str):
        with pytest.raises(ValueError, match=says):
            approvers_of(Settings(api_key="", approvers=given, confirm_fallback="text"))
