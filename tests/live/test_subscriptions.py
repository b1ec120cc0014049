"""Subscriptions: a host is told of what it asked for, in both eras, and the last one that leaves ends the looking."""

import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
import uvicorn
from mcp import Client
from mcp.client.subscriptions import Subscription
from mcp.shared.exceptions import MCPError
from mcp_types import ServerNotification
from tests.desk import DEVON, ERAS, LINE, MARIA, Desk, Era, open_desk
from tests.guard.once.rows import may_write
from tests.live.line import event
from tests.live.stage import running, text_from, until

from textrequest_mcp.ground.member import Member, on_behalf_of
from textrequest_mcp.live import subscriptions
from textrequest_mcp.live import watch as watching

# Hosts of before 2026-07-28 ask in this way, and some of them are still there.
pytestmark = pytest.mark.filterwarnings("ignore:resources/(un)?subscribe is removed")

SOON = 3.0
CONVERSATIONS = f"textrequest://dashboards/{LINE}/conversations"
HERS = f"{CONVERSATIONS}/{MARIA}"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "IDLE_SECONDS", 0.02)
    monkeypatch.setattr(subscriptions, "OTHERS_SECONDS", 0.02)


class Ears:
    """What one host is told."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    async def hears(self, *uris: str) -> None:
        await until(lambda: set(uris) <= set(self.heard))


@asynccontextmanager
async def listening(desk: Desk, era: Era, *uris: str) -> AsyncGenerator[Ears]:
    """A host that asked for these, and is told until the block ends."""
    ears = Ears()
    if era == "legacy":
        async with subscriber(desk, ears) as host:
            for uri in uris:
                await subscribe(host, uri)
            yield ears
        return
    async with (
        desk.host() as host,
        anyio.create_task_group() as tasks,
        host.listen(resource_subscriptions=list(uris)) as subscription,
    ):
        tasks.start_soon(hear, subscription, ears)
        yield ears
        tasks.cancel_scope.cancel()


async def hear(subscription: Subscription, ears: Ears) -> None:
    async for told in subscription:
        ears.heard.append(getattr(told, "uri", type(told).__name__))


@asynccontextmanager
async def subscriber(desk: Desk, ears: Ears | None = None) -> AsyncGenerator[Client]:
    """A host of before 2026-07-28."""

    async def take(message: Any) -> None:
        if isinstance(message, ServerNotification) or hasattr(message, "method"):
            told = getattr(message, "root", message)
            if ears is not None and told.method == "notifications/resources/updated":
                ears.heard.append(str(told.params.uri))

    client = Client(desk.server, mode="legacy", message_handler=take, cache=None)
    async with client:
        yield client


async def subscribe(host: Client, uri: str) -> None:
    await host.session.subscribe_resource(uri)  # pyright: ignore[reportDeprecated] - as older hosts do


async def unsubscribe(host: Client, uri: str) -> None:
    await host.session.unsubscribe_resource(uri)  # pyright: ignore[reportDeprecated] - as older hosts do


async def settles(desk: Desk) -> bool:
    """Whether nothing more is asked of the service."""
    await anyio.sleep(0.05)
    asked = desk.sandbox.requests
    await anyio.sleep(0.08)
    return desk.sandbox.requests == asked


@pytest.mark.parametrize("era", ERAS)
class TestBothEras:
    async def test_it_is_offered(self, desk: Desk, era: Era):
        async with Client(desk.server, mode="auto" if era != "legacy" else era, cache=None) as host:
            assert (host.protocol_version == era) == (era != "legacy")
            resources = host.server_capabilities.resources

        assert resources is not None
        assert resources.subscribe is True

    async def test_a_host_is_told_of_a_text_that_comes_in(self, desk: Desk, era: Era):
        async with running(desk), listening(desk, era, CONVERSATIONS, HERS) as ears:
            await until(lambda: desk.sandbox.requests >= 2)
            text_from(desk)
            await ears.hears(CONVERSATIONS, HERS)

    async def test_a_host_is_told_of_what_it_asked_for_and_of_nothing_else(self, desk: Desk, era: Era):
        async with running(desk), listening(desk, era, HERS) as ears:
            for number, other in enumerate([{"phone_number": DEVON}, {"dashboard_id": 122}]):
                await desk.account.live.note([event(f"m{number}", **other)])
            await anyio.sleep(0.06)
            assert ears.heard == []
            await desk.account.live.note([event("m9")])
            await ears.hears(HERS)

        assert set(ears.heard) == {HERS}

    @pytest.mark.parametrize("spelled", [HERS.replace("+", "%2B"), HERS.replace("+1", ""), f"{CONVERSATIONS}?page=1"])
    async def test_a_host_is_told_under_the_address_that_it_gave(self, desk: Desk, era: Era, spelled: str):
        async with running(desk), listening(desk, era, spelled) as ears:
            await desk.account.live.note([event()])
            await ears.hears(spelled)

        assert set(ears.heard) == {spelled}

    async def test_our_own_send_is_told(self, desk: Desk, era: Era):
        async with running(desk), listening(desk, era, HERS) as ears:
            await desk.call("send_message", phone_number=MARIA, body="It is ready.")
            await ears.hears(HERS)

    async def test_what_happened_before_is_not_told(self, desk: Desk, era: Era):
        async with running(desk):
            await desk.account.live.note([event()])
            async with listening(desk, era, HERS) as ears:
                await anyio.sleep(0.08)

        assert ears.heard == []

    async def test_what_another_process_notes_is_told(self, tmp_path: Path, era: Era):
        async with (
            open_desk(state_dir=tmp_path) as desk,
            open_desk(state_dir=tmp_path) as other,
            running(desk),
            listening(desk, era, HERS) as ears,
        ):
            await other.account.live.note([event()])
            await ears.hears(HERS)

    async def test_the_last_that_leaves_ends_the_looking(self, desk: Desk, era: Era):
        async with running(desk):
            async with listening(desk, era, CONVERSATIONS):
                async with listening(desk, era, HERS):
                    await until(lambda: desk.sandbox.requests >= 2)
                assert not await settles(desk)
            assert await settles(desk)
            async with listening(desk, era, HERS) as ears:
                await desk.account.live.note([event()])
                await ears.hears(HERS)

    async def test_a_store_that_fails_for_a_while_delays_what_is_told(self, desk: Desk, era: Era):
        store = desk.account.live.log._store  # pyright: ignore[reportPrivateUsage] - the disk behind it
        async with running(desk), listening(desk, era, HERS) as ears:
            may_write(store, False)
            await anyio.sleep(0.05)
            may_write(store, True)
            await desk.account.live.note([event()])
            await ears.hears(HERS)


async def test_an_address_that_is_no_conversation_is_refused_where_the_protocol_can_say_so(desk: Desk):
    async with subscriber(desk) as host:
        for uri in (
            "textrequest://dashboards",
            f"textrequest://dashboards/{LINE}/contacts",
            f"{CONVERSATIONS}/hello",
            "textrequest://dashboards/0/conversations",
            f"{HERS}/more",
            "https://example.com/",
        ):
            with pytest.raises(MCPError, match="Only a line's conversations can be watched"):
                await subscribe(host, uri)


async def test_an_address_that_is_no_conversation_is_never_told_of_to_a_listening_host(desk: Desk):
    async with running(desk), listening(desk, "2026-07-28", "textrequest://dashboards") as ears:
        await desk.account.live.note([event()])
        assert await settles(desk)

    assert ears.heard == []
    assert desk.sandbox.requests == 0


async def test_what_is_unsubscribed_is_not_told_any_more_and_the_rest_is(desk: Desk):
    ears = Ears()
    async with running(desk), subscriber(desk, ears) as host:
        for uri in (HERS, HERS, CONVERSATIONS):
            await subscribe(host, uri)
        await unsubscribe(host, HERS)
        await unsubscribe(host, HERS)
        await desk.account.live.note([event()])
        await ears.hears(CONVERSATIONS)
        assert not await settles(desk)
        await unsubscribe(host, CONVERSATIONS)
        assert await settles(desk)

    assert set(ears.heard) == {CONVERSATIONS}


async def test_the_same_address_twice_at_once_is_one_subscription(desk: Desk):
    async with running(desk), subscriber(desk) as host:
        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(subscribe, host, HERS)
        assert len(desk.account.subscriptions._asked) == 1  # pyright: ignore[reportPrivateUsage]
        await unsubscribe(host, HERS)
        assert await settles(desk)


async def test_a_host_that_is_gone_keeps_no_line_watched(desk: Desk):
    async with running(desk):
        for era in ERAS:
            for _ in range(3):
                async with listening(desk, era, HERS, CONVERSATIONS):
                    pass
        assert desk.account.subscriptions._asked == []  # pyright: ignore[reportPrivateUsage]
        assert await settles(desk)


@pytest.mark.parametrize("era", ERAS)
async def test_a_host_that_asks_while_the_store_fails_is_refused_and_leaves_nothing_behind(desk: Desk, era: Era):
    await desk.account.live.note([event()])
    store = desk.account.live.log._store  # pyright: ignore[reportPrivateUsage] - the disk behind it
    may_write(store, False)
    with pytest.raises((MCPError, ExceptionGroup)):
        async with listening(desk, era, HERS):
            pass
    may_write(store, True)

    assert desk.account.subscriptions._asked == []  # pyright: ignore[reportPrivateUsage]


async def test_a_host_that_does_not_read_holds_nobody_else_up_and_hears_of_the_last_change(
    desk: Desk, caplog: pytest.LogCaptureFixture
):
    ears, free = Ears(), anyio.Event()
    async with running(desk), subscriber(desk) as stuck, subscriber(desk, ears) as other:
        await subscribe(stuck, HERS)
        [asked] = desk.account.subscriptions._asked  # pyright: ignore[reportPrivateUsage]
        writes: list[str] = []

        class Slow:
            async def send_resource_updated(self, uri: str) -> None:
                writes.append(uri)
                await free.wait()

        asked.session = Slow()  # pyright: ignore[reportAttributeAccessIssue] - a session that is stuck
        await subscribe(other, HERS)
        for number in range(3):
            ears.heard.clear()
            await desk.account.live.note([event(f"m{number}")])
            await ears.hears(HERS)
        assert len(writes) == 1
        free.set()
        await until(lambda: len(writes) == 2)


async def test_a_host_that_cannot_be_told_does_not_end_the_telling(desk: Desk, caplog: pytest.LogCaptureFixture):
    ears = Ears()
    async with running(desk), subscriber(desk) as broken, subscriber(desk, ears) as other:
        await subscribe(broken, HERS)
        [asked] = desk.account.subscriptions._asked  # pyright: ignore[reportPrivateUsage]

        class Broken:
            async def send_resource_updated(self, uri: str) -> None:
                raise anyio.BrokenResourceError

        asked.session = Broken()  # pyright: ignore[reportAttributeAccessIssue] - a session that is broken
        await subscribe(other, HERS)
        for number in range(2):
            ears.heard.clear()
            await desk.account.live.note([event(f"m{number}")])
            await ears.hears(HERS)

    assert "could not be told" in caplog.text
    assert "4235550100" not in caplog.text


async def test_a_listening_host_whose_request_makes_no_sense_is_refused_by_the_protocol(desk: Desk):
    asked = subscriptions._wanted({"notifications": {"resourceSubscriptions": 7}})  # pyright: ignore[reportPrivateUsage]

    assert asked == set()


async def test_hosts_that_come_and_go_all_the_time_miss_nothing(desk: Desk):
    """Whoever is there when a text is noted hears of it, whatever the others do meanwhile."""
    async with running(desk), listening(desk, "legacy", HERS) as ears, anyio.create_task_group() as tasks:

        async def come_and_go() -> None:
            async with subscriber(desk) as host:
                while True:
                    await subscribe(host, CONVERSATIONS)
                    await unsubscribe(host, CONVERSATIONS)

        for _ in range(3):
            tasks.start_soon(come_and_go)
        for number in range(20):
            ears.heard.clear()
            await desk.account.live.note([event(f"m{number}")])
            await ears.hears(HERS)
        tasks.cancel_scope.cancel()


@pytest.mark.parametrize("era", ERAS)
async def test_a_host_over_http_that_vanishes_keeps_no_line_watched(desk: Desk, era: Era):
    """A listening host leaves with its connection; one of before 2026-07-28 when its session has been idle."""
    asked = desk.account.subscriptions._asked  # pyright: ignore[reportPrivateUsage]
    async with running(desk), over_http(desk) as url, anyio.create_task_group() as tasks:

        async def come() -> None:
            async with Client(url, mode=era, cache=None) as host:
                if era == "legacy":
                    await subscribe(host, HERS)
                else:
                    async with host.listen(resource_subscriptions=[HERS]):
                        await anyio.sleep_forever()
                await anyio.sleep_forever()

        tasks.start_soon(come)
        await until(lambda: len(asked) == 1)
        tasks.cancel_scope.cancel()
        with anyio.CancelScope(shield=True):
            await until(lambda: not asked)


@asynccontextmanager
async def over_http(desk: Desk) -> AsyncGenerator[str]:
    app = desk.server.streamable_http_app(session_idle_timeout=0.1)  # the SDK's own is half an hour
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
    with socket.socket(proto=socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(partial(server.serve, sockets=[listening]))
            await until(lambda: server.started)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/mcp"
            server.should_exit = True


@pytest.mark.parametrize("era", ERAS)
async def test_a_line_that_a_member_may_not_use_is_watched_for_them_no_more_than_one_that_is_not_there(
    desk: Desk, era: Era
):
    member = Member(id="Anna", name="Anna", scopes=frozenset({"texts:read"}), lines=frozenset({LINE}))
    no_reader = Member(id="Cleo", name="Cleo", scopes=frozenset({"payments"}))
    told: list[str] = []
    for who, line in ((member, LINE + 1), (member, 999), (no_reader, LINE)):
        with on_behalf_of(who), pytest.raises(BaseException) as caught:  # noqa: PT011 - some come in a group
            async with listening(desk, era, f"textrequest://dashboards/{line}/conversations"):
                raise AssertionError("it listens")
        told.append(str(of_group(caught.value)))
    with on_behalf_of(member):
        async with listening(desk, era, f"textrequest://dashboards/{LINE}/conversations") as ears:
            assert ears.heard == []

    assert set(told) == {"There is no such line to be told of; see list_dashboards."}


def of_group(error: BaseException) -> BaseException:
    """The error that a task group's error is about."""
    inside: Any = getattr(error, "exceptions", None)
    return of_group(inside[0]) if inside else error
