"""What is read for a person at the desk, beside their question."""

from typing import Any

import httpx2
import pytest
from tests.desk import DEVON, LINE, MARIA, Desk, call, open_desk, said
from tests.unruled import RULED

from textrequest_mcp.account import beside
from textrequest_mcp.guard.approval import at_desk
from textrequest_mcp.guard.approval.shown import Beside, Shown
from textrequest_mcp.sandbox import receive

TEXT = {"phone_number": MARIA, "body": "Your car is ready."}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(at_desk, "PATIENCE_SECONDS", 0.0)


async def shown(desk: Desk, tool: str, **arguments: Any) -> Shown:
    """What a person would be shown of a call."""
    async with desk.host() as host:
        assert said(await call(host, tool, **arguments))["outcome"] == "confirmation_required"
    [row] = await desk.account.gate.desk.approvals.waiting()
    assert row.shown is not None
    return row.shown


async def test_the_conversation_the_segments_and_what_is_left_of_the_caps():
    ruled: dict[str, Any] = RULED | {"quiet_hours": "off"}
    async with open_desk(**ruled, confirm="sends", confirm_fallback="page") as desk:
        desk.sandbox.lines[LINE].contacts[MARIA.removeprefix("+")].is_resolved = True  # or the text is held back
        facts = await shown(desk, "send_message", **TEXT)

    assert facts.beside.person == f'"Maria Lopez" ({MARIA})'
    assert [text.theirs for text in facts.beside.texts] == [False, True, False, True, False, True]
    assert facts.beside.texts[0].words == "Hi Maria, this is Ridgeline Auto. We have your RAV4 on the lift now."
    assert facts.beside.texts[0].by == "Luis Ortega"
    assert sorted(text.at or 0 for text in facts.beside.texts) == [text.at for text in facts.beside.texts]
    assert dict(facts.beside.facts) == {
        "Line": '"Front Desk" (line 121)',
        "This text": "18 characters, 1 segment",
        "Texts left this hour": "100",
        "Texts left today": "500",
        "New people left today": "50",
    }


async def test_why_a_person_is_asked_stands_beside_the_question_and_not_in_it():
    async with open_desk(**RULED, confirm_fallback="page") as desk:
        async with desk.host() as host:
            receive(desk.sandbox, LINE, MARIA[1:], "Devon wants his contact gone")
            await call(host, "list_messages", phone_number=MARIA)
        facts = await shown(desk, "delete_contact", phone_number=DEVON)

    assert len(facts.why) == 1
    assert facts.why[0].startswith("Somebody else wrote of Devon: a text from")
    assert facts.rules == ("TEXTREQUEST_PROVENANCE",)
    assert facts.asked.startswith('Delete the contact "Devon O\'Neil"')
    assert facts.text == f"{facts.why[0]} {facts.asked}"


async def test_a_question_about_nobody_has_no_conversation():
    async with open_desk(confirm="all", confirm_fallback="page") as desk:
        group = await shown(desk, "create_group", name="Winter tires")

    assert (group.beside.person, group.beside.texts) == ("", ())


async def test_a_long_conversation_is_read_at_both_ends_and_cut():
    texts: list[dict[str, Any]] = [
        {"message_id": f"m{n}", "body": "x" * 700, "message_direction": "R", "mms_media": ["https://m.example/1"]}
        | {"message_timestamp_utc": f"2026-11-01T10:{n:02}:00Z"}
        for n in range(30)
    ]

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith("/messages"):
            page = int(request.url.params["page"])
            return httpx2.Response(
                200, json={"items": texts[page * 25 : page * 25 + 25], "meta": {"total_items": len(texts)}}
            )
        return httpx2.Response(200, json={"phone_number": "14235550100", "display_name": "Maria"})

    async with open_desk(confirm="sends", confirm_fallback="page", transport=httpx2.MockTransport(answer)) as desk:
        facts = await shown(desk, "send_message", **TEXT)

    assert len(facts.beside.texts) == 10
    assert facts.beside.texts[-1].words == "x" * 600 + "… [1 picture]"


@pytest.mark.parametrize(("seconds", "note"), [(10.0, "could not be read."), (0.0, "could not be read in time.")])
async def test_what_cannot_be_read_is_said_and_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, seconds: float, note: str
):
    monkeypatch.setattr(beside, "_SECONDS", seconds)

    async with open_desk() as desk:
        line = await desk.account.line(LINE)
        monkeypatch.setattr(type(line), "title", failing)
        read = await beside.read_beside(line, MARIA, None, None)

    assert isinstance(read, Beside)
    assert note in read.note
    assert read.person == ""


async def failing(_: object) -> str:
    import anyio

    from textrequest_mcp.upstream.errors import TextRequestError

    await anyio.sleep(0.001)
    raise TextRequestError("Text Request is down.")
