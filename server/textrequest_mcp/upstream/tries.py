"""Decides after each failed try of a call: another try, after which pause, or the error that the call ends with."""

import random

import anyio

from textrequest_mcp.upstream.errors import TextRequestError, TooBusy, Uncertain, Unreachable, Unreadable
from textrequest_mcp.upstream.request import Request

_TRIES = 3


class Lost(Exception):
    """One try without a usable answer.

    Attributes:
        left: whether any byte of the request can have left this machine.
    """

    def __init__(self, why: str, *, left: bool) -> None:
        super().__init__(why)
        self.left = left


class Busy(Exception):
    """The service answered 429: it took nothing, and wants a pause of so many seconds."""

    def __init__(self, pause: float) -> None:
        super().__init__(pause)
        self.pause = pause


class Tries:
    """The tries of one call, at most three.

    Args:
        request: the call.
        seconds: the longest that all its tries and pauses may take.
    """

    def __init__(self, request: Request, seconds: float) -> None:
        self._request = request
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
        if self._are_over(busy.pause):
            raise self.without_room("Text Request asks for fewer calls (429).", retry_in=busy.pause) from None

    def without_room(self, why: str, *, retry_in: float) -> TextRequestError:
        """The error of a call that the rate limit ends; an earlier try of a change may still have taken effect."""
        return self.doubt() or TooBusy(why, retry_in=retry_in)

    def doubt(self) -> TextRequestError | None:
        """The error where an earlier try may have changed something; how the last try ended says nothing of it."""
        if self._may_have_left is None or self._request.method == "GET":
            return None
        return _error_after(self._request, self._may_have_left)

    def _are_over(self, pause: float) -> bool:
        return self._failed == _TRIES or pause >= self.seconds_left


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
