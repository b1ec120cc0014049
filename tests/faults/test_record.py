"""The record of what was done stays true when servers are killed and calls are given up on their way (R3, R4)."""

import json
import signal
import sqlite3
import sys
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from mcp import ClientSession
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from tests import forks
from tests.desk import DEVON, MARIA
from tests.faults.books import Books
from tests.faults.host import Account, agrees, said
from tests.faults.lab import Fault, Lab
from tests.faults.record import audit_rows, disagreements
from tests.faults.test_kills import wait_until
from tests.served import bearing_secret, real_account, running
from tests.unruled import UNRULED_ENVIRONMENT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes cannot be forked there")

TEXT: dict[str, Any] = {"phone_number": MARIA, "body": "Your car is ready."}
# Of each kind of change that the ledger does not keep: what is called, and how the service is asked for it.
GROUP = 1212
CHANGES: dict[str, tuple[str, dict[str, Any]]] = {
    "delete_contact": ("DELETE", {"phone_number": DEVON}),
    "save_contact": ("POST", {"phone_number": DEVON, "note": "likes blue"}),
    "archive_conversation": ("PUT", {"phone_number": MARIA}),
    "create_group": ("POST", {"name": "Fleet"}),
    "delete_group": ("DELETE", {"group_id": GROUP}),
}


def audit(account: Account) -> list[dict[str, Any]]:
    """What a person is shown who asks, approvals left out."""
    environment = {"TEXTREQUEST_STATE_DIR": str(account.state_file.parent), "HOME": str(account.folder)}
    with forks.start("audit", "--json", environment=environment) as command:
        shown, _ = command.communicate()
    assert command.returncode == 0
    return [row for line in shown.splitlines() if (row := json.loads(line))["kind"] != "approval"]


def noted(account: Account) -> int:
    with closing(sqlite3.connect(account.state_file, timeout=30)) as connection:
        return connection.execute("SELECT count(*) FROM audit_noted").fetchone()[0]


def facts(row: dict[str, Any]) -> tuple[str, str, str]:
    return row["tool"], row["kind"], row["outcome"]


@pytest.mark.parametrize("tool", CHANGES)
def test_a_change_whose_server_was_killed_on_the_way_may_have_happened(account: Account, lab: Lab, tool: str):
    """R3: of a deletion only the preview was there for ever."""
    method, arguments = CHANGES[tool]
    host = account.host(agrees, era="2025-06-18")
    lab.next(Fault.ACT_AND_STALL, method=method)
    host.begin(tool, answering=None, **arguments)
    wait_until(lambda: len(lab.sandbox.journal) == 1)
    host.kill()

    (row,) = audit(account)
    with account.host() as later:
        later.call("list_dashboards")

    kind = "destroy" if tool.startswith("delete") else "write"
    assert facts(row) == (tool, kind, "unknown")
    assert "may have happened" in row["note"]
    assert (row["host"], row["dashboard_id"]) == ("test-host", 121)
    assert audit(account) == [row]
    assert noted(account) == 0


def test_a_change_that_ends_before_its_server_is_killed_has_one_row(account: Account):
    host = account.host(agrees, era="2025-06-18")
    host.call("save_contact", phone_number=DEVON, note="likes blue")
    host.call("delete_contact", phone_number=DEVON)
    host.kill()

    assert [facts(row) for row in audit(account)] == [
        ("save_contact", "write", "done"),
        ("delete_contact", "destroy", "done"),
    ]


@pytest.mark.parametrize(("fault", "outcome"), [(Fault.ACT_AND_STALL, "sent"), (Fault.STALL, "unknown")])
def test_a_text_whose_server_was_killed_on_the_way_is_told_as_the_next_one_finds_it(
    account: Account, lab: Lab, fault: Fault, outcome: str
):
    """R3: the ledger said SENT in the end, and the audit nothing for ever."""
    books = Books(lab.sandbox, account.state_file, [])
    host = account.host()
    lab.next(fault)
    host.begin("send_message", **TEXT)
    wait_until(lambda: [row.state for row in books.rows()] == ["INFLIGHT"] and len(lab.received) > 0)
    wait_until(lambda: len(lab.sandbox.journal) == (outcome == "sent"))
    host.kill()

    (at_once,) = audit(account)
    with account.host(name="another-host"):
        wait_until(lambda: all(row.state == "SENT" or row.settled_at for row in books.rows()))
    first, *found = audit(account)

    assert first == at_once
    assert facts(first) == ("send_message", "send", "unknown")
    assert first["host"] == "test-host"
    assert [row["outcome"] for row in found] == (["sent"] if outcome == "sent" else [])
    for row in found:
        (text,) = lab.sends()
        assert row["ids"] == first["ids"] | {
            "message_id": lab.sandbox.lines[121].contacts[text.recipient[1:]].messages[-1].id,
            "first_row": first["number"],
        }
    assert disagreements(account.state_file) == []


def test_a_call_that_is_given_up_on_the_way_is_told_as_it_ends(account: Account, lab: Lab):
    """R4: it was called cancelled, without ids."""
    with account.host(agrees, era="2025-06-18") as host:
        lab.next(Fault.ACT_SLOWLY)
        sending = host.begin("send_message", **TEXT)
        wait_until(lambda: len(lab.sandbox.journal) == 1)
        host.cancel(sending)
        wait_until(lambda: bool(audit_rows(account.state_file)))
        lab.next(Fault.ACT_SLOWLY, method="DELETE")
        deleting = host.begin("delete_group", group_id=GROUP)
        wait_until(lambda: len(lab.sandbox.journal) == 2)
        host.cancel(deleting)
        wait_until(lambda: len([row for row in audit_rows(account.state_file) if row["kind"] != "approval"]) == 2)

    sent, deleted = audit(account)
    assert facts(sent) == ("send_message", "send", "sent")
    assert {"send_id", "message_id"} <= set(sent["ids"])
    assert facts(deleted) == ("delete_group", "destroy", "done")
    assert deleted["ids"]["group_id"] == GROUP


def test_what_is_found_later_by_asking_names_the_row_that_did_not_know(account: Account, lab: Lab):
    """R4: `unknown` stayed."""
    with account.host() as host:
        lab.next(Fault.ACT_AND_RESET)
        lab.next(*[Fault.STATUS_500] * 40, method="GET")  # the conversation cannot be read
        told = said(host.call("send_message", **TEXT))
        lab.peace()
        status = said(host.call("get_send_status", send_id=told["send_id"]))

    first, found = audit(account)
    assert (told["outcome"], status["outcome"]) == ("unknown", "sent")
    assert [row["outcome"] for row in (first, found)] == ["unknown", "sent"]
    assert found["ids"] == first["ids"] | {"message_id": status["message_id"], "first_row": first["number"]}
    assert found["note"] == "Found out later."


@pytest.mark.parametrize("tool", CHANGES)
def test_a_change_whose_answer_was_lost_is_not_called_refused(account: Account, lab: Lab, tool: str):
    method, arguments = CHANGES[tool]
    with account.host(agrees, era="2025-06-18") as host:
        lab.next(*[Fault.ACT_AND_RESET] * 3, method=method)
        host.call(tool, **arguments)

    (row,) = audit(account)
    assert row["outcome"] == "unknown"
    assert row["kind"] == ("destroy" if tool.startswith("delete") else "write")


@pytest.mark.parametrize(
    "by_hand",
    [
        "UPDATE ledger_sends SET state = 'NOT_SENT'",
        "UPDATE ledger_sends SET state = 'UNKNOWN'",
        "UPDATE ledger_sends SET upstream_id = 'another'",
        "UPDATE ledger_sends SET send_id = 'another'",
    ],
)
def test_a_record_that_does_not_agree_is_found(account: Account, by_hand: str):
    """What the fault lab and the soak trust."""
    with account.host() as host:
        host.call("send_message", **TEXT)
    assert disagreements(account.state_file) == []

    with closing(sqlite3.connect(account.state_file)) as connection, connection:
        connection.execute(by_hand)

    assert disagreements(account.state_file) != []


@pytest.mark.parametrize("tool", ["save_contact", "archive_conversation"])
def test_a_change_that_is_given_up_after_a_first_try_may_have_happened(account: Account, lab: Lab, tool: str):
    """What a later try did, here a 429, says nothing of the first."""
    method, arguments = CHANGES[tool]
    with account.host(agrees, era="2025-06-18") as host:
        lab.next(Fault.ACT_AND_RESET, Fault.BUSY_FOR_A_SECOND, method=method)
        call = host.begin(tool, **arguments)
        wait_until(lambda: len(lab.posts()) == 2)
        host.cancel(call)
        wait_until(lambda: bool(audit_rows(account.state_file)))

    (row,) = audit(account)
    assert row["outcome"] == "unknown"


@pytest.mark.parametrize("transport", ["http", "sse"])
def test_a_change_on_its_way_is_waited_for_when_a_server_is_ended_over_http(lab: Lab, tmp_path: Path, transport: str):
    """It was cut off after half a second, and called cancelled."""
    lab.slow_seconds = 1.5
    environment = real_account(lab.base_url, tmp_path) | {"TEXTREQUEST_API_KEY": lab.key} | UNRULED_ENVIRONMENT
    with running("serve", "--transport", transport, "--port", "0", environment=environment) as child:
        assert child.stderr is not None
        said_at_start = [child.stderr.readline()]
        while " at http" not in said_at_start[-1]:
            said_at_start.append(child.stderr.readline())
        lab.next(Fault.ACT_SLOWLY)
        calling = threading.Thread(target=_save, args=(said_at_start[-1].split()[-1], transport, tmp_path), daemon=True)
        calling.start()
        wait_until(lambda: len(lab.sandbox.journal) == 1)
        child.send_signal(signal.SIGTERM)
        assert child.wait(timeout=20) == 0

    (row,) = audit_rows(tmp_path / "state.sqlite3")
    assert (row["tool"], row["outcome"]) == ("save_contact", "done")


def _save(address: str, transport: str, folder: Path) -> None:
    async def save() -> None:
        headers = bearing_secret(folder)
        way = sse_client(address, headers=headers) if transport == "sse" else _streamable(address, headers)
        async with way as streams, ClientSession(streams[0], streams[1]) as session:
            await session.initialize()
            await session.call_tool("save_contact", {"dashboard_id": 121, "phone_number": DEVON, "note": "x"})

    with suppress(BaseException):  # the server may be gone before the host has read its answer
        anyio.run(save)


@asynccontextmanager
async def _streamable(address: str, headers: dict[str, str]) -> AsyncGenerator[Any]:
    async with (
        httpx2.AsyncClient(headers=headers) as client,
        streamable_http_client(address, http_client=client) as streams,
    ):
        yield streams
