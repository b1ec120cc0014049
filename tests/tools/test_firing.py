"""When a scheduled text's time has come: the rules are looked at again, and what they doubt since is asked or stays."""

import stat
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from tests.account.test_approvers import OWNER, code_in, texted
from tests.desk import DEVON, LINE, MARIA, OWES, Desk, agrees, call, open_desk, said, text_of
from tests.live.stage import text_from
from tests.scheduled import HOUR, TOMORROW, ended, later_of, leaves, rows_of, seen_to
from tests.unruled import RULED, ruled_but

from textrequest_mcp.account.sent_texts import SENDING
from textrequest_mcp.guard.approval import alone
from textrequest_mcp.guard.approval.approval_rows import Row
from textrequest_mcp.guard.audit.reader import Entry
from textrequest_mcp.guard.once.due import Due
from textrequest_mcp.guard.once.ledger_rows import Ending
from textrequest_mcp.guard.once.scheduled_rows import ScheduledText
from textrequest_mcp.live.encryption import Cipher
from textrequest_mcp.upstream.errors import TooBusy, Unreachable

TEXT: dict[str, Any] = {"phone_number": DEVON, "body": "See you tomorrow!"}
LOOSE = "please stop texting me"
ANSWERED = ruled_but({"if_unanswered": False})
Play = Callable[[Desk], Awaitable[None]]


@pytest.fixture
async def ruled() -> AsyncGenerator[Desk]:
    async with open_desk(**RULED) as desk:
        yield desk


async def plan(desk: Desk, **more: Any) -> str:
    told = said(await desk.call("send_message", **{**TEXT, "send_at": TOMORROW, **more}))
    assert told["outcome"] == "scheduled"
    return told["send_id"]


async def entries(desk: Desk) -> list[Entry]:
    return [row.entry async for row in desk.account.audit.trail.entries() if row.entry is not None]


async def tomorrow(desk: Desk, send_id: str) -> ScheduledText:
    [row] = await leaves(desk, send_id, after=24 * HOUR + 300)
    return row


async def question_of(desk: Desk) -> Row:
    """The question that waits at the desk, as soon as there is one."""
    with anyio.fail_after(10):
        while not (rows := await desk.account.gate.desk.approvals.waiting()):  # noqa: ASYNC110 - another task asks
            await anyio.sleep(0.01)
    return rows[0]


async def doubted(desk: Desk, number: str = DEVON) -> None:
    """They write what may be a wish for no more texts, and the assistant reads it."""
    text_from(desk, number, LOOSE)
    await desk.call("list_messages", phone_number=number)


class TestWhoIsNotTexted:
    async def test_who_opted_out_meanwhile(self, ruled: Desk):
        send_id = await plan(ruled)
        text_from(ruled, DEVON, "STOP")

        row = await tomorrow(ruled, send_id)

        assert row.state == "NOT_SENT"
        assert "opted out" in str(row.said)
        assert ruled.changes == []
        [*_, last] = await entries(ruled)
        assert (last.kind, last.outcome, last.rule) == ("refusal", "not_sent", "TEXTREQUEST_CONSENT")
        assert last.ids == {"send_id": send_id}
        assert last.person is not None

    async def test_who_wrote_since_and_waits_for_an_answer(self, ruled: Desk):
        send_id = await plan(ruled)
        ruled.clock.forward(HOUR)
        text_from(ruled, DEVON, "I can't make it tomorrow, can we move it?")
        ruled.clock.forward(-HOUR)

        row = await tomorrow(ruled, send_id)

        assert row.state == "NOT_SENT"
        assert "can we move it?" in str(row.said)

    @pytest.mark.parametrize("words", ["Thanks!", "ok"])
    async def test_but_who_only_said_thanks_is(self, ruled: Desk, words: str):
        send_id = await plan(ruled)
        ruled.clock.forward(HOUR)
        text_from(ruled, DEVON, words)
        ruled.clock.forward(-HOUR)

        assert (await tomorrow(ruled, send_id)).state == "SENT"

    async def test_an_answer_to_what_they_wrote_before_it_was_scheduled_leaves(self, ruled: Desk):
        await ruled.call("list_messages", phone_number=MARIA)  # she waits for an answer
        send_id = await plan(ruled, phone_number=MARIA)

        assert (await tomorrow(ruled, send_id)).state == "SENT"

    async def test_the_callers_own_condition_holds_at_that_time_too(self, desk: Desk):
        send_id = await plan(desk, if_unanswered_since="2026-05-28T16:26:40-04:00")
        desk.clock.forward(HOUR)
        text_from(desk, DEVON, "Thanks!")
        desk.clock.forward(-HOUR)

        assert (await tomorrow(desk, send_id)).state == "NOT_SENT"

    async def test_nobody_in_quiet_hours_where_it_would_leave_late(self):
        async with open_desk(**RULED, late_minutes=60) as desk:
            send_id = await plan(desk, send_at="2026-05-28T20:45")
            [row] = await leaves(desk, send_id, after=5 * HOUR)

        assert "TEXTREQUEST_QUIET_HOURS" in str(row.said)

    async def test_nobody_over_a_cap_of_that_time(self):
        async with open_desk(texts_per_day=1) as desk:
            send_id = await plan(desk)
            desk.clock.forward(23 * HOUR)
            said(await desk.call("send_message", phone_number=OWES, body="Hello"))
            [row] = await leaves(desk, send_id)

        assert (row.state, "TEXTREQUEST_TEXTS_PER_DAY" in str(row.said)) == ("NOT_SENT", True)

    async def test_nobody_who_got_the_same_text_meanwhile_unless_it_was_meant(self, desk: Desk):
        send_id = await plan(desk)
        said(await desk.call("send_message", **TEXT))
        first = await tomorrow(desk, send_id)
        said(await desk.call("send_message", **TEXT))
        async with desk.host(agrees()) as host:
            meant = said(await call(host, "send_message", **TEXT, send_at="2026-05-30T10:00", repeat=True))
        [second] = await leaves(desk, meant["send_id"], after=17.5 * HOUR)

        assert (first.state, second.state) == ("NOT_SENT", "SENT")
        assert "after it was scheduled" in str(first.said)

    async def test_nobody_who_got_it_right_before_it_was_scheduled(self, desk: Desk):
        said(await desk.call("send_message", **TEXT))
        desk.clock.forward(60)
        send_id = await plan(desk, send_at="2026-05-28T16:30")

        [row] = await leaves(desk, send_id, after=200)

        assert row.state == "NOT_SENT"
        assert len(desk.sandbox.journal) == 1

    async def test_what_the_service_refuses_stays(self, desk: Desk):
        send_id = await plan(desk)
        text_from(desk, DEVON, "STOP")  # no rule is on, so the service says it

        row = await tomorrow(desk, send_id)

        assert row.state == "NOT_SENT"
        assert row.said

    async def test_under_another_api_key_the_words_cannot_be_read(self, desk: Desk):
        send_id = await plan(desk)
        later = later_of(desk)
        other: Any = Cipher("another key")
        later.due._seal = later.schedule._seal = other  # pyright: ignore[reportPrivateUsage] - as after a change of the key

        row = await tomorrow(desk, send_id)

        assert (row.state, "another API key" in str(row.said)) == ("NOT_SENT", True)


class TestAskedAtThatTime:
    async def test_what_a_rule_doubts_since_is_asked_at_the_desk(self):
        async with open_desk(**ANSWERED, confirm_fallback="page") as desk:
            send_id = await plan(desk)
            await doubted(desk)
            desk.clock.forward(24 * HOUR + 300)
            async with seen_to(desk):
                row = await question_of(desk)
                await desk.account.gate.desk.approvals.decide(row.id, yes=True, by="page")
                [text] = await ended(desk, send_id)
            [approval] = [entry for entry in await entries(desk) if entry.kind == "approval"]

        assert row.shown is not None
        assert row.shown.text.startswith(
            "On Thu 28 May 16:26, they wrote what may mean that they want no more texts. Text"
        )
        assert row.shown.text.endswith("It was scheduled for now.")
        assert row.shown.beside.person
        assert text.state == "SENT"
        assert (approval.approved_by, approval.outcome) == ("page", "approved")

    async def test_a_no_keeps_it_here(self):
        async with open_desk(**ANSWERED, confirm_fallback="page") as desk:
            send_id = await plan(desk)
            await doubted(desk)
            desk.clock.forward(24 * HOUR + 300)
            async with seen_to(desk):
                row = await question_of(desk)
                await desk.account.gate.desk.approvals.decide(row.id, yes=False, by="page")
                [text] = await ended(desk, send_id)

        assert (text.state, "said no" in str(text.said)) == ("NOT_SENT", True)
        assert desk.changes == []

    async def test_silence_keeps_it_here(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(alone, "_LOOK_EVERY_SECONDS", 0.01)
        async with open_desk(**ANSWERED, confirm_fallback="page") as desk:
            send_id = await plan(desk)
            await doubted(desk)
            desk.clock.forward(24 * HOUR + 300)
            async with seen_to(desk):
                await question_of(desk)
                desk.clock.forward(601)
                [text] = await ended(desk, send_id)

        assert (text.state, "nobody decided in time" in str(text.said)) == ("NOT_SENT", True)

    async def test_approvers_are_asked_by_text(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(alone, "_LOOK_EVERY_SECONDS", 0.01)
        async with open_desk(**ANSWERED, confirm_fallback="text", approvers=OWNER) as desk:
            send_id = await plan(desk)
            await doubted(desk)
            desk.clock.forward(24 * HOUR + 300)
            async with seen_to(desk):
                await question_of(desk)
                while not texted(desk):  # noqa: ASYNC110 - a phone has no event
                    await anyio.sleep(0.01)
                text_from(desk, OWNER, f"YES {code_in(texted(desk)[0])}")
                [text] = await ended(desk, send_id)

        assert text.state == "SENT"

    async def test_where_nobody_can_be_asked_it_does_not_leave(self):
        async with open_desk(**ANSWERED, confirm_fallback="refuse") as desk:
            send_id = await plan(desk)
            await doubted(desk)
            text = await tomorrow(desk, send_id)

        assert (text.state, "nobody can be asked here" in str(text.said)) == ("NOT_SENT", True)

    async def test_facts_that_change_while_it_waits_make_the_yes_void(self):
        async with open_desk(**ANSWERED, confirm_fallback="page") as desk:
            send_id = await plan(desk)
            await doubted(desk)
            desk.clock.forward(24 * HOUR + 300)
            async with seen_to(desk):
                row = await question_of(desk)
                desk.clock.forward(60)
                await doubted(desk)
                await desk.account.gate.desk.approvals.decide(row.id, yes=True, by="page")
                [text] = await ended(desk, send_id)

        assert (text.state, "facts that they were shown changed" in str(text.said)) == ("NOT_SENT", True)

    async def test_what_a_person_agreed_to_is_not_asked_again(self):
        async with open_desk(**ANSWERED, confirm_fallback="refuse") as desk:
            await doubted(desk)
            async with desk.host(agrees()) as host:
                told = said(await call(host, "send_message", **TEXT, send_at=TOMORROW))
            text = await tomorrow(desk, told["send_id"])

        assert text.state == "SENT"

    async def test_a_policy_that_has_become_stricter_asks(self, tmp_path: Path):
        async with open_desk(state_dir=tmp_path) as desk:
            send_id = await plan(desk)
        async with open_desk(state_dir=tmp_path, confirm="sends", confirm_fallback="refuse") as desk:
            text = await tomorrow(desk, send_id)

        assert (text.state, "nobody can be asked here" in str(text.said)) == ("NOT_SENT", True)

    async def test_words_that_were_read_since_did_not_steer_it(self, ruled: Desk):
        send_id = await plan(ruled)
        await ruled.call("list_messages", phone_number=MARIA)

        assert (await tomorrow(ruled, send_id)).state == "SENT"


class TestStandingWishes:
    WISH = '[[wish]]\nname = "see you"\nto = ["{to}"]\ntexts = ["See you {day}!"]\nper_day = 1\n'

    def file(self, folder: Path, to: str = DEVON) -> str:
        file = folder / "standing.toml"
        file.write_text(self.WISH.replace("{to}", to), "utf-8")
        file.chmod(stat.S_IRUSR | stat.S_IWUSR)
        return str(file)

    async def test_one_is_used_up_when_the_text_leaves(self, tmp_path: Path):
        settings: dict[str, Any] = {"confirm": "sends", "confirm_fallback": "refuse", "standing": self.file(tmp_path)}
        async with open_desk(**settings) as desk:
            send_id, second = await plan(desk), await plan(desk, body="See you Friday!", send_at="2026-05-29T16:31")
            first = await tomorrow(desk, send_id)
            [other] = await leaves(desk, second, after=0)

        assert (first.state, other.state) == ("SENT", "NOT_SENT")
        assert "The standing wish see you does not cover it any more." in str(other.said)

    async def test_one_that_was_taken_away_covers_nothing(self, tmp_path: Path):
        settings: dict[str, Any] = {"confirm": "sends", "confirm_fallback": "refuse", "state_dir": tmp_path / "state"}
        async with open_desk(**settings, standing=self.file(tmp_path)) as desk:
            send_id = await plan(desk)
        async with open_desk(**settings, standing=self.file(tmp_path, OWES)) as desk:
            text = await tomorrow(desk, send_id)

        assert text.state == "NOT_SENT"


class TestServersThatEnd:
    async def killed(self, desk: Desk, send_id: str, ending: Ending | None, *, left: bool = True) -> None:
        """A server claimed the text, began to send it, and was killed; `ending` is what it wrote down before."""
        later, ledger = later_of(desk), desk.account.at_most_once.ledger
        far = Due(
            later.due._store,  # pyright: ignore[reportPrivateUsage] - another server of the same state
            desk.account.gate.account,
            Cipher(desk.account.api.key),
            clock=desk.clock,
        )
        far.owner = f"999999999.1@{far.owner.partition('@')[2]}"
        desk.clock.forward(24 * HOUR + 300)
        [text] = await far.claim()
        assert text.content is not None
        wanted = await desk.account.at_most_once.describe(
            text.tool, SENDING, text.caller, LINE, "phone_number", text.content.arguments, send_id
        )
        send, _ = await ledger.claim(wanted, repeat=False, may_act=True)
        assert send is not None
        if left:
            await ledger.leave(send.send_id)
        if ending is not None:
            await ledger.end(send.send_id, ending)

    async def test_what_left_is_not_sent_again(self, desk: Desk):
        send_id = await plan(desk)
        await self.killed(desk, send_id, Ending(state="SENT", upstream_id="m1", result={"message_id": "m1"}))

        [row] = await leaves(desk, send_id, after=0)

        assert (row.state, desk.changes) == ("SENT", [])

    async def test_what_may_have_left_is_called_unknown_and_not_sent_again(self, desk: Desk):
        send_id = await plan(desk)
        await self.killed(desk, send_id, Ending(state="UNKNOWN", said="Lost.", look_at=0.0))

        [row] = await leaves(desk, send_id, after=0)

        assert (row.state, desk.changes) == ("UNKNOWN", [])
        assert "may have left" in text_of(await desk.call("list_scheduled"))

    async def test_what_certainly_did_not_leave_is_sent(self, desk: Desk):
        send_id = await plan(desk)
        await self.killed(desk, send_id, Ending(state="NOT_SENT", said="No."), left=False)

        [row] = await leaves(desk, send_id, after=0)

        assert (row.state, len(desk.sandbox.journal)) == ("SENT", 1)

    async def test_what_certainly_did_not_leave_is_missed_where_nobody_took_over_in_time(self, desk: Desk):
        send_id = await plan(desk)
        await self.killed(desk, send_id, Ending(state="NOT_SENT", said="No."), left=False)

        [row] = await leaves(desk, send_id, after=24 * HOUR)

        assert (row.state, desk.changes) == ("MISSED", [])
        assert "no server was up at that time" in text_of(await desk.call("list_scheduled"))


class Way:
    """The way to the service, which can be cut where a text's facts are read, where it is sent, or altogether."""

    def __init__(self, desk: Desk, cut: str) -> None:
        self._get, self._post = desk.account.api.get, desk.account.api.post
        self.cut = cut
        desk.account.api.get, desk.account.api.post = self.get, self.post  # type: ignore[method-assign]

    async def get(self, *path: Any, **named: Any) -> Any:
        if self.cut == "all" or (self.cut == "facts" and "contacts" in path):
            raise Unreachable("There is no network.")
        return await self._get(*path, **named)

    async def post(self, *path: Any, **named: Any) -> Any:
        if self.cut == "sending":
            raise TooBusy("It is busy.", retry_in=1.0)
        return await self._post(*path, **named)


class TestTriedAgain:
    @pytest.mark.parametrize("cut", ["facts", "sending", "all"])
    async def test_where_the_service_cannot_be_reached_it_leaves_when_it_can(self, ruled: Desk, cut: str):
        send_id = await plan(ruled)
        way = Way(ruled, cut)
        ruled.clock.forward(24 * HOUR + 300)
        async with seen_to(ruled):
            await anyio.sleep(0.2)
            waits = (await rows_of(ruled, send_id))[0].state
            way.cut = ""
            later_of(ruled).schedule.more.set()
            [row] = await ended(ruled, send_id)

        assert (waits, row.state, len(ruled.sandbox.journal)) == ("WAITING", "SENT", 1)

    async def test_for_a_while_and_is_missed_then(self, ruled: Desk):
        send_id = await plan(ruled)
        way = Way(ruled, "facts")
        ruled.clock.forward(24 * HOUR + 300)
        async with seen_to(ruled):
            await anyio.sleep(0.1)
            ruled.clock.forward(1000)
            way.cut = ""
            later_of(ruled).schedule.more.set()
            [row] = await ended(ruled, send_id)

        assert (row.state, ruled.changes) == ("MISSED", [])

    async def test_what_fails_inside_this_server_is_written_down_and_stays(self, desk: Desk):
        send_id = await plan(desk)

        async def crash(*_: Any) -> Any:
            raise RuntimeError

        desk.account.at_most_once.later.due.was_sent_since = crash  # type: ignore[union-attr, method-assign]
        row = await tomorrow(desk, send_id)

        assert (row.state, row.said) == ("NOT_SENT", "This server failed over it. Nothing was sent.")


async def test_what_was_decided_before_another_server_took_over_is_not_asked_again():
    async with open_desk(**ANSWERED, confirm_fallback="page") as desk:
        send_id = await plan(desk)
        await doubted(desk)
        desk.clock.forward(24 * HOUR + 300)
        async with seen_to(desk):
            row = await question_of(desk)
        await desk.account.gate.desk.approvals.decide(row.id, yes=True, by="page")
        [text] = await leaves(desk, send_id, after=0)

    assert text.state == "SENT"
