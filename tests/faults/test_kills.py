"""A server that dies while a text is on its way: the text is neither sent again nor forgotten."""

import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from tests.faults.kills import kill_in_flight
from tests.faults.zygote import Zygote

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes cannot be forked there")

KILLS = 10


@pytest.fixture(scope="module")
def zygote() -> Generator[Zygote]:
    with Zygote() as running:
        yield running


def test_a_kill_on_the_way_makes_no_duplicate_and_its_outcome_is_settled(zygote: Zygote, tmp_path: Path):
    """After each kill the host makes the same call again; then every row agrees with what the service has."""
    episode = kill_in_flight(zygote, tmp_path, KILLS, seed=1)

    assert episode.books.problems == []
    assert episode.counts["INFLIGHT"] == KILLS
    assert {row.state for row in episode.books.rows()} <= {"SENT", "UNKNOWN", "NOT_SENT"}
