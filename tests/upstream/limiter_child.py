"""A second server process for the limiter's tests: `python limiter_child.py burst|hold|pause FOLDER`.

It prints one JSON line when it is ready or done; `burst` starts when a line arrives on its standard input.
"""

import json
import sys
import time
from pathlib import Path

import anyio
from tests.engines import open_store

from textrequest_mcp.ground.store import Store
from textrequest_mcp.upstream.limiter import Limiter


def tell(answer: object) -> None:
    print(json.dumps(answer), flush=True)


async def burst(store: Store) -> None:
    """125 calls at once, at most 50 in 0.2 s; tells when each came, started and ended (machine clock)."""
    limiter = Limiter(store, "key", calls=50, per_seconds=0.2)
    moments: list[tuple[float, float, float]] = []
    stalls: list[float] = []

    async def call() -> None:
        came = time.monotonic()
        async with limiter.slot(deadline_seconds=60):
            started = time.monotonic()
            await anyio.sleep(0.002)
            moments.append((came, started, time.monotonic()))

    async def watch() -> None:
        while len(moments) < 125:
            before = time.monotonic()
            await anyio.sleep(0.001)
            stalls.append(time.monotonic() - before)

    await store.secret()  # opens the file before the race
    tell("ready")
    sys.stdin.readline()
    async with anyio.create_task_group() as group:
        group.start_soon(watch)
        for _ in range(125):
            group.start_soon(call)
    tell({"moments": moments, "longest_stall": max(stalls)})


async def hold(store: Store) -> None:
    """Takes all 3 slots of a minute, lets 2 calls wait behind them, and stays so."""
    limiter = Limiter(store, "key", calls=3, per_seconds=60)

    ready = anyio.Semaphore(0)

    async def waits(_: float) -> None:
        ready.release()

    async def call() -> None:
        async with limiter.slot(deadline_seconds=1000, tell=waits):
            ready.release()
            await anyio.sleep_forever()

    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(call)
        for _ in range(5):
            await ready.acquire()
        tell("ready")


async def pause(store: Store) -> None:
    """Was told to hold off for 30 seconds."""
    await Limiter(store, "key", calls=3, per_seconds=60).hold_off(30)
    tell("ready")


if __name__ == "__main__":
    anyio.run({"burst": burst, "hold": hold, "pause": pause}[sys.argv[1]], open_store(Path(sys.argv[2])))
