"""A text that leaves later: written down once, shown to a person with its time, moved, taken back, never sent twice."""

from typing import Any

import anyio
import pytest
from tests.desk import DEVON, MARIA, OWES, UNREACHABLE, Desk, agrees, call, declines, open_desk, refusal, said, text_of
from tests.scheduled import HOUR, IN_AN_HOUR, TOMORROW, later_of, leaves, rows_of
from tests.unruled import RULED, ruled_but

from textrequest_mcp.ground.member import SCOPES, Member, on_behalf_of

TEXT: dict[str, Any] = {"phone_number": DEVON, "body": "Your car is ready."}
MANY: dict[str, Any] = {"to": [DEVON, OWES], "body": "We close at 5 today."}


def bodies(desk: Desk) -> list[str]:
    """The words of every text that the service was given."""
    taken: list[Any] = [accepted.body for accepted in desk.sandbox.journal]
    return [body["body"] for body in taken]


async def plan(desk: Desk, send_at: str = IN_AN_HOUR, **text: Any) -> dict[str, Any]:
    return said(await desk.call("send_message", **{**TEXT, **text}, send_at=send_at))


class TestWritingDown:
    async def test_nothing_leaves_before_its_time_and_then_it_does_once(self, desk: Desk):
        told = await plan(desk)
        early = await rows_of(desk, told["send_id"])

        [row] = await leaves(desk, told["send_id"])
        await leaves(desk, told["send_id"])

        assert told["outcome"] == "scheduled"
        assert (early[0].state, row.state) == ("WAITING", "SENT")
        assert bodies(desk) == [TEXT["body"]]

    async def test_the_same_text_to_the_same_person_is_scheduled_once(self, desk: Desk):
        first = await plan(desk)
        again = await plan(desk, TOMORROW)
        other = await plan(desk, TOMORROW, body="Another text.")

        assert (again["already_done"], again["send_id"]) == (True, first["send_id"])
        assert again["leaves_at_utc"] == first["leaves_at_utc"]
        assert other["send_id"] != first["send_id"]

    async def test_so_it_is_by_twenty_calls_at_once(self, desk: Desk):
        told: list[dict[str, Any]] = []

        async def once() -> None:
            told.append(await plan(desk))

        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(once)

        assert len({each["send_id"] for each in told}) == 1
        assert sum("already_done" not in each for each in told) == 1

    async def test_a_second_one_on_purpose_is_confirmed_and_scheduled(self, desk: Desk):
        first = await plan(desk)
        async with desk.host(agrees()) as host:
            second = said(await call(host, "send_message", **TEXT, send_at=TOMORROW, repeat=True))

        assert second["send_id"] != first["send_id"]
        assert "already_done" not in second

    async def test_the_callers_own_name_stands_for_one_text(self, desk: Desk):
        first = await plan(desk, idempotency_key="order 7")
        again = await plan(desk, idempotency_key="order 7", repeat=True)
        other = await desk.call(
            "send_message", phone_number=DEVON, body="No.", send_at=TOMORROW, idempotency_key="order 7"
        )

        assert again["send_id"] == first["send_id"]
        assert "was used before, for another text" in refusal(other)

    async def test_one_that_left_between_question_and_answer_is_not_told_as_scheduled(self, desk: Desk):
        told = await plan(desk)
        later = later_of(desk)
        alike, times = later.schedule.alike, iter([True, False])

        async def once_there(*args: Any, **named: Any) -> Any:
            return await alike(*args, **named) if next(times) else None

        later.schedule.alike = once_there  # type: ignore[method-assign]
        answer = refusal(await desk.call("send_message", **TEXT, send_at=IN_AN_HOUR))

        assert "has left meanwhile" in answer
        assert (await rows_of(desk, told["send_id"]))[0].state == "WAITING"

    async def test_a_picture_is_not_scheduled(self, desk: Desk):
        answer = refusal(await desk.call("send_message", **TEXT, picture="a.png", send_at=IN_AN_HOUR))

        assert "A picture cannot be scheduled." in answer

    async def test_the_words_and_the_number_are_in_no_file(self, tmp_path: Any):
        async with open_desk(state_dir=tmp_path) as desk:
            await plan(desk, body="Your MRI is on Monday.")
            kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())

        assert b"MRI" not in kept
        assert DEVON.removeprefix("+").encode() not in kept

    async def test_of_a_colleagues_same_text_nothing_but_that_is_told(self, desk: Desk):
        with on_behalf_of(Member(id="kim", name="Kim", scopes=frozenset(SCOPES))):
            first = await plan(desk)
        with on_behalf_of(Member(id="lee", name="Lee", scopes=frozenset(SCOPES))):
            second = await plan(desk, TOMORROW)

        assert "A colleague has scheduled the same text" in second["message"]
        assert first["send_id"] not in str(second)


class TestAsking:
    async def test_a_person_sees_when_it_leaves_and_is_not_asked_again_at_that_time(self):
        person = agrees()
        async with open_desk(confirm="sends", confirm_fallback="refuse") as desk:
            async with desk.host(person) as host:
                told = said(await call(host, "send_message", **TEXT, send_at=IN_AN_HOUR))
            [row] = await leaves(desk, told["send_id"])

        [question] = person.questions
        assert question.message.endswith('"Your car is ready."? It leaves Thu 28 May 17:30.')
        assert row.state == "SENT"

    async def test_another_time_or_text_is_asked_anew(self):
        person = agrees()
        async with open_desk(confirm="sends") as desk, desk.host(person) as host:
            told = said(await call(host, "send_message", **TEXT, send_at=IN_AN_HOUR))
            moved = said(await call(host, "send_message", **TEXT, send_at=TOMORROW, instead_of=told["send_id"]))

        assert 'takes the place of "Your car is ready.", which was to leave Thu 28 May' in person.questions[1].message
        assert moved["outcome"] == "scheduled"

    async def test_without_a_yes_nothing_is_written_down(self):
        async with open_desk(confirm="sends") as desk, desk.host(declines()) as host:
            told = said(await call(host, "send_message", **TEXT, send_at=IN_AN_HOUR))
            listed = text_of(await call(host, "list_scheduled"))

        assert told["outcome"] == "not_confirmed"
        assert "No text is scheduled." in listed

    async def test_the_quiet_hours_are_those_of_its_time(self):
        async with open_desk(**ruled_but({"if_unanswered": False})) as desk:
            at_night = refusal(await desk.call("send_message", **TEXT, send_at="2026-05-29T23:30"))
            desk.clock.forward(8 * HOUR)  # now it is half past midnight there
            told = await plan(desk, TOMORROW)

        assert "it is 2026-05-29 22:30 CDT or 2026-05-29 23:30 EDT there" in at_night or "23:30" in at_night
        assert told["outcome"] == "scheduled"


class TestMoving:
    async def test_it_takes_the_place_of_the_other(self, desk: Desk):
        first = await plan(desk)
        moved = await plan(desk, TOMORROW, instead_of=first["send_id"])
        await leaves(desk, first["send_id"])
        early = bodies(desk)

        await leaves(desk, moved["send_id"], after=23 * HOUR)

        assert (early, bodies(desk)) == ([], [TEXT["body"]])
        assert (await rows_of(desk, first["send_id"]))[0].state == "CANCELLED"

    async def test_without_a_time_it_leaves_at_once(self, desk: Desk):
        first = await plan(desk)
        now = said(await desk.call("send_message", **TEXT, instead_of=first["send_id"]))

        [row] = await leaves(desk, now["send_id"], after=0.0)

        assert row.state == "SENT"
        assert bodies(desk) == [TEXT["body"]]

    async def test_by_a_text_that_is_scheduled_already_is_a_sentence_and_changes_nothing(self, desk: Desk):
        there = await plan(desk, TOMORROW)
        other = said(await desk.call("send_message", **(TEXT | {"body": "Other."}), send_at=IN_AN_HOUR))
        answer = refusal(await desk.call("send_message", **TEXT, send_at=TOMORROW, instead_of=other["send_id"]))
        states = [(await rows_of(desk, each["send_id"]))[0].state for each in (there, other)]

        assert f"{other['send_id']} still leaves: this call changed nothing" in answer
        assert states == ["WAITING", "WAITING"]

    async def test_the_same_move_again_is_answered_as_before(self, desk: Desk):
        first = await plan(desk)
        moved = await plan(desk, TOMORROW, instead_of=first["send_id"])
        again = await plan(desk, TOMORROW, instead_of=first["send_id"])

        assert again["send_id"] == moved["send_id"]
        assert again["already_done"]

    async def test_a_text_to_somebody_else_is_not_taken_back(self, desk: Desk):
        theirs = await plan(desk)
        answer = refusal(await desk.call("send_message", phone_number=OWES, body="Hi.", instead_of=theirs["send_id"]))
        many = {"body": "Hi.", "to": [OWES, "+14235550104"], "send_at": TOMORROW, "instead_of": theirs["send_id"]}
        async with desk.host(agrees()) as host:
            to_others = refusal(await call(host, "text_many", **many))

        assert "also for somebody whom it does not text" in answer
        assert "also for somebody whom it does not text" in to_others
        assert (await rows_of(desk, theirs["send_id"]))[0].state == "WAITING"
        assert bodies(desk) == []

    async def test_what_has_left_is_not_replaced(self, desk: Desk):
        first = await plan(desk)
        await leaves(desk, first["send_id"])

        answer = refusal(await desk.call("send_message", **TEXT, send_at=TOMORROW, instead_of=first["send_id"]))

        assert "has left, was cancelled, or is not known" in answer


class TestMany:
    async def test_each_gets_it_at_that_time(self):
        async with open_desk(confirm="off") as desk:
            told = said(await desk.call("text_many", **MANY, send_at=IN_AN_HOUR))
            rows = await leaves(desk, told["send_id"])

        assert "2 texts leave Thu 28 May 17:30" in told["message"]
        assert told["send_id"].startswith("batch_")
        assert [row.state for row in rows] == ["SENT", "SENT"]
        assert bodies(desk) == [MANY["body"]] * 2

    async def test_one_question_shows_the_time_and_who_is_left_out(self):
        person = agrees()
        async with open_desk(**RULED) as desk, desk.host(person) as host:
            told = said(
                await call(host, "text_many", body="Hi", to=[DEVON, OWES, MARIA], send_at=TOMORROW, leave_out=[OWES])
            )

        [question] = person.questions
        assert question.message.endswith("It leaves Fri 29 May 16:30.")
        assert "2 do not get it: 1 as asked; 1 waiting for an answer." in told["message"]
        assert {missed["phone_number"] for missed in told["items"]} == {MARIA, OWES}

    async def test_the_same_call_adds_nobody(self):
        async with open_desk(confirm="off") as desk:
            first = said(await desk.call("text_many", **MANY, send_at=IN_AN_HOUR))
            again = said(await desk.call("text_many", **MANY, send_at=IN_AN_HOUR))
            more = said(await desk.call("text_many", **MANY | {"to": [DEVON, UNREACHABLE]}, send_at=IN_AN_HOUR))
            await leaves(desk, first["send_id"])

        assert again["already_done"] is True
        assert "already_done" not in more
        assert len(desk.sandbox.journal) == 3

    async def test_by_its_own_name_it_is_scheduled_once(self):
        async with open_desk(confirm="off") as desk:
            first = said(await desk.call("text_many", **MANY, send_at=IN_AN_HOUR, idempotency_key="a"))
            await leaves(desk, first["send_id"])
            again = said(await desk.call("text_many", **MANY, send_at=TOMORROW, idempotency_key="a"))

        assert again["already_done"] is True
        assert len(desk.sandbox.journal) == 2


class TestUndo:
    async def test_each_text_waits_and_can_be_taken_back(self):
        async with open_desk(undo_seconds=20) as desk:
            told = said(await desk.call("send_message", **TEXT))
            taken = said(await desk.call("cancel_scheduled", send_id=told["send_id"]))
            [row] = await leaves(desk, told["send_id"], after=60.0)

        assert "Until then cancel_scheduled" in told["message"]
        assert (taken["cancelled"], row.state, bodies(desk)) == (1, "CANCELLED", [])

    async def test_nobody_is_shown_a_time_that_they_did_not_name(self):
        person = agrees()
        async with open_desk(undo_seconds=20, confirm="sends") as desk, desk.host(person) as host:
            await call(host, "send_message", **TEXT)

        assert "It leaves" not in person.questions[0].message

    async def test_it_leaves_after_that(self):
        async with open_desk(undo_seconds=20) as desk:
            told = said(await desk.call("send_message", **TEXT))
            [row] = await leaves(desk, told["send_id"], after=21.0)
            again = said(await desk.call("send_message", **TEXT))

        assert row.state == "SENT"
        assert (again["outcome"], again["duplicate_suppressed"]) == ("sent", True)
        assert bodies(desk) == [TEXT["body"]]

    async def test_a_text_to_many_waits_too(self):
        async with open_desk(undo_seconds=20, confirm="off") as desk:
            told = said(await desk.call("text_many", **MANY))
            await leaves(desk, told["send_id"], after=21.0)
            again = said(await desk.call("text_many", **MANY))

        assert told["outcome"] == "scheduled"
        assert len(desk.sandbox.journal) == 2
        assert again["duplicate_suppressed"] is True


@pytest.mark.parametrize("settings", [{"undo_seconds": 20}, {}])
async def test_what_cannot_wait_does_not(settings: dict[str, Any]):
    async with open_desk(**settings) as desk:
        told = said(await desk.call("create_payment", customer_phone=DEVON, amount_requested=5, description="Wipers"))

    assert told["outcome"] == "sent"
