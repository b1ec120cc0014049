"""Makes real processes cheap: one process loads everything once, and forks a server or a program whenever it is asked.

Run as a program, this is that process: it takes orders over the socket on its standard input, and neither starts a
thread nor an event loop, so that a fork of it is as good as a fresh start. A server is killed and waited for here,
by its parent, so that no order and no signal ever meets the number of another process.
"""

import json
import os
import runpy
import signal
import socket
import sys
import threading
import traceback
import types
from pathlib import Path
from subprocess import DEVNULL, Popen
from typing import Any, Self

from textrequest_mcp.ground.stderr import let_out

IN_CALL, AFTER = (0.0, 0.05), (0.1,)
READ_SECONDS = 0.3  # how long a server here waits for an answer, instead of twenty seconds
DESK_SECONDS = 0.6  # how long a call here waits for a person at the desk, instead of forty seconds
_LONGEST_ORDER = 65536
_MOST_DESCRIPTORS = 3
_ROOT = Path(__file__).parents[2]


class Zygote:
    """The process that forks others; leaving the block ends it, and all of them that still run.

    Usable from several threads at once.

    Args:
        patient: whether its servers wait for the service as long as they do in earnest.
    """

    def __init__(self, *, patient: bool = False) -> None:
        self._patient = patient

    def __enter__(self) -> Self:
        self._orders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._turn = threading.Lock()
        with theirs:
            self._process = Popen([sys.executable, __file__], cwd=_ROOT, stdin=theirs.fileno(), stdout=DEVNULL)
        return self

    def __exit__(self, *_: object) -> None:
        self._orders.close()
        self._process.wait(30)

    def fork(self, environment: dict[str, str], stdin: int, stdout: int, stderr: int, *arguments: str) -> int:
        """Start `textrequest-mcp serve` with these variables, descriptors and arguments; its process number."""
        return self.start(["serve", *arguments], environment, [stdin, stdout, stderr], patient=self._patient)

    def start(
        self, command: list[str], environment: dict[str, str], descriptors: list[int], *, patient: bool = True
    ) -> int:
        """Start `textrequest-mcp` with a command, or the Python program that the command begins with."""
        order = {"do": "fork", "command": command, "environment": environment, "patient": patient}
        return self._order(order, descriptors)

    def kill(self, number: int) -> int:
        """`kill -9`, unless it has ended by itself; how it ended, once it is gone (`Popen.returncode`)."""
        return self._order({"do": "kill", "number": number})

    def signal(self, number: int, what: int) -> None:
        """Send a signal, unless it has ended by itself."""
        self._order({"do": "signal", "number": number, "signal": what})

    def ended(self, number: int) -> int | None:
        """How a server ended; None while it runs."""
        return self._order({"do": "look", "number": number})

    def _order(self, order: dict[str, Any], descriptors: list[int] | None = None) -> Any:
        with self._turn:
            socket.send_fds(self._orders, [json.dumps(order).encode() + b"\n"], descriptors or [])
            answer = self._orders.recv(_LONGEST_ORDER)
        assert answer, "the process that forks servers has died"
        return json.loads(answer)


def main() -> None:
    """Obey until nobody is left to give orders."""
    load()
    orders = socket.socket(fileno=os.dup(0))
    running: set[int] = set()
    ended: dict[int, int] = {}
    try:
        while True:
            order, descriptors = _hear(orders)
            if order is None:
                return
            if order["do"] == "fork":
                number = os.fork()
                if number == 0:
                    orders.close()
                    _become(order, descriptors)
                running.add(number)
                for descriptor in descriptors:
                    os.close(descriptor)
                answer: int | None = number
            elif order["do"] == "signal":
                answer = _look(running, ended, order["number"], kill=False)
                if answer is None:
                    os.kill(order["number"], order["signal"])
            else:
                answer = _look(running, ended, order["number"], kill=order["do"] == "kill")
            orders.send(json.dumps(answer).encode())
    finally:
        for number in list(running):
            _look(running, ended, number, kill=True)


def _hear(orders: socket.socket) -> tuple[Any, list[int]]:
    """The next order and what came with it; None at the end."""
    written = b""
    descriptors: list[int] = []
    while not written.endswith(b"\n"):
        more, passed, *_ = socket.recv_fds(orders, _LONGEST_ORDER, _MOST_DESCRIPTORS)
        if not more:
            return None, []
        written += more
        descriptors += passed
    return json.loads(written), descriptors


def _look(running: set[int], ended: dict[int, int], number: int, *, kill: bool) -> int | None:
    if number in running:
        if kill:
            os.kill(number, signal.SIGKILL)
        found, status = os.waitpid(number, 0 if kill else os.WNOHANG)
        if found:
            running.discard(number)
            ended[number] = os.waitstatus_to_exitcode(status)
    return ended.get(number)


def load() -> None:
    """Import and make what every server needs."""
    import sqlite3

    import httpx2
    import mcp.server.stdio
    import psycopg
    import uvicorn

    sys.path.append(str(Path(__file__).parents[2]))  # programs of the tests use modules of the tests
    from textrequest_mcp import app, cli
    from textrequest_mcp.commands import serve as serving
    from textrequest_mcp.tools import build as tool

    assert sqlite3.sqlite_version
    assert psycopg.__version__
    assert uvicorn
    assert mcp.server.stdio
    assert cli
    assert serving
    for spec in app.all_specs():
        for confirm in ("destructive", "sends"):
            tool.make_tool(spec, confirm=confirm)  # keeps what it made
    httpx2.Client(trust_env=False).close()  # loads the certificates, and what else a first client needs


def hurry() -> None:
    """Give servers less patience than a real service wants."""
    import random

    import httpx2

    from textrequest_mcp.guard.approval import at_desk, site
    from textrequest_mcp.guard.once import lost_sends as settling
    from textrequest_mcp.upstream import connection, tries

    def soon(low: float, high: float) -> float:
        return random.uniform(low, high) / 20

    for module, name, value in (
        (settling, "PACE", settling.Pace(in_call=IN_CALL, after=AFTER)),
        (settling, "_POSTPONE_SECONDS", 0.5),
        (settling, "_TIDY_SECONDS", 3.0),  # how long what a killed server left may wait for another
        (at_desk, "PATIENCE_SECONDS", DESK_SECONDS),
        (at_desk, "_TELL_EVERY_SECONDS", DESK_SECONDS / 3),
        (site, "_LOOK_EVERY_SECONDS", 0.05),
        (connection, "_TIMEOUT", httpx2.Timeout(connect=1.0, read=READ_SECONDS, write=1.0, pool=1.0)),
        (tries, "random", types.SimpleNamespace(uniform=soon)),  # the pauses between tries
    ):
        assert hasattr(module, name), f"{module.__name__} has no {name} any more"
        setattr(module, name, value)


def set_clock(ahead: float) -> None:
    """Have this process's clock be ahead by so many seconds, as one that somebody set wrongly."""
    import time

    right = time.time
    if ahead:
        time.time = lambda: right() + ahead


def _become(order: dict[str, Any], descriptors: list[int]) -> None:
    """What the child does: it never returns into the zygote's loop."""
    status = 70
    try:
        for place, descriptor in enumerate(descriptors):
            os.dup2(descriptor, place)
            os.close(descriptor)
        sys.stdout = os.fdopen(1, "w", closefd=False)  # the zygote's own believes that it can go back in what it wrote
        for name in [name for name in os.environ if name.startswith("TEXTREQUEST_")]:
            del os.environ[name]
        os.environ.update(order["environment"])
        if not order["patient"]:
            hurry()
        set_clock(float(order["environment"].get("CLOCK_AHEAD", 0)))
        status = _run(order["command"])
    except SystemExit as error:
        status = int(error.code or 0)
    except BaseException:  # noqa: BLE001 - told like any other, but it must not reach the zygote's loop
        traceback.print_exc()
    finally:
        let_out()
        os._exit(status)


def _run(command: list[str]) -> int:
    if not command[0].endswith(".py"):
        from textrequest_mcp import cli

        return cli.main(command)
    sys.argv = command
    runpy.run_path(command[0], run_name="__main__")
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    main()
