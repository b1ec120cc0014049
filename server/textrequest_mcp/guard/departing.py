"""What goes along with an act from its place in the ledger to its first byte, and keeps it from being torn in two."""

from collections.abc import Awaitable, Callable

import anyio

from textrequest_mcp.guard.ledger import Ledger

Check = Callable[[], Awaitable[None]]


class Departing:
    """The `Departure` of one act: writes INFLIGHT before its first byte, and from then on shields it.

    A cancelled call that has not left does not leave; one that has is finished, and its outcome recorded.

    Args:
        ledger: where the act is written.
        send_id: the act.
        check: a last look whether it may leave, at each first byte; what it raises stops it.
        tag: what marks it among its like in the account, where the person who runs the server wants that.

    Attributes:
        scope: the act runs in it.
        left: whether any byte may have left.
    """

    def __init__(self, ledger: Ledger, send_id: str, *, check: Check | None = None, tag: str | None = None) -> None:
        self._ledger = ledger
        self._send_id = send_id
        self._check = check
        self.tag = tag
        self.scope = anyio.CancelScope()
        self.left = False

    async def leaving(self) -> None:
        """As `Departure.leaving`: on disk when this returns. Raises `StoreError`, `TextRequestError`."""
        if self._check is not None:
            await self._check()
        self.scope.shield = True
        try:
            await self._ledger.leave(self._send_id)
        except BaseException:
            self.scope.shield = False
            raise
        self.left = True

    def staying(self) -> None:
        """As `Departure.staying`: the next try may be given up."""
        self.left = False
        self.scope.shield = False
        self._ledger.stays(self._send_id)


def tag_of(send_id: str) -> str:
    """The short mark of a send."""
    return f"#{send_id[-6:]}"
