"""`config`, `install` and `uninstall`: a host's file gets one entry, and everything else in it stays as it was."""

import base64
import io
import json
import os
import stat
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from tests.commands.hosts.real_files import KEPT, WITH_COMMENTS, Kept

import textrequest_mcp.sandbox
from textrequest_mcp.app import OF_THE_SANDBOX
from textrequest_mcp.cli import main
from textrequest_mcp.commands.hosts import entry as entries
from textrequest_mcp.commands.hosts import file as files
from textrequest_mcp.commands.hosts.install import Wish, install
from textrequest_mcp.commands.hosts.json_text import NotSafe
from textrequest_mcp.commands.hosts.table import HOSTS, here
from textrequest_mcp.settings.table import SettingsError, read_settings

KEY = "CANARY0123456789"
JSON_HOSTS = [name for name, host in HOSTS.items() if host.form == "json"]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user of its own, with a blank and a letter of another alphabet in the name of the folder."""
    folder = tmp_path / "Zoë B"
    folder.mkdir()
    for name in [name for name in os.environ if name.startswith(("TEXTREQUEST_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    monkeypatch.setattr(sys, "stdin", None)
    return folder


def written(host: str, text: str) -> Path:
    path = here().path(HOSTS[host])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


def server(path: Path, host: str, name: str = "textrequest-sandbox") -> dict[str, Any]:
    return json.loads(path.read_text("utf-8-sig"))[HOSTS[host].key][name]


@pytest.mark.parametrize("kept", KEPT, ids=[kept.host for kept in KEPT])
def test_install_and_uninstall_leave_every_byte_of_others_as_it_was(kept: Kept):
    path = written(kept.host, kept.text)

    assert main(["install", kept.host, "--sandbox"]) == 0
    installed = path.read_bytes().decode()
    assert main(["uninstall", kept.host, "--sandbox"]) == 0

    assert path.read_bytes() == kept.text.encode()
    same = next(at for at, (one, other) in enumerate(zip(installed, kept.text, strict=False)) if one != other)
    assert installed.endswith(kept.text[same:])  # something was put in, and nothing else is another


@pytest.mark.parametrize("host", JSON_HOSTS)
def test_an_entry_for_a_host_without_a_file_makes_one_that_only_the_user_reads(host: str, home: Path):
    assert main(["install", host, "--sandbox"]) == 0

    path = here().path(HOSTS[host])
    entry = server(path, host)
    assert Path(entry["command"]).is_absolute()
    assert entry["args"][-2:] == ["serve", "--sandbox"]
    assert HOSTS[host].extra.items() <= entry.items()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 or sys.platform == "win32"
    assert home in path.parents


def test_the_key_is_in_a_file_of_its_own_and_nowhere_else(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("TEXTREQUEST_API_KEY", KEY)
    assert main(["install", "cursor"]) == 0

    path = home / ".cursor/mcp.json"
    key_file = Path(server(path, "cursor", "textrequest")["env"]["TEXTREQUEST_API_KEY_FILE"])
    assert key_file.read_text("ascii") == f"{KEY}\n"
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600 or sys.platform == "win32"
    assert KEY not in path.read_text("utf-8")
    said = capsys.readouterr()
    assert KEY not in said.out + said.err


class Terminal:
    """A stdin at which a person sits, or a pipe."""

    def __init__(self, line: str = "", *, person: bool = False) -> None:
        self.line, self.person = line, person

    def isatty(self) -> bool:
        return self.person

    def readline(self) -> str:
        return self.line


def test_a_person_is_asked_for_the_key_without_echo(home: Path, monkeypatch: pytest.MonkeyPatch):
    asked: list[str] = []

    def answer(question: str) -> str:
        asked.append(question)
        return KEY

    monkeypatch.setattr("getpass.getpass", answer)
    monkeypatch.setattr(sys, "stdin", Terminal(person=True))

    assert main(["install", "cursor"]) == main(["install", "kiro"]) == 0
    assert main(["install", "kiro", "--new-key"]) == 0

    assert asked == ["API key (it is not shown): "] * 2


class Ring(ModuleType):
    """A system's keyring, or one that stays locked."""

    def __init__(self, *, locked: bool = False) -> None:
        super().__init__("keyring")
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = locked

    def get_password(self, service: str, user: str) -> str | None:
        return self.kept.get((service, user))

    def set_password(self, service: str, user: str, password: str) -> None:
        if self.locked:
            raise RuntimeError(password)
        self.kept[service, user] = password


def test_the_key_can_be_in_the_keyring_from_which_the_server_reads_it(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    ring = Ring()
    monkeypatch.setitem(sys.modules, "keyring", ring)
    monkeypatch.setattr(sys, "stdin", Terminal(KEY))

    assert main(["install", "cursor", "--keyring"]) == main(["install", "kiro", "--keyring"]) == 0

    env = server(home / ".cursor/mcp.json", "cursor", "textrequest")["env"]
    assert list(ring.kept.values()) == [KEY]
    assert read_settings({}, env).api_key == KEY
    assert not (home / ".config").exists()
    said = capsys.readouterr()
    assert KEY not in said.out + said.err


@pytest.mark.parametrize(
    ("ring", "says"), [(None, "not installed"), (Ring(locked=True), "cannot be used (RuntimeError)")]
)
def test_a_keyring_that_cannot_be_used_is_a_sentence(
    ring: Ring | None, says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setitem(sys.modules, "keyring", ring)
    monkeypatch.setattr(sys, "stdin", Terminal(KEY))

    assert main(["install", "cursor", "--keyring"]) == 2

    said = capsys.readouterr().err
    assert says in said
    assert KEY not in said


def test_a_server_without_the_keyring_that_its_entry_names_says_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "keyring", None)

    with pytest.raises(SettingsError, match="says keyring:textrequest-mcp, and the package keyring is not installed"):
        read_settings({}, {"TEXTREQUEST_API_KEY_FILE": "keyring:textrequest-mcp"})


def test_a_key_can_be_piped_in_also_where_its_file_is_empty(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TEXTREQUEST_API_KEY_FILE", str(home / "key"))
    (home / "key").touch()
    monkeypatch.setattr(sys, "stdin", Terminal(f"{KEY}\n"))

    assert main(["install", "cursor"]) == 0
    assert (home / "key").read_text() == f"{KEY}\n"


@pytest.mark.parametrize(("given", "says"), [("", "There is no API key"), ("two words", "no API key has")])
def test_without_a_key_nothing_is_written(
    given: str, says: str, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(sys, "stdin", Terminal(given))

    assert main(["install", "cursor"]) == 2

    assert says in capsys.readouterr().err
    assert not (home / ".cursor").exists()


def test_a_person_who_gives_no_key_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    def ends(_: str) -> str:
        raise EOFError

    monkeypatch.setattr("getpass.getpass", ends)
    monkeypatch.setattr(sys, "stdin", Terminal(person=True))

    assert main(["install", "cursor"]) == 2
    assert "There is no API key" in capsys.readouterr().err


def test_a_key_that_cannot_be_kept_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TEXTREQUEST_API_KEY_FILE", str(tmp_path / "file/key"))
    monkeypatch.setenv("TEXTREQUEST_API_KEY", KEY)

    assert main(["install", "cursor"]) == 2
    assert "cannot be kept" in capsys.readouterr().err


def test_installing_again_keeps_settings_and_takes_a_key_out_of_the_host_s_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    old = {
        "command": "/old/textrequest-mcp",
        "args": ["serve"],
        "env": {"TEXTREQUEST_API_KEY": KEY, "TEXTREQUEST_DASHBOARD_ID": "121"},
        "autoApprove": ["list_contacts"],
    }
    path = written("cursor", json.dumps({"mcpServers": {"textrequest": old}}))
    monkeypatch.setattr(sys, "stdin", Terminal(KEY))

    assert main(["install", "cursor", "--set", "TEXTREQUEST_CONFIRM=sends"]) == 0

    entry = server(path, "cursor", "textrequest")
    assert entry["autoApprove"] == ["list_contacts"]
    assert entry["env"].keys() == {"TEXTREQUEST_DASHBOARD_ID", "TEXTREQUEST_API_KEY_FILE", "TEXTREQUEST_CONFIRM"}
    said = capsys.readouterr().out
    assert KEY not in said
    assert '-     "TEXTREQUEST_API_KEY": "…",' in said
    [copy] = path.parent.glob("*.backup")
    assert KEY in copy.read_text("utf-8")

    assert main(["install", "cursor", "--set", "TEXTREQUEST_CONFIRM=sends"]) == 0
    assert "has this entry already" in capsys.readouterr().out
    assert list(path.parent.glob("*.backup")) == [copy]


def test_nothing_of_others_is_printed(capsys: pytest.CaptureFixture[str]):
    written("cursor", KEPT[4].text)

    assert main(["install", "cursor", "--sandbox"]) == 0

    assert "ghp_canary" not in capsys.readouterr().out


@pytest.mark.skipif(sys.platform == "win32", reason="modes are made in another way there")
def test_a_file_keeps_its_mode_and_its_place_behind_a_link(home: Path, tmp_path: Path):
    (home / ".cursor").mkdir()
    real = tmp_path / "dotfiles.json"
    real.write_text("{}")
    real.chmod(0o640)
    (home / ".cursor/mcp.json").symlink_to(real)

    assert main(["install", "cursor", "--sandbox"]) == 0

    assert (home / ".cursor/mcp.json").is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert server(real, "cursor")
    assert not list(home.glob(".cursor/.*"))


@pytest.mark.parametrize("raw", [WITH_COMMENTS.encode(), b'{"a": "\xff"}', b"[]"])
def test_a_file_that_is_not_safe_to_edit_stays_and_the_entry_is_printed(
    raw: bytes, home: Path, capsys: pytest.CaptureFixture[str]
):
    path = here().path(HOSTS["zed"])
    path.parent.mkdir(parents=True)
    path.write_bytes(raw)

    assert main(["install", "zed", "--sandbox"]) == 1

    said = capsys.readouterr()
    assert path.read_bytes() == raw
    assert "was not changed: it" in said.err
    assert json.loads(said.out)["context_servers"]["textrequest-sandbox"]["source"] == "custom"
    assert main(["uninstall", "zed"]) == 1
    assert path.read_bytes() == raw


def test_a_folder_that_cannot_be_written_is_said(home: Path, capsys: pytest.CaptureFixture[str]):
    (home / ".cursor").write_text("a file where a folder should be")

    assert main(["install", "cursor", "--sandbox"]) == 1

    assert "was not changed" in capsys.readouterr().err


def test_a_file_that_changes_meanwhile_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    path = written("cursor", "{}")
    found = files.read(path)
    path.write_text('{"newer": 1}')

    with pytest.raises(NotSafe, match="just now"):
        files.replace(found, "{}")

    assert path.read_text() == '{"newer": 1}'
    assert not list(path.parent.glob(".*"))


def test_where_the_difference_cannot_be_shown_nothing_is_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    class Gone(io.StringIO):
        def write(self, text: str, /) -> int:
            raise BrokenPipeError(32, "Broken pipe")

    path = written("cursor", "{}")
    monkeypatch.setattr(sys, "stdout", Gone())
    monkeypatch.setattr("os.dup2", lambda *_: None)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]

    assert main(["install", "cursor", "--sandbox"]) == 1

    assert path.read_text() == "{}"
    assert "could not print all: Broken pipe" in capsys.readouterr().err


def test_another_s_server_of_the_same_name_is_not_replaced_nor_removed(capsys: pytest.CaptureFixture[str]):
    text = '{"mcpServers": {"textrequest-sandbox": {"command": "npx", "args": ["someone-else"]}}}'
    path = written("cursor", text)

    assert main(["install", "cursor", "--sandbox"]) == 1
    assert main(["uninstall", "cursor"]) == 0

    assert path.read_text() == text
    said = capsys.readouterr()
    assert "another server" in said.err
    assert "nothing of this server" in said.out


def test_a_dry_run_shows_the_difference_and_writes_nothing(home: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["install", "cursor", "--sandbox", "--dry-run"]) == main(["install", "cursor", "--dry-run"]) == 0

    assert "Nothing was written." in capsys.readouterr().out
    assert not list(home.iterdir())

    path = written("cursor", '{"mcpServers": {"textrequest": {"command": "textrequest-mcp"}}}')
    assert main(["uninstall", "cursor", "--dry-run"]) == 0
    assert "textrequest-mcp" in path.read_text()


def test_uninstall_says_where_the_key_still_is(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(sys, "stdin", Terminal(KEY))
    assert main(["install", "cursor"]) == main(["install", "cursor", "--sandbox"]) == 0

    assert main(["uninstall", "cursor"]) == 0

    said = capsys.readouterr().out
    assert "The API key is still in " in said
    assert json.loads(here().path(HOSTS["cursor"]).read_text()) == {"mcpServers": {}}


def test_the_first_run_without_an_account_offers_three_things(capsys: pytest.CaptureFixture[str]):
    assert main(["install", "cursor", "--sandbox"]) == 0

    said = capsys.readouterr().out
    assert [number for number in range(1, 5) if f"\n  {number}. " in said] == [1, 2, 3]
    for name in ("Maria Lopez", "Devon O'Neil"):  # who are there, the first answers, and the second can be deleted
        assert name in said
        assert name in OF_THE_SANDBOX
        assert name in (textrequest_mcp.sandbox.__doc__ or "")


@pytest.mark.parametrize("host", HOSTS)
def test_config_prints_what_a_host_reads_and_where_it_goes(host: str, capsys: pytest.CaptureFixture[str]):
    assert main(["config", host, "--set", "TEXTREQUEST_DASHBOARD_ID=121"]) == 0

    said = capsys.readouterr()
    assert str(here().path(HOSTS[host])) in said.err
    assert "TEXTREQUEST_API_KEY_FILE" in said.out
    assert f"`textrequest-mcp install {host}` asks for it" in said.err
    form = HOSTS[host].form
    if form == "json":
        assert json.loads(said.out)[HOSTS[host].key]["textrequest"]["env"]["TEXTREQUEST_DASHBOARD_ID"] == "121"
    elif form == "toml":
        assert tomllib.loads(said.out)["mcp_servers"]["textrequest"]["env"]["TEXTREQUEST_DASHBOARD_ID"] == "121"
    else:
        yaml = pytest.importorskip("yaml")
        found = yaml.safe_load(said.out)[HOSTS[host].key]
        one = found["textrequest"] if form == "goose" else found[0]
        assert one["envs" if form == "goose" else "env"]["TEXTREQUEST_DASHBOARD_ID"] == "121"
        assert one["args"][-1:] == ["serve"]


@pytest.mark.parametrize("host", ["codex", "goose", "continue"])
def test_hosts_whose_files_are_no_json_get_their_entry_printed(host: str, capsys: pytest.CaptureFixture[str]):
    assert main(["install", host, "--sandbox"]) == 1
    assert "does not edit" in capsys.readouterr().err

    assert main(["uninstall", host]) == 1
    assert "by hand" in capsys.readouterr().err


def test_links_hold_the_whole_entry(capsys: pytest.CaptureFixture[str]):
    links: dict[str, str] = {}
    for host in ("cursor", "vscode", "lm-studio"):
        assert main(["config", host, "--sandbox"]) == 0
        links[host] = capsys.readouterr().err.splitlines()[-1].removeprefix("Or instead: ")

    for host in ("cursor", "lm-studio"):
        asked = parse_qs(urlsplit(links[host]).query)
        assert asked["name"] == ["textrequest-sandbox"]
        assert json.loads(base64.b64decode(asked["config"][0]))["args"][-1] == "--sandbox"
    assert json.loads(unquote(links["vscode"].partition("?")[2]))["name"] == "textrequest-sandbox"


def test_uvx_starts_a_checkout_by_its_whole_path(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    assert main(["config", "cursor", "--sandbox", "--uvx", "."]) == 0
    assert main(["config", "cursor", "--sandbox", "--uvx", "textrequest-mcp"]) == 0

    said = capsys.readouterr().out
    first, second = json.JSONDecoder().raw_decode(said)[0], json.loads("{" + said.split("\n}\n{")[1])
    assert first["mcpServers"]["textrequest-sandbox"]["args"][:2] == ["--from", str(tmp_path.resolve())]
    assert second["mcpServers"]["textrequest-sandbox"]["args"][:2] == ["--from", "textrequest-mcp"]


def test_a_program_that_uvx_may_delete_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(sys, "prefix", "/home/a/.cache/uv/archive-v0/x")

    assert main(["config", "cursor", "--sandbox"]) == 0

    assert "may delete it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("TEXTREQUEST_API_KEY=x", "takes no TEXTREQUEST_API_KEY"),
        ("TEXTREQUEST_WEBHOOK_TOKEN=x", "a secret would stand in the host's file"),
        ("HOME=/", "takes TEXTREQUEST_NAME=value"),
        ("TEXTREQUEST_CONFIRM", "takes TEXTREQUEST_NAME=value"),
        ("TEXTREQUEST_CONFIRM=never", "is none of"),
    ],
)
def test_a_setting_that_no_server_would_take_is_refused(setting: str, says: str, capsys: pytest.CaptureFixture[str]):
    assert main(["install", "cursor", "--sandbox", "--set", setting]) == 2

    assert says in capsys.readouterr().err


def test_where_no_script_is_the_interpreter_starts_the_module(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    def nowhere(_: str) -> str:
        return str(tmp_path)

    monkeypatch.setattr("sysconfig.get_path", nowhere)

    made = entries.make_entry(sandbox=True, uvx=None, key=None, more={})
    assert (made.command, made.args[:2]) == (sys.executable, ["-m", "textrequest_mcp"])


def test_on_windows_the_program_is_an_exe_and_commands_are_quoted_as_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    scripts = tmp_path / "Zoë B/Scripts"
    scripts.mkdir(parents=True)
    (scripts / "textrequest-mcp.exe").touch()
    monkeypatch.setattr("sysconfig.get_path", lambda _: str(scripts))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    monkeypatch.setattr(sys, "platform", "win32")

    made = entries.make_entry(sandbox=True, uvx=None, key=None, more={})

    assert made.command.endswith("textrequest-mcp.exe")
    assert f'-- "{made.command}" serve --sandbox' in made.other_ways(HOSTS["claude-code"])[0]


@pytest.mark.parametrize("host", ["claude-desktop", "vscode", "zed", "cline"])
def test_by_the_rules_of_windows_a_file_lies_among_the_applications_and_keeps_its_line_ends(
    host: str, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("APPDATA", str(home / "AppData/Roaming"))
    path = written(host, '\ufeff{\r\n  "a": "grüße"\r\n}\r\n')

    assert install(Wish(host, sandbox=True)) == 0

    text = path.read_bytes().decode()
    assert home / "AppData/Roaming" in path.parents
    assert text.startswith('\ufeff{\r\n  "a": "grüße",\r\n')
    assert text.count("\n") == text.count("\r\n")


def test_a_user_without_a_home_is_told_to_name_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    def nobody() -> Path:
        raise RuntimeError

    monkeypatch.setattr(Path, "home", nobody)

    assert main(["install", "cursor", "--sandbox"]) == 2
    assert "--file" in capsys.readouterr().err
    assert main(["install", "cursor", "--sandbox", "--file", str(tmp_path / "mine.json")]) == 0
    assert server(tmp_path / "mine.json", "cursor")
