"""Holds the audit against the ledger: each act has exactly one row that says how it ended, and none says otherwise."""

import json
from collections import defaultdict
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, cast

from tests.engines import by_hand, has_state

from textrequest_mcp.ground.connection import Connection
from textrequest_mcp.guard.once.ledger_rows import Send, all_rows

HAPPENED = {"sent", "done"}
_NAMES = ("message_id", "payment_id", "id")
_SAYS = {"SENT": HAPPENED, "NOT_SENT": {"not_sent"}, "UNKNOWN": {"unknown"}}


def audit_rows(state_file: Path) -> list[dict[str, Any]]:
    """Every row, by its fields, with its number and its tool."""
    with _no_table_is_no_rows():
        rows = by_hand(state_file.parent, "SELECT number, tool, entry FROM audit_entries ORDER BY number")
        return [json.loads(entry) | {"number": number, "tool": tool} for number, tool, entry in rows]
    return []


def ledger_rows(state_file: Path) -> list[Send]:
    with _no_table_is_no_rows():
        return all_rows(cast("Connection", _ByHand(state_file.parent)), "1 = 1", ())
    return []


def _no_table_is_no_rows() -> AbstractContextManager[None]:
    return suppress_where(lambda error: "no such table" in str(error) or "does not exist" in str(error))


@contextmanager
def suppress_where(known: Callable[[Exception], bool]) -> Generator[None]:
    try:
        yield
    except Exception as error:
        if not known(error):
            raise


class _ByHand:
    """As much of a transaction as `all_rows` needs, on either engine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def execute(self, sql: str, values: Sequence[object] = ()) -> list[Any]:
        return by_hand(self._folder, sql, *values)


def disagreements(state_file: Path) -> list[str]:
    """A sentence for each act that the audit does not tell as the ledger has it; for when nothing is on its way."""
    if not has_state(state_file.parent):
        return []
    found: list[str] = []
    said: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in audit_rows(state_file):
        if row["outcome"] != "duplicate_suppressed" and "send_id" in row["ids"]:
            said[row["ids"]["send_id"]].append(row)
    rows = ledger_rows(state_file)
    for row in rows:
        told = said.pop(row.send_id, [])
        # A call that waited for another's act is told how that ended, and its own row repeats it.
        words = [each["outcome"] for each in told]
        final = [word for word in words if word in _SAYS.get(row.state, ())]
        doubts = [each for each in told if each["outcome"] == "unknown"]
        if row.state in {"SENT", "UNKNOWN"} and len(final) != 1:
            found.append(f"{row.send_id} is {row.state}, and {len(final)} rows of the audit say so: {words}")
        if row.state == "NOT_SENT" and not final:
            found.append(f"{row.send_id} is NOT_SENT, and no row of the audit says so: {words}")
        if wrong := [word for word in words if word not in {*_SAYS.get(row.state, ()), "unknown"}]:
            found.append(f"{row.send_id} is {row.state}, and the audit says {wrong}")
        if row.state != "UNKNOWN" and doubts and told[-1]["ids"].get("first_row") != doubts[0]["number"]:
            found.append(f"what was found out of {row.send_id} does not name row {doubts[0]['number']}: {told[-1]}")
        if row.state == "SENT" and told and row.upstream_id not in {str(told[-1]["ids"].get(name)) for name in _NAMES}:
            found.append(f"{row.send_id} made {row.upstream_id}, and the audit has {told[-1]['ids']}")
    return found + [f"the ledger does not know {send_id}, of which the audit says {rows}" for send_id in said]
