"""A text to many: one question for the list, each person at most once over repeats, faults and new servers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.desk import (
    BLOCKED,
    ERAS,
    LINE,
    MARIA,
    OPTED_OUT_BY_STATUS,
    OWES,
    Desk,
    Era,
    agrees,
    call,
    declines,
    open_desk,
    refusal,
    said,
    text_of,
)
from tests.sandbox.service import KEY, Clock
from tests.unruled import RULED, ruled_but

from textrequest_mcp.sandbox import create_app, receive
from textrequest_mcp.tools import many

BODY = "Hi {first_name}, we close early on Friday."
VIPS: dict[str, Any] = {"body": BODY, "to": ["tag:VIP"]}
NIGHT = 7 * 3600.0  # 23:26 in Chattanooga
STRANGER = "+14235550198"


class Way(httpx2.AsyncBaseTransport):
    """The way to a sandbox that outlives servers; `fates` says of each text what happens to it."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.app = create_app(key=KEY, clock=self.clock, rate_limit=None, lively=False)
        self.inner = httpx2.ASGITransport(app=self.app)
        self.fates: list[Callable[[], Any]] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        fate = self.fates.pop(0) if request.method == "POST" and self.fates else None
        if fate is not None:
            await fate()
        answer = await self.inner.handle_async_request(request)
        if fate is self.lose:
            raise httpx2.ReadError("lost")
        return answer

    async def go(self) -> None:
        """Nothing happens to it."""

    async def lose(self) -> None:
        """Its answer is lost."""

    async def refuse(self) -> None:
        raise httpx2.ConnectError("no connection")

    @property
    def texted(self) -> list[str]:
        return [path.split("/")[4] for path in self.paths]

    @property
    def paths(self) -> list[str]:
        return [each.path for each in self.app.state.account.journal if each.path.endswith("/messages")]


def texted(desk: Desk) -> list[str]:
    return ["+" + path.split("/")[4] for method, path in desk.changes if method == "POST"]


def words(desk: Desk) -> list[str]:
    bodies: list[Any] = [accepted.body for accepted in desk.sandbox.journal]
    return [body["body"] for body in bodies]


def missed(answer: dict[str, Any]) -> dict[str, str]:
    return {row["phone_number"]: row["why"] for row in answer["items"]}


class TestTheList:
    @pytest.mark.parametrize("era", ERAS)
    async def test_everybody_gets_their_own_text_once_after_one_question(self, era: Era):
        person = agrees()
        async with open_desk(**RULED) as desk, desk.host(person, era=era) as host:
            answer = said(await call(host, "text_many", **VIPS))
            again = said(await call(host, "text_many", **VIPS))

        assert len(person.questions) == 1
        assert (answer["sent"], again["sent"], again["have_it"]) == (7, 0, 7)
        assert len(texted(desk)) == len(set(texted(desk))) == 7
        bodies = words(desk)
        assert "Hi Ben, we close early on Friday." in bodies
        assert missed(answer) == missed(again)

    async def test_the_question_says_how_many_who_who_not_and_why(self):
        person = declines()
        async with open_desk(**RULED) as desk, desk.host(person) as host:
            answer = said(await call(host, "text_many", **VIPS))

        [question] = [question.message for question in person.questions]
        assert question.startswith(f'Text 7 people from "Front Desk" (line {LINE}): "{BODY}"? The first reads: "Hi Ben')
        assert "Left out: 1 waiting for an answer; 1 opted out." in question
        assert "The carrier bills 7 segments." in question
        assert answer["outcome"] == "not_confirmed"
        assert texted(desk) == []

    async def test_who_cannot_be_texted_is_left_out_with_the_reason(self):
        to = [MARIA, OPTED_OUT_BY_STATUS, BLOCKED, OWES, STRANGER, "+19005550101", "+18005550123"]
        async with open_desk(**RULED) as desk, desk.host(agrees()) as host:
            before = desk.sandbox.requests
            answer = said(await call(host, "text_many", body="We close early.", to=to))

            assert (
                desk.sandbox.requests - before <= 1 + 1 + 2 + 2 + 1
            )  # lines, people, two strangers, two texts, the clock
        assert texted(desk) == [OWES, STRANGER]
        assert missed(answer) == {
            MARIA: "waiting for an answer",
            OPTED_OUT_BY_STATUS: "opted out",
            BLOCKED: "blocked",
            "+19005550101": "The number is a premium one, which charges whoever reaches it",
            "+18005550123": "The number is toll-free, so it is a company's and not a person's",
        }

    async def test_quiet_hours_are_looked_at_for_the_last_text_too(self):
        async with open_desk(**RULED) as desk, desk.host(agrees()) as host:
            desk.clock.forward(NIGHT)
            asleep = refusal(await call(host, "text_many", body="We close early.", to=[OWES]))
            desk.clock.forward(9 * 3600.0)  # 8:26 there, and 7:26 in the other zone of 423
            early = refusal(await call(host, "text_many", body="We close early.", to=[OWES]))
            desk.clock.forward(3600.0)
            awake = said(await call(host, "text_many", body="We close early.", to=[OWES]))

        assert asleep.startswith("Nobody is left to text: 1 in their quiet hours")
        assert early == asleep
        assert awake["sent"] == 1

    async def test_a_long_list_stops_before_the_evening(self):
        to = [OWES, *(f"+1423555{place:04}" for place in range(100, 104))]
        async with open_desk(**RULED) as desk, desk.host(agrees()) as host:
            desk.clock.forward(4 * 3600.0 + 33 * 60 + 17)  # 20:59:57 there: four texts have time, and the fifth has not
            answer = refusal(await call(host, "text_many", body="We close early.", to=to))
            alone = said(await call(host, "text_many", body="We close early.", to=[OWES]))

        assert "in their quiet hours when the first or the last text leaves" in answer
        assert alone["sent"] == 1

    async def test_words_that_nobody_would_see_go_to_nobody(self):
        async with open_desk(**RULED) as desk, desk.host(agrees()) as host:
            sentence = refusal(await call(host, "text_many", body="Hi\u2062", to=[OWES]))

        assert "nobody would see" in sentence

    async def test_who_may_want_no_more_texts_and_who_may_not_be_texted_at_all(self):
        async with open_desk(**ruled_but({"only_to": f"{OWES},{MARIA}"})) as desk, desk.host(agrees()) as host:
            await desk.account.policy.consent.heard(LINE, OWES, "please stop texting me", desk.clock.now)
            sentence = refusal(await call(host, "text_many", body="We close early.", to=[OWES, STRANGER, MARIA]))

        assert "1 waiting for an answer" in sentence
        assert "1 wrote what may mean that they want no more texts" in sentence
        assert "1 not among those whom TEXTREQUEST_ONLY_TO lets be texted" in sentence

    async def test_with_everything_off_nobody_is_asked(self):
        person = agrees()
        async with open_desk(confirm="off") as desk, desk.host(person) as host:
            answer = said(await call(host, "text_many", body="Hello", to=[MARIA]))
            again = said(await call(host, "text_many", body="Hello", to=[MARIA]))

        assert (answer["sent"], again["sent"], again["have_it"], person.questions) == (1, 0, 1, [])
        assert texted(desk) == [MARIA]

    async def test_a_list_that_changes_while_a_person_looks_is_asked_about_again(self):
        async with open_desk() as desk:
            person = agrees()

            async def joins(context: Any, params: Any) -> Any:
                desk.account.directory.change(LINE, "+14235550102", groups=[1211])
                return await person(context, params)

            async with desk.host(joins, era="legacy") as host:
                answer = said(await call(host, "text_many", body="Hello", to=["group:Spring Specials"]))

        assert answer["outcome"] == "not_confirmed"
        assert texted(desk) == []


class TestGoingOn:
    async def test_another_server_goes_on_where_the_first_one_ended(self, tmp_path: Path):
        way, person = Way(), agrees()
        way.fates = [way.go, way.go, way.go, *[way.refuse] * 9]
        async with open_desk(state_dir=tmp_path, transport=way, **RULED) as desk, desk.host(person) as host:
            first = said(await call(host, "text_many", **VIPS))
        way.fates = []
        async with open_desk(state_dir=tmp_path, transport=way, **RULED) as desk, desk.host(person) as host:
            desk.clock.forward(3600.0)  # long after the time in which the same text counts as a repetition
            second = said(await call(host, "text_many", **VIPS))

        assert (first["sent"], first["waiting"], second["sent"], second["have_it"]) == (3, 4, 4, 3)
        assert "4 still wait" in first["message"]
        assert len(way.texted) == len(set(way.texted)) == 7
        assert len(person.questions) == 1

    async def test_an_answer_that_got_lost_is_looked_for_and_never_repeated(self):
        way = Way()
        way.fates = [way.lose]
        async with open_desk(transport=way, **RULED) as desk, desk.host(agrees()) as host:
            answer = said(await call(host, "text_many", **VIPS))
            again = said(await call(host, "text_many", **VIPS))

        assert answer["sent"] + answer.get("have_it", 0) == 7
        assert again["sent"] == 0
        assert len(way.texted) == len(set(way.texted)) == 7

    async def test_one_that_is_not_found_is_told_and_three_of_them_end_the_call(self):
        way = Way()

        async def swallow() -> None:
            raise httpx2.ReadError("lost on its way")

        way.fates = [swallow] * 3
        async with open_desk(transport=way, **RULED) as desk, desk.host(agrees()) as host:
            answer = said(await call(host, "text_many", **VIPS))
            way.fates = []
            again = said(await call(host, "text_many", **VIPS))

        assert (answer["sent"], answer["waiting"]) == (0, 4)
        assert list(missed(answer).values()).count("may have got it; do not text it again") == 3
        assert (again["sent"], list(missed(again).values()).count("may have got it; do not text it again")) == (4, 3)

    async def test_a_stop_that_comes_meanwhile_holds(self):
        way = Way()
        async with open_desk(transport=way, **RULED) as desk, desk.host(agrees()) as host:

            async def stop() -> None:
                await desk.account.policy.consent.heard(LINE, OWES, "STOP", desk.clock.now)

            way.fates = [stop]
            answer = said(await call(host, "text_many", body="Hello", to=[STRANGER, OWES, "+14235550104"]))

        assert OWES.removeprefix("+") not in way.texted[1:] or way.texted[0] == OWES.removeprefix("+")
        assert answer["sent"] + len(answer["items"]) == 3

    async def test_a_cap_ends_the_call_and_says_when_there_is_room(self):
        async with open_desk(**ruled_but({"texts_per_hour": 3})) as desk, desk.host(agrees()) as host:
            first = said(await call(host, "text_many", **VIPS))
            desk.clock.forward(3601.0)
            second = said(await call(host, "text_many", **VIPS))

        assert (first["sent"], first["waiting"], second["sent"]) == (3, 4, 3)
        assert "There is room from" in first["message"]

    async def test_who_wrote_to_the_line_before_is_nobody_new_and_comes_first(self):
        async with open_desk(**ruled_but({"new_people_per_day": 1})) as desk, desk.host(agrees()) as host:
            answer = said(await call(host, "text_many", body="Hello", to=["+14235550102", "+14235550199", OWES]))

        assert texted(desk)[0] == OWES
        assert (answer["sent"], answer["waiting"]) == (2, 1)

    async def test_its_time_is_over(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(many, "PATIENCE_SECONDS", 0.0)
        async with open_desk(**RULED) as desk, desk.host(agrees()) as host:
            answer = said(await call(host, "text_many", **VIPS))

        assert (answer["sent"], answer["waiting"], answer["outcome"]) == (0, 7, "not_sent")
        assert texted(desk) == []

    async def test_who_joins_after_the_yes_is_not_texted(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(many, "PATIENCE_SECONDS", 0.0)
        person = agrees()
        async with open_desk(**RULED) as desk, desk.host(person) as host:
            said(await call(host, "text_many", **VIPS))
            monkeypatch.undo()
            desk.account.directory.change(LINE, OWES, contact_tags=list(desk.sandbox.lines[LINE].tags)[:1])
            answer = said(await call(host, "text_many", **VIPS))

        assert answer["sent"] == 7
        assert missed(answer)[OWES] == "not on the list that a person agreed to, or not with these words"
        assert len(person.questions) == 1

    async def test_whose_words_change_after_the_yes_does_not_get_the_other_words(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(many, "PATIENCE_SECONDS", 0.0)
        person = agrees()
        given = {"body": "Hi {first_name}, we close at noon.", "to": ["+14235550102", OWES]}
        async with open_desk(**RULED) as desk, desk.host(person) as host:
            said(await call(host, "text_many", **given))
            monkeypatch.undo()
            desk.account.directory.change(LINE, OWES, first_name="Winner of $500, reply NOW or")
            answer = said(await call(host, "text_many", **given))
            again = said(await call(host, "text_many", **given))

        assert texted(desk) == ["+14235550102"]
        assert missed(answer)[OWES] == missed(again)[OWES]
        assert missed(answer)[OWES].endswith("or not with these words")
        assert len(person.questions) == 1

    async def test_once_more_on_purpose_is_asked_and_goes_out_once_more(self):
        person = agrees()
        async with open_desk(**RULED) as desk, desk.host(person) as host:
            said(await call(host, "text_many", **VIPS))
            second = said(await call(host, "text_many", **VIPS, repeat=True))
            third = said(await call(host, "text_many", **VIPS, repeat=True))

        assert (second["sent"], third["sent"]) == (7, 7)
        assert len(person.questions) == 3
        assert len(texted(desk)) == 21

    async def test_whom_another_tool_texts_the_same_words_gets_them_once(self):
        async with open_desk(**ruled_but({"if_unanswered": False})) as desk, desk.host(agrees()) as host:
            said(await call(host, "text_many", body="We close early.", to=["+14235550102", OWES]))
            one = said(await call(host, "send_message", phone_number=OWES, body="We close early."))
            other = said(await call(host, "send_message", phone_number="+14235550104", body="We close early."))
            many = said(await call(host, "text_many", body="We close early.", to=["+14235550104"]))

        assert one["duplicate_suppressed"]
        assert other["outcome"] == "sent"
        assert many["have_it"] == 1
        assert len(texted(desk)) == len(set(texted(desk))) == 3

    async def test_what_many_may_have_got_no_other_tool_sends_again(self):
        way = Way()

        async def swallow() -> None:
            raise httpx2.ReadError("lost on its way")

        way.fates = [swallow]
        async with open_desk(transport=way, **ruled_but({"if_unanswered": False})) as desk, desk.host(agrees()) as host:
            said(await call(host, "text_many", body="We close early.", to=[OWES]))
            one = said(await call(host, "send_message", phone_number=OWES, body="We close early."))

        assert one["do_not_resend"]
        assert way.texted == []

    async def test_another_call_texts_nobody_who_just_got_the_same_words(self):
        person = agrees()
        async with open_desk(**RULED) as desk, desk.host(person) as host:
            said(await call(host, "text_many", body="We close early.", to=[OWES]))
            answer = said(await call(host, "text_many", body="We close early.", to=[OWES, "+14235550104"]))

        assert texted(desk) == [OWES, "+14235550104"]
        assert "1 have this very text already." in person.questions[1].message
        assert answer["have_it"] == 1


class TestOnOtherHosts:
    async def test_a_token_is_the_yes_and_may_come_again_with_the_same_call(self):
        async with open_desk(**ruled_but({"texts_per_hour": 3}), confirm_fallback="token") as desk:
            preview = said(await desk.call("text_many", **VIPS))
            confirmed = VIPS | {"confirmation": preview["confirmation"]}
            first = said(await desk.call("text_many", **confirmed))
            desk.clock.forward(3601.0)
            second = said(await desk.call("text_many", **confirmed))

        assert (first["sent"], second["sent"]) == (3, 3)


class TestTheAudit:
    async def test_each_person_has_a_row_and_the_call_has_one(self):
        async with open_desk(**RULED) as desk, desk.host(agrees()) as host:
            said(await call(host, "text_many", **VIPS))
            rows = [row.entry async for row in desk.account.audit.trail.entries()]

        kinds = [(row.kind, row.outcome, row.person is None) for row in rows if row is not None]
        assert kinds.count(("send", "sent", False)) == 7
        assert kinds.count(("send", "sent", True)) == 1
        assert kinds.count(("approval", "approved", True)) == 1


class TestWhoIsMeant:
    @pytest.mark.uncounted
    @pytest.mark.parametrize(
        ("to", "count"),
        [
            (["all"], 100),
            (["group:Spring Specials"], 9),
            (["1211"], None),
            (["group:1211"], 9),
            (["spring specials"], 9),
            (["field:vehicle=toyota"], 6),
            (["texted_since:2026-05-20"], 4),
            (["not_texted_since:2026-05-01"], 85),
        ],
    )
    async def test_people_are_named_by_what_they_have_in_common(self, to: list[str], count: int | None):
        person = declines()
        async with open_desk(**RULED) as desk, desk.host(person) as host:
            answer = await call(host, "text_many", body="Hello", to=to)

        if count is None:
            assert "phone number" in refusal(answer)
        else:
            assert said(answer)["outcome"] == "not_confirmed"
            assert person.questions[0].message.startswith(f"Text {count} people"), person.questions[0].message

    @pytest.mark.parametrize(
        ("given", "sentence"),
        [
            ({"to": ["group:Nope"]}, 'The groups are "Spring Specials"'),
            ({"to": ["maria"]}, '"Maria Lopez" (+14235550100)'),
            ({"to": ["zzzz"]}, "Name people by a number, all"),
            ({"to": ["field:vehicle=toy"]}, "Nobody is left to text"),
            ({"to": ["field:vehicle="]}, "names no value of a field"),
            ({"to": ["club:x"]}, '"club" names nobody'),
            ({"to": ["texted_since:soon"]}, "is no day"),
            ({"to": ["all"], "leave_out": ["all"]}, "Nobody is left to text: 112 as asked"),
            ({"to": [OWES], "body": "Hi {nick}"}, "{first_name}, {last_name}, {name}, {Vehicle}"),
            ({"to": [OWES], "body": "Where? [LocationRequest]"}, "asks for a position"),
            ({"to": [STRANGER], "body": "Hi {name}"}, "1 without name"),
            ({"to": ["+14235550104"], "body": "{name}" * 200}, "with a text over 1600 characters"),
        ],
    )
    async def test_what_names_nobody_is_said_with_what_there_is(self, given: dict[str, Any], sentence: str):
        async with open_desk(**RULED) as desk, desk.host(agrees()) as host:
            assert sentence in refusal(await call(host, "text_many", **({"body": "Hello"} | given)))

        assert desk.changes == []

    async def test_more_than_two_hundred_are_too_many(self):
        async with open_desk(**RULED) as desk, desk.host(agrees()) as host:
            to = [f"+1423556{place:04}" for place in range(201)]

            assert "That finds 201 people" in refusal(await call(host, "text_many", body="Hello", to=to))

    async def test_a_name_that_is_a_group_s_and_a_tag_s_is_asked_about(self):
        async with open_desk(**RULED) as desk, desk.host(agrees()) as host:
            desk.sandbox.lines[LINE].groups[1211].name = "VIP"

            assert "Say group:VIP or tag:VIP" in refusal(await call(host, "text_many", body="Hello", to=["VIP"]))

    async def test_a_customer_who_only_said_thanks_waits_for_nothing(self):
        async with open_desk(**RULED) as desk, desk.host(agrees()) as host:
            receive(desk.sandbox, LINE, "14235550105", "Thanks!")
            answer = said(await call(host, "text_many", body="We close early.", to=[OWES]))

        assert answer["sent"] == 1

    async def test_custom_fields_fill_blanks(self):
        async with open_desk(**RULED) as desk, desk.host(agrees()) as host:
            answer = said(await call(host, "text_many", body="Your {vehicle} is due.", to=["field:Vehicle=civic"]))

        bodies = words(desk)
        assert answer["sent"] == len(bodies)
        assert all("Civic is due." in body for body in bodies)
        assert "{vehicle}" not in text_of(await desk.call("count_texts"))
