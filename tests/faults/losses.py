"""The state file is lost at a random moment, in any way, and the same calls come again: none is sent a second time.

What was written down is gone with the file, so an episode with a loss never closes its books; it only counts texts.
"""

import os
import random
import shutil
from pathlib import Path

from tests.faults.machine import MARKED, SERVERS, TEXTS, Episode, open_episode
from tests.faults.zygote import Zygote

from textrequest_mcp.ground.store import FILE_NAME

WAYS = ("removed", "emptied", "cut", "log emptied", "put back")
_CALLS = 6


def lose_once(zygote: Zygote, folder: Path, number: int, seed: int) -> Episode:
    """Some sends, one loss, and every call once more; its books hold what went out twice.

    Returns:
        The episode; its counts say how the file was lost.
    """
    chance = random.Random(f"loss {seed} {number}")
    way = WAYS[number % len(WAYS)]
    with open_episode(zygote, folder, marked=MARKED[number % len(MARKED)]) as episode:
        _send(episode, chance)
        older = folder / "older"
        episode.gather()
        shutil.copytree(episode.account.state_file.parent, older)
        _send(episode, chance)
        begun = list(episode.tries)
        for server in range(SERVERS):
            chance.choice([episode.leave, lambda server: episode.kill(server, 0.0), episode.start])(server)
        lose(episode.account.state_file.parent, way, older)
        episode.counts["losses"] += 1
        for which in range(len(begun)):
            episode.repeat_call(chance.randrange(SERVERS), which)
            episode.books.look()
        episode.gather()
        episode.books.look()
        episode.abandon()
        shutil.rmtree(older)
        shutil.rmtree(episode.account.state_file.parent)  # no server of it ends, so none has it forget numbers
        return episode


def lose(state: Path, way: str, older: Path) -> None:
    """Do to the files of a state folder what disks, people and restored backups do."""
    for file in state.iterdir():
        if not file.name.startswith(FILE_NAME):
            continue
        if way in {"removed", "put back"}:
            file.unlink()
        elif file.name.endswith({"emptied": (FILE_NAME, "-wal"), "log emptied": ("-wal",)}.get(way, ())):
            os.truncate(file, 0)
        elif way == "cut" and file.name == FILE_NAME:
            os.truncate(file, file.stat().st_size // 2)
    if way == "put back":
        for file in older.iterdir():
            if file.name.startswith(FILE_NAME):
                shutil.copy(file, state / file.name)


def _send(episode: Episode, chance: random.Random) -> None:
    for _ in range(_CALLS):
        act = chance.choice([episode.send, episode.start_sending])
        act(chance.randrange(SERVERS), chance.randrange(len(TEXTS)), key=None, repeat=False)
