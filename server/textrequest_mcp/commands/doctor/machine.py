"""Looks at this machine: Python and what it has loaded, the settings, where the API key is."""

import os
import platform
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

from textrequest_mcp import __version__
from textrequest_mcp.commands.doctor.finding import Finding, note, ok, problem
from textrequest_mcp.commands.hosts.api_key import VARIABLE, is_kept, is_open_to_others, key_place
from textrequest_mcp.commands.policy import check_rules, switched_off
from textrequest_mcp.settings.kept_key import KEYRING
from textrequest_mcp.settings.reading import KEY_FILE
from textrequest_mcp.settings.table import Settings, SettingsError, read_settings

_OLDEST = (3, 11)
_PARTS = ("mcp", "httpx2", "pydantic", "anyio", "starlette", "uvicorn", "cryptography", "phonenumbers", "tzdata")


def python_and_parts() -> list[Finding]:
    """The interpreter, whether it is one of this program's own, and the versions of what it loads."""
    where = f"Python {platform.python_version()} in {sys.prefix}"
    missing = [name for name in _PARTS if _version(name) is None]
    if sys.version_info < _OLDEST:
        return [problem("python", f"{where} is too old.", "Install Python 3.11 or newer, and this program with it.")]
    if missing:
        again = "Install this program again, into an environment of its own."
        return [problem("python", f"{where} lacks {', '.join(missing)}.", again)]
    parts = ", ".join(f"{name} {_version(name)}" for name in _PARTS)
    found = [ok("python", f"textrequest-mcp {__version__}; {where}; {parts}.")]
    if sys.prefix == sys.base_prefix:
        own = "If another program breaks it some day, install it with pipx, uv or into a venv."
        found.append(note("environment", "This program shares its Python with others.", own))
    return found


def settings_of(environment: Mapping[str, str] = os.environ) -> tuple[Settings | None, list[Finding]]:
    """The settings that a server started here would have, with the key that `install` keeps; the sandbox's without one.

    None where they make no sense.
    """
    given = dict(environment)
    try:
        if not given.get(VARIABLE) and not given.get(KEY_FILE) and is_kept(place := key_place(environment)):
            given[KEY_FILE] = place
        has_key = bool(given.get(VARIABLE) or given.get(KEY_FILE))
        settings = read_settings({} if has_key else {"sandbox": True}, given)
        check_rules(settings)
    except SettingsError as error:
        mend = "Change or unset it, here or in the host's entry. `textrequest-mcp serve --help` lists all."
        return None, [problem("settings", each, mend) for each in error.problems]
    found = [ok("settings", _settings_said(environment))]
    off = switched_off(settings)
    if off:
        found.append(note("rules", f"Switched off: {', '.join(off)}.", "Unset them to have the rules back."))
    if not has_key:
        ask = "`textrequest-mcp install HOST` asks for it; with --sandbox no key is needed."
        return settings, [*found, note("key", "There is no API key, so only the sandbox works.", ask)]
    return settings, [*found, *_key_file(given)]


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _settings_said(environment: Mapping[str, str]) -> str:
    names = sorted(name for name in environment if name.startswith("TEXTREQUEST_"))
    return f"Set here: {', '.join(names)}." if names else "Nothing is set here; each host's entry has its own settings."


def _key_file(environment: Mapping[str, str]) -> list[Finding]:
    named = environment.get(KEY_FILE)
    if not named:
        mend = "`textrequest-mcp install HOST` moves it into a file that only you can read."
        return [note("key", f"The API key is in {VARIABLE}, where every program that you start can read it.", mend)]
    if named.startswith(KEYRING):
        return [ok("key", "The API key is in the system's keyring.")]
    file = Path(named).expanduser()
    if is_open_to_others(file):
        mend = f"chmod 600 {file}, and have a new key made if somebody may have read it."
        return [problem("key", f"Others on this machine can read the API key in {file}.", mend)]
    return [ok("key", f"The API key is in {file}, which only you can read.")]
