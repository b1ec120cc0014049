"""Another server process for the tests of caps: `python caps_child.py NAME FOLDER`.

It says `ready`, goes on when a line arrives, tries to take forty places at once, each for a person of its own, and
prints how many it got.
"""

import sys
from decimal import Decimal
from pathlib import Path

import anyio
from tests.engines import open_store

from textrequest_mcp.guard.rules.caps import Caps
from textrequest_mcp.guard.rules.remaining import Limits, OverCap, Reservation

TEXTS, DOLLARS = 50, Decimal("1.01")
LIMITS = Limits(
    texts_per_hour=TEXTS,
    texts_per_day=TEXTS + 1,
    new_people_per_day=TEXTS,
    dollars_per_request=None,
    dollars_per_day=TEXTS * DOLLARS,
)


async def main(name: str, folder: Path) -> None:
    caps = Caps(open_store(folder), "one account", LIMITS)
    print("ready", flush=True)
    sys.stdin.readline()
    got = 0
    for number in range(40):
        own = f"{name} {number}"
        try:
            await caps.reserve(Reservation(send_id=own, dashboard_id=121, person=own, texts=1, dollars=DOLLARS))
        except OverCap:
            continue
        got += 1
    print(got, flush=True)


if __name__ == "__main__":
    anyio.run(main, sys.argv[1], Path(sys.argv[2]))
