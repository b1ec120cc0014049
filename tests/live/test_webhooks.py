"""Webhooks: what the service signed is noted before it is acknowledged, and nothing else is let in."""

import base64
import json
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Message
from tests.desk import LINE, MARIA
from tests.guard.once.rows import SENT, brought, may_write
from tests.guard.once.rows import row as row_of
from tests.live.line import PretendLine, Watched, row, watched
from tests.live.test_events import payload
from tests.sandbox.service import START

from textrequest_mcp.ground.store import Store
from textrequest_mcp.live import webhooks
from textrequest_mcp.live.signature import SIGNATURE, TIMESTAMP, sign
from textrequest_mcp.live.watch import Watch
from textrequest_mcp.live.webhooks import LARGEST_BODY, PATH, RECEIVED, STATUS, Door, Receiver

KEY, BEFORE = "0123456789ABCDEF", "FEDCBA9876543210"
TOKEN = "an-unguessable-part-of-the-path"
NOW = int(START)


class Endpoint:
    """The receiver behind its addresses, as the service reaches it."""

    def __init__(self, room: Watched, token: str | None) -> None:
        self.room = room
        self.live = Watch(room.log, room.reader)
        door = Door(keys=[KEY, BEFORE], token=token)
        self.receiver = Receiver(self.live, room.ledger, door, self.watches)
        paths = [f"{PATH}/{{dashboard_id}}/{{event}}", f"{PATH}/{{dashboard_id}}/{{event}}/{{token}}"]
        self.app = Starlette(routes=[Route(path, self.receiver.answer, methods=["POST"]) for path in paths])

    async def watches(self, dashboard_id: int) -> bool:
        return dashboard_id in {LINE, 122}

    async def told(
        self,
        body: object,
        *,
        event: str = RECEIVED,
        line: object = LINE,
        token: str | None = None,
        key: str | None = KEY,
        stamp: object = NOW,
        **headers: str,
    ) -> int:
        """The status that a call gets; unsigned without a key."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        signed = {TIMESTAMP: str(stamp), SIGNATURE: signature(raw, str(stamp), key)} if key else {}
        return await self.post(f"{line}/{event}" + (f"/{token}" if token else ""), raw, signed | headers)

    async def post(self, path: str, raw: bytes | AsyncIterator[bytes], headers: dict[Any, Any]) -> int:
        transport = httpx2.ASGITransport(app=self.app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://texts.example.com") as service:
            answer = await service.post(f"{PATH}/{path}", content=raw, headers=headers)
        assert answer.content == b""
        return answer.status_code

    async def ids(self) -> list[str]:
        return await self.room.ids()


def signature(raw: bytes, stamp: str = str(NOW), key: str = KEY) -> str:
    return base64.b64encode(sign(key, stamp, raw)).decode()


@pytest.fixture
def endpoint() -> Endpoint:
    return Endpoint(watched(PretendLine()), None)


@pytest.fixture
def with_token() -> Endpoint:
    return Endpoint(watched(PretendLine()), TOKEN)


class TestWhatIsNoted:
    async def test_a_signed_text_is_noted_and_whoever_waits_hears_of_it(self, endpoint: Endpoint):
        news = endpoint.live.news

        assert await endpoint.told(payload()) == 200

        assert news.is_set()
        [noted] = await endpoint.room.noted()
        assert (noted.event.body, noted.event.phone_number) == ("Is it ready?", MARIA)

    async def test_a_sent_text_has_an_address_of_its_own(self, endpoint: Endpoint):
        sent = payload(messageDirection="S")

        assert await endpoint.told(sent, event="msg_sent") == 200
        assert await endpoint.told(sent, stamp=NOW + 1) == 400
        assert await endpoint.told(payload(), event="msg_sent") == 400

    async def test_a_text_that_is_told_again_in_another_call_is_taken_and_noted_once(self, endpoint: Endpoint):
        for stamp in (NOW, NOW + 1, NOW + 2):
            assert await endpoint.told(payload(), stamp=stamp) == 200

        assert await endpoint.ids() == ["m1"]

    async def test_a_text_is_noted_once_whether_it_is_told_or_read_first(self):
        line = PretendLine([row("old", START - 9)])
        endpoint = Endpoint(watched(line), None)
        await endpoint.live.look(LINE, 0)
        line.rows.append(row("m1", START))
        await endpoint.live.look(LINE, 0)

        assert await endpoint.told(payload()) == 200
        assert await endpoint.ids() == ["m1"]

    async def test_a_status_reaches_the_send_that_it_is_of(self, endpoint: Endpoint):
        send = await brought(endpoint.room.ledger, SENT)

        assert await endpoint.told({"message_id": "m1", "status": "error", "errorCode": "2001"}, event=STATUS) == 200

        result = (await row_of(endpoint.room.ledger, send)).result
        assert (result["delivery_status"], result["delivery_error"]) == ("error", "2001")
        assert await endpoint.ids() == []

    async def test_a_status_of_somebody_elses_text_is_taken(self, endpoint: Endpoint):
        assert await endpoint.told({"message_id": "theirs", "status": "sent"}, event=STATUS) == 200

    async def test_what_was_acknowledged_outlives_the_process(self, tmp_path: Path):
        endpoint = Endpoint(watched(PretendLine(), Store.open(tmp_path)), None)
        assert await endpoint.told(payload()) == 200

        assert await watched(PretendLine(), Store.open(tmp_path)).ids() == ["m1"]

    async def test_many_at_once_are_each_noted_once(self, endpoint: Endpoint):
        statuses: list[int] = []

        async def one(number: int) -> None:
            told = payload() | {"messageUniqueIdentifier": f"m{number % 40}"}
            statuses.append(await endpoint.told(told, stamp=NOW + number // 40))

        async with anyio.create_task_group() as tasks:
            for number in range(80):
                tasks.start_soon(one, number)

        assert set(statuses) == {200}
        assert sorted(await endpoint.ids()) == sorted(f"m{number}" for number in range(40))


class TestWhoIsLetIn:
    async def test_during_a_change_of_the_key_both_are(self, endpoint: Endpoint):
        assert await endpoint.told(payload(), key=BEFORE) == 200

    @pytest.mark.parametrize(
        ("seconds", "status"), [(299, 200), (300, 200), (301, 401), (-299, 200), (-300, 401), (-301, 401)]
    )
    async def test_a_call_of_five_minutes_ago_is_stale(self, endpoint: Endpoint, seconds: int, status: int):
        """The clock stands at a quarter of a second past."""
        assert await endpoint.told(payload(), stamp=NOW + seconds) == status

    async def test_the_services_clock_counts_where_ours_is_wrong(self, endpoint: Endpoint):
        endpoint.room.clock.forward(86400)
        assert await endpoint.told(payload()) == 401
        endpoint.room.api.clock.heard(endpoint.room.clock.now - 86400.0)

        assert await endpoint.told(payload()) == 200
        assert await endpoint.ids() == ["m1"]

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {TIMESTAMP: str(NOW)},
            {SIGNATURE: "a" * 43 + "="},
            {TIMESTAMP: str(NOW), SIGNATURE: ""},
            {TIMESTAMP: "", SIGNATURE: "a" * 43 + "="},
            {TIMESTAMP: str(NOW), SIGNATURE: "not base64"},
            {TIMESTAMP: str(NOW), SIGNATURE: "ü".encode() * 22},
            {TIMESTAMP: "٣".encode() * 10, SIGNATURE: "a" * 43 + "="},
            {TIMESTAMP: str(NOW), SIGNATURE: "a" * 43 + "="},
            {TIMESTAMP: str(NOW), SIGNATURE: b"\xff\xfe\x00"[:2]},
        ],
        ids=str,
    )
    async def test_whoever_has_not_signed_is_refused(self, endpoint: Endpoint, headers: dict[Any, Any]):
        raw = json.dumps(payload()).encode()

        assert await endpoint.post(f"{LINE}/{RECEIVED}", raw, headers) == 401
        assert await endpoint.ids() == []

    async def test_a_changed_body_is_refused(self, endpoint: Endpoint):
        raw = json.dumps(payload()).encode()
        headers = {TIMESTAMP: str(NOW), SIGNATURE: signature(raw)}

        assert await endpoint.post(f"{LINE}/{RECEIVED}", raw + b" ", headers) == 401
        assert await endpoint.post(f"{LINE}/{RECEIVED}", raw, headers) == 200

    async def test_h14_the_same_call_again_is_noted_once_however_its_signature_is_spelled(self, endpoint: Endpoint):
        raw = json.dumps(payload()).encode()
        good = signature(raw)
        assert await endpoint.post(f"{LINE}/{RECEIVED}", raw, {TIMESTAMP: str(NOW), SIGNATURE: good}) == 200

        statuses = {
            await endpoint.post(f"{LINE}/{RECEIVED}", raw, {TIMESTAMP: str(NOW), SIGNATURE: good[:-2] + last + "="})
            for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        }

        assert statuses == {401, 200}
        assert await endpoint.ids() == ["m1"]

    async def test_h14_the_same_status_call_again_changes_nothing(self, endpoint: Endpoint):
        send = await brought(endpoint.room.ledger, SENT)
        for status, stamp in (("failed", NOW), ("delivered", NOW + 1), ("failed", NOW)):
            assert await endpoint.told({"message_id": "m1", "status": status}, event=STATUS, stamp=stamp) == 200

        assert (await row_of(endpoint.room.ledger, send)).result["delivery_status"] == "delivered"


class TestTheToken:
    async def test_who_knows_it_need_not_sign(self, with_token: Endpoint):
        assert await with_token.told(payload(), key=None, token=TOKEN) == 200
        assert await with_token.told(payload(), key=None, token=TOKEN) == 200
        assert await with_token.ids() == ["m1"]

    async def test_who_signs_need_not_know_it_but_a_wrong_signature_counts(self, with_token: Endpoint):
        assert await with_token.told(payload()) == 200
        assert await with_token.told(payload(), stamp=NOW + 1, token=TOKEN) == 200
        assert await with_token.told(payload(), key="other", token=TOKEN) == 401
        assert await with_token.told(payload(), key=None, token=TOKEN, **{SIGNATURE: ""}) == 401

    @pytest.mark.parametrize("token", [None, "x", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "%ED%A0%BD", "%C3%BC", "%00"])
    async def test_who_does_not_know_it_is_refused(self, with_token: Endpoint, token: str | None):
        assert await with_token.told(payload(), key=None, token=token) == 401

    async def test_without_one_none_is_right(self, endpoint: Endpoint):
        assert await endpoint.told(payload(), token="None") == 401
        assert await endpoint.told(payload(), key=None, token="None") == 401


DEEP = b"[" * 100_000
GARBAGE: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"hello",
    "half of it": b'{"messageUniqueIdentifier": "m1"',
    "no text": b"\xff\xfe\xfd",
    "a list": b"[]",
    "a word": b'"m1"',
    "null": b"null",
    "no number": b"NaN",
    "deep": DEEP,
    "deep and whole": b"[" * 5000 + b"]" * 5000,
    "a deep record": b'{"a":' * 5000 + b"1" + b"}" * 5000,
    "a long number": b'{"yourPhoneNumber": {"id": ' + b"9" * 5000 + b"}}",
    "an empty record": b"{}",
}


class TestGarbage:
    @pytest.mark.parametrize("raw", GARBAGE.values(), ids=GARBAGE)
    @pytest.mark.parametrize("event", [RECEIVED, STATUS])
    async def test_signed_garbage_is_refused(self, endpoint: Endpoint, raw: bytes, event: str):
        assert await endpoint.told(raw, event=event) == 400
        assert await endpoint.told(raw, event=event, key=None) == 401

    @pytest.mark.parametrize("depth", [100, 400, 700, 800, 850, 900, 950, 990])
    async def test_depth_where_words_are_expected_breaks_nothing(self, endpoint: Endpoint, depth: int):
        deep = b"[" * depth + b"]" * depth
        told = json.dumps(payload(message="DEEP", date="DEEP")).encode().replace(b'"DEEP"', deep)

        assert await endpoint.told(told) in {200, 400}
        assert await endpoint.told(b'{"message_id": "m1", "status": ' + deep + b"}", event=STATUS) == 400

    @pytest.mark.parametrize("value", [None, True, 7, -1.5, "", "x", "\ud83d", [], {}, [None], {"a": 1}], ids=repr)
    @pytest.mark.parametrize(
        "name", ["messageUniqueIdentifier", "yourPhoneNumber", "conversation", "yourPhoneNumber.id",
                 "conversation.consumerPhoneNumber", "conversation.messageDirection"],
    )  # fmt: skip
    async def test_a_field_of_another_kind_is_refused(self, endpoint: Endpoint, name: str, value: object):
        told: dict[str, Any] = payload()
        outer, _, inner = name.partition(".")
        if inner:
            told[outer][inner] = value
        else:
            told[outer] = value
        # Without an id it is a text all the same.
        is_fine = name == "messageUniqueIdentifier" or (name.endswith("Number") and value in ("x", "\ud83d"))

        status = await endpoint.told(told)

        assert status == 400 or (is_fine and status == 200)

    @pytest.mark.parametrize("value", [None, True, 7, -1.5, "", "\ud83d", [], {}, [None], [{"url": 7}]], ids=repr)
    @pytest.mark.parametrize("name", ["message", "date", "mmsAttachments", "status", "claimedBy"])
    async def test_a_field_that_an_event_can_do_without_is_left_out(self, endpoint: Endpoint, name: str, value: object):
        assert await endpoint.told(payload(**{name: value})) == 200
        assert len(await endpoint.ids()) == 1

    @pytest.mark.parametrize("message_id", [None, True, "", "\ud83d", [], "m" * 101])
    async def test_a_status_of_no_text_is_refused(self, endpoint: Endpoint, message_id: object):
        assert await endpoint.told({"message_id": message_id, "status": "sent"}, event=STATUS) == 400

    @pytest.mark.parametrize(
        ("line", "event"),
        [("121", "contact_updated"), ("121", "MSG_RECEIVED"), ("x", RECEIVED), ("-1", RECEIVED), ("1.5", RECEIVED),
         ("%D9%A3", RECEIVED), ("9" * 19, RECEIVED), ("121", "%00"), ("12%201", RECEIVED)],
    )  # fmt: skip
    async def test_another_event_or_no_line_is_not_found(self, endpoint: Endpoint, line: str, event: str):
        assert await endpoint.told(payload(), line=line, event=event) == 404

    async def test_a_line_that_is_not_ours_is_not_found_and_not_noted(self, endpoint: Endpoint):
        told = payload() | {"yourPhoneNumber": {"id": 999}}

        assert await endpoint.told(told, line=999) == 404
        assert await endpoint.ids() == []

    async def test_a_text_of_another_line_than_its_address_is_refused(self, endpoint: Endpoint):
        assert await endpoint.told(payload(), line=122) == 400
        assert await endpoint.ids() == []

    async def test_a_body_that_is_too_large_is_refused_before_it_is_read(self, endpoint: Endpoint):
        read = 0

        async def parts() -> AsyncIterator[bytes]:
            nonlocal read
            for _ in range(1000):
                read += 10_000
                yield b"x" * 10_000

        for size in ("10000000", "9" * 30):
            status = await endpoint.post(f"{LINE}/{RECEIVED}", b"", {"content-length": size})
            assert status == 413
        assert await endpoint.post(f"{LINE}/{RECEIVED}", b"x" * (LARGEST_BODY + 1), {}) == 413
        assert await endpoint.post(f"{LINE}/{RECEIVED}", parts(), {"transfer-encoding": "chunked"}) == 413

    @pytest.mark.parametrize("size", ["-1", "x", "1e3", ""])
    async def test_a_length_that_is_none_is_refused(self, endpoint: Endpoint, size: str):
        assert await endpoint.post(f"{LINE}/{RECEIVED}", b"", {"content-length": size}) in {401, 413}

    async def test_the_largest_body_is_taken(self, endpoint: Endpoint):
        raw = json.dumps(payload()).encode()

        assert await endpoint.told(raw + b" " * (LARGEST_BODY - len(raw))) == 200


def asked(receive: Callable[[], Any]) -> Request:
    scope: dict[str, Any] = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "query_string": b"",
        "headers": [],
        "path_params": {"dashboard_id": str(LINE), "event": RECEIVED},
    }
    return Request(scope, receive)


async def test_a_caller_that_leaves_in_the_middle_is_no_failure_of_ours(endpoint: Endpoint):
    messages: list[Message] = [
        {"type": "http.request", "body": b"{", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Message:
        return messages.pop(0)

    assert (await endpoint.receiver.answer(asked(receive))).status_code == 400


async def test_a_caller_that_is_too_slow_is_not_waited_for(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(webhooks, "_BODY_SECONDS", 0.01)

    async def receive() -> Message:
        await anyio.sleep_forever()
        raise AssertionError

    assert (await endpoint.receiver.answer(asked(receive))).status_code == 408


@pytest.mark.parametrize("event", [RECEIVED, STATUS])
async def test_where_the_disk_fails_the_service_is_asked_to_come_again_and_may(endpoint: Endpoint, event: str):
    told = payload() if event == RECEIVED else {"message_id": "m1", "status": "delivered"}
    send = await brought(endpoint.room.ledger, SENT)
    may_write(endpoint.room.store, False)
    assert await endpoint.told(told, event=event) == 503
    may_write(endpoint.room.store, True)

    assert await endpoint.told(told, event=event) == 200
    if event == STATUS:
        assert (await row_of(endpoint.room.ledger, send)).result["delivery_status"] == "delivered"


@pytest.mark.parametrize("key", [KEY, BEFORE], ids=["current", "previous"])
async def test_a_key_in_a_text_is_not_noted(endpoint: Endpoint, key: str):
    told = payload(message=f"Our key is {key.lower()}!", mmsAttachments=[{"url": f"https://x.example/{key}"}])
    assert await endpoint.told(told) == 200

    [noted] = await endpoint.room.noted()
    assert (noted.event.body, noted.event.media) == ("Our key is …!", ("https://x.example/…",))


@pytest.mark.parametrize("key", [KEY, BEFORE], ids=["current", "previous"])
async def test_a_key_in_the_error_of_a_text_is_not_kept_with_its_send(endpoint: Endpoint, key: str):
    send = await brought(endpoint.room.ledger, SENT)

    assert await endpoint.told({"message_id": "m1", "status": "error", "error_code": key}, event=STATUS) == 200

    assert (await row_of(endpoint.room.ledger, send)).result["delivery_error"] == "…"


async def test_no_words_no_number_and_no_secret_reach_the_log(endpoint: Endpoint, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG, logger="textrequest_mcp")
    for told in (payload(), payload(messageDirection="X"), payload(message=None) | {"yourPhoneNumber": {"id": 5}}):
        for key in (KEY, "other", None):
            for token in (None, TOKEN):
                await endpoint.told(told, key=key, token=token)
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("textrequest_mcp")]

    assert any("was not taken" in line for line in ours)
    for secret in (KEY, TOKEN, "Is it ready", MARIA[2:], signature(json.dumps(payload()).encode())):
        assert not any(secret in line for line in ours)
