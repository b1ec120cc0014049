"""The person's browser: whether this machine has one that can be opened, and opening it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress

_STARTS_SECONDS = 20.0
# What the standard library's `webbrowser` looks for where it has a display.
_PROGRAMS = (
    *("xdg-open", "gio", "gvfs-open", "x-www-browser", "firefox", "google-chrome", "chromium", "chromium-browser"),
    *("microsoft-edge", "opera", "epiphany", "konqueror"),
)


def can_be_opened(environment: Mapping[str, str] = os.environ, system: str = sys.platform) -> bool:
    """Whether a browser would come up before a person; a session over the network has nobody before a screen."""
    if environment.get("BROWSER"):
        return True
    has_display = any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    if system in {"darwin", "win32"}:
        return has_display or not environment.get("SSH_CONNECTION")
    return has_display and any(shutil.which(program, path=environment.get("PATH")) for program in _PROGRAMS)


def open_browser(address: str) -> None:
    """Open an address in the person's browser, which gets none of this process's pipes: they belong to the host."""
    command = [sys.executable, "-m", "webbrowser", "-t", address]
    nothing = subprocess.DEVNULL
    with suppress(subprocess.TimeoutExpired):  # some browsers keep who starts them
        subprocess.run(  # noqa: S603 - our own interpreter, and an address of our own
            command,
            stdin=nothing,
            stdout=nothing,
            stderr=nothing,
            start_new_session=True,
            check=False,
            timeout=_STARTS_SECONDS,
        )
