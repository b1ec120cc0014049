"""Whatever becomes of stderr, the server answers, ends as ever, and says how much of its log nobody could have read."""

import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests import forks
from tests.served import AS_A_USER_DOES

from textrequest_mcp.ground.stderr import Lines, let_out, stand_in

on_posix = pytest.mark.skipif(sys.platform == "win32", reason="descriptors are handed down in another way there")
SERVE = ("serve", "--sandbox")
PATIENCE_SECONDS = 30.0
MESSAGES: list[dict[str, Any]] = [
    {
        "id": 1,
        "method": "initialize",
        "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}},
    },
    {"method": "notifications/initialized"},
    {"id": 2, "method": "tools/list"},
    {"id": 3, "method": "tools/call", "params": {"name": "list_dashboards", "arguments": {}}},
]


# A process whose stderr is closed, full, unread or gone


@contextmanager
def closed() -> Generator[int]:
    yield -1  # see `running`


@contextmanager
def full() -> Generator[int]:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no device that is always full")
    with Path("/dev/full").open("wb") as device:
        yield device.fileno()


@contextmanager
def gone() -> Generator[int]:
    read, write = os.pipe()
    os.close(read)
    yield write
    os.close(write)


def filled(write: int) -> None:
    """Fill a pipe to its last byte."""
    os.set_blocking(write, False)
    with suppress(BlockingIOError):
        while True:
            os.write(write, b"x" * 4096)
    with suppress(BlockingIOError):
        while True:
            os.write(write, b"x")


@contextmanager
def unread() -> Generator[int]:
    read, write = os.pipe()
    filled(write)
    os.set_blocking(write, True)
    yield write
    os.close(read)
    os.close(write)


@contextmanager
def unread_and_not_blocking() -> Generator[int]:
    read, write = os.pipe()
    filled(write)
    yield write
    os.close(read)
    os.close(write)


BAD = [closed, full, gone, unread, unread_and_not_blocking]


@contextmanager
def running(stderr: int, *command: str, **settings: str) -> Generator[subprocess.Popen[str]]:
    """A command, or a program, with this stderr; -1 closes it. It is killed when it outlasts all patience.

    A fork, but where stderr is closed: that shows at the start of Python itself.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TEXTREQUEST_")}
    if stderr == -1:
        child = subprocess.Popen(
            ["sh", "-c", 'exec "$@" 2>&-', "sh", sys.executable, *AS_A_USER_DOES, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=inherited | settings,
        )
    else:
        child = forks.start(*command, environment=inherited | settings, stderr=stderr)
    overdue = threading.Timer(PATIENCE_SECONDS, child.kill)
    overdue.start()
    try:
        yield child
    finally:
        overdue.cancel()
        child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout):
            if stream is not None:
                stream.close()


def tell(child: subprocess.Popen[str], *lines: str) -> None:
    assert child.stdin is not None
    with suppress(BrokenPipeError):  # it ended, which its status tells
        child.stdin.writelines(f"{line}\n" for line in lines)
        child.stdin.flush()


def hear(child: subprocess.Popen[str]) -> str:
    assert child.stdout is not None
    return child.stdout.readline()


def answered(child: subprocess.Popen[str]) -> set[int]:
    """The calls that a server on stdio answers with a result."""
    tell(child, *(json.dumps({"jsonrpc": "2.0"} | message) for message in MESSAGES))
    said = [json.loads(hear(child) or "{}") for message in MESSAGES if "id" in message]
    return {each["id"] for each in said if not each.get("result", {"isError": True}).get("isError")}


def ended(child: subprocess.Popen[str]) -> int:
    """The status with which a process ends when its stdin does."""
    assert child.stdin is not None
    with suppress(BrokenPipeError):
        child.stdin.close()
    return child.wait()


@on_posix
@pytest.mark.parametrize("stderr", BAD, ids=lambda stderr: stderr.__name__)
def test_a_server_on_stdio_answers_and_ends_well(stderr: Any):
    """A rule is off, which is said at the start, and every call is logged."""
    settings = {"TEXTREQUEST_CONSENT": "off", "TEXTREQUEST_LOG_LEVEL": "DEBUG"}
    with stderr() as descriptor, running(descriptor, *SERVE, **settings) as child:
        assert answered(child) == {1, 2, 3}
        assert ended(child) == 0


@on_posix
@pytest.mark.parametrize("stderr", [closed, unread], ids=lambda stderr: stderr.__name__)
def test_a_server_on_http_answers_and_ends_well(stderr: Any):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with stderr() as descriptor, running(descriptor, *SERVE, "--transport", "http", "--port", str(port)) as child:
        wait_until(lambda: child.poll() is not None or is_up(port))
        assert child.poll() is None
        child.send_signal(signal.SIGTERM)
        assert child.wait() == 0


def is_up(port: int) -> bool:
    with suppress(httpx2.ConnectError):
        return httpx2.get(f"http://127.0.0.1:{port}/health").is_success
    return False


def wait_until(ready: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not ready():
        assert time.monotonic() < until, "it never came to that"
        time.sleep(0.005)


@on_posix
@pytest.mark.parametrize("stderr", BAD, ids=lambda stderr: stderr.__name__)
def test_the_status_of_a_wrong_use_stays_what_it_is(stderr: Any):
    with stderr() as descriptor, running(descriptor, *SERVE, "--nonsense") as child:
        assert ended(child) == 2


@on_posix
@pytest.mark.parametrize("blocking", [True, False])
def test_what_a_server_said_comes_when_its_stderr_is_read_at_last(blocking: bool):
    read, write = os.pipe()
    filled(write)
    os.set_blocking(write, blocking)
    with running(write, *SERVE, TEXTREQUEST_CONSENT="off") as child, os.fdopen(read, "rb") as reading:
        os.close(write)
        assert answered(child) == {1, 2, 3}
        first = reading.readline()
        assert ended(child) == 0

    assert first.lstrip(b"x") == b"textrequest-mcp runs without these rules: TEXTREQUEST_CONSENT.\n"


# The whole command line, with a command that does something else
AS_A_COMMAND = """
import logging, os, sys
from textrequest_mcp.commands import logs
from textrequest_mcp import cli
def command(_):
    {does}
cli._sandbox = command
raise SystemExit(cli.main(["sandbox"]))
"""
FLOOD = AS_A_COMMAND.format(
    does="""
    logs.start_logging("INFO")
    log = logging.getLogger("textrequest_mcp.flood")
    for number in range(5000):
        log.info("%d %s", number, "x" * 100)
    print("flooded", flush=True)
    sys.stdin.readline()
    for number in range(5000, 5010):
        log.info("%d", number)
    sys.stdin.readline()
"""
)


@pytest.fixture
def flood(tmp_path: Path) -> Path:
    program = tmp_path / "flood.py"
    program.write_text(FLOOD)
    return program


@on_posix
def test_of_more_than_fits_the_newest_lines_stay_and_one_says_how_many_were_dropped(flood: Path):
    read, write = os.pipe()
    lines: list[str] = []
    with running(write, str(flood)) as child, os.fdopen(read, "r") as reading:
        os.close(write)
        assert hear(child) == "flooded\n"
        tell(child, "")
        for line in reading:
            lines.append(line)
            if line.startswith("{") and json.loads(line)["message"] == "5009":
                break
        assert ended(child) == 0

    # A busy machine may let the writing thread run so late that several places have lines missing.
    expected, dropped = 0, 0
    for line in lines:
        if line.startswith("{"):
            assert int(json.loads(line)["message"].split()[0]) == expected
            expected += 1
        else:
            told = re.fullmatch(r"textrequest-mcp: (\d+) lines? (?:was|were) dropped here, [^\n]+\.\n", line)
            assert told is not None
            expected, dropped = expected + int(told[1]), dropped + int(told[1])
    assert expected == 5010
    assert dropped > 1000


@on_posix
def test_nothing_stops_while_nobody_reads(flood: Path):
    read, write = os.pipe()
    with running(write, str(flood)) as child:
        os.close(write)
        assert hear(child) == "flooded\n"
        assert ended(child) == 0
    os.close(read)


@pytest.mark.parametrize(
    ("does", "status", "last"),
    [
        ("raise RuntimeError('no')", 1, "\nRuntimeError: no\n"),
        ("raise SystemExit('a sentence')", 1, "a sentence\n"),
        ("sys.stderr.write('half a line'); return 3", 3, "half a line"),
    ],
    ids=["a crash", "an exit", "an open line"],
)
def test_the_last_words_come_out_before_the_end(does: str, status: int, last: str):
    program = AS_A_COMMAND.format(does=does)
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert ran.returncode == status
    assert ran.stderr.endswith(last)


@on_posix
@pytest.mark.parametrize("number", [0, 1, 2])
def test_no_file_gets_the_number_of_a_standard_stream_that_is_closed(tmp_path: Path, number: int):
    told = tmp_path / "told"
    program = AS_A_COMMAND.format(does=f"file = open({str(told)!r}, 'w'); print(file.fileno(), file=file)")
    command = ["sh", "-c", f'exec "$@" {number}>&-', "sh", sys.executable, "-c", program]
    subprocess.run(command, check=False, capture_output=True)

    assert int(told.read_text()) > 2


# What takes the lines


@dataclass
class Raw:
    """A stream that takes at each write as many bytes as scripted, or fails; then everything.

    Attributes:
        gate: must be open for a write to come to its end.
    """

    script: deque[int | OSError | None] = field(default_factory=deque[int | OSError | None])
    taken: bytes = b""
    gate: threading.Event = field(default_factory=threading.Event)
    asked: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    def write(self, data: bytes, /) -> int | None:
        self.asked.set()
        assert self.gate.wait(PATIENCE_SECONDS)
        does = self.script.popleft() if self.script else len(data)
        if isinstance(does, OSError):
            raise does
        self.taken += data[:does]
        return does

    def fileno(self) -> int:
        return 7

    def isatty(self) -> bool:
        return True


def out(raw: Raw, lines: Lines) -> str:
    """What was taken, once all is."""
    raw.gate.set()
    lines.drain(PATIENCE_SECONDS)
    return raw.taken.decode()


def dropped(lines: str) -> str:
    return f"textrequest-mcp: {lines} dropped here, because stderr took no more.\n"


def stuck(*script: int | OSError, most: int = 100) -> tuple[Raw, Lines]:
    """A stream whose first line, `first`, is being written, and not taken yet."""
    raw = Raw(deque(script))
    raw.gate.clear()
    lines = Lines(raw, most)
    lines.write(b"first\n")
    assert raw.asked.wait(PATIENCE_SECONDS)
    return raw, lines


def test_a_line_in_pieces_is_one_and_what_is_taken_in_pieces_is_whole():
    raw = Raw(deque([1, 0, 2]))
    lines = Lines(raw)

    for piece in (b"a li", b"ne\nand", b" more\n"):
        assert lines.write(piece) == len(piece)

    assert out(raw, lines) == "a line\nand more\n"


def test_what_has_no_end_yet_comes_at_the_end():
    raw = Raw()
    lines = Lines(raw)
    lines.write(b"a line\nhalf")
    lines.flush()

    assert out(raw, lines) == "a line\nhalf"


def test_the_oldest_that_wait_make_room_for_the_newest():
    raw, lines = stuck(most=8)
    for line in (b"aa\n", b"bb\n", b"cc\n", b"dd\n"):
        lines.write(line)

    assert out(raw, lines) == "first\n" + dropped("2 lines were") + "cc\ndd\n"


def test_a_line_that_is_too_long_is_left_out_whole_and_keeps_its_neighbours():
    raw, lines = stuck(most=8)
    for piece in (b"aa\n", b"b" * 8, b"b", b"b" * 100, b"b\nc", b"c\n"):
        lines.write(piece)

    assert out(raw, lines) == "first\n" + dropped("1 line was") + "aa\ncc\n"


def test_what_cannot_be_written_is_counted_until_something_can_be():
    raw, lines = stuck(OSError(28, "full"), OSError(28, "full"))
    lines.write(b"second\n")
    lines.write(b"third\n")

    assert out(raw, lines) == dropped("2 lines were") + "third\n"


def test_what_was_told_of_is_not_told_again():
    told = dropped("1 line was")
    raw, lines = stuck(OSError(28, "full"), len(told), OSError(28, "full"))
    lines.write(b"second\n")
    lines.write(b"third\n")

    assert out(raw, lines) == told + told + "third\n"


def test_after_a_torn_line_the_next_begins_on_a_line_of_its_own():
    raw, lines = stuck(3, OSError(28, "full"), OSError(28, "full"))
    lines.write(b"second\n")
    lines.write(b"third\n")

    assert out(raw, lines) == "fir\n" + dropped("2 lines were") + "third\n"


def test_a_write_that_is_stuck_is_not_waited_for():
    raw, lines = stuck()
    lines.write(b"second\n")
    lines.flush()
    lines.drain(0.0)
    before = raw.taken

    assert (before, out(raw, lines)) == (b"", "first\nsecond\n")


def test_where_the_system_allows_no_more_threads_lines_wait_for_one(monkeypatch: pytest.MonkeyPatch):
    def start(_: object) -> None:
        raise RuntimeError("can't start new thread")

    raw = Raw()
    lines = Lines(raw)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", start)
        lines.write(b"first\n")
        lines.drain(PATIENCE_SECONDS)
        assert raw.taken == b""
    lines.write(b"second\n")

    assert out(raw, lines) == "first\nsecond\n"


def test_it_is_as_much_of_a_terminal_as_what_it_stands_for():
    lines = Lines(Raw())

    assert (lines.isatty(), lines.fileno(), lines.writable()) == (True, 7, True)


def test_what_somebody_else_put_in_its_place_stays():
    there = sys.stderr
    assert there is not sys.__stderr__  # but pytest's

    stand_in()
    let_out()

    assert sys.stderr is there


@on_posix
def test_a_pipe_that_is_full_and_does_not_block_is_waited_for():
    read, write = os.pipe()
    filled(write)
    with os.fdopen(write, "wb", buffering=0) as raw:
        lines = Lines(raw)
        lines.write(b"a line\n")
        lines.drain(0.0)
        while b"a line" not in os.read(read, 1_000_000):
            select.select([read], [], [])
    os.close(read)
