"""The command `textrequest-mcp doctor`: runs every check, and prints what each found and what to do."""

import json
import sys
from collections.abc import Sequence
from functools import partial

import anyio

from textrequest_mcp import __version__
from textrequest_mcp.commands.doctor.approval import ways_to_a_yes
from textrequest_mcp.commands.doctor.database import database_of_state
from textrequest_mcp.commands.doctor.finding import Finding, problem
from textrequest_mcp.commands.doctor.hosts import hosts_here
from textrequest_mcp.commands.doctor.machine import python_and_parts, settings_of
from textrequest_mcp.commands.doctor.service import account_of, newest, public_address
from textrequest_mcp.commands.doctor.state import folder_of_state
from textrequest_mcp.commands.doctor.team import people_of
from textrequest_mcp.commands.logs import start_logging
from textrequest_mcp.ground.quoting import some
from textrequest_mcp.settings.places import read_state, read_state_folder
from textrequest_mcp.settings.table import SettingsError

_MARKS = {"ok": "ok", "note": "note", "problem": "PROBLEM"}
_WIDTH = max(map(len, _MARKS.values()))


def run_doctor(*, as_json: bool, online: bool) -> int:
    """Print all findings; returns 0 if none is a problem, else 1.

    Args:
        as_json: for programs.
        online: also ask the package index for a newer version, and call the public address.
    """
    start_logging("ERROR")  # what a check finds is printed
    findings = anyio.run(partial(_examine, online=online))
    sys.stdout.write(_as_json(findings) if as_json else as_text(findings))
    return int(any(each.state == "problem" for each in findings))


def as_text(findings: Sequence[Finding]) -> str:
    """A line for each finding, one more for what to do, and the count."""
    lines: list[str] = []
    for each in findings:
        lines.append(f"{_MARKS[each.state]:<{_WIDTH}}  {each.check}: {each.says}")
        if each.todo:
            lines.append(f"{'':<{_WIDTH}}  -> {each.todo}")
    counts = {state: sum(each.state == state for each in findings) for state in ("problem", "note")}
    told = ", ".join(some(count, state) for state, count in counts.items() if count)
    return "\n".join([*lines, "", f"{told}." if told else "All is well."]) + "\n"


def _as_json(findings: Sequence[Finding]) -> str:
    is_well = not any(each.state == "problem" for each in findings)
    return json.dumps({"version": __version__, "ok": is_well, "findings": [each._asdict() for each in findings]}) + "\n"


async def _examine(*, online: bool) -> list[Finding]:
    found = python_and_parts()
    settings, of_settings = settings_of()
    found += of_settings
    try:
        found += folder_of_state(read_state_folder())
        if isinstance((state := read_state()).place, str):
            found += await database_of_state(state)
    except SettingsError as error:  # may be among the findings on the settings already
        said = {each.says for each in found}
        found += [problem("state", each, "Set it to a folder of yours.") for each in error.problems if each not in said]
    if settings is not None:
        found += await ways_to_a_yes(settings)
        found += await people_of(settings, online=online)
    if settings is not None and not settings.sandbox:
        found += await account_of(settings)
    if online:
        found.append(await newest(__version__))
        if settings is not None and settings.public_url:
            found.append(await public_address(settings.public_url))
    try:
        return [*found, *await hosts_here()]
    except SettingsError as error:
        return [*found, *(problem("hosts", each, "Set HOME to your folder.") for each in error.problems)]
