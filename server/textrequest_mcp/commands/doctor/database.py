"""Looks at the database that keeps the state: whether it answers, how fast, how large it is, and its clock."""

import statistics
import time

from textrequest_mcp.commands.doctor.finding import Finding, note, ok, problem
from textrequest_mcp.ground.connection import Connection
from textrequest_mcp.ground.store import Store, StoreError
from textrequest_mcp.settings.table import State

_CHECK = "database"
_TRIES = 5
_SLOW_SECONDS = 0.05  # a call of a tool makes about ten transactions
_CLOCK_SECONDS = 5.0
_OLDEST = 140_000  # the first version that has what the tables need
_ABOUT = (
    "SELECT current_setting('server_version'), current_setting('server_version_num'),"
    " pg_database_size(current_database()), current_setting('fsync')"
)


async def database_of_state(state: State) -> list[Finding]:
    """What is the matter with the database; one `ok` where nothing is."""
    store = Store.open(*state)
    try:
        await store.secret()  # makes the tables, where they are not there yet
        version, number, size, fsync = await store.transact(_about)
        taken: list[float] = []
        for _ in range(_TRIES):
            began = time.perf_counter()
            await store.transact(_about)
            taken.append(time.perf_counter() - began)
    except StoreError as error:
        return [problem(_CHECK, str(error), "Do what the sentence says.")]
    finally:
        store.close()
    seconds, ahead = statistics.median(taken), store.steady() - time.time()
    found: list[Finding] = []
    if int(number) < _OLDEST:
        found.append(problem(_CHECK, f"PostgreSQL {version} is too old.", "Use version 14 or newer."))
    if fsync != "on":
        found.append(problem(_CHECK, "It acknowledges what is not on the disk (fsync is off).", "Set fsync to on."))
    if seconds > _SLOW_SECONDS:
        says = f"It takes {seconds * 1000:.0f} ms for a transaction."
        found.append(note(_CHECK, says, "Run the servers near it, and look at its load."))
    if abs(ahead) > _CLOCK_SECONDS:
        side = "ahead of" if ahead > 0 else "behind"
        says = f"Its clock is {abs(ahead):.0f} seconds {side} this machine's."
        found.append(note(_CHECK, says, "Switch on setting the time automatically, on both."))
    fine = f"PostgreSQL {version} answers in {seconds * 1000:.1f} ms; the database has {size / 1e6:.0f} MB."
    return found or [ok(_CHECK, fine)]


def _about(connection: Connection) -> tuple[str, str, int, str]:
    return connection.execute(_ABOUT).fetchone()
