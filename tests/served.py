"""Starts real servers as a user does, in processes of their own, and reads where they listen."""

import os
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests import forks

INITIALIZE: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "plain", "version": "1"}},
}
KEY = "CANARY0123456789"
AS_A_USER_DOES = ("-m", "textrequest_mcp")


@contextmanager
def running(
    *arguments: str, program: tuple[str, ...] = (), environment: Mapping[str, str] | None = None
) -> Generator[subprocess.Popen[str]]:
    """A process without a developer's own settings; it is killed at the end if it still runs.

    A fork, unless a program is named that Python starts with.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TEXTREQUEST_")}
    given = inherited | dict(environment or {})
    if program:
        pipe = subprocess.PIPE
        child = subprocess.Popen(
            [sys.executable, *program, *arguments], stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=given
        )
    else:
        child = forks.start(*arguments, environment=given, stderr=True)
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def said_at_start(child: subprocess.Popen[str]) -> list[str]:
    """The lines on stderr of a server that listens, up to the one that says where."""
    assert child.stderr is not None
    lines = [child.stderr.readline()]
    while " serves " not in lines[-1]:
        assert lines[-1], lines  # it ended
        lines.append(child.stderr.readline())
    return lines


def address_of(child: subprocess.Popen[str]) -> str:
    """Where a server says that it listens."""
    return said_at_start(child)[-1].split()[-1]


def real_account(service: str, folder: Path) -> dict[str, str]:
    """The environment of a server for an account of this service, with its state in this folder."""
    return {"TEXTREQUEST_API_KEY": KEY, "TEXTREQUEST_BASE_URL": service, "TEXTREQUEST_STATE_DIR": str(folder)}


def bearing_secret(folder: Path) -> dict[str, str]:
    """The header that a server with its state in this folder wants of its hosts."""
    return {"authorization": f"Bearer {(folder / 'http-token').read_text('ascii')}"}
