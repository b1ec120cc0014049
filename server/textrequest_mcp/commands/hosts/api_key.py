"""Keeps the account's API key in a file of its own, which hosts' settings name instead of the key."""

import getpass
import os
import re
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

from textrequest_mcp.commands.hosts.file import write_secret
from textrequest_mcp.settings.reading import API_KEY, KEY_FILE
from textrequest_mcp.settings.table import SettingsError

VARIABLE = "TEXTREQUEST_API_KEY"
_WHERE = "an administrator finds it in Text Request under Integrations, API"


def key_file(environment: Mapping[str, str] = os.environ) -> Path:
    """Where the key is kept: where the variable says, else in the user's configuration folder.

    Raises:
        SettingsError: there is no home folder.
    """
    named = environment.get(KEY_FILE, "").strip()
    if named:
        return Path(named).expanduser().absolute()
    import platformdirs

    try:
        return platformdirs.user_config_path("textrequest-mcp", appauthor=False) / "api-key"
    except RuntimeError:  # its word for a user without a home folder
        raise SettingsError([f"There is no home folder to keep the API key in. Set {KEY_FILE} to a file."]) from None


def have_key(file: Path, environment: Mapping[str, str] = os.environ, *, anew: bool = False) -> str:
    """Make sure that the key is in the file: it is, or comes from the variable, from a person or a pipe.

    Args:
        file: where the key is kept.
        environment: what may hold the key.
        anew: whether one that is there is replaced.

    Returns:
        A sentence that says where it is.

    Raises:
        SettingsError: there is none, or it is no key, or it cannot be kept.
    """
    try:
        if file.exists() and not anew:
            return f"The API key stays in {file}."
        key = environment.get(VARIABLE, "") or _asked()
        if not key:
            ways = f"Run this in a terminal, which asks for it, or pipe it in, or put it into {file}"
            raise SettingsError([f"There is no API key ({_WHERE}). {ways}; or add --sandbox for a pretend account."])
        if not re.fullmatch(API_KEY, key):
            raise SettingsError(["What was given holds spaces or characters that no API key has. Nothing was kept."])
        write_secret(file, key + "\n")
    except OSError as error:
        raise SettingsError(
            [f"The API key cannot be kept in {file}: {error.strerror or type(error).__name__}."]
        ) from None
    return f"The API key is now in {file}, which only you can read."


def is_open_to_others(file: Path) -> bool:
    """Whether somebody else on this machine may read the file; Windows says it in another way."""
    return sys.platform != "win32" and bool(stat.S_IMODE(file.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO))


def _asked() -> str:
    if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison] - it was closed
        return ""
    if sys.stdin.isatty():
        sys.stderr.write(f"The account's API key: {_WHERE}.\n")
        try:
            return getpass.getpass("API key (it is not shown): ").strip()
        except EOFError:
            return ""
    return sys.stdin.readline().strip()
