"""Tells a host how far a long call has come, where the host asked to be told."""

import math
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.resolve import Resolve

from textrequest_mcp.upstream.patience import CHANGE_SECONDS, READ_SECONDS, Patience


class Reporter:
    """Speaks to the host of one call; says nothing to a host that did not ask."""

    def __init__(self, ctx: Context[Any, Any]) -> None:
        self._ctx = ctx

    def of(self, whole: float) -> Callable[[float], Awaitable[None]]:
        """A function that tells how much is done of a whole."""

        async def tell(done: float) -> None:
            await self._ctx.report_progress(done, whole, f"Waiting for {done:.0f} of {whole:.0f} seconds")

        return tell


async def _reporter_of(ctx: Context[Any, Any]) -> Reporter:
    return Reporter(ctx)


Progress = Annotated[Reporter, Resolve(_reporter_of)]


def patience_of(ctx: Context[Any, Any], *, changes: bool) -> Patience:
    """How long a call may wait under the rate limit; its host is told of each wait as it begins."""

    async def tell(done: float, more: float) -> None:
        waits = f"Waiting about {math.ceil(more)} seconds for a place under the rate limit"
        await ctx.report_progress(done, done + more, waits)

    return Patience(CHANGE_SECONDS if changes else READ_SECONDS, tell)
