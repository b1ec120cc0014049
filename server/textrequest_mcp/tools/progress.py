"""Tells a host how far a long call has come, where the host asked to be told."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.resolve import Resolve


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
