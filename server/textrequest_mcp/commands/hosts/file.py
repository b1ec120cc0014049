"""Reads a host's settings file and replaces it: whole or not at all, with a copy of what was there before."""

import os
import secrets
import stat
import time
from pathlib import Path
from typing import NamedTuple

from textrequest_mcp.commands.hosts.json_text import NotSafe

_ONLY_MINE = 0o600
_MARK = "\ufeff"


class Found(NamedTuple):
    """A settings file as it was read.

    Attributes:
        path: the file itself, where its name is a link to it.
        raw: its bytes; None where there is no file.
        text: its text without a byte order mark; empty where there is no file.
    """

    path: Path
    raw: bytes | None
    text: str

    @property
    def is_marked(self) -> bool:
        return self.raw is not None and self.raw.startswith(_MARK.encode())


def read(path: Path) -> Found:
    """Read a host's file.

    Raises:
        NotSafe: it cannot be read as UTF-8 text.
    """
    real = Path(os.path.realpath(path))
    try:
        raw = real.read_bytes()
    except FileNotFoundError:
        return Found(real, None, "")
    except OSError as error:
        raise _unsafe(error) from None
    try:
        return Found(real, raw, raw.decode("utf-8").removeprefix(_MARK))
    except UnicodeDecodeError:
        raise NotSafe("it is not UTF-8 text") from None


def replace(found: Found, text: str) -> Path | None:
    """Put this text in the file's place, with the mode that it had; returns the copy of what was there before.

    Raises:
        NotSafe: somebody else has changed the file since it was read, or the folder cannot be written to.
    """
    try:
        return _replace(found, text)
    except OSError as error:
        raise _unsafe(error) from None


def _replace(found: Found, text: str) -> Path | None:
    found.path.parent.mkdir(parents=True, exist_ok=True)
    mode, copy = _ONLY_MINE, None
    if found.raw is not None:
        mode = stat.S_IMODE(found.path.stat().st_mode)
        copy = found.path.with_name(f"{found.path.name}.{time.strftime('%Y%m%d-%H%M%S')}.backup")
        _write(copy, found.raw, mode)
    new = found.path.with_name(f".{found.path.name}.{secrets.token_hex(4)}.new")
    try:
        _write(new, ((_MARK if found.is_marked else "") + text).encode(), mode)
        if read(found.path).raw != found.raw:
            raise NotSafe("it was changed by something else just now; try again")
        new.replace(found.path)
    finally:
        new.unlink(missing_ok=True)
    return copy


def write_secret(path: Path, text: str) -> None:
    """Write a file that only this user can read, in a folder that only this user can list.

    Raises:
        OSError: it cannot be written.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    try:
        _write(new, text.encode(), _ONLY_MINE)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def _unsafe(error: OSError) -> NotSafe:
    return NotSafe(error.strerror or type(error).__name__)


def _write(path: Path, raw: bytes, mode: int) -> None:
    """Write to the disk, with this mode from the first byte on."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _ONLY_MINE)
    with os.fdopen(descriptor, "wb") as file:
        os.chmod(path, mode)
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
