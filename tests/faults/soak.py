"""Sends, faults, kills, losses and replays at random, as many as asked; fails where a text went out twice or got lost.

Every other episode has its two servers share PostgreSQL, whose connections are ended at random too.

`python tests/faults/soak.py [STEPS] [SEED]`. The seed chooses the steps; how they interleave is the machine's affair.
"""

import random
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # run by itself, as `make soak` does

from tests import engines
from tests.faults.kills import kill_in_flight
from tests.faults.later_kills import Run, kill_around_the_time
from tests.faults.losses import lose_once
from tests.faults.machine import ARMED, CLOCKS, MARKED, SERVERS, TEXTS, Episode, open_episode
from tests.faults.zygote import Zygote

STEPS = 10_000
KILLS = 200
LOSSES = 100
LATER_KILLS = 40
_STEPS_OF_AN_EPISODE = 80
_AT_ONCE = 6
_SEVERAL = 1_000_000


def main() -> int:
    """The exit status: 1 if anything was sent twice, lost, or told wrongly."""
    steps = int(sys.argv[1]) if sys.argv[1:] else STEPS
    seed = int(sys.argv[2]) if sys.argv[2:] else random.SystemRandom().randrange(_SEVERAL)
    began = time.perf_counter()
    soak = Soak(seed)
    with Zygote() as zygote, tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(_AT_ONCE) as pool:
        for number in range(-(-steps // _STEPS_OF_AN_EPISODE)):
            pool.submit(soak.run, lambda n=number: soak.episode(zygote, Path(folder, f"{n}"), n))
        pool.submit(soak.run, lambda: soak.kills(zygote, Path(folder, "kills")))
        pool.submit(soak.run, lambda: kill_around_the_time(zygote, Path(folder, "later"), LATER_KILLS, seed))
        for number in range(LOSSES):
            pool.submit(soak.run, lambda n=number: lose_once(zygote, Path(folder, f"loss {n}"), n, seed))
    sys.stdout.write(soak.report(time.perf_counter() - began))
    return int(soak.failed)


class Soak:
    """One run: what was done, and what was found."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.counts: Counter[str] = Counter()
        self.found: list[str] = []
        self._turn = threading.Lock()

    @property
    def failed(self) -> bool:
        return bool(self.found)

    def run(self, part: Callable[[], Episode | Run]) -> None:
        """Do a part and add its figures; a part that breaks off is a failure too."""
        try:
            episode = part()
        except Exception:  # noqa: BLE001 - told in the report
            with self._turn:
                self.counts["broken off"] += 1
                self.found.append(traceback.format_exc())
            return
        with self._turn:
            self.counts.update(episode.counts)
            self.counts.update(problem.kind for problem in episode.books.problems)
            self.found += [f"{episode.account.folder.name}: {problem}" for problem in episode.books.problems]

    def episode(self, zygote: Zygote, folder: Path, number: int) -> Episode:
        """So many random steps over one state folder."""
        chance = random.Random(f"{self.seed} {number}")
        database = engines.schema(number) if number % 2 else None
        with open_episode(zygote, folder, marked=MARKED[number % len(MARKED)], database=database) as episode:
            for _ in range(_STEPS_OF_AN_EPISODE):
                step(episode, chance)
                episode.counts["steps"] += 1
                episode.books.look()
            episode.finish()
        if database is not None:
            engines.drop(number)
        return episode

    def kills(self, zygote: Zygote, folder: Path) -> Episode:
        """The kills between INFLIGHT and the answer."""
        episode = kill_in_flight(zygote, folder, KILLS, self.seed)
        episode.counts["kills on the way"] = episode.counts["INFLIGHT"]
        return episode

    def report(self, seconds: float) -> str:
        """What happened, a line each."""
        rows = [
            ("steps", self.counts["steps"]),
            ("faults", self.counts["faults"]),
            ("kill -9 of a server", self.counts["kills"]),
            ("  between INFLIGHT and the answer read", self.counts["kills on the way"]),
            ("    the text accepted by then", self.counts["accepted before the kill"]),
            ("  around the time of a scheduled text", self.counts["servers killed around the time of a text"]),
            ("    scheduled texts that left", self.counts["scheduled texts SENT"]),
            ("connections to PostgreSQL ended", self.counts["backends ended"]),
            ("state files lost, emptied, cut or put back", self.counts["losses"]),
            ("clocks that were set between starts", self.counts["clock jumps"]),
            ("saves", self.counts["saves"]),
            ("calls given up", self.counts["cancelled"]),
            ("approvals used, first time or again", self.counts["approvals used"]),
            ("calls answered sent", self.counts["sent"]),
            ("  from an earlier call (duplicate_suppressed)", self.counts["suppressed"]),
            ("calls answered not_sent", self.counts["not_sent"]),
            ("calls answered unknown", self.counts["unknown"]),
            ("sends in the ledger", self.counts["sends in the ledger"]),
            ("sends accepted by the service", self.counts["sends accepted"]),
            ("duplicates", self.counts["duplicate"]),
            ("lost outcomes", self.counts["lost"]),
            ("wrong outcomes", self.counts["wrong"]),
            ("parts broken off", self.counts["broken off"]),
        ]
        lines = [f"{what:<48}{count:>8,}" for what, count in rows]
        return "\n".join([*self.found, *lines, f"{seconds:.0f} seconds in all, seed {self.seed}", ""])


def step(episode: Episode, chance: random.Random) -> None:
    """One step of any kind, chosen by weight."""
    server, which = chance.randrange(SERVERS), chance.randrange(6)
    text = int(len(TEXTS) * chance.random() ** 2)  # some more often than others, so that they meet themselves
    key = chance.choice([None, None, 0, 1, 2])
    repeat = chance.random() < 1 / 3
    method = "GET" if chance.random() < 1 / 5 else "POST"
    after = chance.choice([0.0, chance.uniform(0, 0.05)])
    steps: list[tuple[int, bool, Callable[[], None]]] = [
        (22, True, lambda: episode.send(server, text, key=key, repeat=repeat)),
        (20, True, lambda: episode.start_sending(server, text, key=key, repeat=repeat)),
        (6, True, lambda: episode.start_saving(server, text)),
        (8, bool(episode.tries), lambda: episode.repeat_call(server, which)),
        (16, bool(episode.approvals), lambda: episode.approve(server, which, wait=chance.random() < 1 / 2)),
        (20, True, lambda: episode.arm(chance.choice(ARMED), method)),
        (5, bool(episode.flights), lambda: episode.cancel(which)),
        (9, bool(episode.running), lambda: episode.kill(server, after)),
        (2, episode.running < SERVERS, lambda: episode.start(server)),
        (1, bool(episode.running), lambda: episode.leave(server)),
        (4, True, lambda: episode.set_clock(chance.choice(CLOCKS))),
        (5, bool(episode.sends), lambda: episode.settle(server, which)),
        (6, episode.account.database is not None, lambda: episode.end_backends(chance.choice([0.3, 1.0]))),
    ]
    possible = [(weight, act) for weight, can, act in steps if can]
    (chosen,) = chance.choices([act for _, act in possible], [weight for weight, _ in possible])
    chosen()


if __name__ == "__main__":
    sys.exit(main())
