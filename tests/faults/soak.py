"""Sends, faults, kills, losses and replays at random, as many as asked; fails where a text went out twice or got lost.

People agree in three ways (`machine`). Every other episode has its servers share PostgreSQL, whose connections are
ended at random too; for a team over HTTP the database is also away for a while.

`python tests/faults/soak.py [STEPS] [SEED] [WAY]`, the last for episodes of one way and nothing else. The seed chooses
the steps; how they interleave is the machine's affair.
"""

import random
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # run by itself, as `make soak` does

from tests import engines
from tests.faults.deciding import Answer
from tests.faults.kills import kill_in_flight
from tests.faults.later_kills import Run, kill_around_the_time
from tests.faults.losses import lose_once
from tests.faults.machine import ARMED, CLOCKS, MARKED, SERVERS, TEXTS, Episode, Way, open_episode
from tests.faults.turns import wait_in_turn
from tests.faults.zygote import Zygote

STEPS = 10_000
KILLS = 200
LOSSES = 100
LATER_KILLS = 40
ROUNDS_OF_TURNS = 20
_ANSWERS: tuple[Answer, ...] = ("yes", "no", "silence")
_STEPS: dict[Way, int] = {"tokens": 80, "desk": 80, "team": 240}  # of an episode; a team is to meet the limit of calls
_AT_ONCE = 8
_SEVERAL = 1_000_000
_WAYS: tuple[Way, ...] = (
    "tokens",
    "tokens",
    "desk",
    "team",
    "tokens",
    "tokens",
    "desk",
    "desk",
)  # odd ones on PostgreSQL


def main() -> int:
    """The exit status: 1 if anything was sent twice, lost, or told wrongly."""
    steps = int(sys.argv[1]) if sys.argv[1:] else STEPS
    seed = int(sys.argv[2]) if sys.argv[2:] else random.SystemRandom().randrange(_SEVERAL)
    ways: Sequence[Way] = [way for way in _WAYS if way == sys.argv[3]] if sys.argv[3:] else _WAYS
    began = time.perf_counter()
    soak = Soak(seed, ways)
    with Zygote() as zygote, tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(_AT_ONCE) as pool:
        for number in soak.episodes(steps):
            pool.submit(soak.run, lambda n=number: soak.episode(zygote, Path(folder, f"{n}"), n))
        if "team" in ways:
            pool.submit(soak.run, lambda: wait_in_turn(zygote, Path(folder, "turns"), ROUNDS_OF_TURNS, seed))
        if ways is _WAYS:
            pool.submit(soak.run, lambda: soak.kills(zygote, Path(folder, "kills")))
            pool.submit(soak.run, lambda: kill_around_the_time(zygote, Path(folder, "later"), LATER_KILLS, seed))
            for number in range(LOSSES):
                pool.submit(soak.run, lambda n=number: lose_once(zygote, Path(folder, f"loss {n}"), n, seed))
    sys.stdout.write(soak.report(time.perf_counter() - began))
    return int(soak.failed)


class Soak:
    """One run: what was done, and what was found."""

    def __init__(self, seed: int, ways: Sequence[Way] = _WAYS) -> None:
        self.seed = seed
        self._ways = ways
        self._most: dict[str, int] = {}
        self.counts: Counter[str] = Counter()
        self.found: list[str] = []
        self._turn = threading.Lock()

    @property
    def failed(self) -> bool:
        return bool(self.found)

    def episodes(self, steps: int) -> Generator[int]:
        """The numbers of so many episodes that they have so many steps."""
        for number in count():
            if steps <= 0:
                return
            yield number
            steps -= _STEPS[self._ways[number % len(self._ways)]]

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
            if isinstance(episode, Episode):
                self._most |= {where: max(most, self._most.get(where, 0)) for where, most in episode.most.items()}
            self.counts.update(problem.kind for problem in episode.books.problems)
            self.found += [f"{episode.account.folder.name}: {problem}" for problem in episode.books.problems]

    def episode(self, zygote: Zygote, folder: Path, number: int) -> Episode:
        """So many random steps over one state folder."""
        chance = random.Random(f"{self.seed} {number}")
        way = self._ways[number % len(self._ways)]
        database = engines.schema(number) if number % 2 or way == "team" else None
        marked = MARKED[number // len(self._ways) % len(MARKED)]
        with open_episode(zygote, folder, marked=marked, database=database, way=way, seed=number) as episode:
            for _ in range(_STEPS[way]):
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
            ("times that PostgreSQL was away", self.counts["databases away"]),
            ("state files lost, emptied, cut or put back", self.counts["losses"]),
            ("clocks that were set between starts", self.counts["clock jumps"]),
            ("saves", self.counts["saves"]),
            ("calls given up", self.counts["cancelled"]),
            ("approvals used, first time or again", self.counts["approvals used"]),
            ("questions at a desk answered yes", self.counts["questions answered yes"]),
            ("questions at a desk answered no", self.counts["questions answered no"]),
            ("  answered on a page, and not in a terminal", self.counts["answers on pages"]),
            ("questions at a desk never answered", self.counts["questions answered None"]),
            ("questions or yeses that expired", self.counts["questions expired"]),
            ("questions that two people answered at once", self.counts["races for a question"]),
            ("answers that came too late, and were told so", self.counts["answers: too late"]),
            ("yeses owed at the end", self.counts["yeses owed at the end"]),
            ("  picked up by the same call again", self.counts["yeses picked up at the end"]),
            ("yeses used up by calls that never acted", self.counts["yeses used up for nothing"]),
            ("calls that waited for their turn, in order", self.counts["calls that waited for their turn"]),
            ("  servers killed meanwhile", self.counts["servers killed while calls waited"]),
            ("most calls of a team in 60 seconds (of 100)", self._most.get("with", 0)),
            ("  with PostgreSQL away in them (of 140)", self._most.get("without", 0)),
            ("calls answered sent", self.counts["sent"]),
            ("  from an earlier call (duplicate_suppressed)", self.counts["suppressed"]),
            ("calls answered not_sent", self.counts["not_sent"]),
            ("calls answered unknown", self.counts["unknown"]),
            ("sends in the ledger", self.counts["sends in the ledger"]),
            ("sends accepted by the service", self.counts["sends accepted"]),
            ("duplicates", self.counts["duplicate"]),
            ("acts without a yes", self.counts["unasked"]),
            ("lost outcomes", self.counts["lost"]),
            ("wrong outcomes", self.counts["wrong"]),
            ("calls too early or out of turn", self.counts["limit"]),
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
    tokens = episode.way == "tokens"
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
        (4, tokens, lambda: episode.set_clock(chance.choice(CLOCKS))),
        (5, bool(episode.sends), lambda: episode.settle(server, which)),
        (6, episode.account.database is not None, lambda: episode.end_backends(chance.choice([0.3, 1.0]))),
        (3, episode.switch is not None, lambda: episode.lose_database(chance.uniform(0.1, 2.5))),
        (45, not tokens, lambda: episode.decide(which, chance.randrange(3), chance.choices(_ANSWERS, (8, 2, 1))[0])),
        (8, not tokens, lambda: episode.decide_together(which, chance.choices(("yes", "no"), k=2))),
        (12, not tokens and bool(episode.tries), lambda: episode.call_at_once(which, chance.randint(1, 2))),
        (3, not tokens, lambda: episode.expire(which)),
    ]
    possible = [(weight, act) for weight, can, act in steps if can]
    (chosen,) = chance.choices([act for _, act in possible], [weight for weight, _ in possible])
    chosen()


if __name__ == "__main__":
    sys.exit(main())
