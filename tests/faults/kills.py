"""kill -9 of a server at a random moment of a send, and the same call again from a host that had no answer."""

import random
from pathlib import Path

from tests.faults.books import Text
from tests.faults.lab import Fault
from tests.faults.machine import Episode, open_episode
from tests.faults.zygote import Zygote

# What the service does meanwhile, and how many seconds later the server is killed at most: a send takes a hundredth of
# one, unless something leaves more time to be killed in.
_MEANWHILE = ((None, 0.015), (Fault.ACT_SLOWLY, 0.2), (Fault.ACT_AND_STALL, 0.3), (Fault.STALL, 0.3))
_MOST_TRIES = 20  # for each kill that counts


def kill_in_flight(zygote: Zygote, folder: Path, kills: int, seed: int) -> Episode:
    """So many kills after INFLIGHT was written and before the answer was read, each followed by the same call.

    Returns:
        The finished episode; its counts say in which state each kill left the row.
    """
    chance = random.Random(seed)
    texts = [Text(f"+1423555{1000 + number}", "Your car is ready.") for number in range(kills * _MOST_TRIES)]
    with open_episode(zygote, folder, texts=texts) as episode:
        for number in range(len(texts)):
            if episode.counts["INFLIGHT"] == kills:
                break
            _kill_once(episode, number, chance)
        episode.finish()
        return episode


def _kill_once(episode: Episode, number: int, chance: random.Random) -> None:
    known = {row.send_id for row in episode.books.rows()}
    episode.start(0)
    episode.look_around(0)  # so that it is up
    fault, longest = chance.choice(_MEANWHILE)
    if fault is not None:
        episode.arm(fault, "POST")
    episode.start_sending(0, number, key=number if chance.random() < 1 / 2 else None, repeat=False)
    episode.kill(0, chance.uniform(0, longest))
    state = next((row.state for row in episode.books.rows() if row.send_id not in known), "nothing written")
    episode.counts[state] += 1
    episode.counts["accepted before the kill"] += state == "INFLIGHT" and bool(
        episode.books.accepted(episode.texts[number])
    )
    episode.lab.peace()
    episode.repeat_call(0, -1)
    episode.books.look()
