"""Hooks: ours are made, found, removed and connected again; those of others are left alone."""

import anyio
import pytest
from tests.desk import LINE, Desk, open_desk
from tests.live.line import PretendLine, watched
from tests.live.stage import text_from, until

from textrequest_mcp.live import hooks as hooks_module
from textrequest_mcp.live.event_filter import EventFilter
from textrequest_mcp.live.hooks import Health, Hook, Hooks
from textrequest_mcp.live.watch import Watch
from textrequest_mcp.live.webhooks import EVENTS, RECEIVED, SENT
from textrequest_mcp.upstream.errors import Refused, TextRequestError, Unreachable

PUBLIC = "https://texts.example.com"
OURS = f"{PUBLIC}/webhooks/textrequest"


# One of ours, among what is none and what only looks like one.
MIXED = b"""{"items": [null, 7, {}, {"id": "7", "target_url": "%s/121/msg_received", "event": "msg_received"},
    {"id": 8, "target_url": "%s/121/msg_received", "event": "msg_sent"},
    {"id": 7, "target_url": "%s/121/msg_received", "event": "msg_received"}]}"""


@pytest.fixture
def hooks(desk: Desk) -> Hooks:
    return Hooks(desk.account.api, PUBLIC)


@pytest.fixture
def health(desk: Desk, hooks: Hooks) -> Health:
    return Health(hooks, desk.account.live, desk.account.line_ids)


def give_up(desk: Desk, *events: str, line: int = LINE) -> None:
    """What the service does after ten failures."""
    for hook in desk.sandbox.lines[line].hooks.values():
        if hook.event in events:
            hook.is_connected = False


class TestOurHooks:
    async def test_each_event_of_a_line_has_an_address_of_its_own(self, desk: Desk, hooks: Hooks):
        assert await hooks.add(LINE) == list(EVENTS)

        made = desk.sandbox.lines[LINE].hooks.values()
        assert {hook.event: hook.target_url for hook in made} == {event: f"{OURS}/{LINE}/{event}" for event in EVENTS}
        assert {hook.verb for hook in made} == {"POST"}

    async def test_what_is_there_already_stays(self, desk: Desk, hooks: Hooks):
        await hooks.add(LINE)
        before = list(desk.sandbox.lines[LINE].hooks)

        assert await hooks.add(LINE) == []
        assert list(desk.sandbox.lines[LINE].hooks) == before

    async def test_a_token_is_the_last_part_of_the_address(self, desk: Desk):
        hooks = Hooks(desk.account.api, f"{PUBLIC}/", token="a-token")

        assert hooks.address(LINE, RECEIVED) == f"{OURS}/{LINE}/{RECEIVED}/a-token"
        assert "a-token" not in hooks.root

    async def test_only_ours_are_found_and_removed(self, desk: Desk, hooks: Hooks):
        other = Hooks(desk.account.api, "https://other.example.com")
        await other.add(LINE)
        await hooks.add(LINE)

        assert [hook.event for hook in await hooks.of_line(LINE)] == list(EVENTS)
        assert await hooks.remove(LINE) == list(EVENTS)
        assert await hooks.of_line(LINE) == []
        assert len(await other.of_line(LINE)) == 3
        assert await hooks.remove(LINE) == []

    async def test_those_that_were_given_up_are_connected_again(self, desk: Desk, hooks: Hooks):
        await hooks.add(LINE)
        give_up(desk, RECEIVED)

        found, repaired = await hooks.repair(LINE)

        assert [hook.is_connected for hook in found] == [False, True, True]
        assert [hook.event for hook in repaired] == [RECEIVED]
        assert await hooks.repair(LINE) == (await hooks.of_line(LINE), [])

    async def test_another_no_than_that_it_is_there_is_told(self, hooks: Hooks):
        with pytest.raises(TextRequestError):
            await hooks.add(999)

    @pytest.mark.parametrize(
        "says",
        [
            b'{"id": 7, "target_url": "%s/121/msg_received", "event": "msg_received", "dashboard_id": 121}',
            b'[{"id": 7, "target_url": "%s/121/msg_received", "event": "msg_received", "is_connected": null}]',
            MIXED,
        ],
    )
    async def test_the_list_may_have_another_shape(self, says: bytes):
        room = watched(PretendLine(says=(200, says.replace(b"%s", OURS.encode()))))

        assert await Hooks(room.api, PUBLIC).of_line(LINE) == [Hook(7, LINE, RECEIVED, True)]

    async def test_a_line_without_hooks_has_none(self):
        room = watched(PretendLine(says=(204, b"")))

        assert await Hooks(room.api, PUBLIC).of_line(LINE) == []


class TestHealth:
    async def test_it_repairs_and_says_so_and_reads_what_was_not_told(
        self, desk: Desk, hooks: Hooks, health: Health, caplog: pytest.LogCaptureFixture
    ):
        await hooks.add(LINE)
        await desk.account.live.look(LINE, 0)
        give_up(desk, RECEIVED, SENT)
        text_from(desk)
        desk.account.live.reader._steady = lambda: 9e9  # pyright: ignore[reportPrivateUsage] - some time later

        await health.check()

        assert all(hook.is_connected for hook in desk.sandbox.lines[LINE].hooks.values())
        assert "webhook msg_received of line 121 had been given up" in caplog.text
        assert len(await desk.account.live.log.read(0, EventFilter(), 10)) == 1

    async def test_a_line_relies_on_hooks_that_are_all_there_and_were_not_given_up(
        self, desk: Desk, hooks: Hooks, health: Health
    ):
        live = desk.account.live
        await hooks.add(LINE)
        await hooks.add(122)
        await health.check()
        assert (live.hooked, health.known) == ({LINE, 122}, {121, 122, 123})

        give_up(desk, RECEIVED)
        await desk.account.api.delete("dashboards", 122, "hooks", (await hooks.of_line(122))[1].id)
        await health.check()
        assert live.hooked == set()

        await health.check()
        assert live.hooked == {LINE}

    async def test_where_there_are_none_it_says_how_to_make_them_and_reads_nothing(
        self, desk: Desk, health: Health, caplog: pytest.LogCaptureFixture
    ):
        await health.check()

        assert "`textrequest-mcp hooks add` makes them" in caplog.text
        assert desk.account.live.hooked == set()
        assert "list_dashboard_messages" not in desk.contract.seen
        assert desk.sandbox.requests == 4

    async def test_lines_that_cannot_be_read_are_told_and_checked_another_time(
        self, desk: Desk, hooks: Hooks, caplog: pytest.LogCaptureFixture
    ):
        async def none() -> list[int]:
            raise Unreachable("No way.")

        health = Health(hooks, desk.account.live, none)
        await health.check()

        assert "webhooks cannot be checked now: No way." in caplog.text
        assert health.known == set()

    async def test_one_line_that_fails_does_not_keep_the_others_from_it(
        self, desk: Desk, hooks: Hooks, caplog: pytest.LogCaptureFixture
    ):
        async def lines() -> list[int]:
            return [7, LINE]

        await hooks.add(LINE)
        await Health(hooks, desk.account.live, lines).check()

        assert "webhooks of line 7 cannot be checked now" in caplog.text
        assert desk.account.live.hooked == {LINE}

    async def test_a_line_that_cannot_be_read_does_not_keep_the_others_from_it(
        self,
        desk: Desk,
        hooks: Hooks,
        health: Health,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ):
        looked: list[int] = []

        async def look(line: int) -> float:
            looked.append(line)
            if line == LINE:
                raise Refused("No.", status=400)
            return 0.0

        monkeypatch.setattr(desk.account.live, "look", look)
        await hooks.add(LINE)
        await hooks.add(122)
        await health.check()

        assert looked == [LINE, 122]
        assert "line 121 cannot be read now" in caplog.text

    async def test_many_lines_share_the_room_for_looking_and_each_gets_its_turn(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(hooks_module, "_PAUSE_SECONDS", 0.01)
        async with open_desk(rate_limit=(100, 0.2)) as desk:
            hooks = Hooks(desk.account.api, PUBLIC)
            for line in (121, 122, 123):
                await hooks.add(line)
            allowance = desk.account.live.reader._allowance  # pyright: ignore[reportPrivateUsage] - 20 in 0.2 s
            for _ in range(20):
                await allowance.take()

            await Health(hooks, desk.account.live, desk.account.line_ids).check()

            assert desk.account.live.hooked == {121, 122, 123}
            assert [await desk.account.live.reader.is_due(line, 60.0) > 0 for line in (121, 122, 123)] == [True] * 3

    async def test_it_checks_again_and_again_and_survives_a_mistake_of_ours(
        self, health: Health, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ):
        monkeypatch.setattr(hooks_module, "CHECK_SECONDS", 0.001)
        checks = 0

        async def check() -> None:
            nonlocal checks
            checks += 1
            if checks == 1:
                raise KeyError("ours")

        monkeypatch.setattr(health, "check", check)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(health.run)
            await until(lambda: checks >= 3)
            tasks.cancel_scope.cancel()
        assert "KeyError" in caplog.text


class TestWhoseLineItIs:
    async def test_lines_of_the_account_are_watched_and_others_not(self, health: Health):
        assert [await health.watches(line) for line in (121, 122, 999)] == [True, True, False]

    async def test_a_line_that_was_made_since_is_found(self, desk: Desk, health: Health):
        await health.check()
        desk.sandbox.lines[200] = desk.sandbox.lines[123]
        desk.sandbox.lines[200].id = 200
        desk.account.forget_lines()

        assert await health.watches(200)

    async def test_unknown_lines_are_not_looked_up_again_and_again(self, desk: Desk, health: Health):
        await health.check()
        before = desk.sandbox.requests
        for line in range(900, 950):
            desk.account.forget_lines()
            assert not await health.watches(line)

        assert desk.sandbox.requests == before + 1

    async def test_many_that_ask_at_once_make_one_call(self, desk: Desk, health: Health):
        answers: list[bool] = []

        async def ask() -> None:
            answers.append(await health.watches(LINE))

        async with anyio.create_task_group() as tasks:
            for _ in range(50):
                tasks.start_soon(ask)

        assert answers == [True] * 50
        assert desk.sandbox.requests == 1

    @pytest.mark.parametrize("known", [False, True])
    async def test_a_service_that_does_not_answer_holds_no_call_up(
        self, hooks: Hooks, monkeypatch: pytest.MonkeyPatch, known: bool
    ):
        """Where no line is known yet, the call is taken: it was signed."""
        monkeypatch.setattr(hooks_module, "_LOOK_UP_SECONDS", 0.02)

        async def never() -> list[int]:
            await anyio.sleep_forever()
            return []

        health = Health(hooks, watched_live(), never)
        health.known = frozenset({122} if known else ())

        with anyio.fail_after(1):
            assert await health.watches(LINE) != known

    async def test_a_service_that_says_no_is_the_same_as_none(self, hooks: Hooks):
        async def refused() -> list[int]:
            raise Refused("No.", status=400)

        assert await Health(hooks, watched_live(), refused).watches(LINE)


def watched_live() -> Watch:
    room = watched(PretendLine())
    return Watch(room.log, room.reader)
