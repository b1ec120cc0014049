"""The account that is kept in a file: what outlives a process, who may share it, and which file is refused."""

import multiprocessing
import os
import pickle
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from tests.sandbox.service import MARIA, Clock
from tests.sandbox.targets import HERE, Targets, done

from textrequest_mcp.sandbox import Courier, Refusal, create_app, receive
from textrequest_mcp.sandbox.kept import SHAPE, KeptAccount

TEXTS = f"/dashboards/121/contacts/{MARIA}/messages"


@contextmanager
def opened(file: Path, clock: Clock | None = None, *, anew: bool = False) -> Generator[KeptAccount]:
    account = KeptAccount(file, anew=anew, clock=clock or Clock())
    try:
        yield account
    finally:
        account.close()


def client(account: KeptAccount, **more: Any) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app=create_app(key=account.key, account=account, clock=account.clock, **more))
    headers = {"x-api-key": account.key}
    return httpx2.AsyncClient(transport=transport, base_url="http://sandbox/api/v3", headers=headers, trust_env=False)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sandbox.sqlite3"


async def test_h3_what_one_process_did_the_next_one_finds(file: Path):
    clock = Clock()
    with opened(file, clock) as first:
        async with client(first) as api:
            group = (await api.post("/dashboards/121/groups", json={"name": "Kept"})).json()
            await api.post("/dashboards/121/hooks", json={"target_url": f"{HERE}/in", "event": "msg_received"})
            await api.post(TEXTS, json={"body": "Ready!"})
    clock.forward(60)
    with opened(file, clock) as second:
        async with client(second) as api:
            groups = (await api.get("/dashboards/121/groups")).json()["items"]
            texts = (await api.get(TEXTS)).json()["items"]

    assert first.key == second.key
    assert group in groups
    assert [text["body"] for text in texts[1::-1]] == ["Ready!", "Perfect, I'll come by before 5. Thank you!"]
    assert len(second.outbox) == 1


async def test_h3_two_processes_see_each_others_work_and_count_for_one_limit(file: Path):
    with opened(file) as one, opened(file) as other:
        async with client(one, rate_limit=(3, 60.0)) as api, client(other, rate_limit=(3, 60.0)) as also:
            for caller in (api, also):
                await caller.post(TEXTS, json={"body": "Hi"})
            texts = (await api.get(TEXTS)).json()["items"]
            too_many = await also.get("/dashboards")

    assert [text["body"] for text in texts[:2]] == ["Hi", "Hi"]
    assert texts[0]["message_id"] != texts[1]["message_id"]
    assert too_many.status_code == 429


async def test_h3_of_two_couriers_one_calls_and_a_failure_counts_for_both(file: Path):
    clock, targets = Clock(), Targets()
    targets.statuses[f"{HERE}/in"] = 500
    transport = httpx2.MockTransport(targets.answer)
    with opened(file, clock) as one, opened(file, clock) as other:
        async with client(one) as api:
            await api.post("/dashboards/121/hooks", json={"target_url": f"{HERE}/in", "event": "msg_received"})
        couriers = [Courier(account, "k", seconds_between=0, transport=transport) for account in (one, other)]
        async with anyio.create_task_group() as tasks:
            for courier in couriers:
                tasks.start_soon(courier.run)
            for number in range(12):
                with (one, other)[number % 2].turn():
                    receive((one, other)[number % 2], 121, MARIA, f"Text {number}")
                for courier in couriers:
                    await done(courier)
            tasks.cancel_scope.cancel()
        one.refresh()

    (hook,) = one.lines[121].hooks.values()
    assert len(targets.received) == 10
    assert (hook.failures, hook.is_connected) == (10, False)


def test_h3_anew_is_another_account_which_the_old_key_does_not_open(file: Path):
    with opened(file) as before:
        with before.turn():
            receive(before, 121, MARIA, "Before")
        with opened(file, anew=True) as after:
            before.refresh()

    assert before.key == after.key
    assert after.lines[121].contacts[MARIA].messages[-1].body != "Before"


async def test_h3_who_holds_the_old_key_is_refused(file: Path):
    with opened(file) as before:
        async with client(before) as api:
            with opened(file, anew=True):
                answer = await api.get("/dashboards")

    assert answer.status_code == 401


def test_h3_a_refused_request_leaves_nothing_in_the_file(file: Path):
    with opened(file) as account:
        with suppress(Refusal), account.turn():
            account.lines.clear()
            raise Refusal(400, "No.")
        with account.turn():
            assert sorted(account.lines) == [121, 122, 123]


def _garbage(file: Path) -> None:
    file.write_bytes(b"no database, but long enough to be looked at as one " * 9)


def _half_garbage(file: Path) -> None:
    _other_version(file)
    file.write_bytes(file.read_bytes()[:4096] + b"x" * 8192)


def _other_version(file: Path) -> None:
    _change(file, "UPDATE kept SET number = 1, shape = 'other'")


def _other_table(file: Path) -> None:
    _change(file, "ALTER TABLE kept RENAME COLUMN shape TO form")


def _empty(file: Path) -> None:
    _change(file, "DELETE FROM kept")


def _cut(file: Path) -> None:
    _change(file, "UPDATE kept SET number = 1, account = substr(account, 1, 200)")


def _foreign(file: Path) -> None:
    _change(file, "UPDATE kept SET number = 1, account = ?", pickle.dumps(os.getcwd))


def _change(file: Path, statement: str, *values: object) -> None:
    with opened(file):
        pass
    connection = sqlite3.connect(file)
    connection.execute(statement, values)
    connection.commit()
    connection.close()


@pytest.mark.parametrize("spoil", [_garbage, _half_garbage, _other_version, _other_table, _empty, _cut, _foreign])
def test_h3_a_file_that_is_none_of_ours_is_refused_by_name_and_can_be_begun_anew(file: Path, spoil: Any):
    spoil(file)

    with pytest.raises(Refusal) as refused:
        KeptAccount(file)
    with opened(file, anew=True) as anew:
        assert sorted(anew.lines) == [121, 122, 123]

    assert str(file) in refused.value.message
    assert "--sandbox-reset" in refused.value.message


def test_h3_a_folder_in_the_files_place_is_refused(file: Path):
    file.mkdir()

    for anew in (False, True):
        with pytest.raises(Refusal):
            KeptAccount(file, anew=anew)


async def test_h3_an_account_that_is_spoilt_meanwhile_is_a_503_with_a_sentence(file: Path):
    with opened(file) as account:
        async with client(account) as api:
            _other_version(file)
            answer = await api.get("/dashboards")
            text = await api.post("http://sandbox/sandbox/texts", json={"from": MARIA, "body": "Hi"})
            courier = Courier(account, "k", seconds_between=0)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(courier.run)
                await done(courier)
                tasks.cancel_scope.cancel()

    assert (answer.status_code, text.status_code) == (503, 503)
    assert "another version" in answer.json()["message"]


def test_h3_an_account_that_others_keep_locked_is_said_to_be(file: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("textrequest_mcp.sandbox.kept._PATIENCE_SECONDS", 0.0)
    with opened(file) as one, one.turn(), pytest.raises(Refusal) as refused:
        KeptAccount(file)

    assert "locked" in refused.value.message
    assert "--sandbox-reset" not in refused.value.message


def test_h3_the_shape_is_the_same_in_every_process():
    code = "from textrequest_mcp.sandbox.kept import SHAPE; print(SHAPE)"

    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert printed.stdout.strip() == SHAPE


def _text_for_ever(file: str) -> None:
    account = KeptAccount(Path(file))
    while True:
        with account.turn():
            receive(account, 123, MARIA, "Again")
        time.sleep(0.01)  # a host leaves the file to others now and then


def _text_ten_times(file: str) -> None:
    account = KeptAccount(Path(file))
    for _ in range(10):
        with account.turn():
            receive(account, 123, MARIA, "Once")
    account.close()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="nothing kills so hard here")
def test_h3_a_kill_at_any_moment_leaves_the_account_whole_and_loses_no_text_of_others(file: Path):
    spawn = multiprocessing.get_context("spawn")
    killed = [spawn.Process(target=_text_for_ever, args=(str(file),)) for _ in range(2)]
    working = [spawn.Process(target=_text_ten_times, args=(str(file),)) for _ in range(2)]
    for process in (*killed, *working):
        process.start()
    for process in working:
        process.join(60)
    for process in killed:
        process.kill()
        process.join()

    with opened(file) as account:
        bodies = [message.body for message in account.lines[123].contacts[MARIA].messages]

    assert [process.exitcode for process in working] == [0, 0]
    assert bodies.count("Once") == 20
