"""Calls that wait for their turn at two servers over one database: who came first is served first, kills or not."""

import random
import re
import time
from pathlib import Path

from tests import engines
from tests.faults.books import Books
from tests.faults.host import Account, Call
from tests.faults.lab import Lab, run_lab
from tests.faults.later_kills import Run, wait_until
from tests.faults.team import MEMBERS, Replicas, TeamHost, add_members
from tests.faults.zygote import Zygote

PLACES, SECONDS = 10, 2
_SCHEMA = 1_000_000  # no episode has this number
_SERVERS = 2
_WAITING = 14
_PERSON = "+14235550100"
_APART_SECONDS = SECONDS / PLACES / 2  # so that places become free one after the other
# Two places that are free at once are taken at once, by two processes, and one of them may be slow to wake.
_AT_ONCE_SECONDS = 0.5
_NUMBER = re.compile(r"page_size=(\d+)")  # by which a call is known at the service


def wait_in_turn(zygote: Zygote, folder: Path, rounds: int, seed: int) -> Run:
    """So many times: all places are taken, calls come one by one to either server, and one server is killed."""
    chance = random.Random(f"{seed} turns")
    database = engines.schema(_SCHEMA)
    (folder / "state").mkdir(parents=True)
    (folder / "state" / engines.BESIDE).write_text(database)
    tokens = add_members(folder / "people")
    settings = {
        "DATABASE_URL": database,
        "TOKENS_FILE": str(folder / "people"),
        "RATE_LIMIT": f"{PLACES}/{SECONDS}",
    }
    with run_lab() as lab:
        account = Account(zygote, lab.base_url, lab.key, folder, settings)
        run = Run(account, Books(lab.sandbox, account.state_file, []))
        replicas = Replicas(account, _SERVERS, seed)
        host = TeamHost(replicas, MEMBERS[0], tokens[MEMBERS[0]])
        try:
            for number in range(rounds):
                first = 1 + number * (PLACES + _WAITING)
                for call in _take_places(replicas, host, range(first, first + PLACES)):
                    call.wait()
                run.counts["servers killed while calls waited"] += 1
                _queue(run, replicas, host, range(first + PLACES, first + PLACES + _WAITING), chance)
                _judge(run, lab, first + PLACES)
            run.books.limit([request.at for request in lab.received], PLACES, SECONDS)
        finally:
            for place in range(_SERVERS):
                replicas.kill(place)
            host.close()
            engines.drop(_SCHEMA)
    return run


def _ask(host: TeamHost, number: int) -> Call:
    return host.begin("list_messages", phone_number=_PERSON, page_size=number % 1000 + 1)


def _take_places(replicas: Replicas, host: TeamHost, numbers: range) -> list[Call]:
    for place in range(_SERVERS):
        replicas.start(place)
    host.call("list_scheduled")  # so that they are up
    calls: list[Call] = []
    for number in numbers:
        calls.append(_ask(host, number))
        time.sleep(_APART_SECONDS)
    return calls


def _queue(run: Run, replicas: Replicas, host: TeamHost, numbers: range, chance: random.Random) -> None:
    """Have calls come, each once the one before it is seen to wait, and kill a server between two of them."""
    killed_after = chance.choice(numbers)
    calls: list[Call] = []
    for number in numbers:
        before = _last_ticket(run)
        calls.append(_ask(host, number))
        wait_until(lambda before=before: _last_ticket(run) > before or calls[-1].over)
        if number == killed_after:
            replicas.kill(chance.choice(replicas.running))
    for call in calls:
        call.wait()


def _last_ticket(run: Run) -> int:
    [(last,)] = engines.by_hand(run.account.state_file.parent, "SELECT coalesce(max(ticket), 0) FROM limiter_calls")
    return last


def _judge(run: Run, lab: Lab, first: int) -> None:
    """Hold the order in which the calls reached the service against that in which they came."""
    at = {int(found[1]) - 1: each.at for each in lab.received if (found := _NUMBER.search(each.target))}
    served = [(number, at[number % 1000]) for number in range(first, first + _WAITING) if number % 1000 in at]
    run.counts["calls that waited for their turn"] += len(served)
    latest = float("-inf")
    for number, when in served:
        late = latest - when
        latest = max(latest, when)
        if late > _AT_ONCE_SECONDS:
            run.books.note("limit", f"call {number} was served {late:.2f} s before one that came first")
