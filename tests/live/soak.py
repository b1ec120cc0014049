"""Kills live servers while thousands of texts come in; fails where one is lost, told twice, told wrongly or readable.

`python tests/live/soak.py [TEXTS] [SEED]`. The seed chooses texts, kills and what goes wrong with each call; how they
interleave is the machine's affair.
"""

import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio

sys.path.insert(0, str(Path(__file__).parents[2]))  # run by itself, as `make soak` does

from tests.faults.zygote import Zygote
from tests.live.run_books import Run
from tests.live.runs import by_polling, by_webhooks

TEXTS = 20_000
KILLS = 20
_SEVERAL = 1_000_000
_TEXTS_A_SECOND = 500.0  # that are only listed
_SHORTEST_SECONDS = 2.5  # so that several looks come while texts do
_ROWS = (
    ("texts", "texts"),
    ("  told late / listed late", "late"),
    ("  told / listed out of order", "out of order"),
    ("  known from their webhook alone", "never listed"),
    ("  that appeared between two pages", "between two pages"),
    ("  in bursts between two looks", "in bursts"),
    ("webhook calls answered", "calls"),
    ("  a second one for the same text", "again 200"),
    ("  exact replays, all taken once", "replay 200"),
    ("  signed with a wrong key, all refused", "forged 401"),
    ("webhook calls that failed, and were made again", "failed"),
    ("hooks found disconnected, and connected again", "hooks connected again"),
    ("calls to the service", "calls to the service"),
    ("kill -9 of the server", "kills"),
    ("waits that a kill broke off", "calls without an answer"),
    ("events in the log", "in the log"),
    ("events told to readers by cursor", "told"),
    ("missing", "missing"),
    ("more than once", "more than once"),
    ("that do not exist", "that do not exist"),
    ("told wrongly, or not in the order of the log", "told wrongly"),
    ("keys, words and numbers found in files", "secrets in files"),
    ("parts broken off", "broken off"),
)


def main() -> int:
    """The exit status: 1 if anything is not as it must be."""
    texts = int(sys.argv[1]) if sys.argv[1:] else TEXTS
    seed = int(sys.argv[2]) if sys.argv[2:] else random.SystemRandom().randrange(_SEVERAL)
    began = time.perf_counter()
    with Zygote(patient=True) as zygote, tempfile.TemporaryDirectory() as folder:
        soak = Soak(zygote, Path(folder), texts, KILLS, seed)
        anyio.run(soak.webhooks)
        anyio.run(soak.polling)
    sys.stdout.write(soak.report(time.perf_counter() - began))
    return int(bool(soak.found))


class Soak:
    """Both runs, and what was found.

    Args:
        zygote: forks the servers.
        folder: for all that they leave behind.
        texts: how many there are in each run.
        kills: how many there are in each run.
        seed: of both.

    Attributes:
        counts: of each run, by its name.
        found: a sentence for each thing that is not as it must be.
    """

    def __init__(self, zygote: Zygote, folder: Path, texts: int, kills: int, seed: int) -> None:
        self.counts: dict[str, Counter[str]] = {}
        self.found: list[str] = []
        self._zygote, self._folder, self._texts, self._kills, self._seed = zygote, folder, texts, kills, seed

    async def webhooks(self) -> None:
        """Texts that are told by webhooks."""
        folder = self._folder / "webhooks"
        await self._part("webhooks", lambda: by_webhooks(self._zygote, folder, self._texts, self._kills, self._seed))

    async def polling(self) -> None:
        """Texts that are only listed."""
        folder, seconds = self._folder / "polling", max(_SHORTEST_SECONDS, self._texts / 2 / _TEXTS_A_SECOND)
        await self._part(
            "polling",
            lambda: by_polling(self._zygote, folder, self._texts, self._kills, self._seed, seconds=seconds),
        )

    async def _part(self, name: str, work: Callable[[], Awaitable[Run]]) -> None:
        """Do a part and keep its figures; a part that breaks off is a failure too."""
        try:
            run = await work()
        except Exception:  # noqa: BLE001 - told in the report
            self.counts[name] = Counter({"broken off": 1})
            self.found.append(traceback.format_exc())
            return
        self.counts[name] = run.counts
        self.found += [f"{name}: {sentence}" for sentence in run.found]

    def report(self, seconds: float) -> str:
        """What happened, a line each."""
        lines = [f"{'':<48}" + "".join(f"{name:>10}" for name in self.counts)]
        for what, name in _ROWS:
            lines.append(f"{what:<48}" + "".join(f"{counts[name]:>10,}" for counts in self.counts.values()))
        return "\n".join([*self.found, *lines, f"{seconds:.0f} seconds in all, seed {self._seed}", ""])


if __name__ == "__main__":
    sys.exit(main())
