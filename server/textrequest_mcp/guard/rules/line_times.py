"""Tells the times in sentences by the clock of the line that they are about."""

import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, tzinfo

from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.upstream.errors import TextRequestError
from textrequest_mcp.upstream.times import told


class LineTimes:
    """Times by the clocks of one account's lines.

    Args:
        clock: seconds since 1970.

    Attributes:
        read: finds a line's zone in the account; None before there is an account, and then times are in UTC.
    """

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self.read: Callable[[int], Awaitable[tzinfo | None]] | None = None
        self._clock = clock
        self._zones: dict[int, tzinfo | None] = {}

    async def told(self, at: float | datetime, line: int | None) -> str:
        """A moment, or one in seconds since 1970, as `upstream.times.told`."""
        moment = at if isinstance(at, datetime) else datetime.fromtimestamp(at, UTC)
        return told(moment, await self._zone(line), self._clock())

    async def _zone(self, line: int | None) -> tzinfo | None:
        """A line's zone; None where it is not known or cannot be read."""
        if line is not None and line not in self._zones and self.read is not None:
            with suppress(TextRequestError, StoreError):
                self._zones[line] = await self.read(line)
        return self._zones.get(line or 0)
