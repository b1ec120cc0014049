"""Measures whether a start and the commands that read the state take longer with a million rows in it."""

import os
import subprocess
import sysconfig
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import NamedTuple

from figures import Row
from stage import KEY
from stdio_server import StdioServer

from textrequest_mcp.ground.connection import Connection

_RUNS = 3
_MOST_SECONDS = 2.0
_COMMAND = str(Path(sysconfig.get_path("scripts")) / "textrequest-mcp")
_ENTRY = '{"caller": "host", "kind": "send", "dashboard_id": 121, "outcome": "sent", "ids": {"send_id": "old_'
_FILL = (
    "INSERT INTO audit_entries (number, at, keep_until, account, tool, entry, mac)"
    " SELECT i, :now - :many + i, :now + 31536000, 'account', 'send_message', :entry || i || '\"}}',"
    " CAST('a mac of no use' AS {blob}) FROM ({numbers}) AS n"
)
_BLOBS = {"SQLite": "BLOB", "PostgreSQL": "BYTEA"}


class _Taken(NamedTuple):
    """The seconds that passed, and those that the process worked; a database's own work is in the first only."""

    seconds: float
    worked: float


def fill_audit(connection: Connection, engine: str, numbers: str, many: int) -> None:
    """Put rows into the audit, each as long as that of a text; their chain does not hold."""
    fill = _FILL.replace("{numbers}", numbers).replace("{blob}", _BLOBS[engine])
    connection.execute(fill, {"now": time.time(), "many": many, "entry": _ENTRY})


def commands(engine: str, few: Mapping[str, str], many: Mapping[str, str]) -> list[Row]:
    """The seconds of a start and of the commands on a state with a million rows, in turn with one that has few."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("TEXTREQUEST_", "PYTHON"))}
    states = [{**bare, "TEXTREQUEST_API_KEY": KEY, **state} for state in (many, few)]
    kinds = {
        "start to first tools/list": ["serve", "--sandbox"],
        "audit": ["audit"],
        "audit --by of somebody who did nothing": ["audit", "--by", "nobody"],
        "report": ["report", "--sandbox"],
    }
    rows: list[Row] = []
    for name, arguments in kinds.items():
        runs = [[_taken(arguments, state) for state in states] for _ in range(_RUNS)]
        worked, with_few = (median(run[which].worked for run in runs) for which in (0, 1))
        rows.append(
            Row(
                what=f"seconds of {name}, 1,000,000 rows, {engine}",
                runs=[mine.seconds for mine, _ in runs],
                target=_MOST_SECONDS,
                aside=f"{worked:.2f} s of processor time, against {with_few:.2f} s with 10 rows",
            )
        )
    return rows


def _taken(arguments: list[str], environment: Mapping[str, str]) -> _Taken:
    """What a command took, or a start until its list of tools."""
    if arguments[0] == "serve":
        with StdioServer([_COMMAND, *arguments], environment) as server:
            return _Taken(server.list_tools_first()[0], server.processor_seconds())
    began, before = time.perf_counter(), os.times()
    subprocess.run([_COMMAND, *arguments], env=environment, stdout=subprocess.DEVNULL, check=True)
    after = os.times()
    worked = after.children_user + after.children_system - before.children_user - before.children_system
    return _Taken(time.perf_counter() - began, worked)
