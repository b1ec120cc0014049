"""The courier: what it brings where, signed, in order, and when it gives a hook up."""

import base64
import hmac
import json

import pytest
from tests.sandbox.contract import faults
from tests.sandbox.service import KEY, MARIA, UNREACHABLE, Service
from tests.sandbox.targets import HERE, Targets, delivering, done, hook, until

from textrequest_mcp.sandbox import receive

HOOKS = "/dashboards/121/hooks"
IN, OTHER = f"{HERE}/in", f"{HERE}/other"


async def test_a_delivery_has_the_hooks_verb_and_a_signature_over_stamp_and_body(service: Service):
    await hook(service, "msg_received", IN, verb="PUT")
    targets = Targets()
    receive(service.account, 121, MARIA, "Grüße 🚗")
    service.clock.forward(7)

    async with delivering(service, targets) as courier:
        await done(courier)

    (call,) = targets.received
    stamp = call.headers["x-tr-webhook-timestamp"]
    expected = hmac.new(KEY.encode(), stamp.encode() + b"." + call.content, "sha256").digest()
    assert (call.method, str(call.url), call.headers["content-type"]) == ("PUT", IN, "application/json")
    assert base64.b64decode(call.headers["x-tr-webhook-signature"], validate=True) == expected
    assert stamp == str(int(service.clock.now))
    assert json.loads(call.content)["conversation"]["message"] == "Grüße 🚗"


async def test_time_goes_by_without_anybody_asking(service: Service):
    await hook(service, "msg_received", IN)
    targets = Targets()
    await service.send(MARIA, "It's ready.")

    async with delivering(service, targets) as courier:
        await done(courier)
        before = targets.at(IN)
        service.clock.forward(3)
        await done(courier)

    (answer,) = targets.at(IN)
    assert before == []
    assert answer["conversation"]["message"] == "Perfect, I'll come by before 5. Thank you!"


async def test_each_hook_gets_its_texts_in_order_and_a_hanging_one_holds_up_nobody(service: Service):
    for url in (IN, OTHER):
        await hook(service, "msg_received", url)
    targets = Targets(hanging={IN})
    texts = [f"Text {number}" for number in range(30)]

    async with delivering(service, targets):
        for text in texts:
            receive(service.account, 121, MARIA, text)
        await until(lambda: len(targets.at(OTHER)) == len(texts))
        assert (await service.api.get("/dashboards")).status_code == 200

    assert [payload["conversation"]["message"] for payload in targets.at(OTHER)] == texts
    assert len(targets.at(IN)) == 1


@pytest.mark.parametrize("status", [404, 410, 500, 503, 199])
async def test_ten_failures_in_a_row_disconnect_a_hook_and_nothing_is_repeated(service: Service, status: int):
    made = await hook(service, "msg_received", IN)
    targets = Targets()
    targets.statuses[IN] = status

    async with delivering(service, targets) as courier:
        for number in range(9):
            receive(service.account, 121, MARIA, f"Text {number}")
        await done(courier)
        still = await service.items(HOOKS)
        for number in range(9, 15):
            receive(service.account, 121, MARIA, f"Text {number}")
        await done(courier)

    assert still == [made]
    assert await service.items(HOOKS) == [{**made, "is_connected": False}]
    assert [payload["conversation"]["message"] for payload in targets.at(IN)] == [f"Text {n}" for n in range(10)]


async def test_a_hook_that_is_taken_up_again_counts_from_zero_and_misses_what_came_between(service: Service):
    made = await hook(service, "msg_received", IN)
    targets = Targets()
    targets.statuses[IN] = 500

    async with delivering(service, targets) as courier:
        for _ in range(10):
            receive(service.account, 121, MARIA, "Lost")
        await done(courier)
        receive(service.account, 121, MARIA, "Missed")
        await service.api.put(f"{HOOKS}/{made['id']}")
        for number in range(9):
            receive(service.account, 121, MARIA, f"Text {number}")
        await done(courier)
        targets.statuses[IN] = 200
        receive(service.account, 121, MARIA, "Taken")
        await done(courier)

    told = [payload["conversation"]["message"] for payload in targets.at(IN)]
    assert told == ["Lost"] * 10 + [f"Text {n}" for n in range(9)] + ["Taken"]
    assert await service.items(HOOKS) == [made]


@pytest.mark.parametrize("status", [200, 204, 302, 399])
async def test_an_answer_between_200_and_399_ends_a_row_and_no_redirect_is_followed(service: Service, status: int):
    await hook(service, "msg_received", IN)
    targets = Targets()

    async with delivering(service, targets) as courier:
        for answer in (*[500] * 9, status, *[500] * 9):
            targets.statuses[IN] = answer
            receive(service.account, 121, MARIA, "Hello?")
            await done(courier)

    assert (await service.items(HOOKS))[0]["is_connected"]
    assert {str(call.url) for call in targets.received} == {IN}


async def test_no_answer_in_time_is_a_failure(service: Service):
    made = await hook(service, "msg_received", IN)
    targets = Targets(hanging={IN})

    async with delivering(service, targets, patience=0.001) as courier:
        for _ in range(12):
            receive(service.account, 121, MARIA, "Hello?")
        await done(courier)

    assert len(targets.received) == 10
    assert await service.items(HOOKS) == [{**made, "is_connected": False}]


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/in",
        "http://192.0.2.7/in",
        "http://10.0.0.1/in",
        "http://localhost.example.com/in",
        "http://127.0.0.1@example.com/in",
        "http://127.0.0.1\\@example.com/in",
        "http://[2001:db8::1]/in",
        "http://0.0.0.0/in",
        "http://",
        "http://127.0.0.1:port/",
    ],
)
async def test_nothing_beyond_this_machine_is_ever_called(service: Service, url: str):
    made = await hook(service, "msg_received", url)
    targets = Targets()

    async with delivering(service, targets) as courier:
        for _ in range(10):
            receive(service.account, 121, MARIA, "Hello?")
        await done(courier)

    service.checked.violations.clear()  # some of these are no addresses at all
    assert targets.received == []
    assert not service.account.lines[121].hooks[made["id"]].is_connected


@pytest.mark.parametrize(
    "url", ["http://127.8.9.10:9/in", "http://localhost/in", "https://LOCALHOST/in", "http://[::1]:9/"]
)
async def test_every_name_of_this_machine_is_called(service: Service, url: str):
    await hook(service, "msg_received", url)
    targets = Targets()
    receive(service.account, 121, MARIA, "Hello?")

    async with delivering(service, targets) as courier:
        await done(courier)

    assert len(targets.received) == 1


async def test_an_address_that_breaks_the_client_is_a_failure_and_the_others_go_on(service: Service):
    broken = await hook(service, "msg_received", OTHER)
    await hook(service, "msg_received", IN)
    targets = Targets(breaking={OTHER})

    async with delivering(service, targets) as courier:
        for _ in range(11):
            receive(service.account, 121, MARIA, "Hello?")
        await done(courier)

    assert len(targets.at(IN)) == 11
    assert not service.account.lines[121].hooks[broken["id"]].is_connected


@pytest.mark.parametrize("path", ["{hooks}/{id}", "/dashboards/121"])
async def test_a_hook_that_was_removed_gets_nothing_more(service: Service, path: str):
    made = await hook(service, "msg_received", IN)
    targets = Targets()
    receive(service.account, 121, MARIA, "Hello?")
    await service.api.delete(path.format(hooks=HOOKS, **made))

    async with delivering(service, targets) as courier:
        await done(courier)

    assert targets.received == []


@pytest.mark.parametrize(("number", "status", "code"), [(MARIA, "delivered", None), (UNREACHABLE, "error", "2001")])
async def test_a_sends_own_address_is_told_of_its_delivery(
    service: Service, number: str, status: str, code: str | None
):
    await hook(service, "msg_status_updated", IN)
    targets = Targets()
    sent = (await service.send(number, status_callback=OTHER)).json()
    await service.send(number, "Without one.")

    async with delivering(service, targets) as courier:
        service.clock.forward(5)
        await done(courier)

    assert targets.at(OTHER) == [
        {"message_id": sent["message_id"], "status": status, "error_code": code, "errorCode": code}
    ]
    assert len(targets.at(IN)) == 2
    assert faults(targets.at(OTHER)[0], "HookMessageStatus") == []
    assert all("x-tr-webhook-signature" in call.headers for call in targets.received)
