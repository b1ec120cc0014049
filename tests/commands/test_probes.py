"""What those who run the server are told: that it lives, and whether it can do its work."""

from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from starlette.requests import Request
from tests.desk import open_desk
from tests.served import address_of, real_account, running

from textrequest_mcp import __version__
from textrequest_mcp.commands import probes
from textrequest_mcp.commands.probes import Readiness
from textrequest_mcp.ground.store import Store, StoreError


def root_of(address: str) -> str:
    return address.rpartition("/")[0]


@pytest.mark.parametrize("transport", ["http", "sse"])
def test_a_server_that_can_work_says_so_and_nothing_of_its_account(transport: str):
    with running("serve", "--sandbox", "--transport", transport, "--port", "0") as child:
        root = root_of(address_of(child))
        lives, ready = httpx2.get(f"{root}/health"), httpx2.get(f"{root}/ready")

    assert (lives.status_code, lives.json()) == (200, {"status": "ok", "version": __version__})
    assert (ready.status_code, ready.json()) == (200, {"status": "ready", "state": "ok", "service": "ok"})


def test_a_server_whose_service_is_away_lives_and_is_not_ready_and_wants_no_secret_for_saying_so(tmp_path: Path):
    nobody = real_account("http://127.0.0.1:9", tmp_path)
    with running("serve", "--transport", "http", "--port", "0", environment=nobody) as child:
        root = root_of(address_of(child))
        lives, ready = httpx2.get(f"{root}/health"), httpx2.get(f"{root}/ready", timeout=20)
        through_a_proxy = httpx2.get(f"{root}/ready", headers={"x-forwarded-for": "192.0.2.1"})

    assert lives.status_code == 200
    assert (ready.status_code, ready.json()["service"]) == (503, "does not answer")
    assert through_a_proxy.status_code == 401


async def probe(readiness: Readiness) -> tuple[int, bytes]:
    answer = await readiness.answer(Request({"type": "http"}))
    return answer.status_code, bytes(answer.body)


class Service:
    """Answers as it is told, and counts."""

    def __init__(self, *answers: Any) -> None:
        self.answers = [*answers]
        self.asked = 0

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.asked += 1
        answer = self.answers[min(self.asked, len(self.answers)) - 1]
        return answer if isinstance(answer, httpx2.Response) else await answer()


async def never() -> httpx2.Response:
    await anyio.sleep_forever()
    raise AssertionError


def transport(service: Service) -> httpx2.AsyncBaseTransport:
    class Played(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            return await service.handle_async_request(request)

    return Played()


EMPTY: dict[str, Any] = {"items": [], "meta": {"page": 0, "page_size": 1, "total_items": 0}}


async def test_many_probes_cost_the_service_one_read():
    service = Service(httpx2.Response(200, json=EMPTY))
    async with open_desk(transport=transport(service)) as desk:
        readiness = Readiness(desk.account, Store.open(None))
        answers = {await probe(readiness) for _ in range(5)}

    assert {status for status, _ in answers} == {200}
    assert service.asked == 1


async def test_a_refused_key_is_called_so_and_looked_at_again_soon(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(probes, "_SOON_SECONDS", 0.0)
    service = Service(httpx2.Response(401, json={}), httpx2.Response(200, json=EMPTY))
    async with open_desk(transport=transport(service)) as desk:
        readiness = Readiness(desk.account, Store.open(None))
        refused, taken = await probe(readiness), await probe(readiness)

    assert refused[0] == 503
    assert b'"service":"refuses the key"' in refused[1]
    assert taken[0] == 200


async def test_a_service_that_never_answers_keeps_no_probe_waiting(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(probes, "_PATIENCE_SECONDS", 0.05)
    async with open_desk(transport=transport(Service(never))) as desk:
        status, body = await probe(Readiness(desk.account, Store.open(None)))

    assert status == 503
    assert b'"service":"does not answer"' in body


async def test_a_state_that_cannot_be_used_is_called_so(tmp_path: Path):
    (tmp_path / "state.sqlite3").mkdir()
    broken = Store.open(tmp_path)
    async with open_desk() as desk:
        status, body = await probe(Readiness(desk.account, broken))

    assert status == 503
    assert b'"state":"cannot be used","service":"ok"' in body
    with pytest.raises(StoreError):
        await broken.secret()
