"""Playing a customer: a text that comes in over the sandbox's own address."""

from typing import Any

import httpx2
import pytest
from tests.sandbox.service import BLOCKED, KEY, MARIA, Service, open_service
from tests.sandbox.targets import HERE, hook

from textrequest_mcp.sandbox import receive

PATH = "/sandbox/texts"
TEXT = {"from": "+14235550100", "body": "Is my car ready?"}


async def play(service: Service, **request: Any) -> httpx2.Response:
    """One request to the sandbox's own address, without a key."""
    transport = httpx2.ASGITransport(app=service.checked.app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://sandbox") as client:
        return await client.post(PATH, **request)


@pytest.mark.parametrize(("more", "line"), [({}, 121), ({"dashboard_id": None}, 121), ({"dashboard_id": 122}, 122)])
async def test_a_text_comes_in_on_the_first_line_or_on_the_one_that_is_named(
    service: Service, more: dict[str, int | None], line: int
):
    await hook(service, "msg_received", f"{HERE}/in", line=line)

    answer = await play(service, json={**TEXT, **more})

    last = (await service.texts(MARIA, line))[-1]
    (owed,) = service.account.outbox
    assert answer.status_code == 201
    assert answer.json() == {"message_id": last["message_id"], "dashboard_id": line}
    assert (last["body"], last["message_direction"]) == ("Is my car ready?", "R")
    assert owed.payload["messageUniqueIdentifier"] == last["message_id"]


async def test_a_text_from_a_blocked_contact_is_said_to_be_dropped(service: Service):
    answer = await play(service, json={"from": BLOCKED, "body": "Hello?"})

    assert answer.status_code == 200
    assert answer.json() == {"dropped": True, "why": "The contact is blocked on this line."}


@pytest.mark.parametrize(
    ("request_", "complaint"),
    [
        ({"json": {**TEXT, "from": "12"}}, "The phone number is invalid."),
        ({"json": {**TEXT, "from": None}}, "from is required."),
        ({"json": {**TEXT, "from": 14235550100}}, "from must be a text."),
        ({"json": {**TEXT, "body": " "}}, "body is required."),
        ({"json": {**TEXT, "body": "x" * 1601}}, "body may have at most 1600 characters."),
        ({"json": {**TEXT, "dashboard_id": 999}}, "The dashboard id is invalid."),
        ({"json": {**TEXT, "dashboard_id": "121"}}, "dashboard_id must be a whole number."),
        ({"json": {**TEXT, "dashboard_id": True}}, "dashboard_id must be a whole number."),
        ({"json": {**TEXT, "dashboard": 122}}, "There is no 'dashboard' here; a text has from, body and dashboard_id."),
        ({"json": ["Hello?"]}, "The body must be a JSON object."),
        ({"content": b'{"body": "\\ud800"}', "headers": {"content-type": "application/json"}}, "The body is not JSON."),
        ({"content": b"{", "headers": {"content-type": "application/json; charset=utf-8"}}, "The body is not JSON."),
        ({"content": b"{}", "headers": {"content-type": "text/plain"}}, "The content type must be application/json."),
    ],
)
async def test_what_is_no_text_is_refused_with_a_sentence(service: Service, request_: dict[str, Any], complaint: str):
    before = await service.texts(MARIA)

    answer = await play(service, **request_)

    assert answer.status_code == 400
    assert answer.json() == {"error": complaint}
    assert await service.texts(MARIA) == before


async def test_an_account_without_a_line_says_so(service: Service):
    for line in list(service.account.lines):
        await service.api.delete(f"/dashboards/{line}")

    assert (await play(service, json=TEXT)).json() == {"error": "The account has no line."}


async def test_played_texts_use_up_no_calls_and_are_nothing_that_a_caller_did():
    async with open_service(rate_limit=(2, 60.0)) as service:
        statuses = [(await play(service, json=TEXT)).status_code for _ in range(3)]
        asked = [(await service.api.get("/eventTypes")).status_code for _ in range(3)]
        refused = await play(service, json=TEXT, headers={"x-api-key": KEY[::-1]})

    assert statuses == [201, 201, 201]
    assert asked == [200, 200, 429]
    assert refused.status_code == 201  # no key is asked for, so none can be wrong
    assert (service.account.requests, service.account.journal) == (3, [])


async def test_thousands_of_texts_on_a_line_are_played_and_listed_in_order(service: Service):
    numbers = [f"1423555{100 + place:04d}" for place in range(9, 50)]
    for place in range(20_000):
        service.clock.forward(0.001)
        receive(service.account, 122, numbers[place % len(numbers)], f"Text {place}")

    newest = await service.items("/dashboards/122/messages", sort="desc", page_size=1000)

    assert [text["body"] for text in newest] == [f"Text {place}" for place in range(19_999, 18_999, -1)]
