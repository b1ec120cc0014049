"""Hooks: made once for an event and address, listed, taken up again, removed."""

import pytest
from tests.sandbox.service import Service

HOOKS = "/dashboards/121/hooks"
HOOK = {"target_url": "https://example.com/in", "event": "msg_received"}


@pytest.mark.parametrize("spelling", ["http_verb", "httpVerb"])
async def test_the_verb_has_two_spellings(service: Service, spelling: str):
    answer = await service.api.post(HOOKS, json={**HOOK, spelling: "PUT"})

    made = answer.json()
    assert answer.status_code == 201
    assert made == {
        **HOOK,
        "id": made["id"],
        "dashboard_id": 121,
        "httpVerb": "PUT",
        "is_user_defined": False,
        "is_connected": True,
    }
    assert await service.items(HOOKS) == [made]


async def test_a_verb_left_out_is_post(service: Service):
    assert (await service.api.post(HOOKS, json=HOOK)).json()["httpVerb"] == "POST"


async def test_the_same_event_and_address_again_is_a_409(service: Service):
    await service.api.post(HOOKS, json=HOOK)

    repeat = await service.api.post(HOOKS, json=HOOK)
    other_event = await service.api.post(HOOKS, json={**HOOK, "event": "msg_sent"})
    other_line = await service.api.post("/dashboards/122/hooks", json=HOOK)

    assert [answer.status_code for answer in (repeat, other_event, other_line)] == [409, 201, 201]
    assert len(await service.items(HOOKS)) == 2


@pytest.mark.parametrize(
    "body", [{}, {**HOOK, "event": "msg_lost"}, {**HOOK, "target_url": "example"}, {**HOOK, "http_verb": "GET"}]
)
async def test_a_hook_that_cannot_be_is_a_400(service: Service, body: dict[str, str]):
    assert (await service.api.post(HOOKS, json=body)).status_code == 400
    assert await service.items(HOOKS) == []


async def test_a_hook_that_was_given_up_is_taken_up_again(service: Service):
    made = (await service.api.post(HOOKS, json=HOOK)).json()
    service.account.lines[121].hooks[made["id"]].is_connected = False
    given_up = await service.items(HOOKS)

    answer = await service.api.put(f"{HOOKS}/{made['id']}")

    assert not given_up[0]["is_connected"]
    assert (answer.status_code, answer.content) == (204, b"")
    assert await service.items(HOOKS) == [made]


async def test_a_hook_is_removed_once(service: Service):
    made = (await service.api.post(HOOKS, json=HOOK)).json()

    first, second = [await service.api.delete(f"{HOOKS}/{made['id']}") for _ in range(2)]

    assert (first.status_code, second.status_code) == (204, 400)
    assert await service.items(HOOKS) == []


async def test_the_events_are_a_bare_list(service: Service):
    events = await service.get("/eventTypes")

    assert {"msg_received", "msg_sent"} < set(events)
    assert len(events) == 7
