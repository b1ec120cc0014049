"""What the tests of commands share."""

import logging
from collections.abc import Generator

import pytest

_MADE_OURS = (
    "",
    "textrequest_mcp",
    "mcp",
    "httpx2",
    "httpcore2",
    "sse_starlette",
    "uvicorn",
    "uvicorn.access",
    "asyncio",
)


@pytest.fixture(autouse=True)
def own_logging() -> Generator[None]:
    """A command sends its process's log to stderr; the tests' process has its own log back afterwards."""
    before = [(logger, logger.level, [*logger.handlers]) for logger in map(logging.getLogger, _MADE_OURS)]
    raising = logging.raiseExceptions
    yield
    logging.raiseExceptions = raising
    for logger, level, handlers in before:
        logger.setLevel(level)
        logger.handlers[:] = handlers
