"""kill -9 of servers around the time of scheduled texts: the next one sees to them, and none leaves twice."""

import hashlib
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import anyio
from tests.engines import open_store
from tests.faults.books import Books, Kind, Text
from tests.faults.host import Account, said
from tests.faults.lab import Fault, run_lab
from tests.faults.zygote import Zygote

from textrequest_mcp.guard.once.schedule import Schedule
from textrequest_mcp.live.encryption import Cipher

WAIT_SECONDS = 1
_SETTINGS = {"UNDO_SECONDS": str(WAIT_SECONDS), "SEND_LATER": "on"}
_MEANWHILE = (None, Fault.ACT_SLOWLY, Fault.ACT_AND_STALL, Fault.STALL)
_FINAL = {"SENT": (1, 1), "NOT_SENT": (0, 0), "MISSED": (0, 0), "CANCELLED": (0, 0), "UNKNOWN": (0, 1)}
_PATIENCE_SECONDS = 30.0


@dataclass
class Run:
    """What was done, and what was found."""

    account: Account
    books: Books
    counts: Counter[str] = field(default_factory=Counter[str])


def kill_around_the_time(zygote: Zygote, folder: Path, kills: int, seed: int) -> Run:
    """So many texts that are to leave a second later, and a server that is killed around that second, each time.

    Two servers share the state; the one that is left, or the next one, sees to what the killed one saw to.
    """
    chance = random.Random(f"{seed} later")
    texts = [Text(f"+1423555{2000 + number}", "Your car is ready.") for number in range(kills)]
    with run_lab() as lab:
        account = Account(zygote, lab.base_url, lab.key, folder, _SETTINGS)
        run = Run(account, Books(lab.sandbox, account.state_file, texts))
        send_ids: dict[Text, str] = {}
        with ExitStack() as stack:
            host = account.host()
            stack.callback(lambda: host.leave())  # noqa: PLW0108 - the one that is there at the end
            for text in texts:
                send_ids[text] = said(host.call("send_message", phone_number=text.phone, body=text.body))["send_id"]
                fault = chance.choice(_MEANWHILE)
                if fault is not None:
                    lab.next(fault)
                if chance.random() < 1 / 3:  # another server is up meanwhile, and looks too
                    with account.host() as other:
                        other.call("list_tags")
                        time.sleep(chance.uniform(0.0, 0.3))
                time.sleep(chance.uniform(WAIT_SECONDS - 0.1, WAIT_SECONDS + 0.2))
                host.kill()
                lab.peace()
                run.counts["servers killed around the time of a text"] += 1
                host = account.host()
                host.call("list_tags")  # so that it is up
            wait_until(lambda: all(state in _FINAL for state in _states(account, send_ids.values())))
        for text, send_id in send_ids.items():
            _judge(run, text, *_states(account, [send_id]), accepted=len(run.books.accepted(text)))
    return run


def _judge(run: Run, text: Text, state: str, *, accepted: int) -> None:
    """Hold the end of a text against what the service has."""
    run.counts[f"scheduled texts {state}"] += 1
    least, most = _FINAL[state]
    kind: Kind | None = (
        "duplicate" if accepted > 1 else "lost" if accepted > most else "wrong" if accepted < least else None
    )
    if kind is not None:
        run.books.note(kind, f"{text.phone}: {accepted} accepted, and the schedule says {state}")


def _states(account: Account, send_ids: Iterable[str]) -> list[str]:
    """How the schedule on the disk calls these texts."""

    async def read() -> list[str]:
        store = open_store(account.state_file.parent)
        try:
            schedule = Schedule(store, _account_id(account), Cipher(account.key))
            return [row.state for send_id in send_ids for row in await schedule.get(send_id)]
        finally:
            store.close()

    return anyio.run(read)


def _account_id(account: Account) -> str:
    """As `wiring.open_account` names it."""
    return hashlib.sha256(f"{account.base_url} {account.key}".encode()).hexdigest()[:32]


def wait_until(ready: Callable[[], bool]) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while not ready():
        assert time.monotonic() < until, "a scheduled text never came to an end"
        time.sleep(0.1)
