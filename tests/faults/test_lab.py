"""The lab does what its faults are called: to the client, to the service, and to what it counts."""

import json
import re
import socket
import ssl
import time
from collections.abc import AsyncGenerator
from email.utils import parsedate_to_datetime

import anyio
import httpx2
import pytest
from tests.faults.behaviours import ERROR_BODY, HTML_PAGE
from tests.faults.lab import Fault, Lab, open_lab, run_lab

TEXTING = "/dashboards/121/contacts/14235550100/messages"
OPTED_OUT = "/dashboards/121/contacts/14235550101/messages"
STALLED_SECONDS = 0.3
NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # the real ones take long to read

BROKEN, EOF, LATE, REFUSED = httpx2.ReadError, httpx2.RemoteProtocolError, httpx2.ReadTimeout, httpx2.ConnectError
WRITING = httpx2.WriteError  # where a reset is faster than the request

# What the client sees, and how many requests count as received.
SEEN: dict[Fault, tuple[int | tuple[type[Exception], ...], int]] = {
    Fault.REFUSE: ((REFUSED,), 0),
    Fault.RESET_ON_ACCEPT: ((BROKEN, WRITING), 0),
    Fault.BREAK_KEPT_ALIVE: ((EOF, BROKEN), 0),
    Fault.STALL: ((LATE,), 1),
    Fault.RESET_AFTER_HEADERS: ((BROKEN, WRITING), 0),
    Fault.RESET_AFTER_BODY: ((BROKEN,), 1),
    Fault.CLOSE_AFTER_BODY: ((EOF,), 1),
    Fault.HALF_HEADER: ((EOF,), 1),
    Fault.HALF_BODY: ((EOF,), 1),
    Fault.HTML: (200, 1),
    Fault.EMPTY_OBJECT: (200, 1),
    Fault.STATUS_500: (500, 1),
    Fault.STATUS_502: (502, 1),
    Fault.STATUS_503: (503, 1),
    Fault.STATUS_504: (504, 1),
    Fault.ACT_AND_RESET: ((BROKEN,), 1),
    Fault.ACT_AND_CLOSE: ((EOF,), 1),
    Fault.ACT_AND_STALL: ((LATE,), 1),
    Fault.ACT_SLOWLY: (200, 1),
    Fault.ACT_AND_HALF_HEADER: ((EOF,), 1),
    Fault.ACT_AND_HALF_BODY: ((EOF,), 1),
    Fault.ACT_AND_HTML: (200, 1),
    Fault.ACT_AND_EMPTY_OBJECT: (200, 1),
    Fault.ACT_AND_500: (500, 1),
    Fault.ACT_AND_502: (502, 1),
    Fault.ACT_AND_503: (503, 1),
    Fault.ACT_AND_504: (504, 1),
    Fault.BUSY_FOR_A_SECOND: (429, 1),
    Fault.BUSY_FOR_DAYS: (429, 1),
    Fault.BUSY_NEGATIVE: (429, 1),
    Fault.BUSY_UNTIL_2099: (429, 1),
    Fault.BUSY_GARBAGE: (429, 1),
    Fault.STATUS_400: (400, 1),
    Fault.STATUS_408: (408, 1),
    Fault.ERROR_BODY: (200, 1),
    Fault.REDIRECT_301: (301, 1),
    Fault.REDIRECT_302: (302, 1),
    Fault.REDIRECT_303: (303, 1),
    Fault.REDIRECT_307: (307, 1),
    Fault.REDIRECT_308: (308, 1),
}
ANSWERED = [fault for fault, (seen, _) in SEEN.items() if isinstance(seen, int)]


@pytest.fixture
async def lab() -> AsyncGenerator[Lab]:
    async with open_lab(slow_seconds=0.05, refuse_seconds=600.0) as opened:
        yield opened


@pytest.fixture
async def client(lab: Lab) -> AsyncGenerator[httpx2.AsyncClient]:
    async with client_of(lab) as opened:
        yield opened


def client_of(lab: Lab) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(
        base_url=lab.base_url, headers={"x-api-key": lab.key}, timeout=10.0, trust_env=False, verify=NO_CERTIFICATES
    )


async def text(client: httpx2.AsyncClient, body: str = "Hello!") -> httpx2.Response:
    return await client.post(TEXTING, json={"body": body})


def impatient(client: httpx2.AsyncClient) -> None:
    client.timeout = httpx2.Timeout(10.0, read=STALLED_SECONDS)


async def keep_a_connection(lab: Lab, client: httpx2.AsyncClient) -> None:
    assert (await client.get("/dashboards")).status_code == 200
    lab.received.clear()


def raw(lab: Lab) -> socket.socket:
    """A connection on which a whole request has been sent."""
    body = b'{"body": "Hello!"}'
    lines = [f"POST /api/v3{TEXTING} HTTP/1.1", "Host: lab", f"X-Api-Key: {lab.key}", f"Content-Length: {len(body)}"]
    connection = socket.create_connection(("127.0.0.1", httpx2.URL(lab.base_url).port or 0), timeout=5)
    connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)
    return connection


def all_of(connection: socket.socket) -> bytes:
    with connection:
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_every_fault_is_tried_here():
    assert set(SEEN) == set(Fault)


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.name)
async def test_a_fault_does_what_it_is_called_and_the_next_request_is_served(
    fault: Fault, lab: Lab, client: httpx2.AsyncClient
):
    await keep_a_connection(lab, client)
    expected, received = SEEN[fault]
    lab.next(fault)

    if isinstance(expected, int):
        assert (await text(client)).status_code == expected
    else:
        if LATE in expected:
            impatient(client)
        with pytest.raises(expected):
            await text(client)

    acted = [True] if fault.acts else [False] * received
    assert [(request.fault, request.acted) for request in lab.received] == [(fault, did) for did in acted]
    assert [sent.body for sent in lab.sends()] == ["Hello!"] * fault.acts
    lab.peace()
    client.timeout = httpx2.Timeout(10.0)
    assert (await text(client, "Again.")).status_code == 200
    assert [sent.body for sent in lab.sends()] == ["Hello!"] * fault.acts + ["Again."]
    assert lab.elsewhere == []


async def test_what_no_fault_waits_for_is_passed_on_whole(lab: Lab, client: httpx2.AsyncClient):
    answer = await client.post(TEXTING, params={"a": "b c"}, json={"body": "Größe £5"}, headers={"X-Odd": "Mixed Case"})

    (request,) = lab.received
    assert (request.method, request.target) == ("POST", f"/api/v3{TEXTING}?a=b+c")
    assert (request.headers["x-odd"], request.headers["x-api-key"]) == ("Mixed Case", lab.key)
    assert json.loads(request.body) == {"body": "Größe £5"}
    assert (request.fault, request.acted) == (None, True)
    assert answer.json()["body"] == "Größe £5"
    assert answer.headers["content-type"] == "application/json"
    (sent,) = lab.sends()
    assert (sent.line, sent.recipient, sent.body) == (121, "+14235550100", "Größe £5")


@pytest.mark.parametrize("fault", [None, *ANSWERED], ids=lambda fault: fault.name if fault else "none")
async def test_every_whole_answer_says_when_it_was_given(fault: Fault | None, lab: Lab, client: httpx2.AsyncClient):
    lab.next(*([fault] if fault else []))
    began = int(time.time())

    (date,) = (await text(client)).headers.get_list("date")

    assert began <= parsedate_to_datetime(date).timestamp() <= time.time()


async def test_no_two_labs_have_the_same_key_and_all_are_known_at_sight(lab: Lab):
    async with open_lab() as other:
        keys = {lab.key, other.key}

    assert len(keys) == 2
    assert all(re.fullmatch(r"DECAFBADDECAFBAD[0-9A-F]{16}", key) for key in keys)


async def test_an_answer_without_a_body_stays_without_one(lab: Lab, client: httpx2.AsyncClient):
    answer = await client.get("/dashboards/121/contacts/14235550199/messages")

    assert (answer.status_code, answer.content, "content-length" in answer.headers) == (204, b"", False)


async def test_only_its_key_opens_the_sandbox(lab: Lab, client: httpx2.AsyncClient):
    answer = await client.post(TEXTING, json={"body": "Hello!"}, headers={"x-api-key": lab.key.lower()})

    assert answer.status_code == 401
    assert [request.acted for request in lab.received] == [False]
    assert lab.sends() == []


async def test_a_text_that_the_service_takes_and_refuses_is_no_send(lab: Lab, client: httpx2.AsyncClient):
    answer = await client.post(OPTED_OUT, json={"body": "Hello!"})

    assert (answer.status_code, answer.json()["delivery_status"]) == (200, "error")
    assert len(lab.sandbox.journal) == 1
    assert lab.sends() == []


async def test_faults_strike_in_their_order_and_only_requests_of_their_method(lab: Lab, client: httpx2.AsyncClient):
    lab.next(Fault.STATUS_500, Fault.STATUS_400)
    lab.next(Fault.STATUS_503, method="GET")

    statuses = [(await text(client)).status_code, (await client.get("/dashboards")).status_code]
    statuses += [(await text(client)).status_code, (await text(client)).status_code]

    assert statuses == [500, 503, 400, 200]
    assert [request.fault for request in lab.received] == [
        Fault.STATUS_500,
        Fault.STATUS_503,
        Fault.STATUS_400,
        None,
    ]
    assert [request.method for request in lab.posts()] == ["POST"] * 3
    assert lab.waiting == []


async def test_peace_forgets_what_waits(lab: Lab, client: httpx2.AsyncClient):
    lab.next(Fault.REFUSE, Fault.STATUS_500)
    assert lab.waiting == [Fault.REFUSE, Fault.STATUS_500]

    lab.peace()

    assert lab.waiting == []
    assert (await text(client)).status_code == 200


async def test_refusing_ends_by_itself_and_then_the_next_fault_is_due():
    async with open_lab(refuse_seconds=0.05) as lab, client_of(lab) as client:
        lab.next(Fault.REFUSE, Fault.STATUS_500)

        await lab.until(lambda: lab.waiting == [Fault.STATUS_500])

        assert (await text(client)).status_code == 500


async def test_a_refusal_that_peace_ended_is_over(lab: Lab, client: httpx2.AsyncClient):
    for _ in range(2):
        lab.next(Fault.REFUSE)
        with pytest.raises(REFUSED):
            await text(client)
        lab.peace()
        assert (await text(client)).status_code == 200


async def test_a_refusal_is_not_ended_by_the_end_of_an_earlier_one(lab: Lab, client: httpx2.AsyncClient):
    lab.next(Fault.REFUSE)
    lab.peace()
    lab.next(Fault.REFUSE)
    await anyio.wait_all_tasks_blocked()

    with pytest.raises(REFUSED):
        await text(client)

    assert lab.waiting == [Fault.REFUSE]


async def test_a_fault_at_the_door_strikes_right_after_one_on_a_kept_connection(lab: Lab, client: httpx2.AsyncClient):
    await keep_a_connection(lab, client)
    lab.next(Fault.STATUS_500, Fault.RESET_ON_ACCEPT)

    first = await text(client)
    with pytest.raises((BROKEN, WRITING)):
        await text(client)

    assert (first.status_code, len(lab.received), lab.waiting) == (500, 1, [])


async def test_a_shut_lab_refuses_until_it_is_opened(lab: Lab, client: httpx2.AsyncClient):
    await keep_a_connection(lab, client)
    lab.shut()
    for _ in range(2):
        with pytest.raises(REFUSED):
            await text(client)

    lab.open()

    assert (await text(client)).status_code == 200


async def test_an_idle_connection_that_was_hung_up_is_not_used_again(lab: Lab, client: httpx2.AsyncClient):
    await keep_a_connection(lab, client)

    lab.hang_up()

    assert (await text(client)).status_code == 200
    assert len(lab.sends()) == 1


async def test_a_kept_connection_is_needed_to_break_one(lab: Lab, client: httpx2.AsyncClient):
    lab.next(Fault.BREAK_KEPT_ALIVE)

    assert (await text(client, "First.")).status_code == 200
    with pytest.raises((EOF, BROKEN)):
        await text(client, "Second.")

    assert [sent.body for sent in lab.sends()] == ["First."]
    assert lab.waiting == []


@pytest.mark.parametrize("fault", [Fault.HALF_HEADER, Fault.ACT_AND_HALF_HEADER], ids=lambda fault: fault.name)
async def test_half_a_header_ends_before_the_body(fault: Fault, lab: Lab):
    lab.next(fault)

    answer = await anyio.to_thread.run_sync(lambda: all_of(raw(lab)))

    assert answer.startswith(b"HTTP/1.1 200")
    assert b"\r\n\r\n" not in answer


@pytest.mark.parametrize("fault", [Fault.HALF_BODY, Fault.ACT_AND_HALF_BODY], ids=lambda fault: fault.name)
async def test_half_a_body_ends_before_its_length(fault: Fault, lab: Lab):
    lab.next(fault)

    answer = await anyio.to_thread.run_sync(lambda: all_of(raw(lab)))

    head, _, body = answer.partition(b"\r\n\r\n")
    promised = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length"))
    assert 0 < len(body) < promised
    assert b'"message_id"' in body


async def test_a_slow_answer_is_late_and_good(lab: Lab, client: httpx2.AsyncClient):
    lab.next(Fault.ACT_SLOWLY)
    began = anyio.current_time()

    answer = await text(client)

    assert anyio.current_time() - began >= lab.slow_seconds
    assert answer.json()["message_id"] == lab.sandbox.lines[121].contacts["14235550100"].messages[-1].id


@pytest.mark.parametrize(
    ("fault", "asked"),
    [
        (Fault.BUSY_FOR_A_SECOND, "1"),
        (Fault.BUSY_FOR_DAYS, "999999"),
        (Fault.BUSY_NEGATIVE, "-5"),
        (Fault.BUSY_UNTIL_2099, "Thu, 01 Jan 2099 00:00:00 GMT"),
        (Fault.BUSY_GARBAGE, "soon, I hope"),
    ],
    ids=lambda given: given.name if isinstance(given, Fault) else "",
)
async def test_a_busy_service_asks_for_patience_in_many_ways(
    fault: Fault, asked: str, lab: Lab, client: httpx2.AsyncClient
):
    lab.next(fault)

    assert (await text(client)).headers["retry-after"] == asked


@pytest.mark.parametrize(
    ("fault", "body"),
    [
        (Fault.HTML, HTML_PAGE),
        (Fault.ACT_AND_HTML, HTML_PAGE),
        (Fault.EMPTY_OBJECT, b"{}"),
        (Fault.ACT_AND_EMPTY_OBJECT, b"{}"),
        (Fault.ERROR_BODY, ERROR_BODY),
    ],
    ids=lambda given: given.name if isinstance(given, Fault) else "",
)
async def test_an_odd_answer_is_whole(fault: Fault, body: bytes, lab: Lab, client: httpx2.AsyncClient):
    lab.next(fault)

    assert (await text(client)).content == body


async def test_who_follows_a_redirect_is_noticed_elsewhere(lab: Lab, client: httpx2.AsyncClient):
    lab.next(Fault.REDIRECT_308)
    impatient(client)

    with pytest.raises(LATE):
        await client.post(TEXTING, json={"body": "Hello!"}, follow_redirects=True)

    assert len(lab.elsewhere) == 1
    assert lab.elsewhere[0].startswith(b"POST /api/v3/dashboards HTTP/1.1")
    assert lab.key.encode() in lab.elsewhere[0]  # httpx2 drops only its own credentials on the way to another host


async def test_half_a_request_is_not_received(lab: Lab):
    def hang_up_in_the_middle() -> None:
        with socket.create_connection(("127.0.0.1", httpx2.URL(lab.base_url).port or 0)) as connection:
            connection.sendall(b"POST /api/v3/dashboards HTTP/1.1\r\nContent-Length: 10\r\n\r\n12345")

    await anyio.to_thread.run_sync(hang_up_in_the_middle)
    async with client_of(lab) as client:
        assert (await client.get("/dashboards")).status_code == 200

    assert [request.method for request in lab.received] == ["GET"]


async def test_a_lab_closes_although_somebody_is_still_kept_waiting():
    with anyio.fail_after(5):
        async with open_lab() as lab:
            lab.next(Fault.ACT_AND_STALL)
            connection = raw(lab)
            await lab.until(lambda: any(request.acted for request in lab.received))

    assert all_of(connection) == b""


def test_a_lab_runs_in_a_thread_and_is_led_from_another():
    with run_lab(refuse_seconds=600.0) as lab:
        address = lab.base_url + TEXTING

        def send() -> int:
            return httpx2.post(
                address, json={"body": "Hi"}, headers={"x-api-key": lab.key}, trust_env=False
            ).status_code

        lab.next(Fault.STATUS_503)
        statuses = [send(), send()]
        lab.shut()
        with pytest.raises(REFUSED):
            send()
        lab.open()
        lab.next(Fault.REFUSE)
        with pytest.raises(REFUSED):
            send()
        lab.peace()

        assert [*statuses, send()] == [503, 200, 200]
        assert [request.fault for request in lab.received] == [Fault.STATUS_503, None, None]
        assert [sent.body for sent in lab.sends()] == ["Hi", "Hi"]
