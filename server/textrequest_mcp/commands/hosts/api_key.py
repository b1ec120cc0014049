"""Keeps the account's API key in a file of its own or in the keyring; hosts' settings name that instead of the key."""

import getpass
import os
import re
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

from textrequest_mcp.commands.hosts.file import write_secret
from textrequest_mcp.settings import kept_key
from textrequest_mcp.settings.kept_key import KEYRING, NoKeyring
from textrequest_mcp.settings.reading import API_KEY, KEY_FILE
from textrequest_mcp.settings.table import SettingsError

VARIABLE = "TEXTREQUEST_API_KEY"
_WHERE = "an administrator finds it in Text Request under Integrations, API"


def key_place(environment: Mapping[str, str] = os.environ) -> str:
    """Where the key is kept, as the variable takes it: where it says, else in the user's configuration folder.

    Raises:
        SettingsError: there is no home folder.
    """
    named = environment.get(KEY_FILE, "").strip()
    if named.startswith(KEYRING):
        return named
    if named:
        return str(Path(named).expanduser().absolute())
    import platformdirs

    try:
        return str(platformdirs.user_config_path("textrequest-mcp", appauthor=False) / "api-key")
    except RuntimeError:  # its word for a user without a home folder
        raise SettingsError([f"There is no home folder to keep the API key in. Set {KEY_FILE} to a file."]) from None


def is_kept(place: str) -> bool:
    """Whether a key is there.

    Raises:
        SettingsError: the keyring cannot be used.
    """
    if not place.startswith(KEYRING):
        return os.path.exists(place) and os.path.getsize(place) > 0
    try:
        return bool(kept_key.read(place))
    except NoKeyring as why:
        raise SettingsError([f"The API key cannot be kept: {why}."]) from None


def have_key(place: str, environment: Mapping[str, str] = os.environ, *, anew: bool = False) -> str:
    """Make sure that the key is in its place: it is, or comes from the variable, from a person or a pipe.

    Args:
        place: as `key_place` says it.
        environment: what may hold the key.
        anew: whether one that is there is replaced.

    Returns:
        A sentence that says where it is.

    Raises:
        SettingsError: there is none, or it is no key, or it cannot be kept.
    """
    if is_kept(place) and not anew:
        return f"The API key stays in {place}."
    key = environment.get(VARIABLE, "") or _asked()
    if not key:
        ways = f"Run this in a terminal, which asks for it, or pipe it in, or put it into {place}"
        raise SettingsError([f"There is no API key ({_WHERE}). {ways}; or add --sandbox for a pretend account."])
    if not re.fullmatch(API_KEY, key):
        raise SettingsError(["What was given holds spaces or characters that no API key has. Nothing was kept."])
    try:
        if place.startswith(KEYRING):
            kept_key.keep(place, key)
            return "The API key is now in the system's keyring."
        write_secret(Path(place), key + "\n")
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise SettingsError([f"The API key cannot be kept in {place}: {why}."]) from None
    except NoKeyring as why:
        raise SettingsError([f"The API key cannot be kept: {why}."]) from None
    return f"The API key is now in {place}, which only you can read."


def is_open_to_others(file: Path) -> bool:
    """Whether somebody else on this machine may read the file; Windows says it in another way."""
    return sys.platform != "win32" and bool(stat.S_IMODE(file.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO))


def _asked() -> str:
    if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison] - it was closed
        return ""
    if sys.stdin.isatty():
        sys.stderr.write(f"The account's API key: {_WHERE}.\n")
        sys.stderr.flush()
        try:
            return getpass.getpass("API key (it is not shown): ").strip()
        except EOFError:
            return ""
    return sys.stdin.readline().strip()
