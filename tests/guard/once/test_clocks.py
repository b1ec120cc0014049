"""Clocks that are wrong, or are set between two starts: no text goes out twice by that, and nothing is forgotten."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from email.utils import formatdate
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.desk import MARIA, Desk, open_desk, refusal, said
from tests.sandbox.service import START, Clock

TEXT = {"phone_number": MARIA, "body": "Your car is ready."}
MINUTE, DAY = 60.0, 86400.0


class Dated(httpx2.AsyncBaseTransport):
    """The way to the sandbox, whose answers say what the service's clock says."""

    inner: httpx2.ASGITransport

    def __init__(self, time: Clock) -> None:
        self.time = time
        self.reads = 0
        self.posts = 0
        self.blind = False

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.reads += request.method == "GET"
        self.posts += request.method == "POST"
        if self.blind:
            raise httpx2.ConnectError("nobody listens")
        response = await self.inner.handle_async_request(request)
        response.headers["date"] = formatdate(self.time.now, usegmt=True)
        return response


@asynccontextmanager
async def start(folder: Path, way: Dated, ahead: float = 0.0, **settings: Any) -> AsyncGenerator[Desk]:
    """A start of a server on a machine whose clock is ahead by so much of the time that the service has."""
    async with open_desk(state_dir=folder, transport=way, **settings) as desk:
        desk.clock.now = way.time.now + ahead
        way.inner = httpx2.ASGITransport(app=desk.contract)
        yield desk


async def send(desk: Desk, **more: Any) -> dict[str, Any]:
    return said(await desk.call("send_message", **(TEXT | more)))


@pytest.fixture
def way() -> Dated:
    return Dated(Clock())


@pytest.mark.parametrize(
    ("first", "then"),
    [(-30 * MINUTE, 0.0), (30 * MINUTE, 0.0), (0.0, 30 * MINUTE), (0.0, -30 * MINUTE), (3 * DAY, 0.0), (0.0, 3 * DAY)],
)
async def test_l4_the_same_text_at_once_is_not_sent_again_whatever_the_clock_was_set_to(
    tmp_path: Path, way: Dated, first: float, then: float
):
    async with start(tmp_path, way, first) as desk:
        assert (await send(desk))["outcome"] == "sent"
    async with start(tmp_path, way, then) as desk:
        again = await send(desk)

    assert (again.get("duplicate_suppressed"), way.posts) == (True, 1)


@pytest.mark.parametrize(("first", "then"), [(3 * DAY, 0.0), (0.0, -3 * DAY), (-30 * MINUTE, 0.0)])
async def test_l4_the_same_text_a_day_later_goes_out_whatever_the_clock_was_set_to(
    tmp_path: Path, way: Dated, first: float, then: float
):
    async with start(tmp_path, way, first) as desk:
        await send(desk)
    way.time.forward(DAY)
    async with start(tmp_path, way, then) as desk:
        assert "duplicate_suppressed" not in await send(desk)

    assert way.posts == 2


async def test_l4_a_clock_that_is_set_while_the_server_runs_opens_no_window(tmp_path: Path, way: Dated):
    async with start(tmp_path, way) as desk:
        await send(desk)
        desk.account.api.clock._steady = lambda: START  # pyright: ignore[reportPrivateUsage] - no time passes
        desk.account.api.clock.heard(way.time.now)
        desk.clock.forward(30 * MINUTE)

        assert (await send(desk)).get("duplicate_suppressed")

    assert way.posts == 1


async def test_l4_where_the_time_cannot_be_confirmed_an_earlier_text_is_not_repeated(tmp_path: Path, way: Dated):
    async with start(tmp_path, way) as desk:
        await send(desk)
    async with start(tmp_path, way, 30 * MINUTE) as desk:
        way.blind = True

        assert "cannot be reached" in refusal(await desk.call("send_message", **TEXT))

    assert way.posts == 1


async def test_a_first_text_asks_the_service_for_the_time_once(tmp_path: Path, way: Dated):
    async with start(tmp_path, way) as desk:
        for number in range(3):
            await send(desk, body=f"Car {number} is ready.")

    assert (way.posts, way.reads) == (3, 1)


@pytest.mark.parametrize("ahead", [800 * DAY, 40 * DAY, -800 * DAY])
async def test_r5_one_start_with_a_wrong_clock_forgets_nothing(tmp_path: Path, way: Dated, ahead: float):
    async with start(tmp_path, way) as desk:
        first = await send(desk, idempotency_key="order 7")
        for number in range(2):
            await desk.call("save_contact", phone_number=MARIA, note=f"{number}")
    async with start(tmp_path, way, ahead) as desk:
        await desk.account.at_most_once.ledger.recover()
        await desk.call("save_contact", phone_number=MARIA, note="2")
        await desk.account.at_most_once.ledger.recover()
    way.time.forward(HOUR)
    async with start(tmp_path, way) as desk:
        again = await send(desk, idempotency_key="order 7")
        rows = [row async for row in desk.account.audit.trail.entries()]

    assert (again["send_id"], again["duplicate_suppressed"], way.posts) == (first["send_id"], True, 1 + 3)
    assert [row.number for row in rows] == [1, 2, 3, 4, 5]


HOUR = 3600.0


async def test_r5_a_perhaps_stop_and_used_approvals_outlive_a_wrong_clock(tmp_path: Path, way: Dated):
    async with start(tmp_path, way) as desk:
        await desk.call("list_dashboards")
        await desk.account.policy.consent.heard(121, MARIA, "Please leave me alone", START)
        await desk.account.gate._store.burn("approval", "one", 600)  # pyright: ignore[reportPrivateUsage]
        await desk.account.at_most_once.ledger.recover()
    async with start(tmp_path, way, 800 * DAY) as desk:
        await desk.call("list_dashboards")
        store = desk.account.gate._store  # pyright: ignore[reportPrivateUsage]
        await desk.account.policy.consent.tidy()
        assert (await desk.account.policy.consent.standing(121, MARIA)).perhaps_at == START
        assert await store.burn("approval", "two", 600)
        assert not await store.burn("approval", "one", 600)


async def test_l4_a_token_that_a_wrong_clock_made_is_worth_nothing_once_it_is_right(tmp_path: Path, way: Dated):
    way.time.forward(800 * DAY)  # the service's clock is wrong as well
    async with start(tmp_path, way) as desk:
        token = said(await desk.call("delete_contact", phone_number="+14235550102"))["confirmation"]
    way.time.forward(-800 * DAY)
    async with start(tmp_path, way) as desk:
        late = await desk.call("delete_contact", phone_number="+14235550102", confirmation=token)

        assert "older than 10 minutes" in refusal(late)
        assert desk.changes == []
