"""Another server process for the audit's tests: `python audit_child.py FOLDER ACCOUNT`.

It says `ready`, goes on when a line arrives, and records fifty entries.
"""

import sys
from pathlib import Path

import anyio
from tests.engines import open_store

from textrequest_mcp.guard.audit.reader import Entry
from textrequest_mcp.guard.audit.writer import Audit


async def main(folder: Path, account: str) -> None:
    audit = Audit(open_store(folder), account)
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(50):
        await audit.record(Entry(caller="child", tool="send_message", kind="send", outcome="sent", ids={"n": number}))


if __name__ == "__main__":
    anyio.run(main, Path(sys.argv[1]), sys.argv[2])
