"""Every way that a call can fail on a real socket: what is tried again, what never is, and what the caller is told."""

import json
import logging
import traceback
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from anyio.lowlevel import checkpoint
from tests.upstream.faulty_server import (
    Behaviour,
    Wire,
    answer,
    bytes_after_request,
    close_after_request,
    faulty,
    nobodys_url,
    reset_after_headers,
    reset_on_accept,
    stall,
)

from textrequest_mcp.ground.store import Store, StoreError
from textrequest_mcp.upstream import api as api_module
from textrequest_mcp.upstream import connection as module
from textrequest_mcp.upstream.api import Api
from textrequest_mcp.upstream.errors import (
    NOTHING_CHANGED,
    BadInput,
    BadKey,
    NotFound,
    Refused,
    TextRequestError,
    TooBusy,
    Uncertain,
    Unreachable,
    Unreadable,
)
from textrequest_mcp.upstream.limiter import Limiter, RateLimited, Slot
from textrequest_mcp.upstream.reading_limiter import ReadingLimiter
from textrequest_mcp.upstream.request import Query, Segment

KEY, BEFORE = "canary-0F1E2D3C4B5A", "canary-A5B4C3D2E1F0"
UNKNOWN = "Whether it took effect is unknown."
BODY = {"body": "Hello!"}

Verb = Callable[[Api], Awaitable[Any]]
GET: Verb = lambda api: api.get("dashboards", 121)  # noqa: E731 - a table of calls reads best as such
PUT: Verb = lambda api: api.put("dashboards", 121, body=BODY)  # noqa: E731
SAVE: Verb = lambda api: api.post("contacts", "14235550123", body=BODY, repeatable=True)  # noqa: E731
POST: Verb = lambda api: api.post("contacts", "14235550123", "messages", body=BODY)  # noqa: E731
PATCH: Verb = lambda api: api.patch("contacts", "14235550123", body=BODY)  # noqa: E731
DELETE: Verb = lambda api: api.delete("groups", 5)  # noqa: E731
REPEATED = {"get": GET, "put": PUT, "repeatable post": SAVE}
ONCE = {"post": POST, "patch": PATCH, "delete": DELETE}
CHANGES = {"put": PUT, "repeatable post": SAVE, **ONCE}
ALL = {**REPEATED, **ONCE}

# What may go wrong once bytes have left, how many requests then arrive in full for each try, and how it is told.
FAULTS: dict[str, tuple[Behaviour, int, str]] = {
    "reset on accept": (reset_on_accept, 0, "the connection broke"),
    "reset after the headers": (reset_after_headers, 0, "the connection broke"),
    "no answer in time": (stall, 1, "the connection broke (ReadTimeout)"),
    "closed without an answer": (close_after_request, 1, "the connection broke"),
    "half a header": (bytes_after_request(b"HTTP/1.1 200 OK\r\nContent-Ty"), 1, "the connection broke"),
    "half a body": (bytes_after_request(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"), 1, "the connection broke"),
    "no HTTP": (bytes_after_request(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), 1, "the connection broke"),
    "broken compression": (answer(200, b"{}", "Content-Encoding: gzip"), 1, "the connection broke (DecodingError)"),
    "HTML": (answer(200, b"<html>Wait</html>", "Content-Type: text/html"), 1, "the service's answer is not JSON"),
    "half a JSON": (answer(201, b'{"id": 1'), 1, "the service's answer is not JSON"),
    "500 without a body": (answer(500), 1, "the service answered 500"),
    "502 with a body": (answer(502, b'{"message": "Bad gateway"}'), 1, "the service answered 502"),
    "101": (answer(101, b"", "Upgrade: x", "Connection: upgrade"), 1, "the connection broke"),
    "999": (answer(999, b'{"id": 1}'), 1, "the service answered 999"),
}
GOOD = answer(200, b'{"id": 7}')


@dataclass
class JumpingClock:
    """A limiter's clock that jumps over every wait."""

    time: float = 1000.0

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += seconds
        await checkpoint()


@dataclass
class Caller:
    """What makes the calls of a test, with waits that are noted and not waited."""

    calls: int = 1000
    pauses: list[float] = field(default_factory=list[float])
    clock: JumpingClock = field(default_factory=JumpingClock)
    store: Store = field(default_factory=lambda: Store.open(None))

    def __post_init__(self) -> None:
        self.limiter = Limiter(self.store, "key", calls=self.calls, clock=self.clock)

    def api(self, url: str, **options: Any) -> Api:
        if "transport" not in options:  # without TLS, whose set-up takes longer than a test
            options["transport"] = httpx2.AsyncHTTPTransport(verify=False)
        limiter = options.pop("limiter", self.limiter)
        return Api(url, KEY, limiter, secrets=[BEFORE], sleep=self._pause, **options)

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)


@asynccontextmanager
async def service(*script: Behaviour, calls: int = 1000, **options: Any) -> AsyncGenerator[tuple[Any, Api, Caller]]:
    """A faulty server, a connection to it, and its caller."""
    caller = Caller(calls)
    async with faulty(*script) as server, caller.api(server.url, **options) as api:
        yield server, api, caller


async def failure(call: Awaitable[Any]) -> TextRequestError:
    """How the call fails; the key is in nothing that could be shown, not even with all local variables."""
    with pytest.raises(TextRequestError) as caught:
        await call
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True).format()
    assert not any(key.lower() in (repr(caught.value) + "".join(told)).lower() for key in (KEY, BEFORE))
    assert str(caught.value).endswith(".")
    return caught.value


@pytest.fixture(autouse=True)
def no_key_in_any_log(caplog: pytest.LogCaptureFixture) -> Generator[None]:
    with caplog.at_level(logging.DEBUG):
        yield
    for key in (KEY, BEFORE):
        assert key not in caplog.text
        assert key not in repr([record.__dict__ for record in caplog.get_records("call")])


@pytest.fixture(autouse=True)
def straight_way(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """No proxy of the machine stands between, and an answer that will not come is not waited for long."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    if "no answer in time" in request.node.name:
        monkeypatch.setattr(module, "_TIMEOUT", httpx2.Timeout(10.0, read=0.1))


# What is sent


async def test_a_call_carries_the_key_in_one_header_and_the_body_as_json():
    async with service(GOOD) as (server, api, _):
        read = await api.post("dashboards", 121, "contacts", "14235550123", "messages", body=BODY)

    (sent,) = server.received
    assert read == {"id": 7}
    assert (sent.method, sent.target) == ("POST", "/api/v3/dashboards/121/contacts/14235550123/messages")
    assert [name for name, value in sent.headers.items() if KEY.lower() in value] == ["x-api-key"]
    assert sent.headers["accept"] == "application/json"
    assert sent.body == b'{"body":"Hello!"}'


@pytest.mark.parametrize("verb", [PUT, SAVE, PATCH, DELETE, GET], ids=["PUT", "POST", "PATCH", "DELETE", "GET"])
async def test_each_verb_is_sent_as_itself(verb: Verb, request: pytest.FixtureRequest):
    async with service(GOOD) as (server, api, _):
        await verb(api)

    assert server.received[0].method == request.node.callspec.id


@pytest.mark.parametrize(
    ("query", "sent"),
    [
        (None, ""),
        ({}, ""),
        ({"search": None}, ""),
        ({"archived": True, "unresolved": False}, "?archived=true&unresolved=false"),
        ({"page": 0, "page_size": 25, "sort": None}, "?page=0&page_size=25"),
        ({"tags": ["vip", "new"], "groups": [1, 2]}, "?tags=vip%2Cnew&groups=1%2C2"),
        ({"search": "a&b=c#d\r\nx-evil: 1"}, "?search=a%26b%3Dc%23d%0D%0Ax-evil%3A+1"),
    ],
)
async def test_a_query_is_written_as_the_service_reads_it(query: Query | None, sent: str):
    async with service(GOOD) as (server, api, _):
        await api.get("contacts", query=query)

    assert server.received[0].target.replace("%20", "+") == f"/api/v3/contacts{sent}"


@pytest.mark.parametrize(
    "segment",
    [
        "../",
        "..",
        ".",
        "a/b",
        "%2e",
        "%2F",
        "a#b",
        "a?b",
        "a\r\nb",
        "5\n",
        "５",  # noqa: RUF001 - full-width on purpose
        "",
        "a\x00",
        "+14235550123",
        "a b",
        "é",
    ],
)
async def test_a_segment_that_could_change_the_path_is_refused_before_anything_leaves(segment: Segment):
    async with service(GOOD) as (server, api, _):
        errors = [await failure(api.post(*path)) for path in [(segment, "x"), ("x", segment)]]

    for error in errors:
        assert isinstance(error, BadInput)
        assert NOTHING_CHANGED in str(error)
    assert server.connections == 0


# Good answers


@pytest.mark.parametrize("verb", ALL.values(), ids=ALL)
@pytest.mark.parametrize("behaviour", [answer(204), answer(200), answer(200, b" \n")], ids=["204", "200", "blank"])
async def test_an_answer_without_a_body_is_none(verb: Verb, behaviour: Behaviour):
    async with service(behaviour) as (server, api, _):
        assert await verb(api) is None

    assert len(server.received) == 1


async def test_an_early_hint_before_the_answer_is_passed_over():
    hinted = bytes_after_request(b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")

    async with service(hinted) as (_, api, _):
        assert await api.post("x") == []


async def test_a_connection_is_kept_and_after_closing_a_new_one_is_opened():
    async with service(answer(200, b"[]", keep=True), transport=None) as (server, api, _):
        await GET(api)
        await POST(api)
        assert server.connections == 1
        await api.aclose()
        await api.aclose()
        await GET(api)

    assert (server.connections, len(server.received)) == (2, 3)


# Nothing left


@pytest.mark.parametrize("verb", ALL.values(), ids=ALL)
async def test_where_nothing_listens_every_call_is_tried_three_times_and_nothing_counts(verb: Verb):
    caller = Caller(calls=1)
    async with caller.api(nobodys_url()) as api, faulty(GOOD) as server, caller.api(server.url) as working:
        error = await failure(verb(api))
        await verb(working)  # the one place of the limiter is free

    assert isinstance(error, Unreachable)
    assert f"cannot be reached: no connection (ConnectError). {NOTHING_CHANGED} Try again" in str(error)
    assert len(caller.pauses) == 2
    assert caller.clock.time == 1000.0


@pytest.mark.parametrize("verb", ALL.values(), ids=ALL)
async def test_what_certainly_did_not_leave_is_tried_again(verb: Verb):
    answers = iter([httpx2.ConnectTimeout("no"), httpx2.PoolTimeout("no"), httpx2.Response(200, json=[1])])
    caller = Caller()

    assert await verb(caller.api("http://service", transport=scripted(answers))) == [1]
    assert len(caller.pauses) == 2


def scripted(answers: Any) -> httpx2.MockTransport:
    """A transport of the HTTP library itself, which tells nothing about bytes."""

    async def handle(_: httpx2.Request) -> httpx2.Response:
        said = next(answers)
        if isinstance(said, Exception):
            raise said
        return said

    return httpx2.MockTransport(handle)


# Something left


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("verb", ONCE.values(), ids=ONCE)
async def test_a_change_of_which_bytes_left_is_never_repeated(verb: Verb, fault: str):
    behaviour, arrives, why = FAULTS[fault]
    async with service(behaviour) as (server, api, caller):
        error = await failure(verb(api))

    assert isinstance(error, Uncertain)
    assert f"The call left, but no usable answer came back: {why}" in str(error)
    assert f" {UNKNOWN} Do not repeat it; first read" in str(error)
    assert NOTHING_CHANGED not in str(error)
    assert (server.connections, len(server.received)) == (1, arrives)
    assert caller.pauses == []


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("verb", REPEATED.values(), ids=REPEATED)
async def test_what_may_be_repeated_is_tried_three_times_with_growing_pauses(verb: Verb, fault: str):
    behaviour, arrives, why = FAULTS[fault]
    async with service(behaviour) as (server, api, caller):
        error = await failure(verb(api))

    assert why in str(error)
    if verb is GET:
        assert isinstance(error, Unreadable)
        assert f" {NOTHING_CHANGED} " in str(error)
    else:
        assert isinstance(error, Uncertain)
        assert f" {UNKNOWN} Read it back to see; making the same change again is safe." in str(error)
    assert (server.connections, len(server.received)) == (3, 3 * arrives)
    first, second = caller.pauses
    assert 0.2 <= first <= 0.8
    assert 0.4 <= second <= 1.6


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("verb", REPEATED.values(), ids=REPEATED)
async def test_a_passing_fault_is_not_noticed_where_repeating_is_safe(verb: Verb, fault: str):
    behaviour, arrives, _ = FAULTS[fault]
    async with service(behaviour, GOOD) as (server, api, _):
        assert await verb(api) == {"id": 7}

    assert len(server.received) == arrives + 1


async def test_pauses_differ_so_that_servers_do_not_return_together():
    async with service(answer(500)) as (_, api, caller):
        for _ in range(3):
            await failure(GET(api))

    assert len(set(caller.pauses)) == 6


@pytest.mark.parametrize(
    "last",
    [
        httpx2.ConnectError("no"),
        httpx2.Response(429, headers={"retry-after": "60"}),
        httpx2.Response(400),
        httpx2.Response(404),
    ],
)
@pytest.mark.parametrize("verb", [PUT, SAVE], ids=["put", "repeatable post"])
async def test_a_change_that_may_have_left_stays_uncertain_when_later_tries_did_not(verb: Verb, last: Any):
    answers = iter([httpx2.Response(500), last, last])

    error = await failure(verb(Caller().api("http://service", transport=scripted(answers))))

    assert isinstance(error, Uncertain)
    assert f"the service answered 500. {UNKNOWN}" in str(error)


async def test_a_change_that_may_have_left_stays_uncertain_when_the_limit_leaves_no_second_try():
    async with service(answer(500), calls=1) as (server, api, _):
        error = await failure(PUT(api))

    assert isinstance(error, Uncertain)
    assert len(server.received) == 1


async def test_a_read_that_the_limit_leaves_no_second_try_is_too_busy():
    async with service(answer(500), calls=1) as (_, api, _):
        assert isinstance(await failure(GET(api)), TooBusy)


class FailsAfter(Limiter):
    """A limiter whose store is gone after some calls."""

    def __init__(self, calls: int, *, hold_off: bool = False) -> None:
        super().__init__(Store.open(None), "key")
        self._left = calls
        self._only_hold_off = hold_off

    @asynccontextmanager
    async def slot(self, **given: Any) -> AsyncGenerator[Slot]:
        self._fail(hold_off=False)
        async with super().slot(**given) as slot:
            yield slot

    async def hold_off(self, seconds: float) -> None:
        self._fail(hold_off=True)

    async def count(self, alone: Limiter) -> None:
        self._fail(hold_off=False)

    def _fail(self, *, hold_off: bool) -> None:
        if self._only_hold_off == hold_off:
            self._left -= 1
            if self._left < 0:
                raise StoreError(Path("state.sqlite3"), "the disk is full")


@pytest.mark.parametrize("where", ["at the slot", "after a 429"])
@pytest.mark.parametrize("verb", [PUT, SAVE], ids=["put", "repeatable post"])
async def test_a_change_that_may_have_left_stays_uncertain_when_the_store_fails_before_a_second_try(
    verb: Verb, where: str
):
    limiter = FailsAfter(1) if where == "at the slot" else FailsAfter(0, hold_off=True)
    answers = iter([httpx2.Response(500), httpx2.Response(429)])

    error = await failure(verb(Caller().api("http://service", limiter=limiter, transport=scripted(answers))))

    assert isinstance(error, Uncertain)
    assert f"the service answered 500. {UNKNOWN}" in str(error)


async def test_r19_a_read_whose_store_fails_before_a_second_try_goes_on(caplog: pytest.LogCaptureFixture):
    answers = iter([httpx2.Response(500), httpx2.Response(429, headers={"retry-after": "0"}), httpx2.Response(204)])
    limiter = FailsAfter(1)
    for _ in range(2):
        await GET(Caller().api("http://service", limiter=limiter, transport=scripted(answers)))
        answers = iter([httpx2.Response(204)])

    assert sum("Reads go on" in record.message for record in caplog.records) == 2, "once for each server"


async def test_r19_a_read_that_is_asked_to_wait_goes_on_without_the_store():
    answers = iter([httpx2.Response(429, headers={"retry-after": "0"}), httpx2.Response(204)])
    limiter = FailsAfter(0, hold_off=True)

    await GET(Caller().api("http://service", limiter=limiter, transport=scripted(answers)))


async def test_r19_reads_go_by_a_share_of_the_limit_and_by_all_of_it_once_the_store_is_back(tmp_path: Path):
    (tmp_path / "file").touch()
    limiter = Limiter(Store.open(tmp_path / "file"), "key", calls=10)
    reading = ReadingLimiter(limiter)
    for _ in range(2):
        async with reading.slot(deadline_seconds=0.0):
            pass
    with pytest.raises(RateLimited):
        async with reading.slot(deadline_seconds=0.0):
            pytest.fail("a fifth of ten is two")
    (tmp_path / "file").unlink()

    for _ in range(8):
        async with reading.slot(deadline_seconds=0.0):
            pass
    with pytest.raises(RateLimited):
        async with reading.slot(deadline_seconds=0.0):
            pytest.fail("the two that were made alone count too")


async def test_r19_reads_go_by_a_share_of_what_was_left_of_the_limit_and_a_pause_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    async def away(*_: Any, **__: Any) -> Any:
        raise StoreError(None, "it is away")

    store = Store.open(tmp_path)
    reading = ReadingLimiter(Limiter(store, "key", calls=10))
    for _ in range(6):
        async with reading.slot(deadline_seconds=0.0):
            pass
    with monkeypatch.context() as patch:
        patch.setattr(store, "transact", away)
        async with reading.slot(deadline_seconds=0.0):
            pass
        with pytest.raises(RateLimited):
            async with reading.slot(deadline_seconds=0.0):
                pytest.fail("a fifth of the five that were free is one")
        await reading.hold_off(30)

    with pytest.raises(RateLimited) as refusal:
        async with reading.slot(deadline_seconds=0.0):
            pytest.fail("the service asked for a pause")
    assert refusal.value.retry_in == pytest.approx(30, abs=1)


@pytest.mark.parametrize("verb", [verb for verb in ALL.values() if verb is not GET])
async def test_a_call_that_the_service_did_not_take_passes_on_that_the_store_fails(verb: Verb):
    answers = iter([httpx2.Response(429)])

    with pytest.raises(StoreError, match="sent or changed by this call"):
        await verb(Caller().api("http://service", limiter=FailsAfter(0, hold_off=True), transport=scripted(answers)))


@pytest.mark.parametrize("raised", [httpx2.ReadError("no"), httpx2.RemoteProtocolError("no"), TimeoutError()])
async def test_from_a_transport_that_does_not_tell_whether_bytes_left_a_failure_means_that_they_may_have(raised: Any):
    async def app(*_: object) -> None:
        raise raised

    caller = Caller(calls=1)
    error = await failure(POST(caller.api("http://sandbox", transport=httpx2.ASGITransport(app=app))))

    assert isinstance(error, Uncertain)
    assert caller.pauses == []


@pytest.mark.parametrize("verb", CHANGES.values(), ids=CHANGES)
async def test_a_kept_connection_that_breaks_under_a_change_makes_it_uncertain_or_is_replaced(verb: Verb):
    kept = answer(200, b"[]", keep=True)
    async with service(kept, close_after_request, GOOD) as (server, api, _):
        await GET(api)
        if verb in ONCE.values():
            assert isinstance(await failure(verb(api)), Uncertain)
        else:
            assert await verb(api) == {"id": 7}

    assert len(server.received) == (2 if verb in ONCE.values() else 3)


async def test_a_kept_connection_that_the_service_closed_meanwhile_is_not_used():
    async with service(answer(200, b"[]"), GOOD) as (server, api, _):
        await GET(api)
        await anyio.wait_all_tasks_blocked()
        assert await POST(api) == {"id": 7}

    assert (server.connections, len(server.received)) == (2, 2)


# No


@pytest.mark.parametrize("verb", [GET, POST], ids=["get", "post"])
@pytest.mark.parametrize(
    ("behaviour", "kind", "said"),
    [
        (answer(400, b'{"status": 400, "message": "Bad", "errorCode": "21"}'), Refused, '(code 21). It said: "Bad"'),
        (answer(400, b'{"error_message": "Opted out", "error_code": "30050"}'), Refused, "do not text them"),
        (answer(400), Refused, "refused the call (400)."),
        (answer(401, b'{"message": "Unauthorized"}'), BadKey, "TEXTREQUEST_API_KEY"),
        (answer(404), NotFound, "no such thing"),
        (answer(304), Refused, "redirect (304)"),
        (answer(307, b"", "Location: http://[no"), Refused, "redirect (307)"),
    ],
)
async def test_a_no_is_final_and_says_why(verb: Verb, behaviour: Behaviour, kind: type[TextRequestError], said: str):
    async with service(behaviour) as (server, api, caller):
        error = await failure(verb(api))

    assert type(error) is kind
    assert said in str(error)
    assert NOTHING_CHANGED in str(error)
    assert (len(server.received), caller.pauses) == (1, [])


@pytest.mark.parametrize("verb", [GET, POST], ids=["get", "post"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_never_followed_and_the_key_stays(verb: Verb, status: int):
    async with (
        faulty(GOOD) as elsewhere,
        service(answer(status, b"", f"Location: {elsewhere.url}")) as (server, api, _),
    ):
        error = await failure(verb(api))

    assert isinstance(error, Refused)
    assert error.status == status
    assert "TEXTREQUEST_BASE_URL" in str(error)
    assert NOTHING_CHANGED in str(error)
    assert (len(server.received), elsewhere.connections) == (1, 0)


# The key, repeated

REPEATED_IN: dict[str, bytes] = {
    "error_message": b'{"error_message": "The key KEY is unknown.", "error_code": "KEY"}',
    "message": b'{"status": 1, "message": "key KEY", "errorCode": "17", "KEY": "KEY"}',
    "escapes": b'{"error_message": "The key ESCAPED is unknown.", "errorCode": "ESCAPED"}',
    "no words": b'{"error_message": {"KEY": ["KEY"]}, "error_code": ["KEY"]}',
    "no JSON": b"<p>KEY</p>",
}


@pytest.mark.uncounted
@pytest.mark.parametrize("spelling", [str, str.lower, str.upper], ids=["as it is", "lower", "upper"])
@pytest.mark.parametrize("key", [KEY, BEFORE], ids=["current", "previous"])
@pytest.mark.parametrize("status", [200, 302, 400, 401, 404, 429, 500])
@pytest.mark.parametrize("body", REPEATED_IN.values(), ids=REPEATED_IN)
async def test_a_key_that_the_service_repeats_is_in_no_error_and_no_log(
    body: bytes, status: int, key: str, spelling: Callable[[str], str]
):
    spelled = spelling(key)
    escaped = "".join(f"\\u{ord(character):04x}" for character in spelled)
    said = body.replace(b"KEY", spelled.encode()).replace(b"ESCAPED", escaped.encode())
    async with service(answer(status, said)) as (_, api, _):
        await failure(POST(api))


@pytest.mark.parametrize("key", [KEY, BEFORE], ids=["current", "previous"])
async def test_a_key_that_the_service_repeats_in_an_answer_is_not_in_it(key: str):
    body = json.dumps({"id": 7, "note": f"the key is {key.upper()}", key: [key]}).encode()
    async with service(answer(200, body)) as (_, api, _):
        assert await GET(api) == {"id": 7, "note": "the key is …", "…": ["…"]}


# Too many calls


def later(seconds: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize("verb", [GET, POST], ids=["get", "post"])
@pytest.mark.parametrize(
    ("headers", "shortest", "longest"),
    [
        (["Retry-After: 2"], 2, 2.1),
        (["Retry-After: 0"], 0, 0.1),
        (["Retry-After: -5"], 1, 1.1),
        (["Retry-After: soon"], 1, 1.1),
        ([], 1, 1.1),
        (["Retry-After: Fri, 20 Nov 2020 15:04:05 GMT"], 0, 0.1),
    ],
    ids=["seconds", "none", "negative", "a word", "missing", "a past date"],
)
async def test_after_a_429_everybody_waits_as_asked_and_any_call_is_made_again(
    verb: Verb, headers: list[str], shortest: float, longest: float
):
    async with service(answer(429, b"", *headers), GOOD) as (server, api, caller):
        assert await verb(api) == {"id": 7}

    assert len(server.received) == 2
    assert caller.pauses == []  # the limiter waits, for all calls of this key
    assert shortest <= caller.clock.time - 1000.0 <= longest


async def test_after_a_429_with_a_date_everybody_waits_until_then():
    async with service(answer(429, b"", f"Retry-After: {later(30)}"), GOOD) as (_, api, caller):
        await POST(api)

    assert 25 <= caller.clock.time - 1000.0 <= 30.1


@pytest.mark.parametrize("verb", ALL.values(), ids=ALL)
async def test_a_third_429_is_too_busy(verb: Verb):
    async with service(answer(429, b"", "Retry-After: 3")) as (server, api, _):
        error = await failure(verb(api))

    assert isinstance(error, TooBusy)
    assert f"(429). {NOTHING_CHANGED} Try again in 3 seconds (retry_in=3)." in str(error)
    assert len(server.received) == 3


@pytest.mark.parametrize("verb", ALL.values(), ids=ALL)
@pytest.mark.parametrize("asked", ["3600", "3599.2", "3600, 60"], ids=["a number", "a fraction", "two headers"])
async def test_d5_a_long_pause_is_told_and_kept_as_asked(verb: Verb, asked: str):
    async with service(answer(429, b"", f"Retry-After: {asked}"), GOOD) as (server, api, caller):
        first = await failure(verb(api))
        caller.clock.time += 3500.0
        second = await failure(verb(api))
        assert len(server.received) == 1
        caller.clock.time += 110.0
        assert await verb(api) == {"id": 7}

    assert str(first) == (
        "Text Request asks for fewer calls, after a pause of 3600 seconds (429). "
        f"{NOTHING_CHANGED} Try again in 3600 seconds (retry_in=3600)."
    )
    assert str(second) == (
        "Text Request asked for a pause, and all calls with this API key are held off until it is over. "
        f"{NOTHING_CHANGED} Try again in 100 seconds (retry_in=100)."
    )
    assert isinstance(first, TooBusy)
    assert isinstance(second, TooBusy)


async def test_d5_a_pause_until_a_date_is_measured_by_the_services_clock():
    headers = (f"Retry-After: {later(7200)}", f"Date: {later(3600)}")
    async with service(answer(429, b"", *headers)) as (server, api, _):
        error = await failure(POST(api))

    assert isinstance(error, TooBusy)
    assert error.retry_in == pytest.approx(3600, abs=1)
    assert len(server.received) == 1


async def test_d5_a_fraction_of_a_pause_is_rounded_up():
    async with service(answer(429, b"", "Retry-After: 1.5"), GOOD) as (_, api, caller):
        await POST(api)

    assert 2.0 <= caller.clock.time - 1000.0 <= 2.1


@pytest.mark.parametrize("asked", ["99999999999", "9" * 90, later(10_000_000)], ids=["long", "absurd", "a far date"])
async def test_d5_a_pause_of_more_than_a_day_is_told_and_kept_for_a_day(asked: str):
    async with service(answer(429, b"", f"Retry-After: {asked}"), GOOD) as (server, api, caller):
        error = await failure(POST(api))
        caller.clock.time += 86_300.0
        assert isinstance(await failure(POST(api)), TooBusy)
        assert len(server.received) == 1
        caller.clock.time += 110.0
        assert await POST(api) == {"id": 7}

    assert isinstance(error, TooBusy)
    assert error.retry_in == 86_400
    assert "more than a day, so this server asks again after 86400 seconds" in str(error)


async def test_d5_every_process_of_the_key_keeps_the_pause_and_a_new_one_too(tmp_path: Path):
    one, other = (Caller(store=Store.open(tmp_path)) for _ in range(2))
    async with faulty(answer(429, b"", "Retry-After: 3600"), GOOD) as server:
        async with one.api(server.url) as api:
            await failure(POST(api))
        async with other.api(server.url) as api:
            error = await failure(POST(api))

    assert isinstance(error, TooBusy)
    assert 3590 < error.retry_in <= 3600
    assert len(server.received) == 1


@pytest.mark.parametrize("verb", ALL.values(), ids=ALL)
async def test_d5_a_service_that_is_down_for_a_while_is_left_alone_as_long_as_it_says(verb: Verb):
    async with service(answer(503, b"", "Retry-After: 3600"), GOOD) as (server, api, caller):
        error = await failure(verb(api))
        assert len(server.received) == 1
        assert isinstance(await failure(GET(api)), TooBusy)
        caller.clock.time += 3601.0
        assert await GET(api) == {"id": 7}

    assert isinstance(error, TooBusy if verb is GET else Uncertain)


async def test_d5_a_store_that_fails_hides_nothing_of_a_change_that_a_service_going_down_may_have_made():
    answers = iter([httpx2.Response(503, headers={"retry-after": "60"})])
    limiter = FailsAfter(0, hold_off=True)

    error = await failure(POST(Caller().api("http://service", limiter=limiter, transport=scripted(answers))))

    assert isinstance(error, Uncertain)


@pytest.mark.parametrize("verb", ALL.values(), ids=ALL)
async def test_a_full_limiter_refuses_before_anything_leaves(verb: Verb):
    async with service(GOOD, calls=1) as (server, api, _):
        await GET(api)
        error = await failure(verb(api))

    assert isinstance(error, TooBusy)
    assert NOTHING_CHANGED in str(error)
    assert 59.0 <= error.retry_in <= 61.0
    assert len(server.received) == 1


async def test_without_a_usable_store_nothing_leaves(tmp_path: Path):
    (tmp_path / "file").touch()
    caller = Caller(store=Store.open(tmp_path / "file"))
    async with faulty(GOOD) as server, caller.api(server.url) as api:
        with pytest.raises(StoreError):
            await POST(api)

    assert server.connections == 0


# The way there


BAD_SURROUNDINGS = [
    ("SSL_CERT_FILE", "/nowhere/ca.pem"),
    ("SSL_CERT_FILE", __file__),
    ("HTTPS_PROXY", "ftp://proxy"),
    ("HTTPS_PROXY", "http://\x01"),
    ("ALL_PROXY", "socks5://127.0.0.1:1"),
]


@pytest.mark.parametrize(("name", "value"), BAD_SURROUNDINGS)
@pytest.mark.parametrize("verb", [GET, POST, PUT], ids=["get", "post", "put"])
async def test_surroundings_that_allow_no_connection_are_named_and_take_no_place(
    verb: Verb, name: str, value: str, monkeypatch: pytest.MonkeyPatch
):
    caller = Caller(calls=1)
    with monkeypatch.context() as surroundings:
        surroundings.setenv(name, value)
        error = await failure(verb(caller.api("https://localhost:1", transport=None)))
    async with faulty(GOOD) as server, caller.api(server.url) as working:
        await verb(working)

    assert isinstance(error, Unreachable)
    assert NOTHING_CHANGED in str(error)
    assert "SSL_CERT_FILE" in str(error)
    assert "HTTPS_PROXY" in str(error)
    assert value not in str(error)  # a proxy's address may hold a password
    assert caller.pauses == []


async def test_a_change_that_may_have_left_stays_uncertain_when_no_connection_can_be_made_again(
    monkeypatch: pytest.MonkeyPatch,
):
    async with service(answer(500), transport=None) as (_, api, _):

        async def close_and_break(_: float) -> None:
            await api.aclose()
            monkeypatch.setattr(httpx2, "AsyncClient", broken)

        def broken(**_: object) -> None:
            raise FileNotFoundError

        monkeypatch.setattr(api, "_sleep", close_and_break)
        error = await failure(PUT(api))

    assert isinstance(error, Uncertain)


class Interrupting(Limiter):
    """A limiter in whose queue something else happens first."""

    meanwhile: Callable[[], Awaitable[None]]

    @asynccontextmanager
    async def slot(self, **given: Any) -> AsyncGenerator[Slot]:
        async with super().slot(**given) as slot:
            await self.meanwhile()
            yield slot


async def test_a_call_whose_connections_are_closed_while_it_waits_for_its_turn_opens_new_ones():
    limiter = Interrupting(Store.open(None), "key")
    async with service(GOOD, transport=None, limiter=limiter) as (_, api, _):
        limiter.meanwhile = api.aclose

        assert await POST(api) == {"id": 7}


async def test_the_key_takes_no_way_through_a_proxy_when_it_is_not_encrypted(monkeypatch: pytest.MonkeyPatch):
    async with faulty(answer(200, b"[]")) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        async with service(GOOD, transport=None) as (server, api, _):
            assert await POST(api) == {"id": 7}

    assert (proxy.connections, len(server.received)) == (0, 1)


async def test_an_encrypted_call_takes_the_way_that_the_surroundings_name(monkeypatch: pytest.MonkeyPatch):
    async with faulty(answer(502)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        await failure(POST(Caller().api("https://service.invalid/api", transport=None)))

    assert proxy.connections >= 1


# What goes along with a change


@dataclass
class Noted:
    """A departure that notes what it is told, and stops the call with `stops` where that is given."""

    stops: Exception | None = None
    told: list[str] = field(default_factory=list[str])

    async def leaving(self) -> None:
        self.told.append("leaving")
        if self.stops is not None:
            raise self.stops

    def staying(self) -> None:
        self.told.append("staying")


def send(api: Api, departure: Noted) -> Awaitable[Any]:
    return api.post("contacts", "14235550123", "messages", body=BODY, departure=departure)


async def test_a_departure_is_told_once_before_the_first_byte():
    noted = Noted()
    told_on_arrival: list[list[str]] = []

    async def arrive(wire: Wire) -> None:
        told_on_arrival.append(list(noted.told))
        await GOOD(wire)

    async with service(arrive) as (_, api, _):
        assert await send(api, noted) == {"id": 7}

    assert told_on_arrival == [["leaving"]]
    assert noted.told == ["leaving"]


async def test_a_departure_is_told_of_each_try_that_found_no_connection():
    noted = Noted()

    error = await failure(send(Caller().api(nobodys_url()), noted))

    assert isinstance(error, Unreachable)
    assert noted.told == ["leaving", "staying"] * 3


async def test_a_departure_is_told_that_a_429_kept_it_here_and_then_of_the_next_try():
    noted = Noted()
    async with service(answer(429), GOOD) as (_, api, _):
        await send(api, noted)

    assert noted.told == ["leaving", "staying", "leaving"]


async def test_after_a_third_429_a_departure_has_stayed():
    noted = Noted()
    async with service(answer(429)) as (_, api, _):
        assert isinstance(await failure(send(api, noted)), TooBusy)

    assert noted.told == ["leaving", "staying"] * 3


@pytest.mark.parametrize("fault", FAULTS)
async def test_what_may_have_left_never_counts_as_stayed(fault: str):
    noted = Noted()
    async with service(FAULTS[fault][0]) as (_, api, _):
        assert isinstance(await failure(send(api, noted)), Uncertain)

    assert noted.told == ["leaving"]


async def test_what_a_transport_that_tells_nothing_may_have_sent_never_counts_as_stayed():
    noted = Noted()
    api = Caller().api("http://service", transport=scripted(iter([httpx2.ReadError("no")])))

    assert isinstance(await failure(send(api, noted)), Uncertain)
    assert noted.told == ["leaving"]


async def test_a_final_no_leaves_it_to_the_caller_what_that_means():
    noted = Noted()
    async with service(answer(400)) as (_, api, _):
        assert isinstance(await failure(send(api, noted)), Refused)

    assert noted.told == ["leaving"]


@pytest.mark.parametrize(
    "stops",
    [StoreError(Path("state.sqlite3"), "the disk is full"), TextRequestError("It was given up.")],
    ids=["the store fails", "the row is gone"],
)
async def test_a_departure_can_stop_a_call_that_then_takes_no_place_and_reaches_nobody(stops: Exception):
    noted = Noted(stops)
    async with service(GOOD, calls=1) as (server, api, caller):
        with pytest.raises(type(stops)) as stopped:
            await send(api, noted)
        assert server.connections == 0
        await POST(api)  # the one place of the limiter is free

    assert stopped.value is stops
    assert noted.told == ["leaving", "staying"]
    assert caller.pauses == []


async def test_a_call_that_finds_no_place_is_not_about_to_leave():
    noted = Noted()
    async with service(GOOD, calls=1) as (_, api, _):
        await GET(api)
        assert isinstance(await failure(send(api, noted)), TooBusy)

    assert noted.told == []


async def test_a_call_that_still_waits_for_its_place_is_not_about_to_leave():
    noted, limiter = Noted(), Interrupting(Store.open(None), "key")
    told_in_queue: list[list[str]] = []

    async def meanwhile() -> None:
        told_in_queue.append(list(noted.told))

    limiter.meanwhile = meanwhile
    async with service(GOOD, limiter=limiter) as (_, api, _):
        await send(api, noted)

    assert (told_in_queue, noted.told) == ([[]], ["leaving"])


async def test_surroundings_that_allow_no_connection_are_found_before_it_is_about_to_leave(
    monkeypatch: pytest.MonkeyPatch,
):
    noted = Noted()
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/ca.pem")

    assert isinstance(await failure(send(Caller().api("https://localhost:1", transport=None), noted)), Unreachable)
    assert noted.told == []


# The service's clock


@pytest.mark.parametrize("status", [200, 400, 404, 429, 500])
async def test_any_answer_with_a_date_says_by_how_much_the_services_clock_is_ahead(status: int):
    async with service(answer(status, b"", f"Date: {later(300)}")) as (_, api, _):
        assert api.clock.ahead == 0.0
        if status == 200:
            await POST(api)
        else:
            await failure(POST(api))

    assert api.clock.ahead == pytest.approx(300, abs=2)  # an HTTP date has whole seconds


async def test_the_last_date_counts_and_an_answer_without_a_usable_one_changes_nothing():
    dated, late = answer(200, b"[]", f"Date: {later(300)}"), answer(200, b"[]", f"Date: {later(-40)}")
    async with service(dated, late, GOOD, answer(200, b"[]", "Date: soon"), close_after_request) as (_, api, _):
        for _ in range(4):
            await POST(api)
        await failure(POST(api))

    assert api.clock.ahead == pytest.approx(-40, abs=2)


# Cancelled and stalled calls


@dataclass
class Held:
    """A service that answers only when it is let."""

    arrived: anyio.Event = field(default_factory=anyio.Event)
    let: anyio.Event = field(default_factory=anyio.Event)
    hung_up: anyio.Event = field(default_factory=anyio.Event)

    async def __call__(self, wire: Wire) -> None:
        await wire.request()
        self.arrived.set()
        async with anyio.create_task_group() as group:
            group.start_soon(self._watch, wire)
            await self.let.wait()
            group.cancel_scope.cancel()
        await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")

    async def _watch(self, wire: Wire) -> None:
        if not await wire.more():
            self.hung_up.set()


@pytest.mark.parametrize("verb", ONCE.values(), ids=ONCE)
async def test_a_change_that_left_is_finished_although_its_caller_is_cancelled(verb: Verb):
    held, results = Held(), list[Any]()

    async def call(api: Api) -> None:
        results.append(await verb(api))

    async with service(held) as (server, api, _), anyio.create_task_group() as group:
        group.start_soon(call, api)
        await held.arrived.wait()
        group.cancel_scope.cancel()
        with anyio.CancelScope(shield=True):
            await anyio.wait_all_tasks_blocked()
            assert not held.hung_up.is_set()
            assert api.changing == 1
            held.let.set()

    assert api.changing == 0
    assert results == [[]]
    assert len(server.received) == 1


@pytest.mark.parametrize("verb", REPEATED.values(), ids=REPEATED)
async def test_what_may_be_repeated_ends_at_once_when_its_caller_is_cancelled(verb: Verb):
    held = Held()

    async def call(api: Api) -> None:
        await verb(api)

    async with service(held) as (_, api, _):
        async with anyio.create_task_group() as group:
            group.start_soon(call, api)
            await held.arrived.wait()
            group.cancel_scope.cancel()
        await held.hung_up.wait()


async def test_no_call_outlasts_its_deadline_not_even_one_that_cannot_be_cancelled():
    ended = dict[str, TextRequestError]()
    cancelled = anyio.CancelScope()

    async def call(name: str, api: Api) -> None:
        with cancelled if name == "post" else anyio.CancelScope():
            ended[name] = await failure(ALL[name](api))

    async with service(stall, deadline_seconds=0.01) as (server, api, caller):
        with anyio.fail_after(5):
            async with anyio.create_task_group() as group:
                for name in ALL:
                    group.start_soon(call, name, api)
                await anyio.wait_all_tasks_blocked()
                cancelled.cancel()

    assert {name: type(error) for name, error in ended.items()} == dict.fromkeys(CHANGES, Uncertain) | {
        "get": Unreadable
    }
    assert "(TimeoutError)" in str(ended["post"])
    assert (len(server.received), caller.pauses) == (len(ALL), [])


# Names in the log


async def test_the_log_of_a_call_has_no_phone_number(caplog: pytest.LogCaptureFixture):
    async with service(answer(500), answer(429), GOOD) as (_, api, _):
        await SAVE(api)

    own = [record.getMessage() for record in caplog.records if record.name == api_module.__name__]
    assert own == [
        "POST /contacts/…23 -> 500",
        "POST /contacts/…23: the service answered 500; trying again",
        "POST /contacts/…23 -> 429",
        "POST /contacts/…23: asked to wait 1 s",
        "POST /contacts/…23 -> 200",
    ]
