"""Looks at each AI host on this machine: its file parses, our entry in it is safe, and what the entry says starts."""

import json
import re
import shutil
import tempfile
import time
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, cast

import anyio
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from textrequest_mcp.commands.doctor.finding import Finding, note, ok, problem
from textrequest_mcp.commands.hosts.api_key import VARIABLE
from textrequest_mcp.commands.hosts.entry import is_ours
from textrequest_mcp.commands.hosts.json_text import value_at
from textrequest_mcp.commands.hosts.table import HOSTS, Host, here

_MOST_SAID = 300
_SLOW_SECONDS, _WAIT_SECONDS = 5.0, 30.0
_NO_COMMENTS = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_NO_LAST_COMMA = re.compile(r'("(?:\\.|[^"\\])*")|,(?=\s*[}\]])')


class _Served(NamedTuple):
    """How a start went: the number of tools and the time, or what the program said as it failed."""

    tools: int
    seconds: float
    said: str = ""


async def hosts_here() -> list[Finding]:
    """A finding or more for each host whose settings file is on this machine; one where there is none."""
    place = here()
    found: list[Finding] = []
    for name, host in HOSTS.items():
        found += await _of_host(name, host, place.path(host))
    if not any(each.check.count(".") for each in found):
        add = f"`textrequest-mcp install HOST` adds it; HOST is one of {', '.join(HOSTS)}."
        found.append(note("hosts", "No host on this machine starts this server.", add))
    return found


async def _of_host(name: str, host: Host, path: Path) -> list[Finding]:
    """What is the matter with a host's file; nothing, where there is none or it has no entry of ours."""
    try:
        entries = _entries(host, path)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        return [note(name, f"{path} cannot be read: {error.strerror or type(error).__name__}.", "Make it readable.")]
    except ValueError:  # of any of the parsers, and of what is no UTF-8
        mend = f"Mend it in an editor, or remove it and run `textrequest-mcp install {name}`."
        return [problem(name, f"{path} does not parse, so {host.title} starts no server of it.", mend)]
    if entries is None:
        return [note(name, f"This program does not read {path}.", f"Compare it with `textrequest-mcp config {name}`.")]
    objects = cast("dict[str, dict[str, Any]]", {key: each for key, each in entries.items() if isinstance(each, dict)})
    return [await _of_entry(name, key, each, path) for key, each in objects.items() if is_ours(each)]


def _entries(host: Host, path: Path) -> dict[str, Any] | None:
    """The servers of a file; None for YAML with one of ours, because nothing here reads YAML."""
    text = path.read_text("utf-8-sig")
    if host.form in {"goose", "continue"}:
        return None if is_ours(text) else {}
    if host.form == "toml":
        return value_at(tomllib.loads(text), [host.key]) or {}
    plain = _NO_LAST_COMMA.sub(r"\1", _NO_COMMENTS.sub(r"\1", text))
    return value_at(json.loads(plain) if plain.strip() else {}, [host.key]) or {}


async def _of_entry(name: str, key: str, entry: dict[str, Any], path: Path) -> Finding:
    check = f"{name}.{key}"
    env: dict[str, Any] = entry.get("env") or {}
    command = str(entry.get("command") or "")
    again = f"`textrequest-mcp install {name}` writes it anew."
    if not command:
        return note(check, "It is reached over HTTP, and was not tried.", "Start the server, and look at /mcp there.")
    if "${" in json.dumps(entry):
        return note(check, "It asks for a value as it starts, and was not tried.", f"{again[:-1]} with a key's file.")
    if not shutil.which(command):
        return problem(check, f"{command} is not there any more, or cannot be run.", again)
    args: list[Any] = entry.get("args") or []
    served = await start(command, list(map(str, args)), {variable: str(value) for variable, value in env.items()})
    if served.said:
        return problem(check, f"It does not start: {served.said}", f"Mend that, or {again}")
    if env.get(VARIABLE):
        return problem(
            check, f"It works, but the API key itself stands in {path}.", f"{again[:-1]}, with a key's file."
        )
    says = f"It starts: {served.tools} tools in {served.seconds:.1f} seconds."
    if served.seconds > _SLOW_SECONDS:
        return Finding(
            check, "note", says, "Some hosts do not wait so long. Look what keeps the machine busy.", served.seconds
        )
    return ok(check, says, round(served.seconds, 2))


async def start(command: str, args: list[str], env: dict[str, str]) -> _Served:
    """Start an entry as hosts do: a process of few variables, `initialize` and `tools/list` over stdio."""
    began = time.monotonic()
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
        failure = ""
        try:
            with anyio.fail_after(_WAIT_SECONDS):
                parameters = StdioServerParameters(command=command, args=args, env=env)
                async with Client(stdio_client(parameters, errlog=errors)) as client:
                    tools = (await client.list_tools()).tools
                return _Served(len(tools), time.monotonic() - began)
        except TimeoutError:
            failure = f"it gave no answer within {_WAIT_SECONDS:.0f} seconds"
        except Exception as error:  # noqa: BLE001 - whatever a foreign program does, the person gets a sentence
            failure = type(_first(error)).__name__
        with suppress(OSError):
            errors.seek(0)
            lines = [line.rstrip() for line in errors if line.strip()]
            problems = [line.removeprefix("- ") for line in lines if line.startswith("- ")]  # as `cli` tells them
            failure = " ".join(problems or lines[-1:])[:_MOST_SAID] or failure
        return _Served(0, time.monotonic() - began, failure)


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = cast("BaseExceptionGroup[BaseException]", error).exceptions[0]
    return error
