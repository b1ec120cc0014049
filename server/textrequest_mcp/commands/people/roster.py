"""Reads a file of people: a line for each, with a name, scopes, lines, and what they are known by.

    "Anna Kim"  texts:read,texts:send  121,122  sha256:0f3a...
    owner       *                      *        email:owner@example.com

`*` stands for all scopes or all lines. The file is read again whenever it changes; while it cannot be read, nobody is
let in.
"""

import hashlib
import logging
import os
import re
import shlex
import stat
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from textrequest_mcp.ground.member import SCOPES

logger = logging.getLogger(__name__)

EVERYTHING = "*"
_COLUMNS = 4
_LONGEST_FILE = 1_000_000
_LONGEST_NAME = 30  # the service takes so much as the name of a text's sender
_SIGNS = r"\"'\\#/,<>&;\x00-\x1f"  # a name stands in headers, pages and files
_NAME = re.compile(rf"[^\s{_SIGNS}](?:[^{_SIGNS}]*[^\s{_SIGNS}])?")
_LINE = re.compile(r"[1-9][0-9]{0,17}")
_KNOWN_BY = re.compile(r"sha256:[0-9a-f]{64}|(?:sub|email|group):\S+")


class Entry(NamedTuple):
    """One line of the file.

    Attributes:
        name: as colleagues know them.
        scopes: what they may do.
        lines: the lines that they may use; None for all.
        known_by: `sha256:` and the hash of their token, or `sub:`, `email:` or `group:` and what their sign-in says.
    """

    name: str
    scopes: frozenset[str]
    lines: frozenset[int] | None
    known_by: str

    @property
    def version(self) -> str:
        """Another one for each change of the line."""
        lines = EVERYTHING if self.lines is None else sorted(self.lines)
        return hashlib.sha256(repr((self.name, sorted(self.scopes), lines, self.known_by)).encode()).hexdigest()[:16]

    def __str__(self) -> str:
        name = f'"{self.name}"' if " " in self.name else self.name
        scopes = EVERYTHING if self.scopes.issuperset(SCOPES) else ",".join(s for s in SCOPES if s in self.scopes)
        lines = EVERYTHING if self.lines is None else ",".join(map(str, sorted(self.lines)))
        return f"{name} {scopes} {lines} {self.known_by}"


def read_scopes(text: str) -> frozenset[str]:
    """Scopes as they are written: separated by commas, or `*`.

    Raises:
        ValueError: there is no such scope.
    """
    named = SCOPES if text == EVERYTHING else [each.strip() for each in text.split(",") if each.strip()]
    unknown = [each for each in named if each not in SCOPES]
    if unknown or not named:
        raise ValueError(f"there is no scope {', '.join(unknown) or 'named'}; there are {', '.join(SCOPES)}")
    return frozenset(named)


def read_lines(text: str) -> frozenset[int] | None:
    """Ids of lines as they are written: separated by commas, or `*`.

    Raises:
        ValueError: one is no id of a line.
    """
    if text == EVERYTHING:
        return None
    named = [each.strip() for each in text.split(",")]
    if not all(map(_LINE.fullmatch, named)):
        raise ValueError("lines are ids such as 121,122, or * for all")
    return frozenset(map(int, named))


def check_name(name: str) -> str:
    """The name, if it can be one.

    Raises:
        ValueError: it cannot.
    """
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        raise ValueError(f"a name has 1 to {_LONGEST_NAME} characters, and no quotes, commas or signs such as # and <")
    return name


def read_entries(text: str) -> list[Entry]:
    """The people of a file.

    Raises:
        ValueError: naming the first line that makes no sense, without what it is known by.
    """
    entries: list[Entry] = []
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            parts = shlex.split(line, comments=True)
            entries += [_entry(parts)] if parts else []
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from None
    return entries


def _entry(parts: Sequence[str]) -> Entry:
    if len(parts) != _COLUMNS:
        raise ValueError("a line has a name, scopes, lines, and what the person is known by")
    name, scopes, lines, known_by = parts
    if not _KNOWN_BY.fullmatch(known_by):
        raise ValueError("the last part begins with sha256:, sub:, email: or group:")
    return Entry(check_name(name), read_scopes(scopes), read_lines(lines), known_by)


class Roster:
    """The people of one file, as it is now.

    Args:
        file: that is read.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._seen: tuple[int, ...] | None = None
        self._entries: Sequence[Entry] = ()
        self._failing = False

    def entries(self) -> Sequence[Entry]:
        """All people; nobody while the file cannot be read."""
        found = None
        with suppress(OSError):
            status = os.stat(self.file)
            found = (status.st_ino, status.st_size, status.st_mtime_ns, status.st_mode)
        if found is None or found != self._seen:
            try:
                self._entries, self._failing = self.read(), False
            except (OSError, ValueError) as error:
                if not self._failing:
                    logger.warning("nobody is let in: %s %s", self.file, said_of(error))
                self._entries, self._failing = (), True
            self._seen = found
        return self._entries

    def read(self) -> Sequence[Entry]:
        """The people who are in the file.

        Raises:
            OSError: it cannot be read.
            ValueError: it is not this user's alone, or makes no sense.
        """
        descriptor = os.open(self.file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as opened:
            fault = fault_of(os.fstat(descriptor))
            if fault:
                raise ValueError(fault)
            return read_entries(opened.read(_LONGEST_FILE).decode("utf-8"))


def fault_of(found: os.stat_result) -> str:
    """The reason why a file is not for this user alone; an empty string if it is."""
    if not stat.S_ISREG(found.st_mode):
        return "is no plain file"
    if sys.platform == "win32":  # there the fields below say nothing
        return ""
    if found.st_uid not in {os.geteuid(), 0}:
        return "belongs to another user"
    return (
        "can be read or written by others; give it mode 0600" if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO) else ""
    )


def said_of(error: OSError | ValueError) -> str:
    """What is wrong with a file, as the end of a sentence."""
    if isinstance(error, OSError):
        return f"cannot be read: {error.strerror or type(error).__name__}"
    return str(error) if not isinstance(error, UnicodeDecodeError) else "is no UTF-8 text"
