"""A service that repeats the account's keys: no answer, no log and no file of a real server process holds one."""

import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from tests.desk import MARIA
from tests.faults.host import Account, files_that_hold, said
from tests.faults.parrot import Parrot, run_parrot
from tests.faults.zygote import Zygote

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes cannot be forked there")

KEY, BEFORE = "CAFE+0123/456=789AB", "DECAF%00D+5EED/BEEF"


@pytest.fixture
def parrot() -> Generator[Parrot]:
    with run_parrot(KEY, BEFORE) as running:
        yield running


@pytest.fixture
def account(zygote: Zygote, parrot: Parrot, tmp_path: Path) -> Generator[Account]:
    """The service's account; nothing that its servers wrote or said may hold a key, however it is spelled."""
    account = Account(zygote, parrot.base_url, KEY, tmp_path, {"PREVIOUS_API_KEY": BEFORE, "AUDIT_BODIES": "true"})
    yield account
    assert [file for spelling in parrot.spellings for file in files_that_hold(tmp_path, spelling)] == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 500, 503])
def test_a_key_in_a_refusal_reaches_nobody_and_no_file(account: Account, parrot: Parrot, status: int):
    """The ledger and the audit keep why a text was refused, and tell it again."""
    parrot.status = status
    with account.host() as host:
        sent = [host.call("send_message", phone_number=MARIA, body="Hello!", idempotency_key="one") for _ in range(2)]
        host.call("get_send_status", send_id=said(sent[0])["send_id"])
        host.call("save_contact", phone_number=MARIA, first_name="Maria")
        host.call("get_contact", phone_number=MARIA)
        host.call("wait_for_messages", timeout_seconds=1)
        host.read("textrequest://dashboards/121/contacts")

    assert {method for method, _ in parrot.asked} >= {"GET", "POST"}
    if status < 500:
        assert "…" in str(sent)


def test_a_key_in_an_answer_reaches_nobody_and_no_file(account: Account, parrot: Parrot):
    with account.host() as host:
        cursor = said(host.call("wait_for_messages", timeout_seconds=1))["cursor"]
        parrot.texts = 1
        told = [
            host.call("wait_for_messages", after=cursor, timeout_seconds=20),
            host.call("list_messages", phone_number=MARIA),
            host.call("list_contacts"),
            host.call("get_contact", phone_number=MARIA),
            host.call("list_dashboards"),
            host.call("send_message", phone_number=MARIA, body="Hello!"),
            host.read("textrequest://dashboards/121/contacts"),
            host.read("textrequest://dashboards/121/conversations/14235550100"),
        ]

    for each in told[:5] + told[6:]:
        assert "…" in str(each)
