"""Names processes, so that rows in the shared store tell whether their process still lives."""

import contextlib
import os
import secrets
import sys
from functools import lru_cache
from pathlib import Path


def this_process() -> str:
    """Names this process by its number and the system that gave it: on Linux, the container.

    On Linux the name has the time of its start too, because numbers come back: every container's first process is 1.
    A word of its own tells it from processes of other machines.
    """
    return f"{os.getpid()}.{_started(os.getpid()) or ''}@{_system()}~{_own_word(os.getpid())}"


def new_owner() -> str:
    """Names a new owner of rows in this process, as `lives` takes it: no other one is called the same."""
    return f"{this_process()} {secrets.token_hex(4)}"


def lives(owner: str) -> bool | None:
    """Whether the owner's process lives; None where that cannot be known from here.

    Args:
        owner: the answer of `this_process` there, and anything after a space.
    """
    name, _, rest = owner.split(maxsplit=1)[0].partition("@")
    system = rest.partition("~")[0]
    number, _, started = name.partition(".")
    # On Windows there is no harmless signal to ask with (os.kill ends the process).
    if system == "win32" or system != _system():
        return None
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass  # the process lives, but belongs to another user
    if not started:  # the number may have been given to another since
        return None
    # Otherwise killed and not yet waited for, or gone and its number given to another.
    return _started(int(number)) == started


def _system() -> str:
    with contextlib.suppress(OSError):
        return os.readlink("/proc/self/ns/pid")
    return sys.platform


@lru_cache(maxsize=1)
def _own_word(_pid: int) -> str:
    """The same for the life of a process, also for one that was forked."""
    return secrets.token_hex(4)


def _started(number: int) -> str | None:
    """The start of a process, in Linux' own ticks; None for a dead process, and where the system does not say."""
    with contextlib.suppress(OSError, IndexError):
        # Its name, in brackets, may hold anything (proc_pid_stat(5)); state is field 3, start time field 22.
        fields = Path(f"/proc/{number}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        return None if fields[0] in "ZX" else fields[19]
    return None
