"""Makes, lists and revokes the tokens of a team, and finds the member whose token a request brings."""

import hashlib
import hmac
import os
import secrets
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from textrequest_mcp.commands.people.roster import Entry, Roster, read_entries
from textrequest_mcp.ground.member import Member

BEGINNING = "trmcp_"  # by which a person, and a scanner for secrets, knows what it is
_BYTES = 32


class Tokens:
    """The members who bring a token.

    Attributes:
        roster: the people; those with a `sha256:` have a token.
    """

    def __init__(self, roster: Roster) -> None:
        self.roster = roster

    def member(self, token: str) -> Member | None:
        """Whose token it is; every hash is compared, in a time that does not depend on which one fits."""
        hashed, found = _hashed(token), None
        for entry in self.roster.entries():
            if hmac.compare_digest(entry.known_by.encode(), hashed.encode()):
                found = entry
        return None if found is None else self._as_member(found)

    def member_of(self, version: str) -> Member | None:
        """The member whose token is in the line of this version; None where that line is there no more."""
        found = [each for each in self.roster.entries() if each.version == version and _has_token(each)]
        return self._as_member(found[0]) if found else None

    def _as_member(self, entry: Entry) -> Member:
        return Member(
            id=entry.name,
            name=entry.name,
            scopes=entry.scopes,
            lines=entry.lines,
            version=entry.version,
            is_in=lambda: entry in self.roster.entries(),
        )


def add(file: Path, name: str, scopes: frozenset[str], lines: frozenset[int] | None) -> str:
    """Put a new token of a person into the file, beside those that they have; returns it. It is kept nowhere.

    Raises:
        OSError: the file cannot be written.
        ValueError: the file makes no sense.
    """
    token = BEGINNING + secrets.token_urlsafe(_BYTES)
    _write(file, [*_lines(file), str(Entry(name, scopes, lines, _hashed(token)))])
    return token


def revoke(file: Path, name: str) -> int:
    """Take all tokens of a person out of the file; returns how many.

    Raises:
        OSError: the file cannot be read or written.
        ValueError: the file makes no sense.
    """
    lines = _lines(file)
    left = [line for line in lines if not _is_one(line, name)]
    if len(left) < len(lines):
        _write(file, left)
    return len(lines) - len(left)


def holders(file: Path) -> Sequence[Entry]:
    """The people in the file who have a token.

    Raises:
        OSError: the file cannot be read.
        ValueError: the file makes no sense.
    """
    return [entry for entry in Roster(file).read() if _has_token(entry)]


def _is_one(line: str, name: str) -> bool:
    """Whether a line of the file is a token of this person."""
    return any(entry.name == name and _has_token(entry) for entry in read_entries(line))


def _has_token(entry: Entry) -> bool:
    return entry.known_by.startswith("sha256:")


def _lines(file: Path) -> list[str]:
    """The lines of the file, with those that are comments; none where there is no file yet."""
    if not file.exists():
        return []
    Roster(file).read()  # what makes no sense is not written back
    return file.read_text("utf-8").splitlines()


def _write(file: Path, lines: Sequence[str]) -> None:
    """Write the whole file anew, for this user alone, so that nobody ever reads half of it."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, beside = tempfile.mkstemp(prefix=f"{file.name}-", dir=file.parent)
    try:
        with open(descriptor, "w", encoding="utf-8") as written:
            written.write("".join(f"{line}\n" for line in lines))
            written.flush()
            os.fsync(written.fileno())
        os.replace(beside, file)
    except OSError:
        with suppress(OSError):
            os.unlink(beside)
        raise


def _hashed(token: str) -> str:
    """How a token is kept. It is 256 random bits, so a plain hash cannot be turned back."""
    return f"sha256:{hashlib.sha256(token.encode()).hexdigest()}"
