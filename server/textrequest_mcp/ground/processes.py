"""Names processes, so that what one of them left behind in the shared store can be told from what it still works on."""

import contextlib
import os
import sys
from pathlib import Path


def this_process() -> str:
    """Names this process and the place where its number means something: the system, or its container on Linux.

    On Linux the time it started is part of the name, because numbers come back: every container's first process is 1.
    """
    place = sys.platform
    with contextlib.suppress(OSError):
        place = os.readlink("/proc/self/ns/pid")
    return f"{os.getpid()}.{_started(os.getpid()) or ''}@{place}"


def has_ended(owner: str) -> bool:
    """Whether the owner's process is certainly gone. False when that cannot be known from here.

    Args:
        owner: what `this_process` answered there, and anything after a space.
    """
    name, _, place = owner.split(maxsplit=1)[0].partition("@")
    number, _, started = name.partition(".")
    # On Windows there is no harmless signal to ask with (os.kill ends the process).
    if place == "win32" or place != this_process().partition("@")[2]:
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except OSError:
        pass  # it is there, but somebody else's
    # Killed and not yet waited for, or gone and its number given to another.
    return bool(started) and _started(int(number)) != started


def _started(number: int) -> str | None:
    """When a process started, in Linux' own ticks; None for one that is dead, and where the system does not say."""
    with contextlib.suppress(OSError, IndexError):
        # Its name, in brackets, may hold anything (proc_pid_stat(5)); state is field 3, start time field 22.
        fields = Path(f"/proc/{number}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        return None if fields[0] in "ZX" else fields[19]
    return None
