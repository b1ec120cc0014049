"""Scheduled texts over real server processes: kills around their time, and two servers that look."""

import sys
from pathlib import Path

import pytest
from tests.faults.books import Books, Text
from tests.faults.host import Account, files_that_hold, said
from tests.faults.lab import Lab
from tests.faults.later_kills import kill_around_the_time, wait_until
from tests.faults.zygote import Zygote

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes cannot be forked there")

KILLS = 3
TEXTS = [Text(f"+1423555{3000 + number}", "We close at 5 today.") for number in range(10)]


def test_a_kill_around_the_time_of_a_text_sends_nothing_twice_and_loses_nothing(zygote: Zygote, tmp_path: Path):
    run = kill_around_the_time(zygote, tmp_path, KILLS, seed=1)

    assert run.books.problems == []
    assert run.counts["servers killed around the time of a text"] == KILLS
    assert files_that_hold(tmp_path, run.account.key) == []


def test_of_two_servers_that_look_one_sends_each_text(zygote: Zygote, lab: Lab, tmp_path: Path):
    account = Account(zygote, lab.base_url, lab.key, tmp_path, {"UNDO_SECONDS": "1"})
    books = Books(lab.sandbox, account.state_file, TEXTS)
    with account.host() as one, account.host() as other:
        for number, text in enumerate(TEXTS):
            host = (one, other)[number % 2]
            assert said(host.call("send_message", phone_number=text.phone, body=text.body))["outcome"] == "scheduled"
        wait_until(lambda: len(lab.sends()) >= len(TEXTS))
        # The service has the last one a moment before its server has noted that.
        wait_until(lambda: not any(said(host.call("list_scheduled")).get("items") for host in (one, other)))
        statuses = [said(one.call("list_scheduled")), said(other.call("list_scheduled"))]

    assert [len(books.accepted(text)) for text in TEXTS] == [1] * len(TEXTS)
    assert all("items" not in status or not status["items"] for status in statuses)


def test_a_server_that_ends_with_its_host_does_not_schedule(zygote: Zygote, lab: Lab, tmp_path: Path):
    account = Account(zygote, lab.base_url, lab.key, tmp_path)
    with account.host() as host:
        refused = host.call("send_message", phone_number=TEXTS[0].phone, body="Hi", send_at="2099-01-01T10:00Z")

    assert "ends with its host" in refused["content"][0]["text"]
