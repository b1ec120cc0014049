"""Remembers a limited number of things for a limited time."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Expiring(Generic[K, V]):
    """The things of the last `seconds`, the latest last; a thing that comes up again counts from then on.

    Args:
        seconds: how long each thing is remembered.
        most: the most weight of all together, by the weights given to `put`; the oldest give way.
        clock: seconds that only grow.
    """

    def __init__(self, *, seconds: float, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._most = most
        self._clock = clock
        self._rows: OrderedDict[K, tuple[float, int, V]] = OrderedDict()
        self._weight = 0
        self._lost_at: float | None = None  # the time of the latest thing that had to give way

    def put(self, key: K, value: V, *, weight: int = 1, ago: float = 0.0) -> None:
        """Remember a thing from now on, or as if it had come up some seconds ago."""
        known = self._rows.pop(key, None)
        if known is not None:
            self._weight -= known[1]
        self._rows[key] = (max(self._clock() - ago, known[0] if known is not None else 0.0), weight, value)
        self._weight += weight
        while self._weight > self._most:
            self._lost_at = self._drop_oldest()

    def all(self) -> dict[K, V]:
        """The things remembered now, in the order in which they last came up."""
        self._forget()
        return {key: value for key, (_, _, value) in self._rows.items()}

    def has(self, key: K) -> bool:
        """Whether the key is remembered now."""
        self._forget()
        return key in self._rows

    def get(self, key: K) -> V | None:
        """The value remembered now under a key."""
        self._forget()
        row = self._rows.get(key)
        return None if row is None else row[2]

    @property
    def lost(self) -> bool:
        """Whether something that should still be remembered had to give way."""
        return self._lost_at is not None and self._clock() - self._lost_at < self._seconds

    def _forget(self) -> None:
        now = self._clock()
        while self._rows and now - next(iter(self._rows.values()))[0] >= self._seconds:
            self._drop_oldest()

    def _drop_oldest(self) -> float:
        _, (at, weight, _) = self._rows.popitem(last=False)
        self._weight -= weight
        return at
