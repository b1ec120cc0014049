"""At most once, seen from a host: no text twice, none lost without a word, and nothing claimed that is not known."""

import json
import re
import shutil
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar, Literal

import anyio
import httpx2
import pytest
from mcp_types import CallToolResult
from tests.desk import (
    ERAS,
    MARIA,
    OPTED_OUT_BY_CODE,
    OPTED_OUT_BY_STATUS,
    OWES,
    Desk,
    Era,
    agrees,
    call,
    declines,
    open_desk,
    refusal,
    said,
    text_of,
)
from tests.guard.once.rows import act, brought, claim

from textrequest_mcp.account import posting
from textrequest_mcp.account.message import Sent
from textrequest_mcp.account.sent_texts import SENDING
from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.guard.once.departure import LedgerDeparture, tag_of
from textrequest_mcp.guard.once.doing import Doing
from textrequest_mcp.guard.once.ledger import Ledger
from textrequest_mcp.guard.once.ledger_rows import Ending, Send, State
from textrequest_mcp.guard.once.send_answer import tell

TEXT = {"phone_number": MARIA, "body": "Your car is ready."}
SEND_MARIA = ("POST", "/dashboards/121/contacts/14235550100/messages")
OPEN = 2501
WINDOW = 600.0
NOTHING = "Nothing was sent or changed."

Fate = Literal["acts", "acts, answer lost", "acts, 500", "lost", "no connection", "429"]


class Way(httpx2.AsyncBaseTransport):
    """The way from the server to the sandbox, where things happen to changes.

    Attributes:
        inner: the way without that.
        fates: what happens to the next changes; afterwards they act.
        afterwards: what happens right before an answer is lost.
        blind: whether reads fail.
        posts: how many tries of changes came by.
        held: whether changes wait on their way, from `arrived` until `let`.
    """

    inner: httpx2.ASGITransport

    def __init__(self, *fates: Fate) -> None:
        self.fates = list(fates)
        self.blind = False
        self.posts = 0
        self.held = False
        self.arrived = anyio.Event()
        self.let = anyio.Event()
        self.afterwards: Callable[[], object] = lambda: None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.method == "GET":
            if self.blind:
                raise httpx2.ReadTimeout("no answer")
            return await self.inner.handle_async_request(request)
        self.posts += 1
        if self.held:
            self.arrived.set()
            await self.let.wait()
        fate = self.fates.pop(0) if self.fates else "acts"
        if fate == "no connection":
            raise httpx2.ConnectError("nobody listens")
        if fate == "429":
            return httpx2.Response(429, headers={"retry-after": "0"})
        if fate == "lost":
            self.afterwards()
            raise httpx2.ReadTimeout("no answer")
        response = await self.inner.handle_async_request(request)
        if fate == "acts":
            return response
        self.afterwards()
        if fate == "acts, 500":
            return httpx2.Response(500)
        raise httpx2.ReadTimeout("no answer")


class Nameless(Way):
    """A service that gives no text an id, or an empty one."""

    def __init__(self, id_: str | None, *fates: Fate) -> None:
        super().__init__(*fates)
        self.id = id_

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await super().handle_async_request(request)
        said = re.sub(
            rb'"message_id": ?"[^"]*"', b'"message_id":' + json.dumps(self.id).encode(), await response.aread()
        )
        return httpx2.Response(response.status_code, content=said)


@asynccontextmanager
async def desk_behind(way: Way, **settings: Any) -> AsyncGenerator[Desk]:
    async with open_desk(transport=way, **settings) as desk:
        way.inner = httpx2.ASGITransport(app=desk.contract)
        yield desk
        assert desk.contract.violations == []


async def send(desk: Desk, **more: Any) -> CallToolResult:
    return await desk.call("send_message", **(TEXT | more))


def told(result: CallToolResult) -> dict[str, Any]:
    """The structured part of any result."""
    assert result.structured_content is not None
    return result.structured_content


async def status_of(desk: Desk, result: dict[str, Any]) -> dict[str, Any]:
    return said(await desk.call("get_send_status", send_id=result["send_id"]))


def break_the_disk(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.touch()


def crash(*_: object, **__: object) -> Any:
    raise RuntimeError("a mistake of ours")


@pytest.fixture(autouse=True)
def no_pauses_between_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_least: float, _most: float) -> float:
        return 0.0

    monkeypatch.setattr("textrequest_mcp.upstream.tries.random.uniform", none)


class TestWithoutAnId:
    """What the service gives no id is found again by line, number, time and words."""

    @pytest.mark.parametrize("fate", ["acts", "acts, answer lost"])
    @pytest.mark.parametrize("given", [None, ""], ids=["null", "empty"])
    async def test_l7_a_send_is_settled_by_a_row_without_an_id(self, given: str | None, fate: Fate):
        async with desk_behind(Nameless(given, fate)) as desk:
            cursor = said(await desk.call("wait_for_messages", timeout_seconds=0))["cursor"]
            first = said(await send(desk))
            second = said(await send(desk, body="And washed."))
            again = said(await send(desk))
            await desk.account.live.look(121, 0)
            told = said(await desk.call("wait_for_messages", timeout_seconds=0, after=cursor))
            status = await status_of(desk, first)

        assert (first["outcome"], second["outcome"]) == ("sent", "sent")
        assert first["message_id"].startswith("made-here-")
        assert again["duplicate_suppressed"]
        assert desk.changes == [SEND_MARIA] * 2
        assert {item["message_id"] for item in told["items"]} == {first["message_id"], second["message_id"]}
        assert (status["outcome"], status["message_id"]) == ("sent", first["message_id"])


class TestTheNewsOfASend:
    async def test_l8_it_is_asked_for_without_a_word_that_no_document_promises(self):
        way = Way()
        async with desk_behind(way) as desk:
            sent = said(await send(desk))
            for number in range(3):
                desk.clock.forward(3600)
                await send(desk, body=f"Text {number}")
            asked: list[str] = []
            inner = way.inner.handle_async_request

            async def noted(request: httpx2.Request) -> httpx2.Response:
                asked.append(str(request.url))
                return await inner(request)

            way.inner.handle_async_request = noted
            status = await status_of(desk, sent)

        assert status["delivery_status"]
        assert len(asked) == 1
        assert "sort" not in asked[0]


class TestTheSameAgain:
    async def test_the_same_text_within_the_window_answers_with_the_first_result_and_sends_nothing(self, desk: Desk):
        first = said(await send(desk))
        desk.clock.forward(WINDOW - 1)
        again = said(await send(desk))

        assert "duplicate_suppressed" not in first
        assert (again["outcome"], again["duplicate_suppressed"]) == ("sent", True)
        assert (again["send_id"], again["message_id"], again["segments"]) == (first["send_id"], first["message_id"], 1)
        assert "This call sent and changed nothing: the same was done Thu 28 May 16:26" in again["message"]
        assert "repeat: true" in again["message"]
        assert desk.changes == [SEND_MARIA]

    async def test_after_the_window_it_is_another_text(self, desk: Desk):
        first = said(await send(desk))
        desk.clock.forward(WINDOW)
        again = said(await send(desk))

        assert "duplicate_suppressed" not in again
        assert again["message_id"] != first["message_id"]
        assert desk.changes == [SEND_MARIA] * 2

    async def test_the_window_is_a_setting_and_0_turns_it_off(self):
        async with open_desk(duplicate_minutes=0) as desk:
            for _ in range(2):
                assert "duplicate_suppressed" not in said(await send(desk))
            assert desk.changes == [SEND_MARIA] * 2
        async with open_desk(duplicate_minutes=30) as desk:
            await send(desk)
            desk.clock.forward(29 * 60)
            assert said(await send(desk))["duplicate_suppressed"]

    @pytest.mark.parametrize(
        "otherwise",
        [
            {"phone_number": "(423) 555-0100"},
            {"body": " Your  car is\nready. "},
            {"sender_name": "Dana"},
            {"status_callback": "https://shop.example/status"},
        ],
        ids=lambda otherwise: next(iter(otherwise)),
    )
    async def test_another_spelling_of_the_same_is_the_same(self, desk: Desk, otherwise: dict[str, str]):
        await send(desk)

        assert said(await send(desk, **otherwise))["duplicate_suppressed"]
        assert desk.changes == [SEND_MARIA]

    @pytest.mark.parametrize("key", [{}, {"idempotency_key": "k1"}], ids=["without a key", "with a key"])
    async def test_d9_the_same_to_a_reader_is_one_text(self, desk: Desk, key: dict[str, str]):
        await send(desk, body='It\'s ready - "today"...', **key)

        again = said(await send(desk, body="It\u2019s ready \u2013\u00a0\u201ctoday\u201d\u2026", **key))
        assert again["duplicate_suppressed"]
        assert desk.changes == [SEND_MARIA]

    @pytest.mark.parametrize(
        "other",
        [{"phone_number": OWES}, {"body": "Your car is ready!"}, {"dashboard_id": 122}],
        ids=lambda other: next(iter(other)),
    )
    async def test_another_person_text_or_line_is_another_act(self, desk: Desk, other: dict[str, Any]):
        await send(desk)

        assert "duplicate_suppressed" not in said(await send(desk, **other))
        assert len(desk.changes) == 2

    async def test_another_host_does_not_make_it_another_act(self, desk: Desk):
        await send(desk)
        async with desk.host(name="another-host") as host:
            assert said(await call(host, "send_message", **TEXT))["duplicate_suppressed"]

        assert desk.changes == [SEND_MARIA]

    @pytest.mark.parametrize("key", [{}, {"idempotency_key": "k"}], ids=["without a key", "with a key"])
    async def test_calls_at_the_same_time_are_one_text(self, desk: Desk, key: dict[str, str]):
        results: list[dict[str, Any]] = []
        async with desk.host() as host:

            async def one() -> None:
                results.append(said(await call(host, "send_message", **TEXT, **key)))

            async with anyio.create_task_group() as group:
                for _ in range(20):
                    group.start_soon(one)

        assert desk.changes == [SEND_MARIA]
        assert len({result["message_id"] for result in results}) == 1
        assert sum("duplicate_suppressed" not in result for result in results) == 1

    async def test_the_same_over_two_servers_is_one_text(self, tmp_path: Path):
        async with open_desk(state_dir=tmp_path) as one:
            shared = httpx2.ASGITransport(app=one.contract)
            async with open_desk(state_dir=tmp_path, transport=shared) as two:
                results: list[dict[str, Any]] = []

                async def call_it(desk: Desk) -> None:
                    results.append(said(await send(desk)))

                async with anyio.create_task_group() as group:
                    for desk in [one, two] * 3:
                        group.start_soon(call_it, desk)

            assert one.changes == [SEND_MARIA]
            assert len({result["message_id"] for result in results}) == 1

    async def test_a_restarted_server_knows_what_went_out(self, tmp_path: Path):
        async with open_desk(state_dir=tmp_path) as one:
            first = said(await send(one))
            two_way = httpx2.ASGITransport(app=one.contract)
        async with open_desk(state_dir=tmp_path, transport=two_way) as two:
            again = said(await send(two))

        assert (again["duplicate_suppressed"], again["send_id"]) == (True, first["send_id"])
        assert one.changes == [SEND_MARIA]

    async def test_a_twin_waits_for_the_first_and_gets_its_result(self):
        way = Way()
        way.held = True
        async with desk_behind(way) as desk:
            results: list[dict[str, Any]] = []

            async def one() -> None:
                results.append(said(await send(desk)))

            async with anyio.create_task_group() as group:
                group.start_soon(one)
                await way.arrived.wait()
                group.start_soon(one)
                await anyio.wait_all_tasks_blocked()
                assert results == []
                way.let.set()

            first, twin = sorted(results, key=lambda result: "duplicate_suppressed" in result)
            assert (twin["duplicate_suppressed"], twin["message_id"]) == (True, first["message_id"])
            assert desk.changes == [SEND_MARIA]

    async def test_a_twin_of_what_was_refused_is_told_so_and_the_next_call_tries_again(self):
        way = Way("429", "429", "429")
        way.held = True
        async with desk_behind(way) as desk:
            results: list[CallToolResult] = []

            async def one() -> None:
                results.append(await send(desk))

            async with anyio.create_task_group() as group:
                group.start_soon(one)
                await way.arrived.wait()
                group.start_soon(one)
                await anyio.wait_all_tasks_blocked()
                way.let.set()

            assert [NOTHING in refusal(result) for result in results] == [True, True]
            assert (way.posts, desk.changes) == (3, [])
            assert said(await send(desk))["outcome"] == "sent"


class TestOnPurpose:
    @pytest.mark.parametrize("era", ERAS)
    async def test_a_person_who_agrees_to_a_repetition_sees_when_it_was_done_and_what_goes_out(
        self, desk: Desk, era: Era
    ):
        person = agrees()
        first = said(await send(desk))
        async with desk.host(person, era=era) as host:
            again = said(await call(host, "send_message", **TEXT, repeat=True))

        assert again["message_id"] != first["message_id"]
        assert "duplicate_suppressed" not in again
        assert desk.changes == [SEND_MARIA] * 2
        [question] = person.questions
        assert question.message.startswith("The same was done Thu 28 May 16:26; this does it once more.")
        for fact in ("Your car is ready.", "Maria Lopez", MARIA, "Front Desk"):
            assert fact in question.message

    @pytest.mark.parametrize("era", ERAS)
    async def test_a_person_who_declines_keeps_it_at_one(self, desk: Desk, era: Era):
        await send(desk)
        async with desk.host(declines(), era=era) as host:
            result = said(await call(host, "send_message", **TEXT, repeat=True))

        assert result["outcome"] == "not_confirmed"
        assert desk.changes == [SEND_MARIA]

    async def test_a_host_that_cannot_ask_gets_a_token_that_repeats_it_once(self, desk: Desk):
        await send(desk)
        preview = said(await send(desk, repeat=True))
        assert preview["outcome"] == "confirmation_required"
        assert desk.changes == [SEND_MARIA]

        token = preview["confirmation"]
        assert said(await send(desk, repeat=True, confirmation=token))["outcome"] == "sent"
        replayed = refusal(await send(desk, repeat=True, confirmation=token))
        assert "confirmation" in replayed
        assert "changed nothing" in replayed or NOTHING in replayed
        assert desk.changes == [SEND_MARIA] * 2

    async def test_with_confirmations_off_a_repetition_goes_out_at_once(self):
        async with open_desk(confirm="off") as desk:
            for _ in range(2):
                assert said(await send(desk, repeat=True))["outcome"] == "sent"

            assert desk.changes == [SEND_MARIA] * 2

    async def test_with_confirmations_off_only_a_repetition_that_is_asked_for_goes_out(self):
        async with open_desk(confirm="off") as desk:
            await send(desk)
            assert said(await send(desk))["duplicate_suppressed"]

    async def test_where_nothing_is_repeated_nobody_is_asked_and_it_goes_out_once(self, desk: Desk):
        person = agrees()
        async with desk.host(person) as host:
            said(await call(host, "send_message", **TEXT, repeat=True))

        assert person.questions == []
        assert desk.changes == [SEND_MARIA]

    async def test_a_person_is_told_where_it_is_not_known_whether_it_happened(self):
        person = agrees()
        async with desk_behind(Way("lost")) as desk:
            await send(desk)
            async with desk.host(person) as host:
                assert said(await call(host, "send_message", **TEXT, repeat=True))["outcome"] == "sent"

            assert desk.changes == [SEND_MARIA]
        assert person.questions[0].message.startswith("The same was tried, and may have happened, Thu 28 May 16:26")

    async def test_a_confirmation_where_none_is_asked_for_is_refused(self, desk: Desk):
        sentence = refusal(await send(desk, confirmation="anything"))

        assert "send_message asks for no confirmation here" in sentence
        assert desk.changes == []

    async def test_what_cannot_be_done_twice_is_refused_before_anybody_is_asked(self, desk: Desk):
        person = agrees()
        async with desk.host(person) as host:
            said(await call(host, "cancel_payment", payment_id=OPEN))
            sentence = refusal(await call(host, "cancel_payment", payment_id=OPEN, repeat=True))

        assert "is closed already" in sentence
        assert len(person.questions) == 1


class TestIdempotencyKeys:
    async def test_the_same_key_and_arguments_get_the_first_result_however_late(self, desk: Desk):
        first = said(await send(desk, idempotency_key="order 7"))
        desk.clock.forward(WINDOW * 10)
        again = said(await send(desk, idempotency_key="order 7"))

        assert (again["message_id"], again["duplicate_suppressed"]) == (first["message_id"], True)
        assert desk.changes == [SEND_MARIA]

    @pytest.mark.parametrize("other", [{"body": "Other"}, {"phone_number": OWES}, {"sender_name": "Dana"}], ids=str)
    async def test_the_same_key_with_other_arguments_is_refused(self, desk: Desk, other: dict[str, str]):
        await send(desk, idempotency_key="order 7")
        sentence = refusal(await send(desk, **other, idempotency_key="order 7"))

        assert "was used before, for send_message with other arguments" in sentence
        assert NOTHING in sentence
        assert desk.changes == [SEND_MARIA]

    async def test_the_same_key_for_another_tool_is_refused_before_anybody_is_asked(self, desk: Desk):
        person = agrees()
        await send(desk, idempotency_key="order 7")
        async with desk.host(person) as host:
            sentence = refusal(await call(host, "cancel_payment", payment_id=OPEN, idempotency_key="order 7"))

        assert "was used before" in sentence
        assert person.questions == []

    async def test_a_key_that_was_told_of_a_duplicate_is_told_the_same_ever_after(self, desk: Desk):
        first = said(await send(desk, idempotency_key="order 7"))
        second = said(await send(desk, idempotency_key="order 8"))
        desk.clock.forward(601)
        third = said(await send(desk, idempotency_key="order 8"))

        assert {first["send_id"], second["send_id"], third["send_id"]} == {first["send_id"]}
        assert len(desk.changes) == 1

    async def test_the_same_key_as_a_repetition_gets_the_first_result_and_asks_nobody(self, desk: Desk):
        person = agrees()
        async with desk.host(person) as host:
            for _ in range(2):
                said(await call(host, "send_message", **TEXT, idempotency_key="order 7", repeat=True))

        assert person.questions == []
        assert desk.changes == [SEND_MARIA]

    async def test_the_same_key_of_what_a_person_confirmed_gets_the_first_result_and_asks_nobody(self, desk: Desk):
        person = agrees()
        async with desk.host(person) as host:
            said(await call(host, "cancel_payment", payment_id=OPEN, idempotency_key="order 7"))
            again = said(await call(host, "cancel_payment", payment_id=OPEN, idempotency_key="order 7"))

        assert again["duplicate_suppressed"]
        assert (len(person.questions), len(desk.changes)) == (1, 1)

    async def test_the_key_of_what_did_not_happen_can_be_used_again(self):
        async with desk_behind(Way("429", "429", "429")) as desk:
            assert NOTHING in refusal(await send(desk, idempotency_key="order 7"))
            assert said(await send(desk, idempotency_key="order 7"))["outcome"] == "sent"

            assert desk.changes == [SEND_MARIA]


class TestNotSent:
    @pytest.mark.parametrize(
        ("number", "why"), [(OPTED_OUT_BY_CODE, "code 30050"), (OPTED_OUT_BY_STATUS, "code 2100")], ids=["400", "200"]
    )
    async def test_a_no_of_the_service_is_an_error_with_a_structured_outcome(self, desk: Desk, number: str, why: str):
        result = await send(desk, phone_number=number)

        assert why in refusal(result)
        assert re.fullmatch("send_[0-9a-f]{12}", told(result)["send_id"])
        assert told(result) == {
            "outcome": "not_sent",
            "message": refusal(result),
            "send_id": told(result)["send_id"],
        }

    async def test_a_service_that_cannot_be_reached_is_certain_and_tried_three_times(self):
        way = Way("no connection", "no connection", "no connection")
        async with desk_behind(way) as desk:
            result = await send(desk)

            assert f"cannot be reached: no connection (ConnectError). {NOTHING}" in refusal(result)
            assert told(result)["outcome"] == "not_sent"
            assert (way.posts, desk.changes) == (3, [])

    async def test_what_was_not_sent_is_sent_by_the_next_call_and_both_are_on_record(self):
        async with desk_behind(Way("no connection", "no connection", "no connection")) as desk:
            failed = told(await send(desk))
            sent = said(await send(desk))

            assert (await status_of(desk, failed))["outcome"] == "not_sent"
            assert (await status_of(desk, sent))["outcome"] == "sent"
            assert desk.changes == [SEND_MARIA]

    async def test_a_passing_fault_before_anything_left_is_not_noticed(self):
        async with desk_behind(Way("no connection", "429", "acts")) as desk:
            assert said(await send(desk))["outcome"] == "sent"
            assert desk.changes == [SEND_MARIA]


class TestWithoutALedger:
    async def test_where_the_store_cannot_be_used_nothing_reaches_the_service(self, tmp_path: Path):
        (tmp_path / "file").touch()
        async with open_desk(state_dir=tmp_path / "file") as desk:
            sentence = refusal(await send(desk))

        assert f"The state file {tmp_path / 'file' / 'state.sqlite3'} cannot be used" in sentence
        assert "Nothing was sent or changed by this call." in sentence
        assert desk.sandbox.requests == 0

    async def test_where_the_leaving_cannot_be_written_down_nothing_reaches_the_service(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ):
        async def full(*_: object) -> None:
            raise StoreError(Path("state.sqlite3"), "the disk is full")

        with monkeypatch.context() as patch:
            patch.setattr(Ledger, "leave", full)
            result = await send(desk)

        assert "the disk is full" in refusal(result)
        assert told(result)["outcome"] == "not_sent"
        assert desk.changes == []
        assert said(await send(desk))["outcome"] == "sent"

    async def test_where_the_outcome_cannot_be_written_down_it_is_told_all_the_same(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        folder = tmp_path / "state"
        async with open_desk(state_dir=folder) as desk:
            post = desk.account.api.post

            async def post_and_break(*path: Any, **options: Any) -> Any:
                answer = await post(*path, **options)
                break_the_disk(folder)
                return answer

            monkeypatch.setattr(desk.account.api, "post", post_and_break)
            assert said(await send(desk))["outcome"] == "sent"
            assert desk.changes == [SEND_MARIA]

    @pytest.mark.parametrize("fate", ["acts, answer lost", "lost"])
    async def test_where_the_answer_and_the_disk_are_lost_nobody_says_that_nothing_was_sent(
        self, tmp_path: Path, fate: Fate
    ):
        way, folder = Way(fate), tmp_path / "state"
        way.afterwards = lambda: break_the_disk(folder)
        async with desk_behind(way, state_dir=folder) as desk:
            result = said(await send(desk))

        assert (result["outcome"], result["do_not_resend"]) == ("unknown", True)
        assert "nothing" not in str(result).lower()

    async def test_where_the_answer_and_the_record_are_lost_nobody_says_that_nothing_was_sent(self, tmp_path: Path):
        way = Way("acts, answer lost")
        way.afterwards = lambda: shutil.rmtree(tmp_path)
        async with desk_behind(way, state_dir=tmp_path) as desk:
            result = said(await send(desk))

        assert (result["outcome"], result["do_not_resend"]) == ("unknown", True)
        assert "sent nothing" not in result["message"]


# Each tool that acts at most once, with what it is called with here and where its act is in the sandbox's journal.
ACTS: dict[str, tuple[dict[str, Any], tuple[str, str]]] = {
    "send_message": (TEXT, SEND_MARIA),
    "create_payment": (
        {"customer_phone": MARIA, "amount_requested": 49.5, "description": "Wipers"},
        ("POST", "/dashboards/121/payments"),
    ),
    "send_payment_reminder": ({"payment_id": OPEN}, ("POST", f"/dashboards/121/payments/{OPEN}/resend")),
    "cancel_payment": ({"payment_id": OPEN}, ("POST", f"/dashboards/121/payments/{OPEN}/cancel")),
    "mark_payment_paid": ({"payment_id": OPEN}, ("POST", f"/dashboards/121/payments/{OPEN}/mark_as_paid")),
    "create_dashboard": ({"name": "Body Shop", "phone": "+14235550160"}, ("POST", "/dashboards")),
}


class TestAFurtherPaymentRequest:
    """The customer sees the amount; what it is called in the account may come out otherwise in another call."""

    GIVEN: ClassVar[dict[str, Any]] = {"customer_phone": MARIA, "amount_requested": 49.5, "description": "Wipers"}

    @pytest.mark.parametrize("other", [{"description": "The wipers"}, {"reference_number": "A-1"}, {"message": "Hi"}])
    async def test_for_the_same_amount_is_refused_unless_it_is_meant(self, desk: Desk, other: dict[str, Any]):
        person = agrees()
        async with desk.host(person) as host:
            said(await call(host, "create_payment", **self.GIVEN))
            again = refusal(await call(host, "create_payment", **self.GIVEN | other))
            meant = said(await call(host, "create_payment", **self.GIVEN | other, repeat=True))

        assert "was just asked for the same amount" in again
        assert "repeat true" in again
        assert "The same was done" in person.questions[-1].message
        assert meant["outcome"] == "sent"
        assert len(desk.changes) == 2

    async def test_for_another_amount_is_another(self, desk: Desk):
        async with desk.host(agrees()) as host:
            said(await call(host, "create_payment", **self.GIVEN))
            other = said(await call(host, "create_payment", **self.GIVEN | {"amount_requested": 12}))

        assert other["outcome"] == "sent"
        assert "duplicate_suppressed" not in other

    async def test_at_once_goes_out_once(self, desk: Desk):
        answers: list[bool] = []

        async def ask_for(description: str) -> None:
            answers.append((await desk.call("create_payment", **self.GIVEN | {"description": description})).is_error)

        async with anyio.create_task_group() as calls:
            for each in ("Wipers", "Wiper blades", "New wipers"):
                calls.start_soon(ask_for, each)

        assert sorted(answers) == [False, True, True]
        assert len(desk.changes) == 1


class TestEveryActingTool:
    @pytest.mark.parametrize("tool", ACTS)
    async def test_again_it_answers_with_the_first_result_and_asks_nobody(self, desk: Desk, tool: str):
        arguments, done = ACTS[tool]
        person = agrees()
        async with desk.host(person) as host:
            first = said(await call(host, tool, **arguments))
            asked = len(person.questions)
            again = said(await call(host, tool, **arguments))

        assert desk.changes == [done]
        assert len(person.questions) == asked
        assert (again["outcome"], again["duplicate_suppressed"]) == (first["outcome"], True)
        assert next(iter(again)) == "already_done"
        assert ("repeat: true" in again["message"]) == (tool in {"send_message", "create_payment", "create_dashboard"})
        kept = {name for name in again if name not in {"message", "duplicate_suppressed", "already_done"}}
        assert {name: again[name] for name in kept} == {name: first[name] for name in kept}
        assert kept & {"message_id", "payment_id", "id"}

    @pytest.mark.parametrize("tool", ["cancel_payment", "mark_payment_paid"])
    async def test_again_on_a_host_that_cannot_ask_there_is_no_new_preview(self, desk: Desk, tool: str):
        arguments, done = ACTS[tool]
        preview = said(await desk.call(tool, **arguments))
        assert preview["outcome"] == "confirmation_required"
        assert said(await desk.call(tool, **arguments, confirmation=preview["confirmation"]))["outcome"] == "done"

        for given in ({}, {"confirmation": preview["confirmation"]}):
            result = await desk.call(tool, **arguments, **given)
            assert (told(result)).get("duplicate_suppressed") or "confirmation" in text_of(result)
        assert desk.changes == [done]

    @pytest.mark.parametrize("fate", ["acts, answer lost", "acts, 500"])
    @pytest.mark.parametrize("tool", ACTS)
    async def test_what_happened_although_its_answer_was_lost_is_found_by_looking(self, tool: str, fate: Fate):
        arguments, done = ACTS[tool]
        async with desk_behind(Way(fate)) as desk, desk.host(agrees()) as host:
            result = said(await call(host, tool, **arguments))

            assert result["outcome"] in {"sent", "done"}
            assert "it is in the account: it happened, once. Do not repeat it." in result["message"]
            assert {"message_id", "payment_id", "id"} & result.keys()
            assert desk.changes == [done]
            assert said(await call(host, tool, **arguments))["duplicate_suppressed"]
            assert desk.changes == [done]

    @pytest.mark.parametrize("tool", ACTS)
    async def test_what_cannot_be_found_is_unknown_and_no_error_and_stays_so_on_a_second_call(self, tool: str):
        arguments, _ = ACTS[tool]
        way = Way("lost")
        async with desk_behind(way) as desk, desk.host(agrees()) as host:
            first = said(await call(host, tool, **arguments))
            again = said(await call(host, tool, **arguments))

            assert (first["outcome"], first["do_not_resend"]) == ("unknown", True)
            assert f"get_send_status with send_id {first['send_id']}" in first["message"]
            assert "duplicate_suppressed" not in first
            assert (again["outcome"], again["duplicate_suppressed"], again["send_id"]) == (
                "unknown",
                True,
                first["send_id"],
            )
            assert NOTHING not in first["message"] + again["message"]
            assert (way.posts, desk.changes) == (1, [])

    @pytest.mark.parametrize("tool", ACTS)
    async def test_its_status_can_be_asked_for_again(self, desk: Desk, tool: str):
        arguments, _ = ACTS[tool]
        async with desk.host(agrees()) as host:
            done = said(await call(host, tool, **arguments))
        status = await status_of(desk, done)

        assert (status["tool"], status["outcome"], status["send_id"]) == (tool, "sent", done["send_id"])
        for name in ("message_id", "payment_id", "id", "amount_requested", "textrequest_payment_status"):
            assert status.get(name) == done.get(name)


class TestUnknown:
    async def test_once_it_turns_up_the_next_call_is_told_and_sends_nothing(self):
        way = Way("acts, answer lost")
        way.blind = True
        async with desk_behind(way) as desk:
            first = said(await send(desk))
            way.blind = False
            again = said(await send(desk))

            assert (first["outcome"], again["outcome"], again["duplicate_suppressed"]) == ("unknown", "sent", True)
            assert again["message_id"]
            assert desk.changes == [SEND_MARIA]

    async def test_it_holds_beyond_the_window_while_the_account_cannot_be_read(self):
        way = Way("lost")
        way.blind = True
        async with desk_behind(way) as desk:
            await send(desk)
            desk.clock.forward(WINDOW * 2)

            assert said(await send(desk))["outcome"] == "unknown"
            assert way.posts == 1

    async def test_beyond_the_window_it_is_looked_for_once_more_before_the_same_may_go_again(self):
        way = Way("acts, answer lost")
        way.blind = True
        async with desk_behind(way) as desk:
            await send(desk)
            way.blind = False
            desk.clock.forward(WINDOW * 2)

            assert said(await send(desk))["duplicate_suppressed"]
            assert desk.changes == [SEND_MARIA]

    async def test_after_the_window_and_the_settling_time_the_same_may_go_again(self):
        async with desk_behind(Way("lost")) as desk:
            await send(desk)
            desk.clock.forward(WINDOW)

            assert said(await send(desk))["outcome"] == "sent"
            assert desk.changes == [SEND_MARIA]

    async def test_what_a_person_agreed_to_once_is_not_done_for_a_call_that_nobody_was_asked_for(self):
        async with desk_behind(Way("lost")) as desk:
            person = agrees()
            async with desk.host(person) as host:
                await call(host, "cancel_payment", payment_id=OPEN)
                desk.clock.forward(WINDOW)
                sentence = refusal(await call(host, "cancel_payment", payment_id=OPEN))
                assert "a person has to be asked" in sentence
                assert NOTHING in sentence
                assert (len(person.questions), desk.changes) == (1, [])

                assert said(await call(host, "cancel_payment", payment_id=OPEN))["outcome"] == "done"
                assert len(person.questions) == 2

    @pytest.mark.parametrize(
        "body", ["Hi,\r\nit is ready.", "1.\x0b2.\u20283.", "\U0001f468\u200d\U0001f527 \u2764\ufe0f"], ids=ascii
    )
    async def test_a_text_is_found_although_it_is_read_in_another_form_than_it_was_sent(self, body: str):
        async with desk_behind(Way("acts, answer lost")) as desk:
            assert said(await send(desk, body=body))["outcome"] == "sent"
            assert [accepted.body for accepted in desk.sandbox.journal] == [{"body": body}]

    async def test_of_two_equal_texts_with_one_trace_neither_is_called_sent(self):
        way = Way("lost", "acts, answer lost")
        async with desk_behind(way, confirm="off") as desk:
            results = [said(await send(desk, repeat=True)) for _ in range(2)]

            assert [result["outcome"] for result in results] == ["unknown", "unknown"]
            assert len({result["send_id"] for result in results}) == 2

    @pytest.mark.parametrize(
        ("tool", "arguments", "more"),
        [
            (
                "create_payment",
                {"customer_phone": MARIA, "amount_requested": 49.5, "description": "Wipers"},
                {"reference_number": "R-2"},
            ),
            ("send_message", TEXT, {"mms_media": ["https://media.sandbox.invalid/1.png"]}),
        ],
        ids=["a payment with a reference", "a text with a picture"],
    )
    async def test_the_trace_of_an_act_that_says_more_is_not_taken_for_the_plain_ones(
        self, tool: str, arguments: dict[str, Any], more: dict[str, Any]
    ):
        way = Way("lost", "acts, answer lost")
        async with desk_behind(way, confirm="off") as desk:
            desk.sandbox.media.add("https://media.sandbox.invalid/1.png")
            plain = said(await desk.call(tool, **arguments))
            way.blind = True
            fuller = said(await desk.call(tool, **arguments, **more, repeat=True))
            way.blind = False

            assert (await status_of(desk, plain))["outcome"] == "unknown"
            assert (await status_of(desk, fuller))["outcome"] == "sent"


class TestMarks:
    async def test_a_mark_in_the_senders_name_tells_equal_texts_apart(self):
        async with desk_behind(Way("lost", "acts, answer lost"), confirm="off", tag_sends=True) as desk:
            results = [said(await send(desk, repeat=True, sender_name="Dana")) for _ in range(2)]

            assert [result["outcome"] for result in results] == ["unknown", "sent"]
            [accepted] = desk.sandbox.journal
            assert accepted.body == {
                "body": TEXT["body"],
                "sender_name": f"Dana {tag_of(results[1]['send_id'])}",
            }

    async def test_another_senders_name_tells_equal_texts_apart(self):
        async with desk_behind(Way("lost", "acts, answer lost"), confirm="off") as desk:
            results = [said(await send(desk, repeat=True, sender_name=name)) for name in ("Dana", "Lee")]

            assert [result["outcome"] for result in results] == ["unknown", "sent"]

    @pytest.mark.parametrize(
        ("name", "start"),
        [(None, "API "), ("n" * 41, "n" * 33 + " "), ("Dana\x1b", "Dana "), ("\u200b", "API ")],
        ids=["none", "long", "half an escape sequence", "unseen"],
    )
    async def test_a_mark_fits_into_the_longest_name_and_stands_alone(self, name: str | None, start: str):
        async with open_desk(tag_sends=True) as desk:
            sent = said(await send(desk, sender_name=name))

        assert sent["response_by_username"] == start + tag_of(sent["send_id"])
        assert len(sent["response_by_username"]) <= 41

    async def test_nobody_is_marked_unasked(self, desk: Desk):
        await send(desk)

        assert [accepted.body for accepted in desk.sandbox.journal] == [{"body": TEXT["body"]}]


class TestStatus:
    async def test_of_a_text_it_says_what_became_of_it_since(self, desk: Desk):
        sent = said(await send(desk))
        desk.clock.forward(5)
        status = await status_of(desk, sent)

        assert (sent["delivery_status"], status["delivery_status"]) == ("sending", "delivered")
        assert (status["outcome"], status["message_id"], status["segments"]) == ("sent", sent["message_id"], 1)
        assert status["called_at_utc"] == "2026-05-28T20:26:40Z"
        assert "do_not_resend" not in status
        assert said(await send(desk))["delivery_status"] == "delivered"

    async def test_of_what_was_not_sent_it_says_why(self, desk: Desk):
        result = await send(desk, phone_number=OPTED_OUT_BY_CODE)
        status = await status_of(desk, told(result))

        assert (status["outcome"], status["message"]) == ("not_sent", text_of(result))
        assert "do_not_resend" not in status

    async def test_of_what_is_unknown_it_looks_again_and_says_when_no_more_is_expected(self):
        async with desk_behind(Way("lost")) as desk:
            lost = said(await send(desk))
            early = await status_of(desk, lost)
            desk.clock.forward(WINDOW)
            late = await status_of(desk, lost)

        assert (early["outcome"], early["do_not_resend"]) == (late["outcome"], late["do_not_resend"])
        assert (late["outcome"], late["do_not_resend"]) == ("unknown", True)
        assert early["message"].endswith("is not in the account so far. Do not repeat it; look again later.")
        assert late["message"].endswith("Ask the person before you repeat it: it may still have happened.")

    async def test_of_what_turned_up_since_it_says_that_it_was_sent(self):
        way = Way("acts, answer lost")
        way.blind = True
        async with desk_behind(way) as desk:
            lost = said(await send(desk))
            way.blind = False
            status = await status_of(desk, lost)

            assert (lost["outcome"], status["outcome"]) == ("unknown", "sent")
            assert status["message_id"]

    @pytest.mark.parametrize("leaves", [False, True])
    async def test_of_what_is_on_its_way_it_says_so(self, desk: Desk, leaves: bool):
        ledger = desk.account.at_most_once.ledger
        row = await brought(ledger) if leaves else (await claim(ledger))[0]
        status = await status_of(desk, {"send_id": row.send_id})

        assert (status["outcome"], status["do_not_resend"]) == ("unknown", True)
        assert status["message"] == "It is on its way, and has no answer yet. Do not repeat it."

    async def test_an_id_that_is_not_on_record_is_a_sentence(self, desk: Desk):
        sentence = refusal(await desk.call("get_send_status", send_id="send_000000000000"))

        assert sentence.startswith(f"No act with this send_id is on record here. {NOTHING} Take it from")

    async def test_a_send_of_a_tool_that_this_version_does_not_know_still_has_a_status(self, desk: Desk):
        ledger = desk.account.at_most_once.ledger
        row = await brought(ledger, Ending(state="SENT", upstream_id="f1"), act(tool="send_fax"))

        assert (await status_of(desk, {"send_id": row.send_id}))["outcome"] == "sent"


class TestCrashes:
    async def test_a_crash_before_the_call_left_is_not_sent_and_the_next_call_goes_through(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ):
        with monkeypatch.context() as patch:
            patch.setattr(posting, "only_given", crash)
            result = await send(desk)

        assert refusal(result) == f"send_message failed inside this server before anything left. {NOTHING}"
        assert told(result)["outcome"] == "not_sent"
        assert "a mistake of ours" in caplog.text
        assert desk.changes == []
        assert said(await send(desk))["outcome"] == "sent"

    async def test_a_crash_after_the_call_left_is_looked_for_and_found(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ):
        monkeypatch.setattr(posting, "_sent", crash)

        assert said(await send(desk))["outcome"] == "sent"
        assert "a mistake of ours" in caplog.text
        assert said(await send(desk))["duplicate_suppressed"]
        assert desk.changes == [SEND_MARIA]

    async def test_a_crash_after_a_call_that_cannot_be_found_is_unknown(self, monkeypatch: pytest.MonkeyPatch):
        way = Way()
        way.blind = True
        monkeypatch.setattr(posting, "_sent", crash)
        async with desk_behind(way) as desk:
            result = said(await send(desk))

        assert (result["outcome"], result["do_not_resend"]) == ("unknown", True)
        assert result["message"].startswith("send_message failed inside this server. Whether it took effect is unknown")


class TestCancelled:
    @pytest.mark.parametrize("era", ERAS)
    async def test_a_call_that_left_is_finished_and_its_outcome_recorded_although_the_host_gave_up(self, era: Era):
        way = Way()
        way.held = True
        async with desk_behind(way) as desk:
            async with desk.host(era=era) as host:
                async with anyio.create_task_group() as group:
                    group.start_soon(lambda: call(host, "send_message", **TEXT))
                    await way.arrived.wait()
                    group.cancel_scope.cancel()
                    with anyio.CancelScope(shield=True):
                        await anyio.wait_all_tasks_blocked()
                        assert desk.account.at_most_once.ledger.leaving == 1
                        way.let.set()
                again = said(await call(host, "send_message", **TEXT))

            assert (again["outcome"], again["duplicate_suppressed"]) == ("sent", True)
            assert (way.posts, desk.changes) == (1, [SEND_MARIA])

    async def test_a_call_that_has_not_left_does_not_leave(self, monkeypatch: pytest.MonkeyPatch):
        way, asked = Way("429"), anyio.Event()

        async def forever(_: object, seconds: float) -> None:
            asked.set()
            await anyio.sleep_forever()

        async with desk_behind(way) as desk:
            with monkeypatch.context() as patch:
                patch.setattr("textrequest_mcp.upstream.limiter.Limiter.hold_off", forever)
                async with desk.host() as host:
                    async with anyio.create_task_group() as group:
                        group.start_soon(lambda: call(host, "send_message", **TEXT))
                        await asked.wait()
                        group.cancel_scope.cancel()
                    await anyio.wait_all_tasks_blocked()
                    assert desk.account.at_most_once.ledger.leaving == 0

            assert way.posts == 1
            assert "duplicate_suppressed" not in said(await send(desk))
            assert desk.changes == [SEND_MARIA]


async def test_the_state_file_holds_no_text_and_no_name_and_no_key(tmp_path: Path):
    async with desk_behind(Way("lost", "acts"), state_dir=tmp_path) as desk:
        for name in ("Zebulon", "Yolanda"):
            said(await send(desk, body=f"{name}, pick up at noon", sender_name=f"{name} Q", idempotency_key=f"{name}!"))
        kept = contents(tmp_path)

    assert re.search(rb"send_[0-9a-f]{12}", kept)
    for word in (b"Zebulon", b"Yolanda", b"noon"):
        assert word not in kept


def contents(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


class TornOff(BaseException):
    """What ends a process in the middle of a call."""


async def test_an_act_that_is_torn_off_after_it_left_is_in_doubt(desk: Desk):
    sender = desk.account.at_most_once

    async def tear(departing: LedgerDeparture) -> Sent:
        await departing.leaving()
        raise TornOff

    with pytest.raises(TornOff):
        await sender.carry_out(act(), Doing(tool="send_message", once=SENDING, texts=True, do=tear), repeat=False)

    (entry,) = [row.entry async for row in desk.account.audit.trail.entries()]
    assert entry is not None
    assert entry.outcome == "unknown"


@pytest.mark.parametrize("state", ["SENT", "NOT_SENT", "UNKNOWN", "INFLIGHT"])
@pytest.mark.parametrize("theirs", [True, False])
def test_of_a_colleagues_send_no_answer_gives_the_id_not_even_in_its_sentence(state: State, theirs: bool):
    send = Send(
        number=1,
        send_id="send_0123",
        account="a",
        caller="desk",
        tool="send_message",
        dashboard_id=1,
        person=None,
        fingerprint="f",
        facts=None,
        state=state,
        upstream_id="m1",
        result={"message_id": "m1"},
        said=None,
        owner="x",
        intended_at=0.0,
        left_at=0.0,
        looks=0,
        settled_at=None,
    )

    told = tell(send, texts=True, earlier="just now", theirs=theirs)

    assert ("send_0123" in json.dumps(told.said)) is theirs
