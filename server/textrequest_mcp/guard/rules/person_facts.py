"""Remembers how far each host has read a conversation, when this server texted a person, and who owes a payment.

Nothing here says whether a person may be texted: that is read from the account for each text, right before it leaves.
"""

import math
import time
from collections.abc import Callable

from textrequest_mcp.guard.change import PersonFacts, Place
from textrequest_mcp.guard.provenance.expiring import Expiring

_READ_SECONDS = 3600.0
_MOST = 5000
_SAME_MOMENT_SECONDS = 2.0  # our own time of a text and the service's differ by at most so much


class KnownPeople:
    """What one server process knows of people.

    Args:
        clock: seconds that only grow.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._read = Expiring[tuple[str, Place], float](seconds=_READ_SECONDS, most=_MOST, clock=clock)
        self._own = Expiring[Place, float](seconds=math.inf, most=_MOST)
        self._payers = Expiring[Place, str](seconds=math.inf, most=_MOST)

    def read(self, caller: str, place: Place, to: float) -> None:
        """Keep the time up to which a host has read a conversation."""
        self._read.put((caller, place), max(to, self.read_to(caller, place) or 0.0))

    def read_to(self, caller: str, place: Place) -> float | None:
        """The time up to which a host has read a conversation within the last hour; None where it has not."""
        return self._read.get((caller, place))

    def sent(self, place: Place, at: float) -> None:
        """Keep the time of this server's own text, which is nobody's answer."""
        self._own.put(place, at)

    def answered_at(self, place: Place, facts: PersonFacts) -> float | None:
        """When the person, or somebody of the business beside this server, last wrote; None where nobody did."""
        own = self._own.get(place)
        ours = None if own is not None and (facts.sent_at or 0.0) <= own + _SAME_MOMENT_SECONDS else facts.sent_at
        return max((at for at in (facts.received_at, ours) if at is not None), default=None)

    def pays(self, line: int, payment_id: int, number: str) -> None:
        """Keep the number that a payment is asked of, which never changes."""
        self._payers.put((line, str(payment_id)), number)

    def payer(self, line: int, payment_id: int) -> str | None:
        """The number that a payment is asked of; None where it was not read."""
        return self._payers.get((line, str(payment_id)))
