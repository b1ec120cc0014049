"""Has clients that others wrote play stories against a server, each in an environment of its own.

set_up.py makes the environments; a small driver for each client stands beside this file, and stage.py holds what those
in Python share. A driver plays the steps of a story and prints what the client made of every answer.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

HERE = Path(__file__).parent
CLIENTS = HERE.parents[1] / ".clients"
LONGEST_SECONDS = 180.0  # for what only takes long when something hangs, or a machine is busy

# The environments that hold several clients.
_SHARED = {
    "langchain": "frameworks",
    "autogen": "frameworks",
    "agents": "frameworks",
    "genai": "frameworks",
    "mcpscore": "fastmcp",
}


class Case(NamedTuple):
    """One client over one transport in one protocol era (`auto` takes the newest that both sides speak)."""

    client: str
    transport: str
    era: str


class Session(NamedTuple):
    """What one session of a client saw.

    Attributes:
        protocol: None, as `server`, where the client does not tell.
        answers: by the story's step, in the protocol's own names; `rejected` where the client raised an error.
    """

    protocol: str | None
    server: str | None
    answers: dict[str, Any]
    questions: list[str]


def home_of(client: str) -> Path:
    """The environment that holds a client."""
    return CLIENTS / _SHARED.get(client, client)


def why_missing(client: str) -> str | None:
    """The reason that set_up.py left, or None for a client that is there."""
    home = home_of(client)
    if client == "mcp2" or (home / ".holds").exists():
        return None
    reason = home.with_name(f"{home.name}.reason")
    return reason.read_text("utf-8") if reason.exists() else f"{client} is not set up here; make interop does that"


def need(client: str) -> None:
    """Where a client cannot be had, skip the test and say why; fail it where CI runs."""
    missing = why_missing(client)
    if missing is not None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(missing)


def sessions(
    case: Case,
    where: str,
    story: list[dict[str, Any]],
    environment: dict[str, str],
    headers: dict[str, str] | None = None,
) -> list[Session]:
    """The story, played to its end by a client's driver; the headers go with each of its requests."""
    done = play(case, where, story, environment, headers)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    return [Session(**session) for session in json.loads(done.stdout)["sessions"]]


def play(
    case: Case,
    where: str,
    story: list[dict[str, Any]],
    environment: dict[str, str],
    headers: dict[str, str] | None = None,
) -> "subprocess.CompletedProcess[str]":
    """How a client's driver ended."""
    if case.client.startswith("ts"):
        home = home_of(case.client)
        driver = [str(home / "node"), str(HERE / "ts_client.mjs")]
    else:
        home = HERE
        python = sys.executable if case.client == "mcp2" else str(home_of(case.client) / "bin" / "python")
        driver = [python, str(HERE / f"{case.client}_client.py")]
    return subprocess.run(
        [*driver, case.transport, where, case.era, json.dumps(headers or {})],
        input=json.dumps(story),
        capture_output=True,
        text=True,
        check=False,
        cwd=home,
        env=environment,
        timeout=LONGEST_SECONDS,
    )
