"""Real server processes of every transport, for clients and plain sockets to meet."""

import os
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from tests.unruled import AT_ANY_HOUR, BY_TOKEN

Serve = Callable[..., AbstractContextManager["subprocess.Popen[str]"]]


@pytest.fixture(scope="session")
def command() -> list[str]:
    """The server as a host starts it: the installed command, with the pretend account."""
    return [str(Path(sys.executable).with_name("textrequest-mcp")), "serve", "--sandbox"]


def without_settings() -> dict[str, str]:
    """This environment without a developer's own settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TEXTREQUEST_")}


@pytest.fixture(scope="session")
def clean_environment() -> dict[str, str]:
    """This environment for a server whose hosts bring tokens where they cannot ask."""
    return without_settings() | BY_TOKEN | AT_ANY_HOUR


@pytest.fixture(scope="session")
def serving(command: list[str]) -> Serve:
    """Starts a server process with more flags; it is killed at the end if it still runs."""

    @contextmanager
    def serve(*flags: str, **settings: str) -> Generator["subprocess.Popen[str]"]:
        pipe = subprocess.PIPE
        environment = without_settings() | {f"TEXTREQUEST_{name.upper()}": value for name, value in settings.items()}
        process = subprocess.Popen([*command, *flags], stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=environment)
        with process:
            try:
                yield process
            finally:
                process.kill()

    return serve


@pytest.fixture(scope="session")
def listening(serving: Serve) -> Callable[[str], AbstractContextManager[tuple["subprocess.Popen[str]", str]]]:
    """Starts a server that listens on a free port of this machine; gives the process and its address."""

    @contextmanager
    def listen(transport: str) -> Generator[tuple["subprocess.Popen[str]", str]]:
        # Two hosts share this server, and what one of them reads would have the other ask before it saves a new number.
        with serving("--transport", transport, "--port", "0", provenance="off", confirm_fallback="token") as process:
            assert process.stderr is not None
            assert process.stderr.readline() == "textrequest-mcp runs without these rules: TEXTREQUEST_PROVENANCE.\n"
            assert "TEXTREQUEST_CONFIRM_FALLBACK is token" in process.stderr.readline()
            said = process.stderr.readline()
            assert said.startswith(f"textrequest-mcp serves {transport} at http://127.0.0.1:"), said
            yield process, said.split()[-1]

    return listen
