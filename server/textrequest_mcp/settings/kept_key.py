"""Reads the API key from its file, or from the system's keyring where the package `keyring` is installed."""

import importlib
from pathlib import Path
from typing import Any

# What TEXTREQUEST_API_KEY_FILE says then, instead of a path.
KEYRING = "keyring:"
PLACE = f"{KEYRING}textrequest-mcp"
_USER = "api-key"


class NoKeyring(Exception):
    """The keyring cannot be used; the sentence says why."""


class NoFile(Exception):
    """The file cannot be read; the sentence says why."""


def read(place: str) -> str:
    """The key in this file, or under `keyring:NAME`; empty where it holds none.

    Raises:
        NoKeyring: there is no keyring, or it stays locked.
        NoFile: the file cannot be read.
    """
    if place.startswith(KEYRING):
        return _ask("get_password", place.removeprefix(KEYRING), _USER) or ""
    try:
        return Path(place).expanduser().read_text("utf-8").rstrip("\r\n")
    except RuntimeError:  # pathlib's word for a user it does not find
        raise NoFile(f"begins with {Path(place).parts[0]}, a user whose home folder is not known") from None
    except (OSError, UnicodeDecodeError) as error:
        raise NoFile(f"cannot be read ({type(error).__name__})") from None


def keep(place: str, key: str) -> None:
    """Put the key there.

    Raises:
        NoKeyring: there is no keyring, or it stays locked.
    """
    _ask("set_password", place.removeprefix(KEYRING), _USER, key)


def _ask(what: str, *arguments: str) -> Any:
    try:
        keyring = importlib.import_module("keyring")
    except ImportError:
        raise NoKeyring("the package keyring is not installed beside this program") from None
    try:
        return getattr(keyring, what)(*arguments)
    except Exception as error:  # noqa: BLE001 - each system's keyring has errors of its own, whose texts may hold anything
        raise NoKeyring(f"the system's keyring cannot be used ({type(error).__name__})") from None
