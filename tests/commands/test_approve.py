"""`textrequest-mcp approve`: a person at a terminal answers what waits."""

import sys
from pathlib import Path

import anyio
import pytest

from textrequest_mcp.cli import main
from textrequest_mcp.ground.store import Store
from textrequest_mcp.guard.approval.approval_rows import Row
from textrequest_mcp.guard.approval.approvals import Approvals
from textrequest_mcp.guard.approval.shown import Shown

DELETE = Shown("Delete Devon?", None, "test-host", "Delete a contact")
CLOSE = Shown("Delete the line?", "Front Desk", "", "Delete a line")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TEXTREQUEST_STATE_DIR", str(tmp_path))
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    return tmp_path


def asked(folder: Path, *shown: Shown) -> list[str]:
    store = Store.open(folder)

    async def ask() -> list[str]:
        approvals = Approvals(store, "account")
        return [(await approvals.ask(f"{n}", "tool", each)).id for n, each in enumerate(shown)]

    try:
        return anyio.run(ask)
    finally:
        store.close()


def row(folder: Path, id_: str) -> Row:
    store = Store.open(folder)
    try:
        found = anyio.run(Approvals(store, "account").get, id_)
    finally:
        store.close()
    assert found is not None
    return found


def types(monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
    waiting = iter(answers)

    def answer(_: str) -> str:
        return next(waiting)

    monkeypatch.setattr("builtins.input", answer)


def test_each_question_is_shown_and_answered(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    first, second = asked(folder, DELETE, CLOSE)
    types(monkeypatch, "yes", "Front Desk")

    assert main(["approve"]) == 0
    said = capsys.readouterr().out
    assert "Delete Devon?" in said
    assert "asked by test-host" in said
    assert "asked by an assistant" in said
    assert [(each.decision, each.by) for each in (row(folder, first), row(folder, second))] == [("yes", "terminal")] * 2


@pytest.mark.parametrize("answer", ["", "no", "y", "yes please"])
def test_anything_but_yes_is_a_no(folder: Path, monkeypatch: pytest.MonkeyPatch, answer: str):
    [id_] = asked(folder, DELETE)
    types(monkeypatch, answer)

    assert main(["approve"]) == 0
    assert row(folder, id_).decision == "no"


@pytest.mark.usefixtures("folder")
def test_where_nothing_waits_it_says_so(capsys: pytest.CaptureFixture[str]):
    assert main(["approve"]) == 0
    assert capsys.readouterr().out == "Nothing waits for a yes.\n"


def test_a_question_that_was_decided_meanwhile_stays_as_it_is(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    [id_] = asked(folder, DELETE)

    def decides_elsewhere(_: str) -> str:
        import sqlite3

        with sqlite3.connect(folder / "state.sqlite3", isolation_level=None) as file:
            file.execute("UPDATE approvals SET decision = 'no', decided_by = 'page' WHERE id = ?", (id_,))
        return "yes"

    monkeypatch.setattr("builtins.input", decides_elsewhere)

    assert main(["approve"]) == 0
    assert "decided already" in capsys.readouterr().out
    assert row(folder, id_).by == "page"


def test_without_a_terminal_nothing_is_decided(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    [id_] = asked(folder, DELETE)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False)

    assert main(["approve"]) == 1
    assert "terminal" in capsys.readouterr().err
    assert row(folder, id_).decision is None


def test_a_state_file_that_cannot_be_used_is_a_sentence(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "state.sqlite3").write_text("Dear diary, " * 1000)

    assert main(["approve"]) == 1
    assert "damaged or not a database" in capsys.readouterr().err
