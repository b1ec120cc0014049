"""The state file is lost under a running server, or before a new one: said on stderr, and the next send asks."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.faults.host import Account, said
from tests.faults.lab import Lab
from tests.faults.losses import WAYS, lose_once
from tests.faults.zygote import Zygote

from textrequest_mcp.ground.store import FILE_NAME

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes cannot be forked there")

TEXT = {"phone_number": "+14235550100", "body": "Your car is ready."}


def lose(account: Account, how: str) -> None:
    for file in account.state_file.parent.iterdir():
        if file.name.startswith(FILE_NAME) and (how == "removed" or not file.name.endswith("-shm")):
            file.unlink() if how == "removed" else os.truncate(file, 0)


def stderr(account: Account) -> str:
    return "".join(file.read_text("utf-8") for file in account.folder.glob("stderr-*"))


@pytest.mark.parametrize("how", ["removed", "emptied"])
def test_r8_before_a_new_server(account: Account, lab: Lab, how: str):
    with account.host() as host:
        assert said(host.call("send_message", **TEXT))["outcome"] == "sent"
    assert "was lost" not in stderr(account)
    lose(account, how)

    with account.host() as host:
        asked = said(host.call("send_message", **TEXT))

    assert (asked["outcome"], len(lab.sends())) == ("confirmation_required", 1)
    assert "was removed, emptied or replaced" in stderr(account)


@pytest.mark.parametrize("how", ["removed", "emptied"])
def test_r8_under_a_running_server(account: Account, lab: Lab, how: str):
    with account.host() as host:
        assert said(host.call("send_message", **TEXT))["outcome"] == "sent"
        lose(account, how)
        again = host.call("send_message", **TEXT)

    assert again.get("isError") or said(again)["outcome"] == "confirmation_required"
    assert len(lab.sends()) == 1


def test_r8_the_log_of_a_killed_server_is_cut(account: Account, lab: Lab):
    host = account.host()
    assert said(host.call("send_message", **TEXT))["outcome"] == "sent"
    host.kill()
    os.truncate(account.state_file.with_name(f"{FILE_NAME}-wal"), 0)

    with account.host() as host:
        again = host.call("send_message", **TEXT)

    assert again.get("isError") or said(again)["outcome"] == "confirmation_required"
    assert len(lab.sends()) == 1


@pytest.mark.parametrize("ahead", [1800.0, -1800.0])
def test_l4_a_clock_that_was_set_between_two_starts(account: Account, lab: Lab, ahead: float):
    with replace(account, ahead=ahead).host() as host:
        assert said(host.call("send_message", **TEXT))["outcome"] == "sent"
    with account.host() as host:
        assert said(host.call("send_message", **TEXT)).get("duplicate_suppressed")

    assert len(lab.sends()) == 1


@pytest.mark.parametrize("number", range(len(WAYS)), ids=WAYS)
def test_r8_whenever_and_however_it_is_lost_no_text_goes_out_twice(zygote: Zygote, tmp_path: Path, number: int):
    episode = lose_once(zygote, tmp_path, number, seed=3)

    assert episode.books.problems == []
    assert episode.counts["losses"] == 1
