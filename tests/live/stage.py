"""What happens at a desk while somebody listens."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import anyio
from tests.desk import LINE, MARIA, Desk

from textrequest_mcp.sandbox import receive


async def until(holds: Callable[[], bool]) -> None:
    """Come back as soon as it holds, which must be soon."""
    with anyio.fail_after(3):
        while not holds():  # noqa: ASYNC110 - what is waited for tells nobody
            await anyio.sleep(0.002)


def text_from(desk: Desk, phone: str = MARIA, body: str = "Is it ready?", line: int = LINE) -> str:
    """A customer texts now; its id."""
    message = receive(desk.sandbox, line, phone, body)
    assert message is not None
    return message.id


@asynccontextmanager
async def running(desk: Desk) -> AsyncGenerator[None]:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(desk.account.run)
        yield
        tasks.cancel_scope.cancel()
