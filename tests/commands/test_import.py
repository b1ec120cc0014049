"""The command `textrequest-mcp import`: shown first, then taken over; opt-outs only ever add."""

from pathlib import Path

import anyio
import pytest

from textrequest_mcp.cli import main
from textrequest_mcp.settings.table import SANDBOX_BASE_URL, Settings
from textrequest_mcp.wiring import open_account

PEOPLE = "First,Last,Mobile,Do not text\nAna,Ruiz,4235550177,\nMaria,Lopez,4235550100,\nBob,,4235550178,x\n,,12,\n"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TEXTREQUEST_STATE_DIR", str(tmp_path / "state"))
    written = tmp_path / "people.csv"
    written.write_text(PEOPLE, "utf-8")
    return written


def stopped(folder: Path, line: int, number: str) -> bool:
    async def ask() -> bool:
        kept = Settings(api_key="", base_url=SANDBOX_BASE_URL, sandbox=True, state_dir=folder)
        async with open_account(kept) as (account, _):
            return (await account.policy.consent.standing(line, number)).stopped_at is not None

    return anyio.run(ask)


def test_a_dry_run_shows_the_mapping_and_changes_nothing(file: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["import", str(file), "--sandbox", "--dashboard-id", "121", "--dry-run"]) == 0

    shown = capsys.readouterr().out
    assert "Mobile -> phone_number" in shown
    assert "row 5: The phone number is too short" in shown
    assert '"Front Desk" (line 121): 2 new, 0 with other names or notes, 1 as they are there.' in shown
    assert "Nothing was changed." in shown
    assert not stopped(file.parent / "state", 121, "+14235550178")


def test_contacts_are_saved_once_and_wishes_for_no_texts_kept(file: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["import", str(file), "--sandbox", "--dashboard-id", "121"]) == 0
    assert "Saved 2 contacts, and 1 wishes for no texts." in capsys.readouterr().out
    assert main(["import", str(file), "--sandbox", "--dashboard-id", "121"]) == 0

    assert "0 new, 0 with other names or notes, 3 as they are there." in capsys.readouterr().out
    assert stopped(file.parent / "state", 121, "+14235550178")
    assert not stopped(file.parent / "state", 121, "+14235550177")


def test_a_list_of_opt_outs_holds_on_all_lines(file: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["import", str(file), "--sandbox", "--opt-outs", "--dry-run"]) == 0
    assert "3 would get no more texts from all 3 lines. Nothing was changed." in capsys.readouterr().out
    assert main(["import", str(file), "--sandbox", "--opt-outs"]) == 0

    assert stopped(file.parent / "state", 123, "+14235550177")


@pytest.mark.parametrize(
    ("text", "sentence"), [(b"a,b\n1,2\n", "No column holds phone numbers"), (b"\xff\xfe", "must be UTF-8")]
)
def test_a_file_without_people_is_told(file: Path, text: bytes, sentence: str, capsys: pytest.CaptureFixture[str]):
    file.write_bytes(text)

    assert main(["import", str(file), "--sandbox"]) == 2
    assert sentence in capsys.readouterr().err
    assert main(["import", str(file.parent / "none.csv"), "--sandbox"]) == 2


def test_of_several_lines_one_has_to_be_named(file: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["import", str(file), "--sandbox"]) == 1
    assert "this account has 3 lines" in capsys.readouterr().err
