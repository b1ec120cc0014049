"""The README, the manual and the example configuration say only what is true, and every command in them runs."""

import ast
import io
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import anyio
import httpx2
import pytest
from mcp import Client, StdioServerParameters
from tests.desk import DEVON, Desk, call, declines
from tests.served import AS_A_USER_DOES, INITIALIZE, address_of, real_account, running
from tests.surface import DEFAULT_TOOLS

from textrequest_mcp.cli import main
from textrequest_mcp.commands.hosts.table import HOSTS
from textrequest_mcp.commands.tools import tools_as_table
from textrequest_mcp.ground.store import Store
from textrequest_mcp.guard.audit.reader import Entry
from textrequest_mcp.guard.audit.writer import Audit
from textrequest_mcp.live.webhooks import PATH
from textrequest_mcp.settings.table import TABLE, VARIABLES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
TOOLS, SETTINGS, OPERATIONS, CONTRIBUTING = (
    (ROOT / f"docs/{name}.md").read_text("utf-8") for name in ("tools", "settings", "operations", "contributing")
)


def commands_of(page: str) -> list[str]:
    return [line for block in re.findall(r"```sh\n(.*?)```", page, re.DOTALL) for line in block.splitlines()]


COMMANDS = [
    command
    for page in (ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md")))
    for command in commands_of(page.read_text("utf-8"))
]
COMMAND = ".venv/bin/textrequest-mcp"


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("TEXTREQUEST_")}


def ran_with(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """The command, as a user starts it, with these variables and no others of ours."""
    command = [sys.executable, "-m", "textrequest_mcp", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment() | variables, check=False)


def make_knows(command: list[str]) -> None:
    """The rule exists and would run; running the tests inside the tests, or the demo twice, proves no more."""
    planned = subprocess.run([*command, "--dry-run"], cwd=ROOT, capture_output=True, text=True, check=True)
    expected = {"test": "pytest", "demo": "textrequest-mcp demo", "lint": "ruff check"}[command[1]]
    assert expected in planned.stdout


def serves_and_ends(command: list[str]) -> None:
    """It starts, says so where it listens, and ends quietly at Ctrl-C; on a free port, to disturb nobody."""
    assert command[0] == COMMAND
    arguments = ["0" if before == "--port" else each for before, each in pairwise(command)]
    with running(*arguments, program=AS_A_USER_DOES) as child:
        assert child.stderr is not None
        if "--port" in command:
            assert "http://127.0.0.1:" in child.stderr.readline()
            child.send_signal(signal.SIGINT)
        written, complaints = child.communicate(timeout=20)

    assert (child.returncode, written, complaints) == (0, "", "")


def reads_the_audit(command: list[str]) -> None:
    """It ends well, with something to read, in a state folder where a server has kept an audit."""
    assert command[0] == COMMAND
    with tempfile.TemporaryDirectory() as folder:
        anyio.run(record_a_text, Path(folder))
        ran = ran_with(*command[1:], TEXTREQUEST_STATE_DIR=folder)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "1 row:" in ran.stdout if "--verify" in command else "sent" in ran.stdout


async def record_a_text(folder: Path) -> None:
    store = Store.open(folder)
    audit = Audit(store, "account", clock=datetime(2026, 11, 20, tzinfo=UTC).timestamp)
    await audit.record(Entry(caller="host", tool="send_message", kind="send", outcome="sent"))
    store.close()


def plays_a_customer(command: list[str]) -> None:
    """It texts a sandbox that is served, and says so; on a free port, to disturb nobody."""
    sandbox = [sys.executable, "-m", "textrequest_mcp", "sandbox", "--port", "0"]
    with subprocess.Popen(sandbox, stderr=subprocess.PIPE, text=True, env=environment()) as served:
        assert served.stderr is not None
        port = served.stderr.readline().split("127.0.0.1:")[1].split("/")[0]
        arguments = [port if before == "--port" else each for before, each in pairwise(command)]
        played = ran_with(*arguments)
        served.kill()
    assert (played.returncode, played.stderr) == (0, "")
    assert "received the text" in played.stdout


def shows_the_rules(command: list[str]) -> None:
    """It prints a row for each rule, without a key."""
    ran = ran_with(*command[1:])
    assert (ran.returncode, ran.stderr) == (0, "")
    assert re.search(r"^TEXTREQUEST_QUIET_HOURS +21:00-08:00 ", ran.stdout, re.MULTILINE)


def prints_a_report(command: list[str]) -> None:
    """It prints each line of the pretend account."""
    ran = ran_with(*command[1:])
    assert ran.returncode == 0
    assert ran.stdout.count("(line ") == 3


def works_for_a_new_user(command: list[str]) -> None:
    """It does what it says in an empty home, and asks only for the key; a file that is no JSON is left to the user."""
    answers = {host: {0} if HOSTS[host].form == "json" else {1} for host in HOSTS}
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in [name for name in os.environ if name.startswith(("TEXTREQUEST_", "XDG_"))]:
            patch.delenv(name)
        for name in ("HOME", "USERPROFILE"):
            patch.setenv(name, folder)
        patch.setattr(sys, "stdin", io.StringIO("a-key"))

        status = main(command[1:])

    always_well = command[1] in {"config", "doctor"}
    assert status in ({0} if always_well else answers[command[2]])


def is_a_package_here(command: list[str]) -> None:
    """It names this folder or the package, and a command that it has; to fetch everything again proves no more."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert {".", project["name"]} & set(command)
    assert command[0] in {"pip", "pipx"} or set(project["scripts"]) & set(command)


RUN: dict[str, Callable[[list[str]], None]] = {
    "make": make_knows,
    "textrequest-mcp": works_for_a_new_user,
    **dict.fromkeys(("uvx", "pipx", "pip"), is_a_package_here),
    COMMAND: serves_and_ends,
    f"{COMMAND} audit": reads_the_audit,
    f"{COMMAND} report": prints_a_report,
    f"{COMMAND} policy": shows_the_rules,
    f"{COMMAND} sandbox text": plays_a_customer,
}


@pytest.mark.parametrize("command", dict.fromkeys(COMMANDS))
def test_every_command_of_the_readme_and_the_manual_runs(command: str):
    words = shlex.split(command)
    (RUN.get(" ".join(words[:3])) or RUN.get(" ".join(words[:2])) or RUN[words[0]])(words)


def test_the_readme_opens_with_the_two_commands_of_the_project():
    assert commands_of(README)[:2] == ["make demo", "make test"]


def test_the_readme_is_short():
    assert len(README.splitlines()) <= 150


async def test_the_readme_shows_the_question_that_a_person_really_gets(desk: Desk):
    person = declines()
    async with desk.host(person) as host:
        await call(host, "delete_contact", phone_number=DEVON)

    [question] = re.findall(r"^((?:> .*\n)+)", README, re.MULTILINE)
    assert " ".join(line.removeprefix("> ") for line in question.splitlines()) == person.questions[0].message


def test_the_table_of_tools_is_the_one_that_the_command_prints():
    assert tools_as_table() in TOOLS


def test_every_setting_is_in_the_table_and_every_row_is_a_setting():
    assert set(rows_of(SETTINGS)) == set(VARIABLES)


def test_the_defaults_in_that_table_are_the_ones_in_force():
    cells = dict(re.findall(r"^\| `TEXTREQUEST_([A-Z_]+)` \|[^|]*\| ([^|]*) \|", SETTINGS, re.MULTILINE))
    plain = {row.name: row.default for row in TABLE.values() if row.has_variable and isinstance(row.default, str | int)}
    told = {name: cells[name.upper()].strip("`").lower() for name, default in plain.items() if default != ""}

    assert len(told) > 15
    assert told == {name: str(plain[name]).lower() for name in told}


def rows_of(page: str) -> list[str]:
    return re.findall(r"^\| `(TEXTREQUEST_[A-Z_]+)`", page, re.MULTILINE)


def test_the_readme_names_ten_settings_of_that_table():
    assert len(rows_of(README)) == 10
    assert set(rows_of(README)) < set(rows_of(SETTINGS))


def test_the_configuration_of_a_host_over_http_reaches_an_account(tmp_path: Path):
    [block] = re.findall(r"```json\n(.*?)```", OPERATIONS, re.DOTALL)
    server = json.loads(block)["mcpServers"]["textrequest"]
    settings = real_account("http://127.0.0.1:9/api/v3", tmp_path)
    with running(
        "serve", "--transport", server["type"], "--port", "0", program=AS_A_USER_DOES, environment=settings
    ) as child:
        address = address_of(child)
        path = re.fullmatch(r"http://127\.0\.0\.1:8000(/\w+)", server["url"])
        secret = (tmp_path / "http-token").read_text("ascii")
        headers = {name: value.replace("SECRET", secret) for name, value in server["headers"].items()}
        accept = {"accept": "application/json, text/event-stream"}
        statuses = [httpx2.post(address, headers=accept | each, json=INITIALIZE).status_code for each in (headers, {})]

    assert path is not None
    assert address.endswith(path[1])
    assert statuses == [200, 401]


def test_the_examples_for_frameworks_are_python_and_the_first_one_runs():
    page = (ROOT / "docs/frameworks.md").read_text("utf-8")
    first, *others = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    for each in others:
        compile(each, "docs/frameworks.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)

    here = first.replace('"textrequest-mcp"', repr(sys.executable)).replace(
        '["serve"', '["-m", "textrequest_mcp", "serve"'
    )
    ran = subprocess.run([sys.executable, "-c", here], capture_output=True, text=True, env=environment(), check=False)

    assert ran.returncode == 0, ran.stderr
    assert 'Delete the contact "Devon O\'Neil"' in ran.stdout
    assert "nothing was sent or changed" in ran.stdout.lower()


def test_the_configurations_of_proxies_forward_the_paths_of_webhooks_and_nothing_else():
    [nginx], [caddy] = (re.findall(rf"```{kind}\n(.*?)```", OPERATIONS, re.DOTALL) for kind in ("nginx", "caddy"))

    assert re.findall(r"location (\S+)", nginx) == [f"{PATH}/"]
    assert re.findall(r"reverse_proxy (\S+)", caddy) == [f"{PATH}/*"]


def test_every_dependency_has_its_reason():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [
        *project["dependencies"],
        *(name for extra in project["optional-dependencies"].values() for name in extra),
    ]
    section = CONTRIBUTING.split("## Dependencies")[1].split("## ")[0]

    for requirement in wanted:
        name = re.split(r"[\[<>=]", requirement)[0]
        assert f"`{name}`" in section, name


@pytest.mark.parametrize("name", ["textrequest", "textrequest-sandbox"])
async def test_both_servers_of_the_example_configuration_start(name: str, tmp_path: Path):
    servers = json.loads((ROOT / "claude_desktop_config.example.json").read_text("utf-8"))["mcpServers"]
    assert set(servers) == {"textrequest", "textrequest-sandbox"}
    server = servers[name]
    assert server["command"].endswith(COMMAND)

    parameters = StdioServerParameters(
        command=sys.executable,
        args=["-m", "textrequest_mcp", *server["args"]],
        env=environment() | server.get("env", {}) | {"TEXTREQUEST_STATE_DIR": str(tmp_path)},
    )
    async with Client(parameters) as host:
        tools = (await host.list_tools()).tools

    assert len(tools) == DEFAULT_TOOLS
