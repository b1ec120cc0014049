"""A server that dies while a text is on its way: the text is neither sent again nor forgotten."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.desk import DEVON
from tests.faults.books import Books
from tests.faults.host import Account, agrees, files_that_hold, said
from tests.faults.kills import kill_in_flight
from tests.faults.lab import Fault, run_lab
from tests.faults.zygote import Zygote

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes cannot be forked there")

KILLS = 10
PAYMENT = 2501  # open, and not reminded of, in every sandbox
OTHER_TOOLS: dict[str, dict[str, Any]] = {
    "create_payment": {"customer_phone": DEVON, "amount_requested": 25, "description": "Inspection"},
    "send_payment_reminder": {"payment_id": PAYMENT},
    "cancel_payment": {"payment_id": PAYMENT},
    "mark_payment_paid": {"payment_id": PAYMENT},
    "create_dashboard": {"name": "Body Shop", "phone": "+14235550160"},
}


def test_a_kill_on_the_way_makes_no_duplicate_and_its_outcome_is_settled(zygote: Zygote, tmp_path: Path):
    """After each kill the host makes the same call again; then every row agrees with what the service has."""
    episode = kill_in_flight(zygote, tmp_path, KILLS, seed=1)

    assert episode.books.problems == []
    assert episode.counts["INFLIGHT"] == KILLS
    assert {row.state for row in episode.books.rows()} <= {"SENT", "UNKNOWN", "NOT_SENT"}


@pytest.mark.parametrize(("fault", "acts", "state"), [(Fault.ACT_AND_STALL, 1, "SENT"), (Fault.STALL, 0, "UNKNOWN")])
@pytest.mark.parametrize("tool", OTHER_TOOLS)
def test_what_else_happens_at_most_once_survives_a_kill_too(
    zygote: Zygote, tmp_path: Path, tool: str, fault: Fault, acts: int, state: str
):
    with run_lab() as lab:
        account = Account(zygote, lab.base_url, lab.key, tmp_path)
        books = Books(lab.sandbox, account.state_file, [])
        killed = account.host(agrees, era="2025-06-18")
        lab.next(fault)
        killed.begin(tool, **OTHER_TOOLS[tool])
        wait_until(lambda: [row.state for row in books.rows()] == ["INFLIGHT"] and len(lab.sandbox.journal) == acts)
        killed.kill()

        with account.host(agrees, era="2025-06-18") as host:
            answer = said(host.call(tool, **OTHER_TOOLS[tool]))
            wait_until(lambda: all(row.state == "SENT" or row.settled_at for row in books.rows()))

        assert [row.state for row in books.rows()] == [state]
        assert len(lab.sandbox.journal) == acts
        assert answer["duplicate_suppressed"] is True
        assert (answer["outcome"] == "unknown") is (acts == 0)
        assert files_that_hold(tmp_path, lab.key) == []


def wait_until(ready: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not ready():
        assert time.monotonic() < until, "it never came to that"
        time.sleep(0.005)
