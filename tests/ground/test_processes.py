"""A process is called ended only where that is certain, whatever became of its number since."""

import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from textrequest_mcp.ground.processes import lives, this_process

NOBODYS_NUMBER = 2**22 + 1  # above what Linux gives out
SAYS_ITS_NAME = (
    "import sys; from textrequest_mcp.ground.processes import this_process; "
    "print(this_process(), flush=True); sys.stdin.read()"
)

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="start times are read from /proc")


@contextmanager
def another_process() -> Generator[tuple[subprocess.Popen[str], str]]:
    """A living process and the name it gives itself."""
    with subprocess.Popen(
        [sys.executable, "-c", SAYS_ITS_NAME], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        yield child, child.stdout.readline().strip()
        child.kill()


def place() -> str:
    return this_process().partition("@")[2]


def test_a_process_names_itself_alike_every_time_and_by_its_number():
    assert this_process() == this_process()
    assert this_process().split(".")[0] == str(os.getpid())


def test_this_process_has_not_ended():
    assert lives(this_process()) is not False


def test_what_an_owner_adds_after_a_space_does_not_matter():
    assert lives(f"{this_process()} limiter of key 7") is not False
    assert lives(f"{NOBODYS_NUMBER}.5@{place()} limiter of key 7") is False


def test_another_process_has_ended_once_it_was_killed_and_waited_for():
    with another_process() as (child, name):
        assert lives(name) is not False
        child.kill()
        child.wait()

        assert lives(name) is False


@on_linux
def test_a_killed_process_that_nobody_waited_for_has_ended():
    with another_process() as (child, name):
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # dead, and its number still taken

        assert lives(name) is False


@on_linux
def test_a_number_that_was_given_to_another_process_means_that_its_first_one_has_ended():
    number, _, started = this_process().partition("@")[0].partition(".")

    assert lives(f"{number}.{int(started) - 1}@{place()}") is False
    assert lives(f"{number}.{started}@{place()}") is not False


def test_a_name_without_a_start_time_goes_by_its_number_alone():
    assert lives(f"{os.getpid()}.@{place()}") is not False
    assert lives(f"{NOBODYS_NUMBER}.@{place()}") is False


@pytest.mark.parametrize("elsewhere", ["pid:[1]", "another-container", "win32", ""])
def test_of_a_process_in_another_place_nothing_is_known(elsewhere: str):
    assert lives(f"{NOBODYS_NUMBER}.5@{elsewhere}") is not False


def test_on_windows_nothing_is_known_because_asking_would_end_the_process(monkeypatch: pytest.MonkeyPatch):
    asked: list[int] = []

    def ask(number: int, signal: int) -> None:
        asked.append(number)

    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(os, "readlink", _missing)
    monkeypatch.setattr(os, "kill", ask)

    assert "@win32~" in this_process()
    assert lives(f"{NOBODYS_NUMBER}.5@win32") is not False
    assert asked == []


def test_somebody_elses_process_is_there_although_it_may_not_be_asked(monkeypatch: pytest.MonkeyPatch):
    def not_yours(number: int, signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", not_yours)

    assert lives(this_process()) is not False
    assert lives(f"{os.getpid()}.@{place()}") is not False


def test_a_system_without_containers_is_told_by_its_name(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, "readlink", _missing)

    name = this_process()

    assert f"@{sys.platform}~" in name
    assert lives(name) is not False
    assert lives(f"{NOBODYS_NUMBER}.5@{sys.platform}") is False


def _missing(path: str) -> str:
    raise FileNotFoundError(path)
