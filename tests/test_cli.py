"""The command: what it prints, where, and how it ends."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.served import AS_A_USER_DOES, running

from textrequest_mcp import __version__
from textrequest_mcp.app import all_specs
from textrequest_mcp.cli import main

CANARY = "CANARY0123456789"


def run(
    *arguments: str, environment: Mapping[str, str] | None = None, as_a_user_does: bool = False
) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, without a stdin, with only these TEXTREQUEST_ variables."""
    with running(*arguments, program=AS_A_USER_DOES if as_a_user_does else (), environment=environment) as child:
        stdout, stderr = child.communicate(timeout=30)
        return subprocess.CompletedProcess(arguments, child.returncode, stdout, stderr)


@pytest.mark.parametrize("arguments", [[], ["serve"], ["--transport", "http"], ["serve", "--read-only"]])
def test_without_a_key_nothing_starts_and_both_ways_out_are_named(arguments: list[str]):
    ran = run(*arguments, as_a_user_does=not arguments)

    assert (ran.returncode, ran.stdout) == (2, "")
    assert "TEXTREQUEST_API_KEY" in ran.stderr
    assert "--sandbox" in ran.stderr
    assert "Nothing was started." in ran.stderr


def test_all_mistakes_are_told_at_once_and_the_key_is_not_shown():
    ran = run(
        "serve",
        "--transport",
        "http",
        "--host",
        "0.0.0.0",
        "--toolsets",
        "pigeons",
        environment={
            "TEXTREQUEST_API_KEY": f"{CANARY} x",
            "TEXTREQUEST_BASE_URL": "http://example.com",
            "TEXTREQUEST_RATE_LIMIT": "lots",
        },
    )

    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.count("\n- ") == 5
    assert CANARY not in ran.stderr


def test_an_allowlist_that_names_what_is_no_number_is_told_before_anything_starts():
    ran = run("serve", "--sandbox", environment={"TEXTREQUEST_ONLY_TO": "+14235550100, 423-555"})

    assert (ran.returncode, ran.stdout) == (2, "")
    assert "- TEXTREQUEST_ONLY_TO makes no sense at entry 2: " in ran.stderr
    assert "423-555." not in ran.stderr


def test_an_allowlist_of_numbers_and_beginnings_starts():
    ran = run("serve", "--sandbox", environment={"TEXTREQUEST_ONLY_TO": "+14235550100, 423555*"})

    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_a_port_that_stdio_would_ignore_is_told():
    ran = run("serve", "--sandbox", "--port", "8000")

    assert (ran.returncode, ran.stdout) == (2, "")
    assert "--transport http" in ran.stderr


def test_a_closed_stdin_ends_the_server_quietly():
    ran = run("serve", "--sandbox")

    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_a_taken_port_is_a_sentence(tmp_path: Path):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        ran = run("serve", "--sandbox", "--transport", "http", "--port", str(port))

    assert ran.returncode == 1
    assert f"cannot listen on 127.0.0.1 port {port}" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_the_version_is_the_package_s(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        main(["--version"])

    assert ended.value.code == 0
    assert capsys.readouterr().out == f"textrequest-mcp {__version__}\n"


def test_tools_prints_a_table_with_a_row_for_each_tool(capsys: pytest.CaptureFixture[str]):
    assert main(["tools"]) == 0

    rows = capsys.readouterr().out.splitlines()[2:]
    assert len(rows) == len(all_specs())
    assert "| `cancel_payment` | payments | destroys, sends a text | CancelPayment |" in rows


def test_tools_as_json_has_the_schemas(capsys: pytest.CaptureFixture[str]):
    assert main(["tools", "--json"]) == 0

    tools = json.loads(capsys.readouterr().out)
    assert len(tools) == len(all_specs())
    for tool in tools:
        assert tool["inputSchema"]["type"] == tool["outputSchema"]["type"] == "object"
        assert set(tool["annotations"]) == {
            "readOnlyHint",
            "destructiveHint",
            "idempotentHint",
            "openWorldHint",
        }


NO_PASSWD_ENTRY = """
import pwd, runpy, sys
def nobody(*_): raise KeyError
pwd.getpwuid = nobody
sys.argv[0] = "textrequest-mcp"
runpy.run_module("textrequest_mcp", run_name="__main__")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="homes are found in another way there")
@pytest.mark.parametrize("command", [["serve"], ["serve", "--transport", "http"], ["audit"], ["hooks", "list"]])
def test_h13_without_any_home_folder_a_sentence_says_what_to_set(command: list[str]):
    left = {name: value for name, value in os.environ.items() if name not in {"HOME", "XDG_STATE_HOME"}}
    ran = subprocess.run(
        [sys.executable, "-c", NO_PASSWD_ENTRY, *command],
        capture_output=True,
        text=True,
        env=left | {"TEXTREQUEST_API_KEY": CANARY},
        stdin=subprocess.DEVNULL,
        timeout=120,
        check=False,
    )

    assert (ran.returncode, ran.stdout) == (2, "")
    assert "- There is no home folder to keep state in. Set TEXTREQUEST_STATE_DIR to a folder.\n" in ran.stderr
    assert "Traceback" not in ran.stderr


def redirected(command: str, how: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", f'exec "$0" -m textrequest_mcp {command} {how}', sys.executable],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
        check=False,
    )


@pytest.mark.skipif(sys.platform == "win32", reason="descriptors are handed down in another way there")
@pytest.mark.parametrize("how", ["<&-", ">&-", "<&- >&-"])
def test_h13_a_server_without_stdin_or_stdout_says_so(how: str):
    ran = redirected("serve --sandbox", how)

    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.splitlines()[0] == "textrequest-mcp cannot start:"
    assert f"- {'stdin' if '<' in how else 'stdout'} is closed" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="descriptors are handed down in another way there")
def test_h13_a_server_without_stderr_too_ends_with_a_status():
    assert redirected("serve --sandbox", "<&- >&- 2>&-").returncode == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("command", ["tools", "policy"])
@pytest.mark.parametrize(
    ("how", "status", "says"), [(">&-", 2, "stdout is closed"), (">/dev/full", 1, "No space left")]
)
def test_h13_a_command_that_cannot_print_says_so(command: str, how: str, status: int, says: str):
    ran = redirected(command, how)

    assert ran.returncode == status
    assert says in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"TEXTREQUEST_CONFIRM_FALLBACK": "text"}, "TEXTREQUEST_APPROVERS names nobody to ask"),
        ({"TEXTREQUEST_APPROVERS": "+14235550142, 12"}, "TEXTREQUEST_APPROVERS makes no sense at entry 2"),
    ],
)
def test_approvers_that_cannot_be_asked_stop_the_start(variables: dict[str, str], says: str):
    stopped = run("policy", environment=variables)

    assert stopped.returncode == 2
    assert says in stopped.stderr
