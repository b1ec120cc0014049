"""Decides after each failed try of a call: another try, after which pause, or the error that the call ends with."""

import random
from collections.abc import Callable

import anyio

from textrequest_mcp.upstream.errors import TextRequestError, TooBusy, Uncertain, Unreachable, Unreadable
from textrequest_mcp.upstream.request import Request

LONGEST_PAUSE = 86_400.0  # a service that says more has made a mistake; one call a day finds out

_TRIES = 3
_PAUSE_NOT_SAID = 1.0
_MOST_RETRIES = 10.0
_RETRIES_A_CALL = 0.1
_FULL_AGAIN_SECONDS = 30.0


class Lost(Exception):
    """One try without a usable answer.

    Attributes:
        left: whether any byte of the request can have left this machine.
    """

    def __init__(self, why: str, *, left: bool) -> None:
        super().__init__(why)
        self.left = left


class Busy(Exception):
    """The service answered 429: it took nothing.

    Attributes:
        asked: the pause that it wants, in seconds; None where it does not say.
        pause: the seconds that all calls are held off.
    """

    def __init__(self, asked: float | None) -> None:
        super().__init__(asked)
        self.asked = asked
        self.pause = _PAUSE_NOT_SAID if asked is None else min(asked, LONGEST_PAUSE)


class RetryBudget:
    """How many second tries there may be, over all calls, so that a dead service is not asked three times as often.

    Each call adds a tenth of a try, so that there are never more than 1.1 tries a call in the long run. While the
    service answers as it should, the budget also fills up by itself, in half a minute.
    """

    def __init__(self, now: Callable[[], float] = anyio.current_time) -> None:
        self._now = now
        self._left = _MOST_RETRIES
        self._well_since: float | None = None

    def called(self) -> None:
        """Note a call, before its first try."""
        self._add(_RETRIES_A_CALL)

    def answered(self, *, well: bool) -> None:
        """Note how a try ended: `well` with a whole answer that is no fault of the service, and not too many calls."""
        self._fill()
        self._well_since = self._now() if well else None

    def take(self) -> bool:
        """Use up one try, if one is left."""
        self._fill()
        if self._left < 1:
            return False
        self._left -= 1
        return True

    def _fill(self) -> None:
        if self._well_since is not None:
            now = self._now()
            self._add((now - self._well_since) * _MOST_RETRIES / _FULL_AGAIN_SECONDS)
            self._well_since = now

    def _add(self, tries: float) -> None:
        self._left = min(_MOST_RETRIES, self._left + tries)


class Tries:
    """The tries of one call, at most three.

    Args:
        request: the call.
        seconds: the longest that all its tries and pauses may take.
        budget: the second tries that are left, of all calls together.
    """

    def __init__(self, request: Request, seconds: float, budget: RetryBudget) -> None:
        self._request = request
        self._budget = budget
        budget.called()
        self._until = anyio.current_time() + seconds
        self._failed = 0
        self._may_have_left: Lost | None = None  # the last try, if any, that can have changed something

    @property
    def seconds_left(self) -> float:
        return self._until - anyio.current_time()

    def after_loss(self, lost: Lost) -> float:
        """The seconds to wait before the next try. Raises the error of a call that has no next try."""
        self._failed += 1
        self._may_have_left = lost if lost.left else self._may_have_left
        pause = random.uniform(0.1, 0.4) * 2**self._failed  # noqa: S311 - jitter, not a secret
        if (lost.left and not self._request.repeatable) or self._are_over(pause):
            raise _error_after(self._request, self._may_have_left or lost) from None
        return pause

    def after_busy(self, busy: Busy) -> None:
        """Raise the error of a call that has no next try; the limiter keeps the next try waiting."""
        self._failed += 1
        if not self._are_over(busy.pause):
            return
        asked = "" if busy.asked is None else f", after a pause of {busy.asked:.0f} seconds"
        why = f"Text Request asks for fewer calls{asked} (429)."
        if busy.asked is not None and busy.asked > LONGEST_PAUSE:
            why += f" That is more than a day, so this server asks again after {LONGEST_PAUSE:.0f} seconds."
        raise self.without_room(why, retry_in=busy.pause) from None

    def without_room(self, why: str, *, retry_in: float) -> TextRequestError:
        """The error of a call that the rate limit ends; an earlier try of a change may still have taken effect."""
        return self.doubt() or TooBusy(why, retry_in=retry_in)

    def doubt(self) -> TextRequestError | None:
        """The error where an earlier try may have changed something; how the last try ended says nothing of it."""
        if self._may_have_left is None or self._request.method == "GET":
            return None
        return _error_after(self._request, self._may_have_left)

    def _are_over(self, pause: float) -> bool:
        return self._failed == _TRIES or pause >= self.seconds_left or not self._budget.take()


def _error_after(request: Request, lost: Lost) -> TextRequestError:
    if not lost.left:
        return Unreachable(f"Text Request cannot be reached: {lost}.", todo="Try again in a minute.")
    if request.method == "GET":
        return Unreadable(
            f"Text Request gave no usable answer: {lost}.", todo="Try again in a minute; reading again is safe."
        )
    if request.repeatable:
        todo = "Read it back to see; making the same change again is safe."
    else:
        todo = "Do not repeat it; first read the conversation, the list or the payment to see whether it happened."
    return Uncertain(
        f"The call left, but no usable answer came back: {lost}.",
        changed="Whether it took effect is unknown.",
        todo=todo,
    )
