"""Keeps the secret that hosts must bring over HTTP in a file of the state folder, and names this file at the start."""

import os
import re
import secrets
import stat
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from textrequest_mcp.settings.table import Settings, SettingsError

FILE_NAME = "http-token"
_BYTES = 32
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")  # as `secrets` writes this number of bytes
_LONGEST_READ = 1024


def secret_in_force(settings: Settings) -> str | None:
    """The secret that hosts must bring; None if they need none. A line on stderr tells a person which it is.

    Raises:
        SettingsError: the secret cannot be kept, or its file cannot be used.
    """
    if settings.sandbox:
        return None
    if settings.http_auth == "off":
        _say("wants no secret (TEXTREQUEST_HTTP_AUTH is off): anybody on this machine can use the account over HTTP.")
        return None
    if settings.state_dir is None:
        raise SettingsError(["There is no folder for the secret that HTTP needs. Set TEXTREQUEST_STATE_DIR."])
    file = settings.state_dir / FILE_NAME
    made = not os.path.lexists(file) and _make(file)
    secret = _read(file)
    if made:
        _say(f"made a secret for HTTP, in {file}. Each host needs this header: Authorization: Bearer {secret}")
    else:
        _say(f"wants the secret in {file} from each host.")
    return secret


def _make(file: Path) -> bool:
    """Make the file with a new secret, complete from the first moment on; False if another server was faster.

    Raises:
        SettingsError: the file cannot be written.
    """
    beside: str | None = None
    try:
        descriptor, beside = tempfile.mkstemp(prefix=f"{FILE_NAME}-", dir=file.parent)  # for this user alone
        with open(descriptor, "w", encoding="ascii") as written:
            written.write(secrets.token_urlsafe(_BYTES))
            written.flush()
            os.fsync(written.fileno())
        os.link(beside, file)  # unlike a renaming, it replaces nothing
    except FileExistsError:
        return False
    except OSError as error:
        raise SettingsError(
            [f"The secret for HTTP cannot be kept in {file}: {_reason(error)}. Set TEXTREQUEST_STATE_DIR to another."]
        ) from None
    finally:
        if beside is not None:
            with suppress(OSError):
                os.unlink(beside)
    return True


def _read(file: Path) -> str:
    """The secret in the file.

    Raises:
        SettingsError: the file holds no secret, or others can read it.
    """
    # Do not follow a link, and do not wait for the writer of a pipe; Windows has no such flags.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    text = ""
    try:
        descriptor = os.open(file, flags)
        try:
            fault = _fault(os.fstat(descriptor))
            if not fault:
                text = os.read(descriptor, _LONGEST_READ).decode("ascii", "replace").removesuffix("\n")
        finally:
            os.close(descriptor)
    except OSError as error:
        fault = "it is a link" if file.is_symlink() else _reason(error)
    if not fault and not _SECRET.fullmatch(text):
        fault = "it holds no secret that this server made"
    if fault:
        advice = "Remove it, and the next start makes a new one; or set TEXTREQUEST_STATE_DIR to another folder."
        raise SettingsError([f"The secret for HTTP in {file} cannot be used: {fault}. {advice}"])
    return text


def _fault(found: os.stat_result) -> str:
    """The reason why a file is not for this user alone; an empty string if it is."""
    if not stat.S_ISREG(found.st_mode):
        return "it is no plain file"
    if sys.platform == "win32":  # there the fields below say nothing
        return ""
    if found.st_uid != os.geteuid():
        return "it belongs to another user"
    return "others can read or write it" if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO) else ""


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__


def _say(what: str) -> None:
    sys.stderr.write(f"textrequest-mcp {what}\n")
    sys.stderr.flush()
