"""The commands `config`, `install` and `uninstall`: this server's entry in an AI host's settings."""

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

from textrequest_mcp.commands.hosts import file
from textrequest_mcp.commands.hosts.api_key import VARIABLE, have_key, is_kept, key_place
from textrequest_mcp.commands.hosts.entry import ACCOUNT, SANDBOX, Entry, is_ours, is_thrown_away, make_entry
from textrequest_mcp.commands.hosts.json_text import NotSafe, parse, remove_value, set_value, value_at
from textrequest_mcp.commands.hosts.table import HOSTS, Host, here
from textrequest_mcp.settings.kept_key import PLACE
from textrequest_mcp.settings.reading import KEY_FILE
from textrequest_mcp.settings.table import SettingsError, read_settings

_FAILED = 1
# The fields that say what is started; an older entry may have other ones, as of a server over HTTP.
_OF_THE_START = {"command", "args", "env", "url", "type", "headers", "source"}
_SECRET = re.compile("KEY|TOKEN|SECRET|PASSWORD", re.IGNORECASE)

TRY_THIS = """\
Three things to ask your assistant. The account is pretended: no phone rings, and nothing is billed.
  1. Who is waiting for an answer?
  2. Tell Maria Lopez that her car is ready and that we close at 6. What does she answer?
  3. Delete the contact Devon O'Neil. (This asks a person first: you.)
"""


class Wish(NamedTuple):
    """What the command line asks for.

    Attributes:
        host: a name of the table of hosts.
        sandbox: whether it is about the pretend account.
        uvx: what `uvx` takes the package from; None for the program that runs now.
        settings: `TEXTREQUEST_NAME=value` texts, which go into the entry.
        file: the host's settings file; None for the usual place.
        dry_run: whether the change is only shown.
        keyring: whether the API key is kept in the system's keyring instead of a file.
        new_key: whether the API key is asked for although there is one.
    """

    host: str
    sandbox: bool = False
    uvx: str | None = None
    settings: Sequence[str] = ()
    file: Path | None = None
    dry_run: bool = False
    keyring: bool = False
    new_key: bool = False


def show_config(wish: Wish) -> int:
    """Print the entry that the host's file needs, and on stderr where it goes; returns the exit status.

    Raises:
        SettingsError: the entry would not start.
    """
    host = HOSTS[wish.host]
    keeps = _key_place(wish)
    entry = _entry(wish, keeps)
    _show(host, entry, _path(wish, host))
    if keeps is not None and not is_kept(keeps):
        sys.stderr.write(
            f"The API key goes into {keeps}, in a line of its own; `textrequest-mcp install {wish.host}` asks for it.\n"
        )
    return 0


def install(wish: Wish) -> int:
    """Put the entry into the host's file, or print it where the file is not safe to edit; returns the exit status.

    Raises:
        SettingsError: the entry would not start, or there is no API key.
    """
    host = HOSTS[wish.host]
    path = _path(wish, host)
    keeps = _key_place(wish)
    entry = _entry(wish, keeps)
    if keeps is not None and not wish.dry_run:
        sys.stdout.write(have_key(keeps, anew=wish.new_key) + "\n")
    if host.form != "json":
        return _by_hand(host, entry, path, f"This program does not edit {path.suffix[1:].upper()} files")
    was_there = path.parent.is_dir()
    try:
        status = _put(host, entry, path, dry_run=wish.dry_run)
    except NotSafe as why:
        return _by_hand(host, entry, path, f"{path} was not changed: {why}")
    if status or wish.dry_run:
        return status
    if not was_there:
        sys.stdout.write(f"{host.title} has not been on this machine: {path.parent} was not there.\n")
    sys.stdout.write(f"{host.restart}. `textrequest-mcp doctor` tells what is wrong if it does not work.\n")
    if wish.sandbox:
        sys.stdout.write("\n" + TRY_THIS)
    return 0


def uninstall(wish: Wish) -> int:
    """Take this server's entries out of the host's file; returns the exit status."""
    host = HOSTS[wish.host]
    path = _path(wish, host)
    names = (SANDBOX,) if wish.sandbox else (ACCOUNT, SANDBOX)
    if host.form != "json":
        sys.stderr.write(f"Remove {' and '.join(names)} below {host.key} in {path} by hand.\n")
        return _FAILED
    try:
        found = file.read(path)
        there = value_at(parse(found.text), [host.key])
        ours = [name for name in names if is_ours(value_at(there, [name]))]
        text = found.text
        for name in ours:
            text = remove_value(text, [host.key, name])
            _difference(path, host, name, value_at(there, [name]), None)
        copy = file.replace(found, text) if ours and not wish.dry_run else None
    except NotSafe as why:
        sys.stderr.write(f"{path} was not changed: {why}. Remove {' and '.join(names)} by hand.\n")
        return _FAILED
    if not ours:
        sys.stdout.write(f"There is nothing of this server in {path}.\n")
    if copy is not None:
        sys.stdout.write(f"Removed. The file as it was: {copy}\n{host.restart}.\n")
    keeps = key_place()
    if not wish.sandbox and is_kept(keeps):
        sys.stdout.write(f"The API key is still in {keeps}: other hosts may use it. Delete it if none does.\n")
    return 0


def _key_place(wish: Wish) -> str | None:
    """Where the key is, or is to be kept; None for the sandbox, which needs none."""
    if wish.sandbox:
        return None
    return PLACE if wish.keyring else key_place()


def _entry(wish: Wish, keeps: str | None) -> Entry:
    """The entry that was asked for, once a server would take its settings."""
    more: dict[str, str] = {}
    problems: list[str] = []
    for setting in wish.settings:
        name, sign, value = setting.partition("=")
        if not sign or not name.startswith("TEXTREQUEST_"):
            problems.append(f"--set takes TEXTREQUEST_NAME=value, and not {name!r}.")
        elif _is_secret(name) or name == KEY_FILE:
            problems.append(
                f"--set takes no {name}: a secret would stand in the host's file. `install` asks for the key."
            )
        more[name] = value
    if problems:
        raise SettingsError(problems)
    read_settings({"sandbox": True}, more)  # raises for what no server would take
    if wish.uvx is None and is_thrown_away():
        sys.stderr.write("This program was started by uvx, which may delete it: better name its source with --uvx.\n")
    return make_entry(sandbox=wish.sandbox, uvx=wish.uvx, key=keeps, more=more)


def _path(wish: Wish, host: Host) -> Path:
    return here().path(host) if wish.file is None else wish.file.expanduser().absolute()


def _put(host: Host, entry: Entry, path: Path, *, dry_run: bool) -> int:
    """Merge the entry into the file."""
    found = file.read(path)
    before = value_at(parse(found.text), [host.key, entry.name])
    if before is not None and not is_ours(before):
        sys.stderr.write(f"{path} has another server that is called {entry.name}. Rename or remove that one first.\n")
        return _FAILED
    after = _merged(host, entry, cast("dict[str, Any]", before) if isinstance(before, dict) else {})
    if before == after:
        sys.stdout.write(f"{path} has this entry already.\n")
        return 0
    text = set_value(found.text, [host.key, entry.name], after)
    _difference(path, host, entry.name, before, after)
    if dry_run:
        sys.stdout.write("Nothing was written.\n")
        return 0
    copy = file.replace(found, text)
    sys.stdout.write(f"Written. The file as it was: {copy}\n" if copy else "Written; there was no such file.\n")
    return 0


def _merged(host: Host, entry: Entry, before: dict[str, Any]) -> dict[str, Any]:
    """The entry, with what an older one of ours has beside it: variables but the key, and the host's own fields."""
    old: dict[str, Any] = before.get("env") or {}
    env = {name: value for name, value in old.items() if name != VARIABLE}
    fields = {name: value for name, value in before.items() if name not in _OF_THE_START}
    return {**fields, **entry._replace(env=env | entry.env).as_object(host)}


def _by_hand(host: Host, entry: Entry, path: Path, why: str) -> int:
    sys.stderr.write(f"{why}. Add this by hand:\n\n")
    sys.stderr.flush()
    _show(host, entry, path)
    return _FAILED


def _show(host: Host, entry: Entry, path: Path) -> None:
    sys.stdout.write(entry.as_text(host))
    sys.stdout.flush()
    sys.stderr.write(f"\nThis goes into {path}, below what is there. Then: {host.restart}.\n")
    for way in entry.other_ways(host):
        sys.stderr.write(f"Or instead: {way}\n")


def _difference(path: Path, host: Host, name: str, before: Any, after: Any) -> None:
    """Show what changes of our own entry: what else the file holds, such as others' keys, is nobody's to print."""
    import difflib

    sys.stdout.write(f"{path}, {host.key}.{name}:\n")
    for line in difflib.ndiff(_lines(before), _lines(after)):
        if not line.startswith("?"):
            sys.stdout.write(f"  {line}\n")


def _lines(entry: dict[str, Any] | None) -> list[str]:
    return [] if entry is None else json.dumps(_masked(entry), indent=2, ensure_ascii=False).splitlines()


def _is_secret(variable: str) -> bool:
    return bool(_SECRET.search(variable)) and not variable.endswith("_FILE")


def _masked(entry: dict[str, Any]) -> dict[str, Any]:
    env = {name: "…" if _is_secret(name) else value for name, value in entry.get("env", {}).items()}
    return {**entry, **({"env": env} if env else {})}
