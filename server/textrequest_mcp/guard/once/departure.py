"""Records an act right before its first byte leaves, and from then on protects it from cancellation."""

from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import Protocol

import anyio

from textrequest_mcp.upstream.departure import departing_with

Check = Callable[[], Awaitable[None]]


class Record(Protocol):
    """Where an act is written down before it leaves: the ledger of sends, or the audit for any other change."""

    async def leave(self, act: str, /) -> None:
        """Say that its first byte may leave from now on; on disk when this returns."""
        ...

    def stays(self, act: str, /) -> None:
        """Say that its last try certainly changed nothing."""
        ...


class LedgerDeparture:
    """The `Departure` of one act: writes it down before its first byte, and from then on shields it.

    A cancelled call that has not left does not leave; one that has is finished, and its outcome recorded.

    Args:
        record: where the act is written.
        act: its name there.
        check: a last look whether it may leave, at each first byte; what it raises stops it.
        tag: what marks it among its like in the account, where the person who runs the server wants that.

    Attributes:
        scope: the act runs in it.
        left: whether any byte may have left.
        ever_left: whether any byte of an earlier try may have left.
    """

    def __init__(self, record: Record, act: str, *, check: Check | None = None, tag: str | None = None) -> None:
        self._record = record
        self._act = act
        self._check = check
        self.tag = tag
        self.scope = anyio.CancelScope()
        self.left = False
        self.ever_left = False

    async def leaving(self) -> None:
        """As `Departure.leaving`: on disk when this returns. Raises `StoreError`, `TextRequestError`."""
        if self._check is not None:
            await self._check()
        self.scope.shield = True
        try:
            await self._record.leave(self._act)
        except BaseException:
            self.scope.shield = False
            raise
        self.left = self.ever_left = True

    @contextmanager
    def going_along(self) -> Generator[None]:
        """Run an act in its scope, with every change that leaves meanwhile going along with this departure."""
        with self.scope, departing_with(self):
            yield

    def staying(self) -> None:
        """As `Departure.staying`: the next try may be given up."""
        self.left = False
        self.scope.shield = False
        self._record.stays(self._act)


def tag_of(send_id: str) -> str:
    """The short mark of a send."""
    return f"#{send_id[-6:]}"
