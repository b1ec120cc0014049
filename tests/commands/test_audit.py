"""The command `audit`: a table, JSON or CSV of what was done, and whether anybody changed the record of it."""

import csv
import io
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest
from tests.guard.once.rows import SENT as SENT_ENDING
from tests.guard.once.rows import act as wanted
from tests.guard.once.rows import brought
from tests.sandbox.service import START, Clock

from textrequest_mcp.cli import main
from textrequest_mcp.ground.store import FILE_NAME, Store
from textrequest_mcp.guard.audit.reader import Entry
from textrequest_mcp.guard.audit.writer import Audit
from textrequest_mcp.guard.once.ledger import Ledger

ACCOUNT = "0123456789abcdef"
PERSON = "fedcba9876543210"
DAY = 86400.0


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state folder that the command is told of, in an environment without a key."""
    for name in [name for name in os.environ if name.startswith("TEXTREQUEST_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TEXTREQUEST_STATE_DIR", str(tmp_path))
    return tmp_path


def record(folder: Path, *entries: Entry) -> None:
    """One entry on each of the days from 2026-05-28 20:26:40 UTC on."""
    clock = Clock()
    store = Store.open(folder)

    async def write() -> None:
        await store.secret()
        audit = Audit(store, ACCOUNT, with_bodies=True, clock=clock)
        for entry in entries:
            await audit.record(entry)
            clock.forward(DAY)

    anyio.run(write)
    store.close()


def entry(**differences: Any) -> Entry:
    given: dict[str, Any] = {"caller": "claude-ai", "tool": "send_message", "kind": "send", "outcome": "sent"}
    return Entry(**(given | differences))


SENT = entry(dashboard_id=121, person=PERSON, ids={"send_id": "send_1", "message_id": "m1"})
REFUSED = entry(kind="refusal", outcome="refused", rule="quiet_hours", dashboard_id=121, person=PERSON)
SAVED = entry(tool="save_contact", kind="write", outcome="done", dashboard_id=7)


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a run that ends well writes to stdout."""
    assert main(["audit", *arguments]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    return told.out


def test_without_a_key_it_prints_an_aligned_table(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert START == 1_780_000_000.25
    record(folder, SENT, REFUSED)

    assert printed(capsys) == (
        "row  time (UTC)            account   host       tool          kind     line  person    outcome  rule         "
        "ids                           yes by\n"
        "1    2026-05-28T20:26:40Z  01234567  claude-ai  send_message  send     121   fedcba98  sent                  "
        "send_id=send_1 message_id=m1\n"
        "2    2026-05-29T20:26:40Z  01234567  claude-ai  send_message  refusal  121   fedcba98  refused  quiet_hours\n"
    )


def test_json_lines_have_every_fact(folder: Path, capsys: pytest.CaptureFixture[str]):
    record(folder, entry(ids={"send_id": "send_1"}, note="Näh.", body="Hi\nMaria 🙂", person=PERSON), SAVED)

    first, second = (json.loads(line) for line in printed(capsys, "--json").splitlines())

    assert first == {
        "number": 1,
        "time": "2026-05-28T20:26:40Z",
        "account": "01234567",
        "host": "claude-ai",
        "by": None,
        "tool": "send_message",
        "kind": "send",
        "dashboard_id": None,
        "person": PERSON,
        "outcome": "sent",
        "rule": None,
        "ids": {"send_id": "send_1"},
        "approved_by": None,
        "note": "Näh.",
        "body": "Hi\nMaria 🙂",
    }
    assert list(second) == list(first)


def test_csv_can_be_opened_in_a_spreadsheet_and_holds_no_formula(folder: Path, capsys: pytest.CaptureFixture[str]):
    names = ['=HYPERLINK("http://evil.example")', "+1", "-1", "@SUM(1)", "plain = name"]
    record(folder, *(entry(caller=name, body=f"\t{name}, you\nsee") for name in names))

    rows = list(csv.DictReader(io.StringIO(printed(capsys, "--csv"))))

    assert [row["host"] for row in rows] == [*(f"'{name}" for name in names[:4]), "plain = name"]
    assert [row["body"] for row in rows] == [f"'\t{name}, you\nsee" for name in names]
    assert rows[0]["time"] == "2026-05-28T20:26:40Z"


@pytest.mark.parametrize(
    ("arguments", "numbers"),
    [
        (["--since", "2026-05-29"], [2, 3]),
        (["--until", "2026-05-29"], [1, 2]),
        (["--since", "2026-05-29", "--until", "2026-05-29"], [2]),
        (["--since", "2026-05-29T20:26:41"], [3]),
        (["--until", "2026-05-29T22:00+02:00"], [1]),
        (["--tool", "save_contact"], [3]),
        (["--tool", "no_such_tool"], []),
    ],
    ids=str,
)
def test_days_times_and_a_tool_choose(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], numbers: list[int]
):
    record(folder, SENT, REFUSED, SAVED)

    lines = printed(capsys, "--json", *arguments).splitlines()

    assert [json.loads(line)["number"] for line in lines] == numbers


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--since", "yesterday"], "--since is neither a day"),
        (["--until", "9999-12-31"], "--until is neither a day"),
        (["--verify", "--tool", "send_message"], "--verify checks all"),
    ],
    ids=["no day", "no such day", "part of a check"],
)
def test_what_makes_no_sense_is_told(folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str):
    assert main(["audit", *arguments]) == 2

    assert said in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["--json"], ["--verify"]], ids=["table", "json", "verify"])
def test_without_a_state_file_that_is_said_and_none_is_made(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
):
    assert main(["audit", *arguments]) == 1

    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("There is no audit: ")
    assert str(folder / FILE_NAME) in told.err
    assert list(folder.iterdir()) == []


def test_a_misspelt_state_folder_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setenv("TEXTREQUEST_STATE_DIRECTORY", "/elsewhere")

    assert main(["audit"]) == 2

    assert "TEXTREQUEST_STATE_DIRECTORY is not a setting" in capsys.readouterr().err


def test_a_file_that_is_no_database_is_a_sentence(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / FILE_NAME).write_text("Dear diary, " * 1000)

    assert main(["audit"]) == 1

    assert "damaged or not a database" in capsys.readouterr().err


def test_a_whole_audit_is_verified(folder: Path, capsys: pytest.CaptureFixture[str]):
    record(folder)
    assert printed(capsys, "--verify").startswith("No rows: no server has recorded anything")

    record(folder, SENT, REFUSED)

    said = printed(capsys, "--verify")
    assert said.startswith("2 rows: each is as a server wrote it and linked to the one before it, and each act in the")
    head = said.partition("The head is ")[2].partition(".")[0]
    record(folder, SAVED)
    assert f"Row {head} is still there." in printed(capsys, "--verify", head)


@pytest.mark.parametrize("head", ["2:00000000", "9:3f9a2c1d", "nonsense"])
def test_r7_an_audit_without_an_earlier_head_is_told(folder: Path, capsys: pytest.CaptureFixture[str], head: str):
    record(folder, SENT, REFUSED)

    assert main(["audit", "--verify", head]) == 1
    assert f"The audit has no row {head} any more" in capsys.readouterr().out


EMPTY = ("DELETE FROM audit_entries", "DELETE FROM audit_ends")
CUT = ("DELETE FROM audit_entries WHERE number > 1", "DELETE FROM audit_ends WHERE name = 'last'")


@pytest.mark.parametrize("statements", [EMPTY, ("DROP TABLE audit_entries", "DROP TABLE audit_ends"), CUT])
def test_r7_a_removed_or_cut_audit_is_found_by_the_ledger_or_the_chain(
    folder: Path, capsys: pytest.CaptureFixture[str], statements: tuple[str, ...]
):
    async def act() -> None:
        store = Store.open(folder)
        ledger = Ledger(store, ACCOUNT, witness=Audit(store, ACCOUNT).follow)
        for fingerprint in "abc":
            await brought(ledger, SENT_ENDING, wanted(fingerprint))
        store.close()

    anyio.run(act)
    assert printed(capsys, "--verify").startswith("3 rows: ")
    with sqlite3.connect(folder / FILE_NAME) as connection:
        connection.execute("DROP TRIGGER audit_keeps_its_time")
        for statement in statements:
            connection.execute(statement)
    connection.close()

    assert main(["audit", "--verify"]) == 1
    assert re.search("Rows are missing: the ledger knows 3 acts|broken at row", capsys.readouterr().out)


def test_r20_a_long_table_ends_early_and_says_how_to_see_all(folder: Path, capsys: pytest.CaptureFixture[str]):
    record(folder, *([SAVED] * 203))

    short, long = printed(capsys).splitlines(), printed(capsys, "--all").splitlines()

    assert (short[1].split()[0], len(short)) == ("4", 1 + 200 + 1)
    assert short[-1] == "Earlier rows are left out; --all prints them, and so do --json and --csv."
    assert (long[1].split()[0], len(long)) == ("1", 1 + 203)
    assert len(printed(capsys, "--json").splitlines()) == 203


def test_a_broken_audit_is_told_with_the_first_bad_row_and_can_still_be_read(
    folder: Path, capsys: pytest.CaptureFixture[str]
):
    record(folder, SENT, REFUSED, SAVED)
    with sqlite3.connect(folder / FILE_NAME) as connection:
        connection.execute("DROP TRIGGER audit_never_changes")
        connection.execute("UPDATE audit_entries SET entry = '{}', at = 'never' WHERE number = 2")
    connection.close()

    assert main(["audit", "--verify"]) == 1
    assert "broken at row 2:" in capsys.readouterr().out
    assert [line.split()[-1] for line in printed(capsys).splitlines()[1:]] == ["message_id=m1", "unreadable", "done"]


def test_nothing_that_a_host_calls_itself_reaches_the_terminal_as_a_command(
    folder: Path, capsys: pytest.CaptureFixture[str]
):
    record(folder, entry(rule="\x1b[2J", ids={"send_id": "a\u202eb"}))

    out = printed(capsys)

    assert "\\u001b[2J" in out
    assert "\\u202e" in out


def test_a_terminal_that_knows_no_emoji_and_a_reader_that_has_seen_enough_are_no_trouble(folder: Path):
    record(folder, *(entry(caller="🙂 host") for _ in range(1000)))
    command = [sys.executable, "-m", "textrequest_mcp", "audit"]
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}

    head = shutil.which("head")
    assert head is not None
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as audit:
        seen = subprocess.run([head, "-2"], stdin=audit.stdout, capture_output=True, text=True, check=True)
        assert audit.stdout is not None
        assert audit.stderr is not None
        audit.stdout.close()
        complaints = audit.stderr.read()

    assert "\\U0001f642 host" in seen.stdout.splitlines()[1]
    assert (audit.returncode, complaints) == (0, b"")


def test_a_team_sees_for_whom_each_row_was_and_asks_for_those_of_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TEXTREQUEST_STATE_DIR", str(tmp_path))

    async def fill() -> None:
        store = Store.open(tmp_path)
        audit = Audit(store, "0123456789", keep_days=1, with_bodies=False, kinds={})
        for by in ("Anna", "Anna_K", "José#1f2e", None):
            await audit.record(Entry(caller="claude-ai", tool="send_message", kind="send", outcome="sent", by=by))
        store.close()

    anyio.run(fill)
    shown: dict[str, list[str]] = {}
    for name in ("Anna", "Anna_K", "José", "Jos%"):
        assert main(["audit", "--by", name]) == 0
        shown[name] = capsys.readouterr().out.splitlines()
    verified = main(["audit", "--verify", "--by", "Anna"])

    assert " by " in shown["Anna"][0]
    assert [len(rows) for rows in shown.values()] == [2, 2, 2, 1]
    assert " Anna " in shown["Anna"][1]
    assert "José#1f2e" in shown["José"][1]
    assert verified == 2
