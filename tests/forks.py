"""Starts processes as forks of one that has loaded everything: 20 ms of computing instead of 600.

A fork is a process of its own, with its own pipes, signals and state. What it does not show is the start of Python
itself; the tests of interop/, ground/test_stderr.py, test_cli.py and test_readme.py start servers as hosts do.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO, Any

from tests.faults.zygote import Zygote

_LOOK_EVERY_SECONDS = 0.002


@cache
def shared_zygote() -> Zygote:
    """The one of this test process; `end_shared_zygote` ends it."""
    return Zygote().__enter__()


def end_shared_zygote() -> None:
    """End it, where there is one."""
    if shared_zygote.cache_info().currsize:
        shared_zygote().__exit__()
        shared_zygote.cache_clear()


def start(
    *command: str, environment: Mapping[str, str] | None = None, stderr: bool | int = False
) -> subprocess.Popen[str]:
    """`textrequest-mcp` with a command, or a Python program with its arguments.

    Its stderr is a pipe for True, this process's for False, or the descriptor that is given.
    """
    given = dict(os.environ if environment is None else environment)
    if sys.platform == "win32":  # nothing can be forked there
        program = [] if command[0].endswith(".py") else ["-m", "textrequest_mcp"]
        given["PYTHONPATH"] = str(Path(__file__).parents[1])
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [sys.executable, *program, *command],
            stdin=pipe,
            stdout=pipe,
            stderr=pipe if stderr is True else stderr or None,
            text=True,
            env=given,
        )
    return Forked([*command], given, stderr=stderr)


class Forked(subprocess.Popen[str]):
    """What `subprocess` gives for a process, of one whose parent is the zygote."""

    def __init__(self, command: list[str], environment: dict[str, str], *, stderr: bool | int) -> None:
        theirs_in, stdin = os.pipe()
        stdout, theirs_out = os.pipe()
        errors, theirs_errors = os.pipe() if stderr is True else (None, os.dup(stderr or 2))
        self.args = command
        self.returncode: int | None = None  # pyright: ignore[reportIncompatibleVariableOverride] - as in Popen itself
        self.stdin = os.fdopen(stdin, "w")
        self.stdout = os.fdopen(stdout)
        self.stderr = None if errors is None else os.fdopen(errors)
        descriptors = [theirs_in, theirs_out, theirs_errors]
        try:
            self.pid = shared_zygote().start(command, environment, descriptors)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = shared_zygote().ended(self.pid)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        until = time.monotonic() + (float("inf") if timeout is None else timeout)
        while (status := self.poll()) is None:
            if time.monotonic() > until:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            time.sleep(_LOOK_EVERY_SECONDS)
        return status

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:
            shared_zygote().signal(self.pid, sig)

    def communicate(self, input: str | None = None, timeout: float | None = None) -> Any:  # noqa: A002 - as in Popen
        assert not input
        until = time.monotonic() + (float("inf") if timeout is None else timeout)
        if self.stdin is not None:
            with suppress(BrokenPipeError):
                self.stdin.close()
        streams = [self.stdout, *([] if self.stderr is None else [self.stderr])]
        said = [""] * len(streams)

        def read(place: int, stream: IO[str]) -> None:
            with stream:
                said[place] = stream.read()

        readers = [
            threading.Thread(target=read, args=[place, stream], daemon=True)
            for place, stream in enumerate(streams)
            if stream is not None and not stream.closed
        ]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join(None if timeout is None else max(0.0, until - time.monotonic()))
            if reader.is_alive():
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
        self.wait(None if timeout is None else max(0.0, until - time.monotonic()))
        return (*said, None)[:2]
