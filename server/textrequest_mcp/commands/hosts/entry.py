"""What a host is told to start, and how each kind of host writes that down."""

import base64
import json
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from textrequest_mcp.commands.hosts.table import Host
from textrequest_mcp.settings.reading import KEY_FILE

PROGRAM = "textrequest-mcp"
ACCOUNT, SANDBOX = "textrequest", "textrequest-sandbox"
_MODULE = "textrequest_mcp"


class Entry(NamedTuple):
    """One server in a host's settings."""

    name: str
    command: str
    args: list[str]
    env: dict[str, str]

    def as_object(self, host: Host) -> dict[str, Any]:
        """The value behind the server's name in a JSON file."""
        return {
            **host.extra,
            "command": self.command,
            "args": self.args,
            **({"env": self.env} if self.env else {}),
        }

    def as_text(self, host: Host) -> str:
        """The whole of what is added to the host's file, to be read and copied."""
        if host.form == "toml":
            return self._toml(host.key)
        if host.form == "json":
            return json.dumps({host.key: {self.name: self.as_object(host)}}, indent=2, ensure_ascii=False) + "\n"
        return self._yaml(host)

    def other_ways(self, host: Host) -> list[str]:
        """The host's own command that adds it, and the address that does; none where the host has none."""
        whole = json.dumps({"name": self.name, **self.as_object(host)})
        bare = json.dumps(self.as_object(host))
        env = "".join(f"{host.env_flag} {_shell(f'{name}={value}')} " for name, value in self.env.items())
        filled = {
            "name": self.name,
            "env": env,
            "run": " ".join(map(_shell, [self.command, *self.args])),
            "json": _shell(whole),
            "base64": quote(base64.b64encode(bare.encode()).decode(), safe=""),
            "quoted": quote(whole, safe=""),
        }
        return [pattern.format_map(filled) for pattern in (host.command, host.link) if pattern]

    def _toml(self, key: str) -> str:
        # A JSON text is a TOML text too, but for the escapes of characters beyond the first plane.
        lines = [f"[{key}.{self.name}]", f"command = {_quoted(self.command)}"]
        lines.append(f"args = [{', '.join(map(_quoted, self.args))}]")
        if self.env:
            lines += ["", f"[{key}.{self.name}.env]"]
            lines += [f"{name} = {_quoted(value)}" for name, value in self.env.items()]
        return "\n".join(lines) + "\n"

    def _yaml(self, host: Host) -> str:
        """YAML takes JSON's texts and lists as they are."""
        goose = host.form == "goose"
        start = (
            [f"  {self.name}:", "    enabled: true", "    type: stdio", f"    name: {self.name}", "    timeout: 300"]
            if goose
            else [f"  - name: {self.name}"]
        )
        lines = [f"{host.key}:", *start, f"    {'cmd' if goose else 'command'}: {_quoted(self.command)}"]
        lines.append(f"    args: [{', '.join(map(_quoted, self.args))}]")
        if self.env:
            lines.append("    envs:" if goose else "    env:")
            lines += [f"      {name}: {_quoted(value)}" for name, value in self.env.items()]
        return "\n".join(lines) + "\n"


def make_entry(*, sandbox: bool, uvx: str | None, key: str | None, more: dict[str, str]) -> Entry:
    """The entry for the pretend account, or for the one whose key is in a file.

    Args:
        sandbox: whether it is for the pretend account.
        uvx: what `uvx` takes the package from: a folder, a wheel or a name; None for the program that runs now.
        key: where the key is, as `TEXTREQUEST_API_KEY_FILE` takes it; of no account to the sandbox.
        more: other variables.
    """
    command, before = _own() if uvx is None else _by_uvx(uvx)
    args = [*before, "serve", *(["--sandbox"] if sandbox else [])]
    env = {} if key is None or sandbox else {KEY_FILE: key}
    return Entry(SANDBOX if sandbox else ACCOUNT, command, args, env | more)


def is_ours(found: Any) -> bool:
    """Whether an entry that is there starts this program."""
    return PROGRAM in json.dumps(found) or _MODULE in json.dumps(found)


def is_thrown_away() -> bool:
    """Whether this program lives where uv keeps what it may delete, as `uvx` runs it."""
    return "archive-v0" in Path(sys.prefix).parts


def _own() -> tuple[str, list[str]]:
    """This very program, by its whole path: hosts see another PATH than a terminal does."""
    script = Path(sysconfig.get_path("scripts")) / (PROGRAM + (".exe" if sys.platform == "win32" else ""))
    return (str(script), []) if script.is_file() else (sys.executable, ["-m", _MODULE])


def _by_uvx(source: str) -> tuple[str, list[str]]:
    place = Path(source).expanduser()
    whole = str(place.resolve()) if place.exists() else source
    return shutil.which("uvx") or "uvx", ["--from", whole, PROGRAM]


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _shell(text: str) -> str:
    return subprocess.list2cmdline([text]) if sys.platform == "win32" else shlex.quote(text)
