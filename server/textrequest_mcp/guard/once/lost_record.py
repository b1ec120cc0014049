"""What is said, and asked, after the record of earlier sends was lost with the state file."""

from collections.abc import Callable
from datetime import UTC, datetime

from textrequest_mcp.ground.store import Store
from textrequest_mcp.upstream.times import told

_FIRST_ANSWERS = 3


class LostRecord:
    """Tells of a loss in a server's first answers, and gives the reason to ask before each act that is no repetition.

    Each such act asks for as long as what was lost could have made it a repetition, and until a person has agreed once.

    Args:
        store: notices the loss.
        window_seconds: how long the same act counts as a repetition.
        clock: seconds since 1970.
    """

    def __init__(self, store: Store, window_seconds: float, clock: Callable[[], float]) -> None:
        self._store = store
        self._window = window_seconds
        self._clock = clock
        self._answers = 0

    def reason(self) -> str | None:
        """Why a person is asked; None where nothing was lost."""
        loss = self._store.loss
        if loss is None:
            return None
        found = told(datetime.fromtimestamp(loss.at, UTC), None, loss.at)
        return (
            f"The record of earlier sends was lost: this server found ({found}) that its state file {loss.what}. So "
            "the same may have been sent before."
        )

    def news(self) -> str | None:
        """What is added to an answer; None where nothing was lost, or where it was said often enough."""
        reason = self.reason()
        if reason is None or self._answers == _FIRST_ANSWERS:
            return None
        self._answers += 1
        return f"Tell the person: {reason} A person is asked before the next send."

    async def accept(self) -> None:
        """Take note that a person agreed to an act.

        Raises:
            StoreError: the store cannot be used.
        """
        if self._store.loss is not None:
            await self._store.accept_loss(self._clock() - self._window)
