"""Another server process for the ledger's tests: `python ledger_child.py claim|intend|leave FOLDER ACCOUNT`.

`claim` says `ready`, goes on when a line arrives, claims twenty acts at once, prints 1 for each that it may do, and
stays until its standard input is closed.
`intend` and `leave` bring one act so far, print its send_id, and stay until killed.
"""

import sys
from pathlib import Path

import anyio
from tests.engines import open_store

from textrequest_mcp.guard.once.ledger import Ledger
from textrequest_mcp.guard.once.ledger_rows import Act


def act(fingerprint: str) -> Act:
    return Act(
        tool="send_message",
        caller="child",
        dashboard_id=121,
        person=None,
        fingerprint=fingerprint,
        arguments=fingerprint,
        idempotency_key=None,
        facts={"phone_number": "+14235550100"},
    )


async def main(what: str, folder: Path, account: str) -> None:
    ledger = Ledger(open_store(folder), account)
    if what == "claim":
        print("ready", flush=True)
        sys.stdin.readline()
        claims = [await ledger.claim(act(str(number)), repeat=False, may_act=True) for number in range(20)]
        print("".join(str(int(fresh)) for _, fresh in claims), flush=True)
        sys.stdin.readline()  # what a process has claimed that has ended is free again
        return
    send, _ = await ledger.claim(act("same"), repeat=False, may_act=True)
    assert send is not None
    if what == "leave":
        await ledger.leave(send.send_id)
    print(send.send_id, flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    anyio.run(main, sys.argv[1], Path(sys.argv[2]), sys.argv[3])
