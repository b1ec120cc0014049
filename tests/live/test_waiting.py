"""Waiting: at once with what came after a cursor, else as soon as something comes, else with nothing."""

from typing import Any

import anyio
import anyio.lowlevel
import pytest
from tests.desk import DEVON, LINE, MARIA, Desk, open_desk, refusal, said
from tests.live.line import PretendLine, event
from tests.live.stage import running, text_from

from textrequest_mcp.account.messages import DEFAULT_WAIT
from textrequest_mcp.live import waiting
from textrequest_mcp.live import watch as watching
from textrequest_mcp.live.event_filter import EventFilter
from textrequest_mcp.live.waiting import wait

SOON = 3.0
ON_THE_LINE = EventFilter(dashboard_id=LINE)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "WAITED_FOR_SECONDS", 0.02)
    monkeypatch.setattr(waiting, "OTHERS_SECONDS", 0.02)


async def nobody(_: float) -> None:
    """Is told how far it is."""


async def waited(desk: Desk, **arguments: Any) -> dict[str, Any]:
    with anyio.fail_after(SOON + arguments.get("timeout_seconds", 2)):
        return said(await desk.call("wait_for_messages", **({"timeout_seconds": 2} | arguments)))


async def begun(desk: Desk) -> str:
    """The cursor of now."""
    return (await waited(desk, timeout_seconds=0))["cursor"]


def bodies(answer: dict[str, Any]) -> list[str]:
    return [item["body"] for item in answer.get("items", [])]


class TestFromACursor:
    async def test_what_came_after_it_is_answered_at_once_and_then_nothing_of_it_again(self, desk: Desk):
        cursor = await begun(desk)
        text_from(desk, MARIA, "one")
        text_from(desk, DEVON, "two")
        await desk.account.live.look(LINE, 0)

        first = await waited(desk, after=cursor)
        second = await waited(desk, after=first["cursor"], timeout_seconds=0)

        assert bodies(first) == ["one", "two"]
        assert first["items"][0]["phone_number"] == MARIA
        assert (bodies(second), second["timed_out"], second["cursor"]) == ([], True, first["cursor"])

    async def test_a_line_is_looked_at_where_nothing_is_there_yet(self, desk: Desk):
        cursor = await begun(desk)
        text_from(desk)

        desk.account.live.reader._steady = lambda: 9e9  # pyright: ignore[reportPrivateUsage] - some time later
        assert bodies(await waited(desk, after=cursor, timeout_seconds=0)) == ["Is it ready?"]

    async def test_many_are_answered_in_parts(self, desk: Desk):
        cursor = await begun(desk)
        await desk.account.live.note([event(f"m{number}", body=str(number)) for number in range(120)])

        got = list[str]()
        while found := bodies(answer := await waited(desk, after=cursor, timeout_seconds=0)):
            assert len(found) <= waiting.MOST_AT_ONCE
            got, cursor = got + found, answer["cursor"]

        assert got == [str(number) for number in range(120)]

    async def test_only_what_is_wanted_is_answered(self, desk: Desk):
        cursor = await begun(desk)
        await desk.account.live.note(
            [
                event("m1", body="hers"),
                event("m2", body="his", phone_number=DEVON),
                event("m3", body="ours", direction="S", by="Dana"),
                event("m4", body="elsewhere", dashboard_id=122),
            ]
        )

        assert bodies(await waited(desk, after=cursor, phone_number="(423) 555-0100")) == ["hers", "ours"]
        assert bodies(await waited(desk, after=cursor, direction="S")) == ["ours"]
        assert bodies(await waited(desk, after=cursor)) == ["hers", "his", "ours"]
        assert bodies(await waited(desk, after=cursor, dashboard_id=122)) == ["elsewhere"]

    async def test_l6_a_line_that_nobody_looked_at_begins_at_the_cursor_of_another(self, desk: Desk):
        text_from(desk, line=122, body="long before")
        desk.clock.forward(100)
        cursor = await begun(desk)
        desk.clock.forward(100)
        text_from(desk, line=122, body="there")

        answer = await waited(desk, after=cursor, dashboard_id=122)

        assert bodies(answer) == ["there"]
        assert "note" not in answer

    async def test_l6_so_it_does_after_waits_that_brought_nothing(self, desk: Desk):
        first = await begun(desk)
        desk.clock.forward(100)
        text_from(desk, line=122, body="there")
        desk.clock.forward(100)
        cursor = (await waited(desk, after=first, timeout_seconds=0))["cursor"]

        assert bodies(await waited(desk, after=cursor, dashboard_id=122)) == ["there"]

    async def test_l6_a_line_that_somebody_looked_at_too_late_says_from_when_it_is_known(self, desk: Desk):
        cursor = await begun(desk)
        desk.clock.forward(100)
        text_from(desk, line=122, body="missed")
        desk.clock.forward(100)
        await waited(desk, dashboard_id=122, timeout_seconds=0)

        answer = await waited(desk, after=cursor, dashboard_id=122, timeout_seconds=0)
        text_from(desk, line=122, body="then")
        await desk.account.live.look(122, 0)
        then = await waited(desk, after=answer["cursor"], dashboard_id=122)

        assert "Line 122 is known from 2026-05-28T20:28:21Z on; list_messages has" in answer["note"]
        assert (bodies(then), "note" in then) == (["then"], False)

    async def test_l6_nothing_is_said_where_the_line_had_no_text_meanwhile(self, desk: Desk):
        text_from(desk, line=122, body="long before")
        desk.clock.forward(100)
        cursor = await begun(desk)
        desk.clock.forward(100)
        await waited(desk, dashboard_id=122, timeout_seconds=0)

        assert "note" not in await waited(desk, after=cursor, dashboard_id=122, timeout_seconds=0)

    async def test_a_cursor_of_a_wait_for_one_person_misses_nobody_else(self, desk: Desk):
        cursor = await begun(desk)
        await desk.account.live.note([event("m1", body="his", phone_number=DEVON), event("m2", body="hers")])
        hers = await waited(desk, after=cursor, phone_number=MARIA)
        again = await waited(desk, after=hers["cursor"], phone_number=MARIA, timeout_seconds=0)
        his = await waited(desk, after=again["cursor"], phone_number=DEVON)
        all_of_it = await waited(desk, after=again["cursor"])

        assert (bodies(hers), bodies(again), bodies(his)) == (["hers"], [], ["his"])
        assert bodies(all_of_it) == ["his", "hers"]

    async def test_l6_a_text_from_the_future_does_not_lead_the_cursor_there(self, desk: Desk):
        cursor = await begun(desk)
        await desk.account.live.note([event("m1", at=desk.clock() + 9e6)])
        answer = await waited(desk, after=cursor)
        text_from(desk, line=122, body="there")

        assert bodies(await waited(desk, after=answer["cursor"], dashboard_id=122)) == ["there"]

    @pytest.mark.parametrize("after", ["x", "abc.1", "1", "abc.1@2"])
    async def test_a_cursor_that_is_none_is_refused(self, desk: Desk, after: str):
        assert "after " in refusal(await desk.call("wait_for_messages", after=after))


class TestFromNow:
    async def test_what_was_there_before_is_not_answered(self, desk: Desk):
        text_from(desk)
        desk.clock.forward(10)

        assert bodies(await waited(desk, timeout_seconds=0)) == []

    async def test_what_came_since_the_last_look_but_before_the_wait_is_not_answered(self, desk: Desk):
        await begun(desk)
        text_from(desk, body="before")
        desk.clock.forward(10)
        desk.account.live.reader._steady = lambda: 9e9  # pyright: ignore[reportPrivateUsage] - some time later

        answer = await waited(desk, timeout_seconds=0)
        assert bodies(answer) == []
        text_from(desk, body="after")
        await desk.account.live.look(LINE, 0)
        assert bodies(await waited(desk, after=answer["cursor"])) == ["after"]

    async def test_a_text_that_comes_while_it_waits_is_answered(self, desk: Desk):
        async with running(desk), anyio.create_task_group() as tasks:
            await begun(desk)

            async def soon() -> None:
                await anyio.sleep(0.05)
                text_from(desk)

            tasks.start_soon(soon)
            answer = await waited(desk)

            assert bodies(answer) == ["Is it ready?"]
            assert "timed_out" not in answer

    async def test_a_text_whose_time_is_told_wrong_is_answered_all_the_same(self, desk: Desk):
        """Of the date in a webhook nothing says which zone it is in."""
        async with anyio.create_task_group() as tasks:

            async def soon() -> None:
                await anyio.sleep(0.05)
                await desk.account.live.note([event(at=desk.clock() - 4 * 3600)])

            tasks.start_soon(soon)
            assert len((await waited(desk))["items"]) == 1

    async def test_our_own_send_is_heard_of_at_once(self, desk: Desk):
        cursor = await begun(desk)
        sent = said(await desk.call("send_message", phone_number=MARIA, body="It is ready."))

        answer = await waited(desk, after=cursor, direction="S")

        assert [item["message_id"] for item in answer["items"]] == [sent["message_id"]]
        text_from(desk)
        await desk.account.live.look(LINE, 0)
        # Only texts that were sent were told up to that cursor, so all others are told from where its wait began.
        assert bodies(await waited(desk, after=answer["cursor"])) == ["It is ready.", "Is it ready?"]

    async def test_our_own_text_does_not_end_a_wait_for_anything(self, desk: Desk):
        sent = said(await desk.call("send_message", phone_number=MARIA, body="It is ready."))
        text_from(desk)
        answer = await waited(desk, after=sent["cursor"])
        alone = said(await desk.call("send_message", phone_number=DEVON, body="Hello"))
        nothing = await waited(desk, after=alone["cursor"], phone_number=DEVON, timeout_seconds=0)

        assert bodies(answer) == ["It is ready.", "Is it ready?"]
        assert bodies(nothing) == ["Hello"]

    async def test_a_wait_for_a_person_begins_after_our_last_text_to_them(self, desk: Desk):
        said(await desk.call("send_message", phone_number=DEVON, body="Ready?"))
        desk.clock.forward(60)
        text_from(desk, DEVON, "Yes")
        desk.clock.forward(60)
        text_from(desk, DEVON, "But at five")
        desk.clock.forward(60)
        answer = await waited(desk, phone_number=DEVON, timeout_seconds=0)
        everywhere = await waited(desk, phone_number=DEVON, dashboard_id=None, timeout_seconds=0)
        then = await waited(desk, phone_number=DEVON, after=answer["cursor"], timeout_seconds=0)
        nobody = await waited(desk, phone_number="+14235550198", timeout_seconds=0)

        assert bodies(answer) == ["Yes", "But at five"]
        assert answer["items"][0]["name"] == "Devon O'Neil"
        assert answer["covers"] == f"line 121; only {DEVON}"
        assert [item["dashboard_id"] for item in everywhere["items"]] == [121, 121]
        assert (bodies(then), then["timed_out"]) == ([], True)
        assert nobody["timed_out"]

    async def test_of_a_long_conversation_both_ends_are_read(self, desk: Desk):
        said(await desk.call("send_message", phone_number=DEVON, body="Ready?"))
        for n in range(30):
            desk.clock.forward(60)
            text_from(desk, DEVON, str(n))

        answer = await waited(desk, phone_number=DEVON, timeout_seconds=0)
        assert bodies(answer)[-1] == "29"

    async def test_it_ends_with_nothing_after_its_time(self, desk: Desk):
        began = anyio.current_time()
        arrived = await wait(desk.account.live, [LINE], ON_THE_LINE, after=None, seconds=0.1, tell=nobody)

        assert 0.1 <= anyio.current_time() - began < 2.0
        assert arrived.texts == []

    def test_h4_by_default_it_is_over_before_the_most_impatient_hosts_give_up(self):
        """The MCP clients of openai-agents and AutoGen give up after 5 seconds unless they are told otherwise."""
        assert DEFAULT_WAIT < 5
        assert waiting._LOOK_SECONDS < 5  # pyright: ignore[reportPrivateUsage]

    @pytest.mark.parametrize("seconds", [51, -1, "x"])
    async def test_nobody_waits_for_longer_than_hosts_do(self, desk: Desk, seconds: object):
        assert refusal(await desk.call("wait_for_messages", timeout_seconds=seconds))

    async def test_a_cancel_ends_it_and_the_looking(self, desk: Desk):
        async with running(desk), anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: desk.call("wait_for_messages", timeout_seconds=50))
            await anyio.sleep(0.1)
            tasks.cancel_scope.cancel()
        asked = desk.sandbox.requests
        async with running(desk):
            await anyio.sleep(0.06)

        assert desk.sandbox.requests == asked

    async def test_it_tells_how_far_it_is(self, desk: Desk, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(waiting, "_PROGRESS_SECONDS", 0.0)
        told: list[tuple[float, float | None]] = []

        async def tell(progress: float, total: float | None, message: str | None) -> None:
            told.append((progress, total))

        async with desk.host() as host:
            await host.call_tool(
                "wait_for_messages", {"dashboard_id": LINE, "timeout_seconds": 1}, progress_callback=tell
            )

        assert told[0] == (0.0, 1.0)
        assert len(told) >= 3
        assert [whole for _, whole in told] == [1.0] * len(told)
        assert sorted(told) == told


class TestTrouble:
    async def test_a_line_that_cannot_be_read_is_an_error(self, desk: Desk):
        assert "dashboard" in refusal(await desk.call("wait_for_messages", dashboard_id=999))

    async def test_a_share_that_is_used_up_is_told_and_what_is_noted_is_answered(self):
        async with open_desk(rate_limit=(10, 60.0)) as desk:
            cursor = (await waited(desk, timeout_seconds=0))["cursor"]
            answer = await waited(desk, after=cursor, timeout_seconds=0)
            assert "share of the rate limit" not in str(answer.get("note"))
            desk.account.live.reader._steady = lambda: 9e9  # pyright: ignore[reportPrivateUsage] - some time later
            answer = await waited(desk, timeout_seconds=0)
            assert "share of the rate limit" in answer["note"]

            async with anyio.create_task_group() as tasks:

                async def soon() -> None:
                    await anyio.sleep(0.05)
                    await desk.account.live.note([event("m1", at=desk.clock() + 1)])

                tasks.start_soon(soon)
                assert len((await waited(desk))["items"]) == 1

    async def test_what_happened_before_a_wait_without_a_look_is_passed_over(self):
        async with open_desk(rate_limit=(1, 60.0)) as desk:
            live = desk.account.live

            async def note_old(_: float) -> None:
                await live.note([event("old", at=desk.clock() - 60)])

            arrived = await wait(live, [LINE], ON_THE_LINE, after=None, seconds=0.1, tell=note_old)
            await live.note([event("new")])

            assert arrived.texts == []
            after = await waited(desk, after=arrived.cursor, timeout_seconds=0)
            assert [item["message_id"] for item in after["items"]] == ["new"]

    async def test_a_service_that_does_not_answer_in_time_is_told(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(waiting, "_LOOK_SECONDS", 0.05)
        async with open_desk(transport=Silent()) as desk:
            answer = await waited(desk, timeout_seconds=0)

        assert "has not answered yet" in answer["note"]


class Silent(PretendLine):
    """Takes a call and never answers."""

    async def handle_async_request(self, request: object) -> Any:
        await anyio.sleep_forever()


async def test_a_hundred_that_wait_at_once_all_hear_of_it(desk: Desk):
    live = desk.account.live
    heard: list[int] = []

    async def one() -> None:
        arrived = await wait(
            live,
            [LINE],
            EventFilter(dashboard_id=LINE),
            after=None,
            seconds=SOON,
            tell=lambda _: anyio.lowlevel.checkpoint(),
        )
        heard.append(len(arrived.texts))

    with anyio.fail_after(2 * SOON):
        async with anyio.create_task_group() as tasks:
            for _ in range(100):
                tasks.start_soon(one)
            await anyio.sleep(0.3)
            await live.note([event(at=desk.clock())])

    assert heard == [1] * 100
