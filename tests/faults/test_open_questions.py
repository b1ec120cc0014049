"""Kills, restarts, a database that goes away while questions wait: one act for each yes, and none without."""

import random
import sys
import time
from pathlib import Path

import pytest
from tests import engines
from tests.engines import by_hand
from tests.faults.books import Books
from tests.faults.host import files_that_hold
from tests.faults.machine import Episode, Way, open_episode
from tests.faults.soak import step
from tests.faults.turns import wait_in_turn
from tests.faults.zygote import Zygote

from textrequest_mcp.sandbox import Account

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes cannot be forked there")

STEPS = 30


@pytest.mark.parametrize(("way", "on_file"), [("desk", True), ("team", False)])
def test_no_order_of_steps_acts_without_a_yes_or_loses_one(zygote: Zygote, tmp_path: Path, way: Way, on_file: bool):
    database = None if on_file else engines.emptied(engines.schema(0))
    chance = random.Random(f"{way} {on_file}")

    with open_episode(zygote, tmp_path, way=way, database=database) as episode:
        for _ in range(STEPS):
            step(episode, chance)
            episode.books.look()
        episode.finish()

    assert episode.books.problems == []
    assert episode.counts["questions answered yes"] > 0
    assert files_that_hold(tmp_path, episode.account.key) == []


class TestTheBooksFind:
    """What the episodes trust."""

    def test_an_act_without_a_yes(self, zygote: Zygote, tmp_path: Path):
        with open_episode(zygote, tmp_path, way="desk") as episode:
            [row] = agreed(episode)
            episode.books.withdraw(row)  # as if nobody had
            episode.finish()

        assert {problem.kind for problem in episode.books.problems} == {"unasked"}

    def test_a_yes_that_came_to_nothing(self, zygote: Zygote, tmp_path: Path):
        with open_episode(zygote, tmp_path, way="desk") as episode:
            agreed(episode, wait=False)
            by_hand(episode.account.state_file.parent, "UPDATE approvals SET used = 1")
            episode.finish()

        assert [problem.kind for problem in episode.books.problems] == ["lost"]

    def test_a_yes_that_nobody_gave(self, zygote: Zygote, tmp_path: Path):
        with open_episode(zygote, tmp_path, way="desk") as episode:
            agreed(episode)
            by_hand(episode.account.state_file.parent, "UPDATE approvals SET decision = 'no'")
            episode.finish()

        assert {problem.kind for problem in episode.books.problems} == {"unasked", "wrong"}

    def test_one_call_too_many(self, tmp_path: Path):
        books = Books(Account(), tmp_path / "state.sqlite3", [])

        assert books.limit([0.0, 1.0, 59.9, 60.1], 3, 60) == (3, 0)
        assert books.problems == []
        assert books.limit([0.0, 1.0, 59.9, 59.95], 3, 60) == (4, 0)
        assert [problem.kind for problem in books.problems] == ["limit"]


def test_calls_at_two_servers_are_served_in_the_order_in_which_they_came(zygote: Zygote, tmp_path: Path):
    run = wait_in_turn(zygote, tmp_path, rounds=1, seed=1)

    assert run.books.problems == []
    assert run.counts["calls that waited for their turn"] > 0


def agreed(episode: Episode, *, wait: bool = True) -> list[str]:
    """Have a text asked for, and a person agree; the questions that there are then."""
    episode.start_sending(0, 1, key=None, repeat=False)
    while not episode.rows.waiting():
        assert not episode.flights[0].call.over, "the call ended without a question"
        time.sleep(0.01)  # another process writes it
    if not wait:
        episode.gather()
    episode.decide(0, 0, "yes")
    episode.gather()
    return [row.id for row in episode.rows.all()]
