"""Things are remembered for a while, and not more of them than fit."""

from textrequest_mcp.guard.provenance.expiring import Expiring


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_thing_is_forgotten_after_its_time():
    clock = Clock()
    recent = Expiring[str, int](seconds=10, most=5, clock=clock)
    recent.put("a", 1)

    clock.now = 9.9
    assert (recent.all(), recent.has("a")) == ({"a": 1}, True)
    clock.now = 10.0
    assert (recent.all(), recent.has("a")) == ({}, False)


def test_what_comes_up_again_counts_from_then_on():
    clock = Clock()
    recent = Expiring[str, int](seconds=10, most=5, clock=clock)
    recent.put("a", 1)
    recent.put("b", 2)
    clock.now = 9.0
    recent.put("a", 3)

    clock.now = 12.0
    assert recent.all() == {"a": 3}


def test_the_oldest_give_way_and_that_is_known_for_as_long_as_they_would_count():
    clock = Clock()
    recent = Expiring[str, int](seconds=10, most=2, clock=clock)
    for name in "abc":
        recent.put(name, ord(name))
    assert (recent.all(), recent.lost) == ({"b": 98, "c": 99}, True)

    clock.now = 10.0
    assert not recent.lost


def test_what_is_heavy_takes_more_room():
    recent = Expiring[str, int](seconds=10, most=10)
    recent.put("a", 1, weight=6)
    recent.put("b", 2, weight=6)

    assert recent.all() == {"b": 2}


def test_what_was_over_anyway_is_not_lost():
    clock = Clock()
    recent = Expiring[str, int](seconds=10, most=1, clock=clock)
    recent.put("a", 1)
    clock.now = 10.0
    recent.put("b", 2)

    assert not recent.lost


def test_what_is_remembered_is_found_by_its_key():
    clock = Clock()
    recent = Expiring[str, int](seconds=10, most=9, clock=clock)
    recent.put("a", 1)
    assert (recent.get("a"), recent.get("b")) == (1, None)

    clock.now = 10.0
    assert recent.get("a") is None


def test_a_thing_of_some_time_ago_counts_from_then_and_makes_no_newer_one_older():
    clock = Clock()
    clock.now = 100.0
    recent = Expiring[str, int](seconds=10, most=9, clock=clock)
    recent.put("a", 1, ago=6)
    recent.put("b", 2)
    recent.put("b", 2, ago=6)

    clock.now = 104.0
    assert recent.all() == {"b": 2}
