"""The secret that hosts bring over HTTP: made once, said once, and kept for this user alone."""

import os
import re
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from tests.served import INITIALIZE, bearing_secret, real_account, running, said_at_start

from textrequest_mcp.commands.http_secret import FILE_NAME, secret_in_force
from textrequest_mcp.settings.table import Settings, SettingsError

HTTP = ("serve", "--transport", "http", "--port", "0")
NOBODY = "http://127.0.0.1:9/api/v3"
HEADERS = {"accept": "application/json, text/event-stream"}
SECRET = "Zm9yLXRlc3RzLW9ubHktbm90LWEtcmVhbC1zZWNyZXQ"

on_posix = pytest.mark.skipif(sys.platform == "win32", reason="files have no such modes there")


def one_run(folder: Path) -> tuple[str, str, list[int]]:
    """What a server says first, what it says later, and how it answers the right secret, a wrong one and none."""
    with running(*HTTP, environment=real_account(NOBODY, folder) | {"TEXTREQUEST_LOG_LEVEL": "DEBUG"}) as child:
        first, where = said_at_start(child)
        right = bearing_secret(folder)
        given = [right, {"authorization": f"{right['authorization']}x"}, {}]
        answers = [httpx2.post(where.split()[-1], headers=HEADERS | each, json=INITIALIZE) for each in given]
        child.terminate()
        _, later = child.communicate(timeout=20)
    return first, where + later, [answer.status_code for answer in answers]


def test_the_secret_is_made_and_said_once_and_holds_over_restarts(tmp_path: Path):
    first, later, answers = one_run(tmp_path)
    file = tmp_path / "http-token"
    secret = file.read_text("ascii")
    first_again, later_again, answers_again = one_run(tmp_path)

    assert answers == answers_again == [200, 401, 401]
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", secret)
    assert first.endswith(f"Authorization: Bearer {secret}\n")
    assert str(file) in first
    assert str(file) in first_again
    assert secret not in later + first_again + later_again
    if sys.platform != "win32":
        assert file.stat().st_mode & 0o777 == 0o600


def test_two_servers_that_start_at_once_agree_on_one_secret(tmp_path: Path):
    environment = real_account(NOBODY, tmp_path)
    with running(*HTTP, environment=environment) as one, running(*HTTP, environment=environment) as other:
        said = [said_at_start(server) for server in (one, other)]
        header = bearing_secret(tmp_path)
        statuses = [
            httpx2.post(lines[-1].split()[-1], headers=HEADERS | header, json=INITIALIZE).status_code for lines in said
        ]

    assert statuses == [200, 200]
    assert [header["authorization"] in line for lines in said for line in lines].count(True) == 1


def test_switched_off_by_name_it_is_not_made_and_each_start_says_who_gets_in(tmp_path: Path):
    environment = real_account(NOBODY, tmp_path) | {"TEXTREQUEST_HTTP_AUTH": "off"}
    for _ in range(2):
        with running(*HTTP, environment=environment) as child:
            first, where = said_at_start(child)
            assert "TEXTREQUEST_HTTP_AUTH" in first
            assert "anybody on this machine can use the account" in first
            assert httpx2.post(where.split()[-1], headers=HEADERS, json=INITIALIZE).status_code == 200

    assert not (tmp_path / "http-token").exists()


def test_the_sandbox_and_stdio_make_no_secret_and_say_nothing_of_one(tmp_path: Path):
    environment = real_account(NOBODY, tmp_path)
    with (
        running(*HTTP, "--sandbox", environment=environment) as sandbox,
        running("serve", environment=environment) as stdio,
    ):
        assert len(said_at_start(sandbox)) == 1
        _, said = stdio.communicate("", timeout=20)

    assert said == ""
    assert not (tmp_path / "http-token").exists()


@on_posix
@pytest.mark.parametrize("what", ["readable by others", "a link"])
def test_a_server_does_not_start_with_a_secret_that_others_may_know(what: str, tmp_path: Path):
    file = tmp_path / "http-token"
    if what == "a link":
        elsewhere = tmp_path / "elsewhere"
        elsewhere.write_text(SECRET, "ascii")
        elsewhere.chmod(0o600)
        file.symlink_to(elsewhere)
    else:
        file.write_text(SECRET, "ascii")
        file.chmod(0o644)
    with running(*HTTP, environment=real_account(NOBODY, tmp_path)) as child:
        _, complaints = child.communicate(timeout=20)

    assert child.returncode == 2
    assert f"{file} cannot be used" in complaints
    assert "Remove it, and the next start makes a new one" in complaints
    assert "Nothing was started." in complaints
    assert SECRET not in complaints
    assert file.read_text("ascii") == SECRET


def of_account(folder: Path | None) -> Settings:
    return Settings(api_key="k", state_dir=folder, transport="http")


def leave(file: Path, content: str, mode: int = 0o600) -> None:
    file.write_text(content, "latin-1")
    file.chmod(mode)


FAULTS: dict[str, tuple[Callable[[Path], None], str]] = {
    "nothing in it": (lambda file: leave(file, ""), "no secret that this server made"),
    "half of one": (lambda file: leave(file, SECRET[:20]), "no secret that this server made"),
    "more than one": (lambda file: leave(file, SECRET * 2), "no secret that this server made"),
    "two lines": (lambda file: leave(file, f"{SECRET}\n{SECRET}\n"), "no secret that this server made"),
    "other letters": (lambda file: leave(file, f"{SECRET[:-1]}!"), "no secret that this server made"),
    "no letters": (lambda file: leave(file, "\xff" * 43), "no secret that this server made"),
    "a group that reads": (lambda file: leave(file, SECRET, 0o640), "others can read or write it"),
    "others who write": (lambda file: leave(file, SECRET, 0o602), "others can read or write it"),
    "a folder": (lambda file: file.mkdir(), "no plain file"),
    "a pipe": (lambda file: os.mkfifo(file, 0o600), "no plain file"),
    "a link to nothing": (lambda file: file.symlink_to(file.parent / "nowhere"), "a link"),
}


@on_posix
@pytest.mark.parametrize(("make", "why"), FAULTS.values(), ids=FAULTS)
def test_what_is_no_secret_of_ours_is_named_and_left_as_it_is(
    make: Callable[[Path], None], why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    make(tmp_path / FILE_NAME)
    before = os.lstat(tmp_path / FILE_NAME)

    with pytest.raises(SettingsError, match=why) as caught:
        secret_in_force(of_account(tmp_path))

    assert SECRET not in str(caught.value)
    assert (os.lstat(tmp_path / FILE_NAME).st_ino, os.listdir(tmp_path)) == (before.st_ino, [FILE_NAME])
    assert capsys.readouterr().err == ""


@on_posix
@pytest.mark.skipif(sys.platform != "win32" and os.geteuid() != 0, reason="only root gives files away")
def test_a_secret_that_another_user_made_is_refused(tmp_path: Path):
    leave(tmp_path / FILE_NAME, SECRET)
    os.chown(tmp_path / FILE_NAME, 12345, 12345)

    with pytest.raises(SettingsError, match="belongs to another user"):
        secret_in_force(of_account(tmp_path))


@pytest.mark.parametrize("content", [SECRET, f"{SECRET}\n"], ids=["as made", "as an editor leaves it"])
def test_a_secret_that_stands_there_is_taken(content: str, tmp_path: Path):
    leave(tmp_path / FILE_NAME, content)

    assert secret_in_force(of_account(tmp_path)) == SECRET


def test_many_that_make_it_at_once_get_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with ThreadPoolExecutor(8) as pool:
        secrets = {each.result() for each in [pool.submit(secret_in_force, of_account(tmp_path)) for _ in range(32)]}

    assert len(secrets) == 1
    assert capsys.readouterr().err.count("Authorization: Bearer") == 1
    assert os.listdir(tmp_path) == [FILE_NAME]


def test_a_disk_that_cannot_keep_it_is_named_and_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)

    with pytest.raises(SettingsError, match=r"cannot be kept in .*: Operation not permitted"):
        secret_in_force(of_account(tmp_path))
    assert os.listdir(tmp_path) == []


def test_an_account_is_not_opened_to_all_because_there_is_no_folder():
    with pytest.raises(SettingsError, match="TEXTREQUEST_STATE_DIR"):
        secret_in_force(of_account(None))


def test_off_is_a_choice_of_its_own_and_needs_no_folder(capsys: pytest.CaptureFixture[str]):
    assert secret_in_force(replace(of_account(None), http_auth="off")) is None
    assert "anybody on this machine" in capsys.readouterr().err


def test_h3_the_sandbox_wants_none_even_where_a_folder_keeps_its_account(tmp_path: Path):
    assert secret_in_force(Settings(api_key="", sandbox=True, state_dir=tmp_path, transport="http")) is None
    assert list(tmp_path.iterdir()) == []
