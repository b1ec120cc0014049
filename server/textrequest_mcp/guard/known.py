"""What was lately read of a person on a line, so that a send costs no second look at what was just seen."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

FRESH_SECONDS = 60.0
_READ_SECONDS = 3600.0
_MOST = 5000
SAME_MOMENT_SECONDS = 2.0  # what two times of one text can differ by

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
Place = tuple[int, str]  # a line's id, and a number in E.164


@dataclass(frozen=True)
class Facts:
    """What the account says of a person; times are seconds since 1970 by the service's clock.

    Attributes:
        opted_out_at: when they texted STOP, as the service knows it.
        is_blocked: whether their texts are dropped.
        received_at: when they last texted.
        sent_at: when they were last texted.
    """

    opted_out_at: float | None = None
    is_blocked: bool = False
    received_at: float | None = None
    sent_at: float | None = None


class Known:
    """The facts that one server process has read, and up to where each host has read a conversation.

    Args:
        clock: seconds from any origin that only go forward.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._facts: dict[Place, tuple[float, Facts]] = {}
        self._read: dict[tuple[str, Place], tuple[float, float]] = {}
        self._own: dict[Place, float] = {}

    def saw(self, place: Place, facts: Facts) -> None:
        """Keep what a contact's record, or their conversation, just said."""
        _keep(self._facts, place, (self._clock(), facts))

    def saw_talk(self, place: Place, received_at: float | None, sent_at: float | None) -> None:
        """Keep what a conversation just said: more than an older record of the contact, but nothing of an opt-out."""
        before = self.facts(place) or Facts()
        received_at, sent_at = received_at or before.received_at, sent_at or before.sent_at
        self.saw(place, replace(before, received_at=received_at, sent_at=sent_at))

    def facts(self, place: Place) -> Facts | None:
        """What was read within the last minute, and not outdated by what came since."""
        read_at, facts = self._facts.get(place, (0.0, None))
        return facts if facts is not None and self._clock() - read_at <= FRESH_SECONDS else None

    def read(self, caller: str, place: Place, to: float) -> None:
        """Note up to when a host has read a conversation."""
        _keep(self._read, (caller, place), (self._clock(), max(to, self.read_to(caller, place) or 0.0)))

    def read_to(self, caller: str, place: Place) -> float | None:
        """Up to when a host has read a conversation within the last hour; None where it has not."""
        read_at, to = self._read.get((caller, place), (0.0, None))
        return to if to is not None and self._clock() - read_at <= _READ_SECONDS else None

    def sent(self, place: Place, at: float) -> None:
        """Note that this server itself texted them, which is nobody's answer."""
        _keep(self._own, place, at)
        self.outdate(place)

    def answered_at(self, place: Place, facts: Facts) -> float | None:
        """When the person, or somebody else of the business, last wrote; None where nobody did."""
        own = self._own.get(place)
        ours = None if own is not None and (facts.sent_at or 0.0) <= own + SAME_MOMENT_SECONDS else facts.sent_at
        return max((at for at in (facts.received_at, ours) if at is not None), default=None)

    def outdate(self, place: Place) -> None:
        """Forget the facts, because something happened since."""
        self._facts.pop(place, None)


def _keep(kept: dict[_Key, _Value], key: _Key, value: _Value) -> None:
    """Put the newest at the end, and drop the oldest where there are too many."""
    kept.pop(key, None)
    while len(kept) >= _MOST:
        kept.pop(next(iter(kept)))
    kept[key] = value
