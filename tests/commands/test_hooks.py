"""The command `textrequest-mcp hooks`: makes, shows, repairs and removes webhooks, and says what came of it."""

import socket
import threading
from collections.abc import Generator
from pathlib import Path
from typing import NamedTuple

import pytest
import uvicorn
from tests.sandbox.service import KEY

from textrequest_mcp.cli import main
from textrequest_mcp.commands import hooks as hooks_command
from textrequest_mcp.sandbox import Account, create_app
from textrequest_mcp.sandbox.records import Hook

PUBLIC = "https://texts.example.com"
TOKEN = "a-token-that-nobody-can-guess"


class Sandbox(NamedTuple):
    """A pretend service on a port of this machine."""

    url: str
    account: Account

    def hooks(self, line: int = 121) -> list[Hook]:
        return list(self.account.lines[line].hooks.values())


@pytest.fixture(scope="module")
def served() -> Generator[Sandbox]:
    app = create_app(key=KEY, rate_limit=None)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    with socket.socket(proto=socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield Sandbox(f"http://127.0.0.1:{listening.getsockname()[1]}/api/v3", app.state.account)
        server.should_exit = True
        thread.join()


@pytest.fixture
def sandbox(served: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """Without hooks, and named by the environment."""
    for line in served.account.lines.values():
        line.hooks.clear()
    for name, value in {
        "API_KEY": KEY,
        "BASE_URL": served.url,
        "STATE_DIR": str(tmp_path),
        "PUBLIC_URL": PUBLIC,
    }.items():
        monkeypatch.setenv(f"TEXTREQUEST_{name}", value)

    def silent(_: str) -> None:
        """The log of this process is pytest's."""

    monkeypatch.setattr(hooks_command, "start_logging", silent)
    return served


def test_they_are_made_on_every_line_shown_and_removed(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]):
    assert main(["hooks", "list"]) == 0
    assert main(["hooks", "add"]) == 0
    assert main(["hooks", "add"]) == 0
    assert main(["hooks", "list"]) == 0
    assert main(["hooks", "remove"]) == 0
    assert main(["hooks", "remove"]) == 0

    none, added, again, listed, removed, gone = [
        lines[0::3] for lines in _in_threes(capsys.readouterr().out.splitlines())
    ]
    root = f"{PUBLIC}/webhooks/textrequest"
    assert none == [f"line 121: no webhooks to {root}; `textrequest-mcp hooks add` makes them"]
    assert added == ["line 121: added msg_received, msg_sent, msg_status_updated"]
    assert again == ["line 121: all were there already"]
    assert listed == ["line 121: msg_received connected, msg_sent connected, msg_status_updated connected"]
    assert removed == ["line 121: removed msg_received, msg_sent, msg_status_updated"]
    assert gone == ["line 121: there was nothing to remove"]


def _in_threes(lines: list[str]) -> list[list[str]]:
    """Three lines of the account for each command."""
    return [lines[place : place + 3] for place in range(0, len(lines), 3)]


def test_only_the_lines_that_are_named_are_touched(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]):
    assert main(["hooks", "add", "--dashboard-id", "122", "--dashboard-id", "123"]) == 0

    assert [len(sandbox.hooks(line)) for line in (121, 122, 123)] == [0, 3, 3]
    assert capsys.readouterr().out.count("added") == 2


def test_the_default_line_is_the_one_where_none_is_named(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TEXTREQUEST_DASHBOARD_ID", "122")

    assert main(["hooks", "add"]) == 0
    assert [len(sandbox.hooks(line)) for line in (121, 122, 123)] == [0, 3, 0]


def test_what_is_missing_or_was_given_up_is_told_and_repaired(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]):
    on = ["--dashboard-id", "121"]
    assert main(["hooks", "repair", *on]) == 0
    main(["hooks", "add", *on])
    received, sent, _ = sandbox.hooks()
    received.is_connected = False
    del sandbox.account.lines[121].hooks[sent.id]
    for do in ("list", "repair", "repair"):
        assert main(["hooks", do, *on]) == 0

    none, _, listed, repaired, again = capsys.readouterr().out.splitlines()
    assert "no webhooks to" in none
    assert listed == "line 121: msg_received DISCONNECTED, msg_sent missing, msg_status_updated connected"
    assert repaired == "line 121: connected again: msg_received"
    assert again == "line 121: all are connected"
    assert received.is_connected


def test_a_token_is_part_of_the_address_and_never_shown(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    main(["hooks", "add", "--dashboard-id", "121"])
    monkeypatch.setenv("TEXTREQUEST_WEBHOOK_TOKEN", TOKEN)
    for do in ("list", "add", "repair", "list"):
        assert main(["hooks", do, "--dashboard-id", "121"]) == 0

    assert len([hook for hook in sandbox.hooks() if hook.target_url.endswith(f"/{TOKEN}")]) == 3
    printed = capsys.readouterr()
    assert TOKEN not in printed.out + printed.err


def test_a_line_that_is_not_there_is_told_and_the_others_are_done(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]):
    assert main(["hooks", "add", "--dashboard-id", "999", "--dashboard-id", "121"]) == 1

    printed = capsys.readouterr()
    assert printed.err.startswith("line 999: ")
    assert printed.out.startswith("line 121: added")


def test_a_service_that_does_not_let_us_in_is_told(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("TEXTREQUEST_API_KEY", "CANARY0123456789")

    assert main(["hooks", "list"]) == 1
    printed = capsys.readouterr()
    assert "key" in printed.err
    assert "CANARY" not in printed.err + printed.out


def test_without_a_public_address_nothing_is_done(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.delenv("TEXTREQUEST_PUBLIC_URL")

    assert main(["hooks", "add"]) == 2
    assert "TEXTREQUEST_PUBLIC_URL is not set" in capsys.readouterr().err
    assert sandbox.hooks() == []
