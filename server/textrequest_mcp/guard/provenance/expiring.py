"""Remembers things for a while, and never more of them than fit."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """What came up in the last while, the latest last; what comes up again counts from then on.

    Args:
        seconds: how long each is remembered.
        most: how many at a time; the oldest give way.
        most_weight: how heavy all together, as `put` is told.
        clock: seconds that only grow.
    """

    def __init__(
        self, *, seconds: float, most: int, most_weight: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds = seconds
        self._most = most
        self._most_weight = most_weight
        self._clock = clock
        self._rows: OrderedDict[K, tuple[float, int, V]] = OrderedDict()
        self._weight = 0
        self._lost_at: float | None = None  # when the latest was seen that had to give way

    def put(self, key: K, value: V, *, weight: int = 1) -> None:
        """Remember a thing from now on."""
        known = self._rows.pop(key, None)
        if known is not None:
            self._weight -= known[1]
            value = known[2]
        self._rows[key] = (self._clock(), weight, value)
        self._weight += weight
        while len(self._rows) > self._most or self._weight > self._most_weight:
            self._lost_at = self._drop_oldest()

    def all(self) -> list[V]:
        """What is remembered now, in the order in which it came up last."""
        self._forget()
        return [value for _, _, value in self._rows.values()]

    def has(self, key: K) -> bool:
        """Whether it is remembered now."""
        self._forget()
        return key in self._rows

    def get(self, key: K) -> V | None:
        """What is remembered now under a key."""
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
