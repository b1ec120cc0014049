"""Tokens: made once, kept as a hash, found by it, and gone at once when they are revoked."""

import stat
from pathlib import Path

import pytest

from textrequest_mcp.cli import main
from textrequest_mcp.commands.people.roster import Roster
from textrequest_mcp.commands.people.tokens import BEGINNING, Tokens, add, holders, revoke
from textrequest_mcp.ground.member import SCOPES

READ = frozenset({"texts:read"})


def test_a_token_lets_its_person_in_and_is_kept_nowhere(tmp_path: Path):
    file = tmp_path / "new" / "tokens"
    anna, ben = add(file, "Anna", READ, frozenset({121})), add(file, "Ben Ruiz", frozenset(SCOPES), None)
    tokens = Tokens(Roster(file))
    found = tokens.member(anna)

    assert found is not None
    assert (found.id, found.name, found.scopes, found.lines) == ("Anna", "Anna", READ, {121})
    assert [each.name if each else None for each in map(tokens.member, (ben, anna[:-1], "", f"{anna}x"))] == [
        "Ben Ruiz",
        None,
        None,
        None,
    ]
    assert anna.startswith(BEGINNING)
    assert anna not in file.read_text("utf-8")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_who_is_revoked_is_out_at_once_and_others_and_comments_stay(tmp_path: Path):
    file = tmp_path / "tokens"
    tokens = Tokens(Roster(file))
    anna, again, ben = (add(file, name, READ, None) for name in ("Anna", "Anna", "Ben"))
    file.write_text("# ours\n" + file.read_text("utf-8") + "Anna * * email:a@example.com\n", "utf-8")
    before = [tokens.member(each) for each in (anna, again, ben)]
    counts = [revoke(file, "Anna"), revoke(file, "Anna"), revoke(file, "Nobody")]

    assert [each.name for each in before if each is not None] == ["Anna", "Anna", "Ben"]
    assert counts == [2, 0, 0]
    assert [tokens.member(each) is not None for each in (anna, again, ben)] == [False, False, True]
    assert [each.is_in() for each in before if each is not None] == [False, False, True]
    assert [entry.name for entry in holders(file)] == ["Ben"]
    assert "# ours\n" in file.read_text("utf-8")
    assert "Anna * * email:a@example.com" in file.read_text("utf-8")


def test_a_file_that_makes_no_sense_is_not_written_to(tmp_path: Path):
    file = tmp_path / "tokens"
    file.write_text("what?\n", "utf-8")
    file.chmod(0o600)

    for act in (lambda: add(file, "Anna", READ, None), lambda: revoke(file, "Anna")):
        with pytest.raises(ValueError, match="line 1"):
            act()
    assert file.read_text("utf-8") == "what?\n"


def test_a_person_makes_lists_and_revokes_tokens_at_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    file = tmp_path / "tokens"
    monkeypatch.setenv("TEXTREQUEST_TOKENS_FILE", str(file))

    assert main(["token", "add", "Anna", "--scopes", "texts:read,payments", "--lines", "121,15"]) == 0
    out, err = capsys.readouterr()
    member = Tokens(Roster(file)).member(out.strip())
    assert member is not None
    assert (member.scopes, member.lines) == ({"texts:read", "payments"}, {121, 15})
    assert err == "This is the token of Anna. It is kept nowhere, so it cannot be shown again.\n"

    assert main(["token", "add", "Ben"]) == 0
    capsys.readouterr()
    assert main(["token", "list"]) == 0
    listed = capsys.readouterr().out
    assert [line.split() for line in listed.splitlines()] == [
        ["name", "scopes", "lines"],
        ["Anna", "payments,texts:read", "15,121"],
        ["Ben", "contacts:write,texts:read,texts:send", "*"],
    ]

    assert [main(["token", "revoke", "Anna"]), main(["token", "revoke", "Anna"])] == [0, 1]
    said = capsys.readouterr()
    assert said.out == "Anna is let in no more.\n"
    assert "Nobody is called Anna" in said.err


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["add", "An#na"], "a name has 1 to 30 characters"),
        (["add", "Anna", "--scopes", "all"], "there is no scope all"),
        (["add", "Anna", "--lines", "front"], "lines are ids"),
    ],
)
def test_what_makes_no_sense_is_said_and_nobody_is_added(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    why: str,
):
    monkeypatch.setenv("TEXTREQUEST_TOKENS_FILE", str(tmp_path / "tokens"))

    assert main(["token", *arguments]) == 2
    assert why in capsys.readouterr().err
    assert not (tmp_path / "tokens").exists()


@pytest.mark.parametrize("arguments", [["add", "Anna"], ["list"], ["revoke", "Anna"]])
def test_the_file_has_to_be_named_and_readable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
):
    monkeypatch.delenv("TEXTREQUEST_TOKENS_FILE", raising=False)
    assert main(["token", *arguments]) == 2
    assert "set TEXTREQUEST_TOKENS_FILE" in capsys.readouterr().err

    (tmp_path / "tokens").mkdir()
    monkeypatch.setenv("TEXTREQUEST_TOKENS_FILE", str(tmp_path / "tokens"))
    assert main(["token", *arguments]) == 2
    assert str(tmp_path / "tokens") in capsys.readouterr().err
