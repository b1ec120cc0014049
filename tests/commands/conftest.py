"""What the tests of commands share."""

import logging
from collections.abc import Generator

import pytest

from textrequest_mcp.commands.logs import _TALKATIVE, _Masked  # pyright: ignore[reportPrivateUsage] - what it sets

_MADE_OURS = ("", "textrequest_mcp", *_TALKATIVE)
_LEVELS = {name: logging.getLogger(name).level for name in _MADE_OURS}  # before any command ran


@pytest.fixture(autouse=True)
def own_logging() -> Generator[None]:
    """A command sends its process's log to stderr; the tests' process has its own log back afterwards."""
    yield
    logging.raiseExceptions = True
    for name, level in _LEVELS.items():
        logging.getLogger(name).setLevel(level)
    root = logging.getLogger()
    for handler in [*root.handlers]:
        if isinstance(handler.formatter, _Masked):
            root.removeHandler(handler)
