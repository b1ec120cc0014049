"""The command `textrequest-mcp report`: a table with plots for a terminal, or one page."""

from pathlib import Path

import pytest

from textrequest_mcp.cli import main


def test_a_week_of_the_pretend_account_is_printed(capsys: pytest.CaptureFixture[str]):
    assert main(["report", "--sandbox", "--week"]) == 0

    printed = capsys.readouterr().out
    assert printed.count("(line ") == 3
    assert "payment requests of these days: Sent 1 $220.50; Paid 1 $64.90" in printed
    front = printed.split("\n\n")[0].splitlines()
    assert len(front) == 1 + 1 + 7 + 1 + 1
    assert "█" in front[8]


def test_a_page_is_whole_in_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    page = tmp_path / "week.html"

    assert main(["report", "--sandbox", "--html", str(page), "--period", "last_30_days"]) == 0

    written = page.read_text("utf-8")
    assert written.count("<svg") == 6
    assert "<script" not in written
    assert "http" not in written.replace("http://www.w3.org/2000/svg", "")
    assert str(page) in capsys.readouterr().out


def test_what_cannot_be_read_or_written_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["report", "--sandbox", "--period", "next_year"]) == 1
    assert "2026-11-01/2026-11-15" in capsys.readouterr().err
    assert main(["report", "--sandbox", "--html", str(tmp_path / "none" / "week.html")]) == 1
    assert "cannot be written" in capsys.readouterr().err
