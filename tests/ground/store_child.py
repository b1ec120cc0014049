"""Another server process for the store's tests: `python store_child.py secret|burn|write FOLDER`.

It says `ready`, goes on when a line arrives on its standard input, and prints what it got.
"""

import sys
from pathlib import Path

import anyio
from tests.engines import open_store

from textrequest_mcp.ground.store import Store


async def secret(store: Store) -> str:
    return (await store.secret()).hex()


async def burn(store: Store) -> str:
    return "".join([str(int(await store.burn("approval", str(number), 600))) for number in range(20)])


async def write(store: Store) -> str:
    store.ensure("CREATE TABLE IF NOT EXISTS written (number INTEGER PRIMARY KEY)")
    number = 0
    while True:
        number += 1
        await store.transact(lambda connection, n=number: connection.execute("INSERT INTO written VALUES (?)", (n,)))
        print(number, flush=True)


if __name__ == "__main__":
    print("ready", flush=True)
    sys.stdin.readline()
    print(anyio.run({"secret": secret, "burn": burn, "write": write}[sys.argv[1]], open_store(Path(sys.argv[2]))))
