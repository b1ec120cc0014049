"""Waits for what another task or process brings about, of which no event tells."""

from collections.abc import Callable

import anyio


async def until(condition: Callable[[], bool], *, look_seconds: float = 0.005) -> None:
    """Return once it is so."""
    while not condition():  # noqa: ASYNC110 - what is waited for is counted in several places, one of them a process
        await anyio.sleep(look_seconds)
