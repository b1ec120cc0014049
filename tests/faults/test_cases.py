"""What becomes of one call under each fault: what the service received and accepted, and what the tool said."""

import json
import logging
from collections.abc import AsyncGenerator, Generator
from functools import partial
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal, NamedTuple

import anyio
import anyio.lowlevel
import httpx2
import pytest
from tests.desk import ERAS, MARIA, OPTED_OUT_BY_STATUS, Era, text_of
from tests.faults.lab import Fault
from tests.faults.stage import Row, Stage, open_stage

from textrequest_mcp.upstream import connection, tries

TEXT = {"phone_number": MARIA, "body": "Your car is ready."}
OPEN_PAYMENT = 2501
STALLED_SECONDS = 0.5
STALLING = {Fault.STALL, Fault.ACT_AND_STALL}
NO_TIME_LEFT = {Fault.BUSY_FOR_DAYS, Fault.BUSY_UNTIL_2099}  # the rate limit keeps every other call waiting too


class Case(NamedTuple):
    """How one call ends.

    Attributes:
        received: how many POSTs reached the service to their last byte.
        accepted: how many texts it took.
        outcome: what the tool said.
    """

    received: int
    accepted: int
    outcome: Literal["sent", "not_sent", "unknown"]


# Certainly not sent, and tried again by ourselves.
TRIED_AGAIN = {
    Fault.BUSY_FOR_A_SECOND: Case(2, 1, "sent"),
    Fault.BUSY_NEGATIVE: Case(2, 1, "sent"),
    Fault.BUSY_GARBAGE: Case(2, 1, "sent"),
}
# Certainly not sent, and final.
REFUSED = {
    Fault.BUSY_FOR_DAYS: Case(1, 0, "not_sent"),
    Fault.BUSY_UNTIL_2099: Case(1, 0, "not_sent"),
    Fault.STATUS_400: Case(1, 0, "not_sent"),
    Fault.STATUS_408: Case(1, 0, "not_sent"),
    Fault.ERROR_BODY: Case(1, 0, "not_sent"),
    Fault.REDIRECT_301: Case(1, 0, "not_sent"),
    Fault.REDIRECT_302: Case(1, 0, "not_sent"),
    Fault.REDIRECT_303: Case(1, 0, "not_sent"),
    Fault.REDIRECT_307: Case(1, 0, "not_sent"),
    Fault.REDIRECT_308: Case(1, 0, "not_sent"),
}
# Maybe sent; it was not.
LEFT_IN_DOUBT = {
    Fault.RESET_ON_ACCEPT: Case(0, 0, "unknown"),
    Fault.BREAK_KEPT_ALIVE: Case(0, 0, "unknown"),
    Fault.STALL: Case(1, 0, "unknown"),
    Fault.RESET_AFTER_HEADERS: Case(0, 0, "unknown"),
    Fault.RESET_AFTER_BODY: Case(1, 0, "unknown"),
    Fault.CLOSE_AFTER_BODY: Case(1, 0, "unknown"),
    Fault.HALF_HEADER: Case(1, 0, "unknown"),
    Fault.HALF_BODY: Case(1, 0, "unknown"),
    Fault.HTML: Case(1, 0, "unknown"),
    Fault.EMPTY_OBJECT: Case(1, 0, "unknown"),
    Fault.STATUS_500: Case(1, 0, "unknown"),
    Fault.STATUS_502: Case(1, 0, "unknown"),
    Fault.STATUS_503: Case(1, 0, "unknown"),
    Fault.STATUS_504: Case(1, 0, "unknown"),
}
# Maybe sent; it was, and is found in the conversation.
FOUND = {
    Fault.ACT_AND_RESET: Case(1, 1, "sent"),
    Fault.ACT_AND_CLOSE: Case(1, 1, "sent"),
    Fault.ACT_AND_STALL: Case(1, 1, "sent"),
    Fault.ACT_AND_HALF_HEADER: Case(1, 1, "sent"),
    Fault.ACT_AND_HALF_BODY: Case(1, 1, "sent"),
    Fault.ACT_AND_HTML: Case(1, 1, "sent"),
    Fault.ACT_AND_EMPTY_OBJECT: Case(1, 1, "sent"),
    Fault.ACT_AND_500: Case(1, 1, "sent"),
    Fault.ACT_AND_502: Case(1, 1, "sent"),
    Fault.ACT_AND_503: Case(1, 1, "sent"),
    Fault.ACT_AND_504: Case(1, 1, "sent"),
}
LATE = {Fault.ACT_SLOWLY: Case(1, 1, "sent")}
CASES = TRIED_AGAIN | REFUSED | LEFT_IN_DOUBT | FOUND | LATE


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Generator[StringIO]:
    """All that is logged, by ourselves and by the libraries, from DEBUG on."""
    for name in ("", "textrequest_mcp", "httpx2", "httpcore2", "mcp"):
        caplog.set_level(logging.DEBUG, logger=name)
    written = StringIO()
    handler = logging.StreamHandler(written)
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


@pytest.fixture
async def stage(tmp_path: Path, log: StringIO) -> AsyncGenerator[Stage]:
    """A stage on which, whatever happens, the key stays where it belongs, and nothing follows a redirect."""
    async with open_stage(tmp_path) as opened:
        yield opened
    assert opened.places_of_the_key(log.getvalue()) == []
    assert opened.lab.elsewhere == []
    assert opened.lab.waiting == []


async def impatient(monkeypatch: pytest.MonkeyPatch, stage: Stage) -> None:
    """Give up on answers early; that takes connections of its own."""
    await stage.account.api.aclose()
    monkeypatch.setattr(connection, "_TIMEOUT", httpx2.Timeout(10.0, read=STALLED_SECONDS))


def latest_text_id(stage: Stage) -> str:
    """Of the conversation with Maria, from the service's own memory."""
    return stage.lab.sandbox.lines[121].contacts[MARIA.removeprefix("+")].messages[-1].id


def test_every_fault_has_its_case():
    # A refused connection has tests of its own, because somebody has to end the refusing.
    assert set(CASES) | {Fault.REFUSE} == set(Fault)


def each(cases: dict[Fault, Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("fault", "case"), cases.items(), ids=[fault.name for fault in cases])


async def ended(stage: Stage, fault: Fault, case: Case) -> dict[str, Any]:
    """What is said of a text that meets a fault, once that, the service and the ledger agree with the case."""
    stage.lab.next(fault)

    failed, told = await stage.told("send_message", **TEXT)

    assert (len(stage.lab.posts()), len(stage.lab.sends()), told["outcome"]) == case
    assert failed == (case.outcome == "not_sent")
    (row,) = stage.rows
    assert (row.send_id, row.state) == (told["send_id"], case.outcome.upper())
    sent_id = latest_text_id(stage) if case.accepted else None
    assert (told.get("message_id"), row.upstream_id) == (sent_id, sent_id)
    assert told.get("do_not_resend") == (True if case.outcome == "unknown" else None)
    assert "duplicate_suppressed" not in told
    return told


@each(TRIED_AGAIN)
async def test_what_the_service_was_too_busy_for_is_tried_again_after_a_pause(fault: Fault, case: Case, stage: Stage):
    began = anyio.current_time()

    told = await ended(stage, fault, case)

    assert anyio.current_time() - began >= 1.0
    assert told["segments"] == 1


@each(REFUSED)
async def test_what_was_not_sent_is_an_error_that_says_so_and_may_be_sent_again(fault: Fault, case: Case, stage: Stage):
    told = await ended(stage, fault, case)

    assert any(words in told["message"] for words in ("Nothing was sent", "No text went out"))
    assert text_of(stage.results[-1]) == told["message"]
    if fault not in NO_TIME_LEFT:
        _, later = await stage.told("send_message", **TEXT)
        assert (later["outcome"], len(stage.lab.sends())) == ("sent", 1)


@each(LEFT_IN_DOUBT)
async def test_what_is_in_doubt_says_where_to_look_and_is_not_sent_again(
    fault: Fault, case: Case, stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    if fault in STALLING:
        await impatient(monkeypatch, stage)
    told = await ended(stage, fault, case)

    failed, again = await stage.told("send_message", **TEXT)
    _, status = await stage.told("get_send_status", send_id=told["send_id"])

    assert f"get_send_status with send_id {told['send_id']}" in told["message"]
    assert (failed, again["outcome"], again["send_id"]) == (False, "unknown", told["send_id"])
    assert (again["duplicate_suppressed"], again["do_not_resend"]) == (True, True)
    assert (status["outcome"], status["do_not_resend"]) == ("unknown", True)
    assert (len(stage.lab.posts()), stage.lab.sends()) == (case.received, [])


@each(FOUND | LATE)
async def test_what_was_sent_is_told_as_sent_and_is_not_sent_again(
    fault: Fault, case: Case, stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    if fault in STALLING:
        await impatient(monkeypatch, stage)
    told = await ended(stage, fault, case)

    failed, again = await stage.told("send_message", **TEXT)

    assert (failed, again["outcome"], again["duplicate_suppressed"]) == (False, "sent", True)
    assert (again["send_id"], again["message_id"]) == (told["send_id"], told["message_id"])
    assert (len(stage.lab.posts()), len(stage.lab.sends())) == (1, 1)


class Tries:
    """Stands in for the pauses between tries: counts them, and may end the refusing in the first."""

    def __init__(self, stage: Stage, *, opens: bool) -> None:
        self.stage, self.opens, self.pauses = stage, opens, 0

    def uniform(self, low: float, high: float) -> float:
        self.pauses += 1
        if self.opens:
            self.stage.lab.peace()
        return low / 100


@pytest.mark.parametrize(
    ("opens", "case", "pauses"), [(True, Case(1, 1, "sent"), 1), (False, Case(0, 0, "not_sent"), 3)]
)
async def test_a_refused_connection_is_tried_again_at_most_twice(
    opens: bool, case: Case, pauses: int, stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    tries = Tries(stage, opens=opens)
    monkeypatch.setattr("textrequest_mcp.upstream.tries.random", SimpleNamespace(uniform=tries.uniform))
    stage.lab.next(Fault.REFUSE)

    failed, told = await stage.told("send_message", **TEXT)

    assert (len(stage.lab.posts()), len(stage.lab.sends()), told["outcome"]) == case
    assert (failed, tries.pauses) == (case.outcome == "not_sent", pauses)
    assert [row.state for row in stage.rows] == [case.outcome.upper()]
    stage.lab.peace()


async def test_a_connection_that_was_hung_up_while_idle_costs_nothing(stage: Stage):
    stage.lab.hang_up()

    _, told = await stage.told("send_message", **TEXT)

    assert (len(stage.lab.posts()), len(stage.lab.sends()), told["outcome"]) == (1, 1, "sent")


async def test_a_second_busy_answer_is_waited_for_and_a_third_is_final(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tries, "LONGEST_PAUSE", 0.05)
    stage.lab.next(*[Fault.BUSY_FOR_A_SECOND] * 3)

    failed, told = await stage.told("send_message", **TEXT)

    assert (len(stage.lab.posts()), len(stage.lab.sends()), told["outcome"]) == (3, 0, "not_sent")
    assert failed


async def test_a_try_in_doubt_is_the_last_although_it_followed_a_harmless_one(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tries, "LONGEST_PAUSE", 0.05)
    stage.lab.next(Fault.BUSY_FOR_A_SECOND, Fault.ACT_AND_503)

    _, told = await stage.told("send_message", **TEXT)

    assert (len(stage.lab.posts()), len(stage.lab.sends()), told["outcome"]) == (2, 1, "sent")
    assert told["message_id"] == latest_text_id(stage)


async def test_a_look_that_fails_too_leaves_it_unknown_and_a_later_one_finds_it(stage: Stage):
    stage.lab.next(Fault.ACT_AND_RESET)
    stage.lab.next(*[Fault.STATUS_400] * 2, method="GET")
    _, told = await stage.told("send_message", **TEXT)
    assert told["outcome"] == "unknown"
    stage.lab.peace()

    _, status = await stage.told("get_send_status", send_id=told["send_id"])

    assert (status["outcome"], status["message_id"]) == ("sent", latest_text_id(stage))
    assert (len(stage.lab.posts()), len(stage.lab.sends())) == (1, 1)


async def test_a_text_that_was_refused_under_a_lost_answer_is_not_told_as_sent(stage: Stage):
    stage.lab.next(Fault.ACT_AND_RESET)

    _, told = await stage.told("send_message", **(TEXT | {"phone_number": OPTED_OUT_BY_STATUS}))

    assert (told["outcome"], stage.lab.sends()) == ("not_sent", [])
    assert "refused the text (code 2100)" in told["message"]


class Act(NamedTuple):
    """A call of another tool that acts at most once.

    Attributes:
        done: the outcome that says that it happened.
        path: how the path of its request ends.
        seen: the field of the answer that names what was made or changed.
    """

    tool: str
    arguments: dict[str, Any]
    done: str
    path: str
    seen: str


ACTS = [
    Act(
        "create_payment",
        {"customer_phone": MARIA, "amount_requested": "12.50", "description": "Wipers"},
        *("sent", "/payments", "payment_id"),
    ),
    Act("send_payment_reminder", {"payment_id": OPEN_PAYMENT}, "sent", "/resend", "payment_id"),
    Act("cancel_payment", {"payment_id": OPEN_PAYMENT}, "done", "/cancel", "payment_id"),
    Act("mark_payment_paid", {"payment_id": OPEN_PAYMENT}, "done", "/mark_as_paid", "payment_id"),
    Act("create_dashboard", {"name": "Body Shop", "phone": "+14235550160"}, "done", "/dashboards", "id"),
]


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.tool)
@pytest.mark.parametrize(
    ("fault", "acted", "outcome"),
    [
        (Fault.ACT_AND_RESET, 1, "done"),
        (Fault.ACT_AND_EMPTY_OBJECT, 1, "done"),
        (Fault.RESET_AFTER_BODY, 0, "unknown"),
        (Fault.STATUS_400, 0, "not_sent"),
    ],
    ids=lambda given: given.name if isinstance(given, Fault) else "",
)
async def test_every_other_act_happens_as_often_as_its_tool_says_under(
    act: Act, fault: Fault, acted: int, outcome: str, stage: Stage
):
    outcome = act.done if outcome == "done" else outcome
    stage.lab.next(fault)

    failed, told = await stage.told(act.tool, **act.arguments)

    (request,) = stage.lab.posts()
    assert (request.target.endswith(act.path), request.fault) == (True, fault)
    assert [accepted.path.endswith(act.path) for accepted in stage.lab.sandbox.journal] == [True] * acted
    assert (failed, told["outcome"]) == (outcome == "not_sent", outcome)
    (row,) = stage.rows
    state = {"unknown": "UNKNOWN", "not_sent": "NOT_SENT"}.get(outcome, "SENT")
    assert row == (told["send_id"], state, str(told[act.seen]) if acted else None)
    assert told.get("do_not_resend") == (True if outcome == "unknown" else None)
    assert ("get_send_status" in told.get("message", "")) == (outcome == "unknown")
    if outcome != "not_sent":
        failed, again = await stage.told(act.tool, **act.arguments)
        assert (failed, again["outcome"], again["duplicate_suppressed"]) == (False, outcome, True)
        assert (again["send_id"], len(stage.lab.posts())) == (told["send_id"], 1)


async def cancel_on_its_way(stage: Stage) -> Row:
    """Cancel a host's call as soon as the service has it; how the server ends the act."""
    async with anyio.create_task_group() as group:
        group.start_soon(partial(stage.call, "send_message", **TEXT))
        await stage.lab.until(lambda: bool(stage.lab.posts()))
        group.cancel_scope.cancel()
    (row,) = stage.rows
    with anyio.fail_after(10):
        return await stage.ended(row.send_id)


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(("fault", "state"), [(Fault.ACT_SLOWLY, "SENT"), (Fault.ACT_AND_RESET, "UNKNOWN")])
async def test_a_call_that_is_cancelled_on_its_way_is_finished_and_recorded(
    era: Era, fault: Fault, state: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    async with open_stage(tmp_path, era=era) as stage:
        stage.lab.next(fault)

        row = await cancel_on_its_way(stage)

        assert (row.state, len(stage.lab.posts()), len(stage.lab.sends())) == (state, 1, 1)
        _, status = await stage.told("get_send_status", send_id=row.send_id)
        assert (status["outcome"], status["message_id"]) == ("sent", latest_text_id(stage))
        assert stage.rows == [(row.send_id, "SENT", latest_text_id(stage))]
        assert (len(stage.lab.posts()), len(stage.lab.sends())) == (1, 1)
        assert stage.places_of_the_key(caplog.text) == []


async def test_a_call_that_is_cancelled_between_tries_does_not_leave(stage: Stage):
    stage.lab.next(Fault.BUSY_FOR_A_SECOND)

    row = await cancel_on_its_way(stage)

    assert (row.state, row.upstream_id) == ("NOT_SENT", None)
    assert (len(stage.lab.posts()), stage.lab.sends()) == (1, [])


async def turned_away(stage: Stage, monkeypatch: pytest.MonkeyPatch, *, for_seconds: float) -> None:
    """Have a read told that no call of this key may start for so long."""
    monkeypatch.setattr(tries, "LONGEST_PAUSE", for_seconds)
    monkeypatch.setattr("textrequest_mcp.upstream.tries._TRIES", 1)
    stage.lab.next(Fault.BUSY_FOR_DAYS, method="GET")
    failed, _ = await stage.told("list_dashboards")
    assert failed


@pytest.mark.parametrize("era", ERAS)
async def test_a_call_that_is_cancelled_before_its_first_byte_never_leaves(
    era: Era, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    async with open_stage(tmp_path, era=era) as stage:
        await turned_away(stage, monkeypatch, for_seconds=15.0)  # short enough to be waited for
        waiting: list[Row] = []
        async with anyio.create_task_group() as group:
            group.start_soon(partial(stage.call, "send_message", **TEXT))
            with anyio.fail_after(10):
                while not (waiting := stage.rows):
                    await anyio.lowlevel.checkpoint()
            group.cancel_scope.cancel()
        with anyio.fail_after(10):
            row = await stage.ended(waiting[0].send_id)

        assert waiting == [(row.send_id, "INTENDED", None)]
        assert stage.rows == [(row.send_id, "NOT_SENT", None)]
        assert (stage.lab.posts(), stage.lab.sends()) == ([], [])


async def test_a_call_whose_turn_comes_too_late_is_refused_before_its_first_byte(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    await turned_away(stage, monkeypatch, for_seconds=60.0)

    failed, told = await stage.told("send_message", **TEXT)

    assert (failed, told["outcome"], "Nothing was sent" in told["message"]) == (True, "not_sent", True)
    assert [row.state for row in stage.rows] == ["NOT_SENT"]
    assert (stage.lab.posts(), stage.lab.sends()) == ([], [])


async def test_the_search_for_the_key_would_find_it(tmp_path: Path):
    async with open_stage(tmp_path) as stage:
        (tmp_path / "careless.txt").write_text(f"x-api-key: {stage.lab.key}")

        assert stage.places_of_the_key(json.dumps(stage.lab.key)) == ["the log", "careless.txt"]
