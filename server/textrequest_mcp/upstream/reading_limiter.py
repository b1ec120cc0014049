"""Lets reads go on when the shared store cannot be used, with a share of the rate limit for this process alone."""

import logging
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.upstream.limiter import Limiter, Slot, Tell

logger = logging.getLogger(__name__)

# A process that cannot count the others' calls takes one part in so many of the limit, as if they were that many.
SHARE = 5


class ReadingLimiter:
    """The slots of reads; what changes something takes its own of the shared limiter, and stops without the store.

    Args:
        shared: the limiter of all processes.
    """

    def __init__(self, shared: Limiter) -> None:
        self._shared = shared
        self._alone: Limiter | None = None

    @asynccontextmanager
    async def slot(self, *, deadline_seconds: float, tell: Tell | None = None) -> AsyncGenerator[Slot]:
        """As `Limiter.slot`, without `StoreError`."""
        async with AsyncExitStack() as stack:
            try:
                if self._alone is not None:
                    await self._shared.count(self._alone)
                    self._alone = None
                slot = await stack.enter_async_context(self._shared.slot(deadline_seconds=deadline_seconds, tell=tell))
            except StoreError as error:
                alone = await self._by_itself(error)
                slot = await stack.enter_async_context(alone.slot(deadline_seconds=deadline_seconds, tell=tell))
            yield slot

    async def hold_off(self, seconds: float) -> None:
        """As `Limiter.hold_off`, without `StoreError`."""
        try:
            await self._shared.hold_off(seconds)
        except StoreError as error:
            await (await self._by_itself(error)).hold_off(seconds)

    async def _by_itself(self, error: StoreError) -> Limiter:
        if self._alone is None:
            self._alone = await self._shared.alone(share=SHARE)
            logger.error("%s Reads go on, with a part of the rate limit; whatever changes something is refused.", error)
        return self._alone
