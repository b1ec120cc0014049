"""The command `textrequest-mcp import`: takes contacts or opt-outs over from a file, shown first; opts nobody in."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import anyio

from textrequest_mcp.account.account import Account
from textrequest_mcp.account.contact import ContactInput
from textrequest_mcp.account.contacts import save_contacts
from textrequest_mcp.account.directory import People
from textrequest_mcp.account.line import TextingLine
from textrequest_mcp.account.people_file import PeopleFile, Row, read_people
from textrequest_mcp.commands.logs import start_logging
from textrequest_mcp.ground.quoting import some
from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.guard.audit.reader import Entry
from textrequest_mcp.settings.table import Settings, SettingsError
from textrequest_mcp.upstream.errors import BadInput, TextRequestError
from textrequest_mcp.wiring import open_account

_FAILED = 1
_AT_ONCE = 200  # contacts of one call
_SHOWN = 20


class Wanted(NamedTuple):
    """What a person asked for.

    Attributes:
        file: the file.
        line: the id of the line; None for the only one, or for opt-outs all of them.
        opt_outs: whether everybody in the file opted out.
        dry_run: whether nothing is to be changed.
        columns: for a field of a contact, the heading of its column.
    """

    file: Path
    line: int | None
    opt_outs: bool
    dry_run: bool
    columns: Mapping[str, str]


def run_import(settings: Settings, wanted: Wanted) -> int:
    """Show what the file holds, and take it over unless it is a dry run; the exit status.

    Raises:
        SettingsError: the file cannot be read, or holds no people.
    """
    try:
        found = read_people(wanted.file.read_text("utf-8-sig"), wanted.columns)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError([f"{wanted.file} cannot be read ({type(error).__name__}); it must be UTF-8."]) from None
    except BadInput as error:
        raise SettingsError([str(error)]) from None
    start_logging(settings.log_level)
    sys.stdout.write(as_text(found))
    try:
        return anyio.run(_run, settings, wanted, found)
    except (TextRequestError, StoreError) as error:
        sys.stderr.write(f"{error}\n")
        return _FAILED


def as_text(found: PeopleFile) -> str:
    """What a file holds: its mapping, what is not taken, duplicates and bad rows."""
    lines = [f"  {column} -> {name}" for column, name in found.mapping.items()]
    if found.unused:
        lines.append(f"  not taken: {', '.join(found.unused)}")
    lines.append(f"{some(len(found.rows), 'person').replace('persons', 'people')} in the file.")
    if found.duplicates:
        lines.append(f"Numbers that stand in it already, in rows {_places(found.duplicates)}.")
    for place, why in found.bad[:_SHOWN]:
        lines.append(f"  row {place}: {why}")
    if len(found.bad) > _SHOWN:
        lines.append(f"  and {len(found.bad) - _SHOWN} more rows without a usable number.")
    return "\n".join(["Columns:", *lines]) + "\n"


async def _run(settings: Settings, wanted: Wanted, found: PeopleFile) -> int:
    async with open_account(settings) as (account, _):
        if wanted.opt_outs:
            return await _opt_out(account, wanted, found.rows)
        line = await account.line(wanted.line)
        people = await account.directory.all(line.id)
        changes = [row for row in found.rows if _differs(row, people)]
        new = sum(people.get(row.values["phone_number"]) is None for row in changes)
        same = len(found.rows) - len(changes)
        opted_out = [row for row in found.rows if row.opted_out]
        title = await line.title()
        sys.stdout.write(
            f"On {title}: {new} new, {len(changes) - new} with other names or notes, {same} as they are there.\n"
            f"{len(opted_out)} want no texts by this file; nobody is opted in by one.\n"
        )
        if wanted.dry_run:
            sys.stdout.write("Nothing was changed. Without --dry-run it is taken over.\n")
            return 0
        for start in range(0, len(changes), _AT_ONCE):
            await _save(account, line, changes[start : start + _AT_ONCE])
        await account.policy.consent.stop([line.id], [row.values["phone_number"] for row in opted_out])
        sys.stdout.write(f"Saved {len(changes)} contacts, and {len(opted_out)} wishes for no texts.\n")
        return 0


async def _save(account: Account, line: TextingLine, rows: Sequence[Row]) -> None:
    """Save some, and note it in the audit."""
    entry = Entry(caller="import", tool="save_contacts", kind="write", outcome="done", dashboard_id=line.id)
    act = account.audit.begin(entry)
    await account.audit.leave(act)
    answer = await save_contacts(line, [ContactInput.model_validate(row.values) for row in rows])
    await account.audit.record(entry, closes=act)
    if answer.note:
        sys.stdout.write(f"{answer.note}\n")


async def _opt_out(account: Account, wanted: Wanted, rows: Sequence[Row]) -> int:
    lines = [wanted.line] if wanted.line is not None else await account.line_ids()
    on = f"line {wanted.line}" if wanted.line is not None else f"all {len(lines)} lines"
    if wanted.dry_run:
        sys.stdout.write(f"{len(rows)} would get no more texts from {on}. Nothing was changed.\n")
        return 0
    await account.policy.consent.stop(lines, [row.values["phone_number"] for row in rows])
    entry = Entry(caller="import", tool="stop_texting", kind="write", outcome="done", dashboard_id=wanted.line)
    await account.audit.record(entry)
    sys.stdout.write(f"{len(rows)} get no more texts from {on} through this server; only their own START lifts that.\n")
    return 0


def _differs(row: Row, people: People) -> bool:
    person = people.get(row.values["phone_number"])
    if person is None:
        return True
    given = {name: value for name, value in row.values.items() if name != "phone_number"}
    return any(str(person.record.get(name) or "") != value for name, value in given.items())


def _places(places: Sequence[int]) -> str:
    shown = ", ".join(map(str, places[:_SHOWN]))
    return f"{shown} and {len(places) - _SHOWN} more" if len(places) > _SHOWN else shown
