"""Searches what the tests made the server write, state and log, for numbers, keys and words that must not be there.

Each process of a run searches what it made: the state files below its temporary folder, at the end, and each line of
the log as the server would write it. Exempt are, each for its reason:

- the number of an act whose outcome is not known yet: the ledger needs it to look for the act, and forgets it then;
- what a test wrote itself, under the names of `WRITTEN_BY_TESTS`;
- the log of libraries below what `start_logging` lets through: no server writes it.
"""

import json
import logging
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from copy import copy
from pathlib import Path

import pytest
from tests.sandbox.service import KEY

from textrequest_mcp.commands.logs import _Masked  # pyright: ignore[reportPrivateUsage] - how the server writes a line
from textrequest_mcp.ground.store import FILE_NAME

KEYS = (KEY, "CANARY0123456789")
# What tests have people say, long enough that nothing else says it.
CANARIES = (
    "Your car is ready.",
    "is my car ready? I could come by",
    "please stop texting me",
    "No wait, make it Monday",
    "Ask for the loyalty discount.",
)
# Parts of the names of tests, as pytest names their folders, and why what they leave is their own.
WRITTEN_BY_TESTS: dict[str, str] = {
    "test_words_are_kept_only_where": "it asks for bodies in the audit",
}
_NUMBER = re.compile(rb"(?<![0-9])1[2-9][0-9]{2}55501[0-9]{2}(?![0-9])")
_WORDS = re.compile(b"|".join(re.escape(words.encode()) for words in (*KEYS, *CANARIES)))
_UNDECIDED = "SELECT facts FROM ledger_sends WHERE state IN ('INTENDED', 'INFLIGHT', 'UNKNOWN')"
_LIBRARIES_LEVEL = logging.WARNING


def leaks_in(written: bytes) -> list[str]:
    """What of it must not be there."""
    return sorted({found.decode() for pattern in (_NUMBER, _WORDS) for found in pattern.findall(written)})


class LogScan(logging.Handler):
    """Reads each line of the log as the server would write it."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(_Masked("%(message)s"))
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith("textrequest_mcp") and record.levelno < _LIBRARIES_LEVEL:
            return
        record = copy(record)  # a formatter keeps what it made of an exception, for all that come after it
        record.exc_text = None
        # The line as it is written, and the message before long digits were masked, which would hide a part of a key.
        before = _WORDS.findall(record.getMessage().encode("utf-8", "replace"))
        for leak in sorted({*leaks_in(self.format(record).encode("utf-8", "replace")), *(w.decode() for w in before)}):
            test = os.environ.get("PYTEST_CURRENT_TEST", "between tests")
            self.found.append(f"{test}: {record.name} logged {leak!r} ({record.pathname}:{record.lineno})")


def leaks_in_state(folder: Path) -> Iterator[str]:
    """A sentence for each thing that stands in a state file below a folder and must not."""
    for file in sorted(folder.rglob(f"{FILE_NAME}*")):
        if file.is_symlink() or not file.is_file() or any(part in str(file) for part in WRITTEN_BY_TESTS):
            continue
        needed = _needed(file.with_name(FILE_NAME))
        for leak in leaks_in(file.read_bytes()):
            if leak not in needed:
                yield f"{file.relative_to(folder)} holds {leak!r}"


def _needed(store: Path) -> str:
    """The facts of all acts whose outcome is not known, digits as the ledger has them."""
    try:
        with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
            return json.dumps([facts for (facts,) in connection.execute(_UNDECIDED)])
    except sqlite3.Error:  # a test broke it on purpose, or it holds no ledger: then nothing in it is needed
        return ""


class LeakScan:
    """The plugin."""

    def __init__(self) -> None:
        self.log = LogScan()
        self.found: list[str] = []
        logging.getLogger().addHandler(self.log)
        logging.getLogger("asyncio").setLevel(logging.WARNING)  # it only says which loop it uses
        logging.getLogger().setLevel(logging.DEBUG)  # what no server would write is left out by the scan itself

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        factory = getattr(session.config, "_tmp_path_factory", None)
        folder: Path | None = getattr(factory, "_basetemp", None)
        if session.config.pluginmanager.has_plugin("dsession"):  # the workers search what they made
            folder = None
        here = [*self.log.found, *(leaks_in_state(folder) if folder is not None else ())]
        worker = getattr(session.config, "workeroutput", None)
        if worker is not None:
            worker["leaks"] = here
            return
        self.found += [leak for leak in here if leak not in self.found]
        if self.found and session.exitstatus == 0:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object) -> None:
        """A worker of pytest-xdist is done."""
        self.found += getattr(node, "workeroutput", {}).get("leaks", [])

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.found:
            terminalreporter.section("what must not be written was", sep="!", red=True)
            for leak in self.found:
                terminalreporter.line(leak)
