"""Holds the audit against the ledger: each act has exactly one row that says how it ended, and none says otherwise."""

import json
import sqlite3
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from typing import Any

from textrequest_mcp.guard.once.ledger_rows import Send, all_rows

HAPPENED = {"sent", "done"}
_NAMES = ("message_id", "payment_id", "id")
_SAYS = {"SENT": HAPPENED, "NOT_SENT": {"not_sent"}, "UNKNOWN": {"unknown"}}


def audit_rows(state_file: Path) -> list[dict[str, Any]]:
    """Every row, by its fields, with its number and its tool."""
    with closing(sqlite3.connect(state_file, timeout=30)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'audit_entries'").fetchone():
            return []
        rows = connection.execute("SELECT number, tool, entry FROM audit_entries ORDER BY number").fetchall()
    return [json.loads(entry) | {"number": number, "tool": tool} for number, tool, entry in rows]


def ledger_rows(state_file: Path) -> list[Send]:
    with closing(sqlite3.connect(state_file, timeout=30)) as connection:
        there = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'ledger_sends'").fetchone()
        return all_rows(connection, "1", ()) if there else []


def disagreements(state_file: Path) -> list[str]:
    """A sentence for each act that the audit does not tell as the ledger has it; for when nothing is on its way."""
    if not state_file.exists():
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
