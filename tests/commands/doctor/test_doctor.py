"""`textrequest-mcp doctor`: each thing that can be wrong is found, and says what to do."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.surface import DEFAULT_TOOLS

from textrequest_mcp.cli import main
from textrequest_mcp.commands.doctor import approval, doctor, hosts, machine, service, state
from textrequest_mcp.commands.doctor.finding import Finding
from textrequest_mcp.commands.hosts.table import HOSTS, here
from textrequest_mcp.ground.store import FILE_NAME, Store
from textrequest_mcp.guard.approval.passkeys import Passkeys
from textrequest_mcp.guard.approval.webauthn import Passkey
from textrequest_mcp.sandbox import create_app
from textrequest_mcp.settings.table import Settings

KEY = "CANARY0123456789"
pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user of its own, with nothing set and no host."""
    for name in [name for name in os.environ if name.startswith(("TEXTREQUEST_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    return tmp_path


def only(findings: Sequence[Finding], check: str) -> Finding:
    [found] = [each for each in findings if each.check == check]
    assert bool(found.todo) == (found.state != "ok")
    return found


# The machine and the settings.


def test_an_environment_that_lacks_a_part_is_found(monkeypatch: pytest.MonkeyPatch):
    assert only(machine.python_and_parts(), "python").state == "ok"

    monkeypatch.setattr(machine, "_PARTS", ("mcp", "no-such-package"))
    assert "lacks no-such-package" in only(machine.python_and_parts(), "python").says

    monkeypatch.setattr(sys, "version_info", (3, 10))
    assert "too old" in only(machine.python_and_parts(), "python").says


def test_a_python_that_is_shared_is_noted(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "base_prefix", sys.prefix)

    assert only(machine.python_and_parts(), "environment").state == "note"


def test_without_a_key_the_sandbox_works():
    settings, found = machine.settings_of({})

    assert settings is not None
    assert settings.sandbox
    assert only(found, "key").state == "note"


def test_the_key_that_install_keeps_is_the_key(home: Path):
    environment = {"TEXTREQUEST_API_KEY_FILE": str(home / "key")}
    (home / "key").write_text(KEY)
    (home / "key").chmod(0o600)

    settings, found = machine.settings_of(environment)

    assert settings is not None
    assert settings.api_key == KEY
    assert only(found, "key").state == "ok"


@pytest.mark.skipif(sys.platform == "win32", reason="modes are made in another way there")
def test_a_key_that_others_can_read_is_a_problem(home: Path):
    (home / "key").write_text(KEY)
    (home / "key").chmod(0o644)

    _, found = machine.settings_of({"TEXTREQUEST_API_KEY_FILE": str(home / "key")})

    assert only(found, "key").state == "problem"
    assert only(found, "key").todo.startswith("chmod 600 ")


def test_a_key_in_a_variable_and_rules_that_are_off_are_noted():
    settings, found = machine.settings_of({"TEXTREQUEST_API_KEY": KEY, "TEXTREQUEST_CONSENT": "false"})

    assert settings is not None
    assert only(found, "key").state == "note"
    assert "TEXTREQUEST_CONSENT" in only(found, "rules").says
    assert KEY not in str(found)


def test_every_setting_that_makes_no_sense_is_a_problem():
    settings, found = machine.settings_of({"TEXTREQUEST_CONFIRM": "never", "TEXTREQUEST_PIGEONS": "1"})

    assert settings is None
    assert [each.state for each in found] == ["problem", "problem"]


@pytest.mark.parametrize(("variable", "state"), [("BROWSER", "ok"), ("NOTHING", "note")])
async def test_a_machine_without_a_browser_is_noted(variable: str, state: str, monkeypatch: pytest.MonkeyPatch):
    for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, "firefox")
    monkeypatch.setenv("SSH_CONNECTION", "somewhere")

    assert only(await approval.ways_to_a_yes(Settings(api_key="")), "approval").state == state


@pytest.mark.parametrize(
    ("way", "state", "says"),
    [("token", "note", "itself"), ("refuse", "ok", "as you chose"), ("text", "ok", "2 numbers")],
)
async def test_how_a_yes_is_got_otherwise_is_told(way: Any, state: str, says: str):
    settings = Settings(api_key="", confirm_fallback=way, approvers="+14235550100, +14235550101")

    found = only(await approval.ways_to_a_yes(settings), "approval")

    assert (found.state, says in found.says, "555" in str(found)) == (state, True, False)


async def test_passkeys_that_are_wanted_and_not_there_are_a_problem(home: Path):
    settings = Settings(api_key="", approve_with="passkey", state_dir=home / "state")
    assert only(await approval.ways_to_a_yes(settings), "passkeys").state == "problem"

    store = Store.open(home / "state")
    await Passkeys(store).add(Passkey(id="an-id", name="Dana", public_key=b"key", algorithm=-7, counter=0), beside=0)
    store.close()
    assert only(await approval.ways_to_a_yes(settings), "passkeys").state == "ok"


# The state folder.


def state_of(folder: Path, system: str = "linux") -> Finding:
    return only(state.folder_of_state(folder, system), "state")


async def test_a_folder_that_is_not_there_yet_and_a_whole_one_are_well(home: Path):
    assert state_of(home / "a/b").state == "ok"

    store = Store.open(home / "state")
    await store.secret()
    store.close()
    assert state_of(home / "state").state == "ok"


def test_a_damaged_and_a_newer_state_file_are_problems(home: Path):
    folder = home / "state"
    folder.mkdir(mode=0o700)
    (folder / FILE_NAME).write_bytes(b"not a database at all, but long enough to be looked at" * 20)
    assert "damaged" in state_of(folder).says

    (folder / FILE_NAME).unlink()
    connection = sqlite3.connect(folder / FILE_NAME)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert "a newer textrequest-mcp wrote it" in state_of(folder).says


async def test_a_large_state_file_is_noted(home: Path, monkeypatch: pytest.MonkeyPatch):
    store = Store.open(home / "state")
    await store.secret()
    store.close()
    monkeypatch.setattr(state, "_LARGE_BYTES", 100)

    assert state_of(home / "state").state == "note"


@pytest.mark.skipif(sys.platform == "win32", reason="modes are made in another way there")
def test_a_folder_that_others_can_look_into_is_a_problem(home: Path):
    (home / "state").mkdir(mode=0o755)

    assert "chmod 700" in state_of(home / "state").todo


def test_a_folder_that_cannot_be_written_a_full_disk_and_a_copied_folder_are_problems(
    home: Path, monkeypatch: pytest.MonkeyPatch
):
    def never(*_: object) -> bool:
        return False

    assert "OneDrive" in state_of(home / "OneDrive/state").says
    monkeypatch.setattr(state, "_LEAST_FREE_BYTES", 2**70)
    assert "are free" in state_of(home / "a").says
    monkeypatch.setattr(state, "_LEAST_FREE_BYTES", 0)
    monkeypatch.setattr("os.access", never)
    assert "cannot be written" in state_of(home / "a").says


MAC_MOUNTS = "/dev/disk3s1 on / (apfs, local)\n//u@files/share on {home} (smbfs, nodev, mounted by u)\n"


def test_a_disk_of_another_machine_is_a_problem(home: Path, monkeypatch: pytest.MonkeyPatch):
    def said(*_: object, **__: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess([], 0, MAC_MOUNTS.format(home=home))

    def fails(*_: object, **__: object) -> None:
        raise OSError

    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "run", said)
        assert "smbfs" in state_of(home, "darwin").says
        patch.setattr(subprocess, "run", fails)
        assert state.folder_of_state(home / "a", "darwin")[0].state == "ok"
    with monkeypatch.context() as patch:
        patch.setattr("os.path.splitdrive", lambda _: ("\\\\files\\share", ""))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
        assert "a share" in state_of(home, "win32").says


# The account.


def account(folder: Path, **more: Any) -> Settings:
    return Settings(api_key=KEY, state_dir=folder / "state", **more)


def pretended(key: str = KEY) -> httpx2.ASGITransport:
    return httpx2.ASGITransport(app=create_app(key=key))


async def test_an_account_that_answers_is_well(home: Path):
    found = await service.account_of(account(home, dashboard_id=121), pretended())

    assert [each.state for each in found] == ["ok"] * 4
    assert "3 lines" in only(found, "account").says
    assert only(found, "clock").state == "ok"


async def test_a_wrong_key_and_a_line_that_is_not_there_are_problems(home: Path):
    wrong = only(await service.account_of(account(home), pretended("another")), "account")
    assert (wrong.state, "--new-key" in wrong.todo, KEY in str(wrong)) == ("problem", True, False)

    found = await service.account_of(account(home, dashboard_id=7), pretended())
    assert "121, 122, 123" in only(found, "line").todo
    assert only(await service.account_of(account(home), pretended()), "line").state == "note"


async def test_missing_webhooks_are_a_problem(home: Path):
    found = await service.account_of(account(home, public_url="https://texts.example.com"), pretended())

    assert "missing or disconnected on line 121, 122, 123" in only(found, "webhooks").says


async def test_a_service_that_says_no_is_a_problem(home: Path):
    def refuse(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(403)

    found = await service.account_of(account(home), httpx2.MockTransport(refuse))
    assert "network" in only(found, "account").todo


async def test_a_service_that_stays_silent_is_a_problem(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(service, "_WAIT_SECONDS", 0.0)

    assert "no answer" in only(await service.account_of(account(home), pretended()), "account").says


@pytest.mark.parametrize(("ahead", "state"), [(0.5, "ok"), (-30.0, "note"), (4000.0, "problem")])
async def test_a_clock_that_is_wrong_is_told(ahead: float, state: str):
    assert service._clock(ahead).state == state  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (httpx2.Response(200, json={"info": {"version": "1.0"}}), "ok"),
        (httpx2.Response(200, json={"info": {"version": "2.0"}}), "note"),
        (httpx2.Response(404, text="none"), "note"),
        (None, "note"),
    ],
)
async def test_a_newer_version_is_noted(answer: httpx2.Response | None, state: str):
    def index(_: httpx2.Request) -> httpx2.Response:
        if answer is None:
            raise httpx2.ConnectError("no")
        return answer

    assert (await service.newest("1.0", httpx2.MockTransport(index))).state == state
    expected = "problem" if answer is None else "ok"
    assert (await service.public_address("https://a.example", httpx2.MockTransport(index))).state == expected


# The hosts.


def installed(host: str, entry: object, name: str = "textrequest") -> Path:
    path = here().path(HOSTS[host])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(entry if isinstance(entry, str) else json.dumps({HOSTS[host].key: {name: entry}}))
    return path


async def test_where_no_host_is_the_way_to_one_is_told():
    assert "install HOST" in only(await hosts.hosts_here(), "hosts").todo


async def test_an_entry_really_starts(monkeypatch: pytest.MonkeyPatch):
    assert main(["install", "cursor", "--sandbox"]) == 0

    found = only(await hosts.hosts_here(), "cursor.textrequest-sandbox")
    assert f"{DEFAULT_TOOLS} tools in" in found.says


async def test_an_entry_that_cannot_start_says_why_in_its_own_words():
    assert main(["install", "kiro", "--sandbox", "--set", "TEXTREQUEST_DASHBOARD_ID=1"]) == 0
    path = here().path(HOSTS["kiro"])
    path.write_text(
        path.read_text().replace('"1"', '"one"').replace('"command":', '"note": "textrequest-mcp", "command":')
    )

    found = only(await hosts.hosts_here(), "kiro.textrequest-sandbox")
    assert found.state == "problem"
    assert "TEXTREQUEST_DASHBOARD_ID" in found.says


STARTS = hosts._Served(30, 0.5)  # pyright: ignore[reportPrivateUsage]
SLOW = hosts._Served(30, 9.0)  # pyright: ignore[reportPrivateUsage]
WITH_COMMENTS = '{ // mine\n"theme": "a//b", "context_servers": {"textrequest": ENTRY,},}'
OURS = {"command": sys.executable, "args": ["-m", "textrequest_mcp"]}


@pytest.mark.parametrize(
    ("host", "entry", "started", "state", "says"),
    [
        ("cursor", {"command": "/gone/textrequest-mcp"}, STARTS, "problem", "not there any more"),
        ("cursor", OURS | {"env": {"TEXTREQUEST_API_KEY": KEY}}, STARTS, "problem", "the API key itself stands in"),
        ("cursor", OURS, SLOW, "note", "9.0 seconds"),
        ("cursor", {"url": "http://127.0.0.1:8000/mcp", "x": "textrequest-mcp"}, STARTS, "note", "over HTTP"),
        ("vscode", OURS | {"env": {"TEXTREQUEST_API_KEY": "${input:key}"}}, STARTS, "note", "asks for a value"),
        ("zed", WITH_COMMENTS.replace("ENTRY", json.dumps(OURS)), STARTS, "ok", "30 tools"),
        ("codex", '[mcp_servers.textrequest]\ncommand = "/gone/textrequest-mcp"\n', STARTS, "problem", "not there"),
    ],
)
async def test_each_entry_is_looked_at(
    host: str, entry: object, started: Any, state: str, says: str, monkeypatch: pytest.MonkeyPatch
):
    async def start(*_: object) -> Any:
        return started

    monkeypatch.setattr(hosts, "start", start)
    installed(host, entry)

    found = only(await hosts.hosts_here(), f"{host}.textrequest")

    assert (found.state, says in found.says, KEY in str(found)) == (state, True, False)


async def test_files_that_do_not_parse_or_cannot_be_read_are_told(home: Path):
    installed("cursor", "{")
    installed("goose", 'extensions:\n  textrequest:\n    cmd: "textrequest-mcp"\n')
    installed("continue", "models: []\n")
    here().path(HOSTS["kiro"]).mkdir(parents=True)
    installed("gemini-cli", {"command": "npx"}, "another")

    found = await hosts.hosts_here()

    assert [(each.check, each.state) for each in found] == [
        ("cursor", "problem"),
        ("goose", "note"),
        ("kiro", "note"),
        ("hosts", "note"),
    ]


async def test_a_program_that_fails_in_another_way_is_quoted():
    complains = "import sys; sys.exit('no certificate\\nhint: trust the proxy')"

    assert (await hosts.start(sys.executable, ["-c", complains], {})).said == "hint: trust the proxy"


async def test_a_program_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hosts, "_WAIT_SECONDS", 0.0)

    assert "no answer" in (await hosts.start(sys.executable, ["-c", "input()"], {})).said


# The whole.


def test_the_whole_is_printed_for_people_and_for_programs(capsys: pytest.CaptureFixture[str]):
    assert main(["doctor"]) == 0
    printed = capsys.readouterr().out
    assert "\nnote     key: There is no API key" in printed
    assert printed.splitlines()[-1].endswith("notes.")

    assert main(["doctor", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is True
    assert {each["check"] for each in told["findings"]} >= {"python", "settings", "key", "approval", "state", "hosts"}


def test_a_problem_is_an_exit_status(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setenv("TEXTREQUEST_STATE_DIR", "relative")

    assert main(["doctor"]) == 1
    assert "PROBLEM  settings: TEXTREQUEST_STATE_DIR" in capsys.readouterr().out


def test_without_a_home_folder_the_doctor_says_so_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def nobody(*_: object, **__: object) -> Path:
        raise RuntimeError

    monkeypatch.delenv("HOME")
    monkeypatch.setattr(Path, "home", nobody)
    monkeypatch.setattr(Path, "expanduser", nobody)
    monkeypatch.setattr("platformdirs.user_config_path", nobody)
    monkeypatch.setattr("platformdirs.user_state_path", nobody)

    assert main(["doctor"]) == 1

    printed = capsys.readouterr().out
    assert "no home folder to keep the API key in" in printed
    assert "no home folder to keep state in" in printed
    assert "no home folder, so no host's settings" in printed


def test_all_is_well_is_said():
    assert doctor.as_text([Finding("python", "ok", "Fine.")]).endswith("\nAll is well.\n")


def test_online_asks_more(monkeypatch: pytest.MonkeyPatch, home: Path, capsys: pytest.CaptureFixture[str]):
    async def nothing(*_: object) -> list[Finding]:
        return []

    async def well(*_: object) -> Finding:
        return Finding("online", "ok", "Asked.")

    monkeypatch.setattr(doctor, "account_of", nothing)
    monkeypatch.setattr(doctor, "newest", well)
    monkeypatch.setattr(doctor, "public_address", well)
    monkeypatch.setenv("TEXTREQUEST_API_KEY", KEY)
    monkeypatch.setenv("TEXTREQUEST_PUBLIC_URL", "https://a.example")

    assert main(["doctor", "--online"]) == 0

    assert capsys.readouterr().out.count("Asked.") == 2
