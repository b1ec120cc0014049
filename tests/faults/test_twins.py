"""The same call many times at once, and the same approval many times: over real server processes, one act."""

import sys
import time
from collections.abc import Callable, Generator, Iterable
from dataclasses import replace
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import anyio
import pytest
from tests import engines
from tests.desk import OWES
from tests.faults.books import Books, Text
from tests.faults.host import Account, Host, files_that_hold, said
from tests.faults.lab import Lab
from tests.faults.zygote import Zygote

from textrequest_mcp.guard.approval.approval_rows import Row
from textrequest_mcp.guard.approval.approvals import Approvals

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes cannot be forked there")

TEXT = Text("+14235550100", "Your car is ready.")
TWINS = 100
REPLAYS = 10


@pytest.fixture(params=["sqlite", "postgres"])
def account(zygote: Zygote, lab: Lab, tmp_path: Path, request: pytest.FixtureRequest) -> Generator[Account]:
    """The service's account; nothing that its servers wrote or said may hold the key."""
    account = Account(zygote, lab.base_url, lab.key, tmp_path)
    if request.param == "postgres":
        account = replace(account, settings={"DATABASE_URL": engines.emptied(engines.schema(0))})
        account.state_file.parent.mkdir()
        account.state_file.with_name(engines.BESIDE).write_text(account.settings["DATABASE_URL"])
    yield account
    assert files_that_hold(tmp_path, lab.key) == []


@pytest.mark.parametrize("key", [{}, {"idempotency_key": "order 7"}], ids=["without a key", "with a key"])
@pytest.mark.parametrize("servers", [1, 2])
def test_the_same_call_a_hundred_times_at_once_is_one_text(
    account: Account, lab: Lab, servers: int, key: dict[str, str]
):
    hosts = [account.host() for _ in range(servers)]
    for host in hosts:
        host.call("list_tags")  # so that both are awake before the first twin goes out

    answers = all_at_once(hosts, TWINS, "send_message", phone_number=TEXT.phone, body=TEXT.body, **key)
    for host in hosts:
        host.leave()

    books = Books(lab.sandbox, account.state_file, [TEXT])
    (message,) = books.accepted(TEXT)
    assert [answer["outcome"] for answer in answers] == ["sent"] * TWINS
    assert {answer["message_id"] for answer in answers} == {message.id}
    assert sum(answer.get("duplicate_suppressed", False) for answer in answers) == TWINS - 1
    assert [row.upstream_id for row in books.rows()] == [message.id]


class TestAnApprovalUsedTenTimes:
    """Over two server processes, at once and after them."""

    def test_as_a_token_it_cancels_once(self, account: Account, lab: Lab):
        with account.host() as one, account.host() as other:
            payment = open_payment(one)
            token = said(one.call("cancel_payment", payment_id=payment))["confirmation"]

            acts = all_at_once([one, other], REPLAYS, "cancel_payment", payment_id=payment, confirmation=token)

        assert len(cancelled(lab)) == 1
        assert told_as_new(acts) == 1

    def test_as_a_sealed_state_it_cancels_once(self, account: Account, lab: Lab):
        with account.host(never_asked) as one, account.host(never_asked) as other:
            payment = open_payment(one)
            asked = one.call("cancel_payment", payment_id=payment)
            answer = yes_to(asked)

            acts = all_at_once([one, other], REPLAYS, "cancel_payment", payment_id=payment, answering=answer)

        assert asked["resultType"] == "input_required"
        assert len(cancelled(lab)) == 1
        assert told_as_new(acts) == 1

    def test_as_a_token_it_sends_once(self, account: Account, lab: Lab):
        account = confirming(account)
        arguments = {"phone_number": TEXT.phone, "body": TEXT.body}
        with account.host() as one, account.host() as other:
            token = said(one.call("send_message", **arguments))["confirmation"]

            acts = all_at_once([one, other], REPLAYS, "send_message", **arguments, confirmation=token)

        assert len(Books(lab.sandbox, account.state_file, [TEXT]).accepted(TEXT)) == 1
        assert told_as_new(acts) == 1

    def test_as_a_sealed_state_it_sends_once(self, account: Account, lab: Lab):
        account = confirming(account)
        arguments = {"phone_number": TEXT.phone, "body": TEXT.body}
        with account.host(never_asked) as one, account.host(never_asked) as other:
            answer = yes_to(one.call("send_message", **arguments))

            acts = all_at_once([one, other], REPLAYS, "send_message", **arguments, answering=answer)

        assert len(Books(lab.sandbox, account.state_file, [TEXT]).accepted(TEXT)) == 1
        assert told_as_new(acts) == 1

    def test_of_a_repetition_it_sends_once_more_after_a_kill_too(self, account: Account, lab: Lab):
        arguments = {"phone_number": TEXT.phone, "body": TEXT.body}
        with account.host() as other:
            one = account.host()
            one.call("send_message", **arguments)
            again = arguments | {"repeat": True}
            again["confirmation"] = said(one.call("send_message", **again))["confirmation"]

            first = said(one.call("send_message", **again))
            one.kill()
            acts = [said(host.call("send_message", **again)) for host in islice(cycle([other]), REPLAYS - 1)]

        assert first["outcome"] == "sent"
        assert len(Books(lab.sandbox, account.state_file, [TEXT]).accepted(TEXT)) == 2
        assert told_as_new(acts) == 0

    def test_at_the_desk_it_cancels_once_over_a_kill_while_the_question_waits(self, account: Account, lab: Lab):
        """The row outlives the server that asked; the page is only where a person answers it."""
        account = replace(account, settings={**account.settings, "CONFIRM_FALLBACK": "page"})
        one = account.host()
        payment = open_payment(one)
        waits = one.begin("cancel_payment", payment_id=payment)
        row = open_question(account, lambda: waits.over)
        one.kill()
        decide(account, row)
        with account.host() as other, account.host() as third:
            done = said(other.call("cancel_payment", payment_id=payment))
            again = said(third.call("cancel_payment", payment_id=payment))

        assert told_as_new([done]) == 1
        assert told_as_new([again]) == 0
        assert len(cancelled(lab)) == 1
        assert asked_of(account) == []


def open_question(account: Account, over: Callable[[], bool]) -> str:
    """The id of the one question that waits, as soon as there is one."""
    while not (rows := asked_of(account)):
        assert not over(), "the call ended without a question"
        time.sleep(0.01)  # another process writes it
    return rows[0].id


def asked_of(account: Account) -> list[Row]:
    if not engines.has_state(account.state_file.parent):
        return []
    store = engines.open_store(account.state_file.parent)
    try:
        return anyio.run(Approvals(store, None).waiting)
    finally:
        store.close()


def decide(account: Account, id_: str) -> None:
    """A person says yes in a terminal."""
    store = engines.open_store(account.state_file.parent)
    try:
        anyio.run(partial(Approvals(store, None).decide, id_, yes=True, by="terminal"))
    finally:
        store.close()


def all_at_once(hosts: Iterable[Host], times: int, tool: str, **arguments: Any) -> list[dict[str, Any]]:
    """The same call over these hosts in turn, and what was said; empty for a refusal."""
    calls = [host.begin(tool, **arguments) for host in islice(cycle(hosts), times)]
    return [said(call.wait() or {}) for call in calls]


def told_as_new(acts: Iterable[dict[str, Any]]) -> int:
    """How many answers say that their own call did it."""
    return sum(act.get("outcome") in {"done", "sent"} and not act.get("duplicate_suppressed") for act in acts)


def open_payment(host: Host) -> int:
    found = said(host.call("list_payments"))["items"]
    return next(
        payment["payment_id"]
        for payment in found
        if payment["customer_phone"] == OWES and payment["textrequest_payment_status"] == "Sent"
    )


def cancelled(lab: Lab) -> list[str]:
    return [act.path for act in lab.sandbox.journal if act.path.endswith("/cancel")]


def confirming(account: Account) -> Account:
    """The same account, under a policy that has every send confirmed."""
    return Account(account.zygote, account.base_url, account.key, account.folder, {"CONFIRM": "sends"})


def yes_to(asked: dict[str, Any]) -> dict[str, Any]:
    """What a host sends back when its person agreed to everything."""
    yes = {"action": "accept", "content": {"confirm": True}}
    return {"inputResponses": dict.fromkeys(asked["inputRequests"], yes), "requestState": asked["requestState"]}


def never_asked(question: str) -> dict[str, Any]:
    """The person of a host of today, which is asked in results and not in requests."""
    raise AssertionError(question)
