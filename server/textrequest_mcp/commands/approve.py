"""The command `textrequest-mcp approve`: shows what waits for a person's yes, and takes the answers in a terminal."""

import sys
import time

import anyio

from textrequest_mcp.ground.quoting import same_name
from textrequest_mcp.ground.store import Store, StoreError
from textrequest_mcp.guard.approval.approval_rows import Row
from textrequest_mcp.guard.approval.approvals import Approvals
from textrequest_mcp.settings.table import State
from textrequest_mcp.upstream.errors import BadInput

_FAILED = 1


def approve(state: State, account: str | None = None) -> int:
    """Ask for an answer to each question that waits, of an account or of all; returns the exit status."""
    if not sys.stdin.isatty():
        sys.stderr.write("textrequest-mcp approve wants a person at a terminal. Nothing was decided.\n")
        return _FAILED
    store = Store.open(*state)
    try:
        anyio.run(_ask_all, Approvals(store, account))
    except StoreError as error:
        sys.stderr.write(f"{error}\n")
        return _FAILED
    finally:
        store.close()
    return 0


async def _ask_all(approvals: Approvals) -> None:
    rows = await approvals.waiting()
    if not rows:
        sys.stdout.write("Nothing waits for a yes.\n")
    for row in rows:
        await _ask(approvals, row)


async def _ask(approvals: Approvals, row: Row) -> None:
    shown = row.shown
    if shown is None:
        return
    asked = time.strftime("%H:%M", time.localtime(row.asked_at))
    sys.stdout.write(f"\n{shown.title}, asked by {shown.caller or 'an assistant'} at {asked}\n\n{shown.text}\n\n")
    name = shown.must_type
    typed = input(  # noqa: ASYNC250 - nothing else runs here
        "Type yes to agree: " if name is None else f"Type {name} to agree: "
    )
    yes = same_name(typed, name or "yes")
    try:
        await approvals.decide(row.id, yes=yes, by="terminal", typed=typed)
    except BadInput as error:  # somebody decided meanwhile
        sys.stdout.write(f"{error}\n")
        return
    sys.stdout.write("You said yes.\n" if yes else "You said no: nothing happens.\n")
