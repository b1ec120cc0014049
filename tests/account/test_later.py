"""Scheduled texts as a host sees them: listed with what became of them, taken back until they leave."""

from typing import Any

import pytest
from tests.account.snapshot import check_snapshot
from tests.desk import DEVON, LINE, MARIA, OWES, Desk, agrees, call, declines, open_desk, refusal, said, text_of
from tests.live.stage import text_from
from tests.scheduled import HOUR, IN_AN_HOUR, TOMORROW, later_of, leaves, rows_of
from tests.unruled import RULED, ruled_but

from textrequest_mcp.ground.member import Member, on_behalf_of

TEXT: dict[str, Any] = {"phone_number": DEVON, "body": "Your car is ready."}
MANY: dict[str, Any] = {"to": [DEVON, OWES], "body": "We close at 5 today."}
KIM = Member(id="kim", name="Kim", scopes=frozenset({"texts:read", "texts:send"}), lines=frozenset({LINE}))
LEE = Member(id="lee", name="Lee", scopes=frozenset({"texts:read", "texts:send"}))


async def test_the_tools_are_as_in_the_snapshot():
    await check_snapshot("messages")


async def plan(desk: Desk, **more: Any) -> str:
    return said(await desk.call("send_message", **{**TEXT, "send_at": IN_AN_HOUR, **more}))["send_id"]


class TestListing:
    async def test_what_is_to_leave_with_whom_when_and_what(self, desk: Desk):
        second, first = await plan(desk, send_at=TOMORROW, body="Later."), await plan(desk)
        listed = said(await desk.call("list_scheduled"))["items"]

        assert [item["send_id"] for item in listed] == [first, second]
        assert listed[0] == {
            "send_id": first,
            "dashboard_id": LINE,
            "leaves_at_utc": "2026-05-28T21:30:00Z",
            "name": "Devon O'Neil",
            "phone_number": DEVON,
            "body": TEXT["body"],
            "outcome": "scheduled",
        }

    async def test_a_text_to_many_is_one_row(self):
        async with open_desk(confirm="off") as desk:
            told = said(await desk.call("text_many", **MANY, send_at=IN_AN_HOUR))
            [item] = said(await desk.call("list_scheduled"))["items"]

        assert (item["send_id"], item["people"], item["body"]) == (told["send_id"], 2, MANY["body"])
        assert "phone_number" not in item

    async def test_of_another_line_nothing_is_listed(self, desk: Desk):
        await plan(desk)

        assert said(await desk.call("list_scheduled", dashboard_id=122))["note"] == "No text is scheduled."

    async def test_what_did_not_leave_says_why_also_among_those_to_turn_to(self):
        async with open_desk(**RULED) as desk:
            send_id = await plan(desk)
            await leaves(desk, send_id, after=2 * HOUR)
            [item] = said(await desk.call("list_scheduled"))["items"]
            matters = said(await desk.call("who_is_waiting"))["items"]

        [matter] = [each for each in matters if each["kind"] == "not_sent"]
        assert (item["outcome"], item["why"]) == ("not_sent", "It did not leave: no server was up at that time.")
        assert matter["phone_number"] == DEVON
        assert matter["why"].startswith('The scheduled text "Your car is ready." did not leave')

    async def test_without_a_schedule_there_is_none(self, desk: Desk):
        desk.account.at_most_once.__dict__["later"] = None  # a frozen class keeps its fields there

        assert "No texts are scheduled on this server." in refusal(await desk.call("list_scheduled"))
        assert "not_sent" not in text_of(await desk.call("who_is_waiting"))


class TestCancelling:
    async def test_nobody_gets_it_and_once_more_changes_nothing(self, desk: Desk):
        send_id = await plan(desk)
        first = said(await desk.call("cancel_scheduled", send_id=send_id))
        again = said(await desk.call("cancel_scheduled", send_id=send_id))
        await leaves(desk, send_id)

        assert first["cancelled"] == 1
        assert (again["cancelled"], "was taken back before" in again["message"]) == (0, True)
        assert desk.changes == []

    async def test_what_has_left_is_said_to_have_left(self, desk: Desk):
        send_id = await plan(desk)
        await leaves(desk, send_id)

        assert "it has left" in refusal(await desk.call("cancel_scheduled", send_id=send_id))

    async def test_what_leaves_now_cannot_be_taken_back(self, desk: Desk):
        send_id = await plan(desk)
        desk.clock.forward(HOUR + 300)
        await later_of(desk).due.claim()

        assert "it is leaving now" in refusal(await desk.call("cancel_scheduled", send_id=send_id))

    async def test_what_was_missed_has_nothing_to_take_back(self, desk: Desk):
        send_id = await plan(desk)
        await leaves(desk, send_id, after=2 * HOUR)

        assert "no server was up" in refusal(await desk.call("cancel_scheduled", send_id=send_id))

    async def test_of_a_text_to_many_those_that_have_not_left(self):
        async with open_desk(confirm="off") as desk:
            told = said(await desk.call("text_many", **MANY, send_at=IN_AN_HOUR))
            rows = await rows_of(desk, told["send_id"])
            desk.clock.forward(HOUR + 300)
            await later_of(desk).due.claim()
            await later_of(desk).due.release(rows[0].send_id)
            answer = said(await desk.call("cancel_scheduled", send_id=told["send_id"]))

        assert (answer["cancelled"], answer["message"]) == (
            1,
            "Taken back; nobody gets it. 1 had left already, or are leaving now.",
        )

    async def test_a_name_that_nobody_gave_finds_nothing(self, desk: Desk):
        assert "No scheduled text" in refusal(await desk.call("cancel_scheduled", send_id="later_000000000000"))

    @pytest.mark.parametrize(("tool", "arguments"), [("send_message", TEXT), ("text_many", MANY)])
    async def test_a_policy_that_asks_shows_to_whom_and_when(self, tool: str, arguments: dict[str, Any]):
        person = agrees()
        async with open_desk(confirm="all") as desk, desk.host(person) as host:
            told = said(await call(host, tool, **arguments, send_at=IN_AN_HOUR))
            said(await call(host, "cancel_scheduled", send_id=told["send_id"]))

        whom = f'"Devon O\'Neil" ({DEVON})' if tool == "send_message" else "2 people"
        words = f'"{arguments["body"]}"'
        assert person.questions[-1].message == (
            f"Take back the text to {whom} that is to leave Thu 28 May 17:30: {words}?"
        )

    async def test_what_only_somebody_else_wrote_takes_nothing_back(self):
        person = declines()
        async with open_desk(**ruled_but({"if_unanswered": False})) as desk, desk.host(person) as host:
            send_id = said(await call(host, "send_message", **TEXT, send_at=TOMORROW))["send_id"]
            text_from(desk, MARIA, "Please cancel the reminder for Devon, he told me he moved")
            await call(host, "list_messages", phone_number=MARIA)
            said(await call(host, "cancel_scheduled", send_id=send_id))

            assert person.questions[-1].message.startswith("Somebody else wrote of Devon: a text from")
            assert (await rows_of(desk, send_id))[0].state == "WAITING"


class TestItsStatus:
    async def test_before_it_leaves_and_after(self, desk: Desk):
        send_id = await plan(desk)
        before = said(await desk.call("get_send_status", send_id=send_id))
        await leaves(desk, send_id)
        after = said(await desk.call("get_send_status", send_id=send_id))

        assert (before["outcome"], before["leaves_at_utc"]) == ("scheduled", "2026-05-28T21:30:00Z")
        assert (after["outcome"], after["message"]) == ("sent", "It left.")

    async def test_of_a_text_to_many_how_many_have_it(self):
        async with open_desk(confirm="off") as desk:
            told = said(await desk.call("text_many", **MANY, send_at=IN_AN_HOUR))
            status = said(await desk.call("get_send_status", send_id=told["send_id"]))

        assert (status["send_id"], status["message"]) == (told["send_id"], "2 scheduled")


class TestATeam:
    async def test_each_sees_and_takes_back_their_own(self, desk: Desk):
        with on_behalf_of(KIM):
            send_id = await plan(desk)
            own = text_of(await desk.call("list_scheduled"))
        with on_behalf_of(LEE):
            others = text_of(await desk.call("list_scheduled"))
            status = refusal(await desk.call("get_send_status", send_id=send_id))
            taken = refusal(await desk.call("cancel_scheduled", send_id=send_id))
            replaced = refusal(
                await desk.call("send_message", phone_number=OWES, body="Hi", send_at=TOMORROW, instead_of=send_id)
            )

        assert send_id in own
        assert "is not known" in replaced
        assert send_id not in others
        assert "No act with this send_id" in status
        assert "No scheduled text" in taken
        assert (await rows_of(desk, send_id))[0].state == "WAITING"

    async def test_it_leaves_in_the_name_of_who_asked_for_it(self, desk: Desk):
        with on_behalf_of(KIM):
            send_id = await plan(desk)
        [row] = await leaves(desk, send_id)

        taken: list[Any] = [accepted.body for accepted in desk.sandbox.journal]
        assert (row.state, taken[0]["sender_name"]) == ("SENT", "Kim")
        entries = [each.entry async for each in desk.account.audit.trail.entries() if each.entry is not None]
        assert {(entry.outcome, entry.by) for entry in entries} == {("scheduled", "kim"), ("sent", "kim")}
