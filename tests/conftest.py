"""What all tests share."""

import logging
import sys
import threading
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest
from tests.desk import Desk, open_desk
from tests.engines import both_engines, drop_schemas, engines_of
from tests.faults.zygote import Zygote
from tests.forks import end_shared_zygote, shared_zygote
from tests.leaks import LeakScan
from tests.made_once import make_once

from textrequest_mcp.commands.logs import _TALKATIVE, _Masked  # pyright: ignore[reportPrivateUsage] - what it sets

# Coverage is counted of the tests of the rooms that need all of it, and of the tools': they alone reach every branch.
# Counting takes half as long again as a test; the mark no_cover would leave its fixtures in, and costs 5 ms a test.
__all__ = ["both_engines"]
_COUNTED = {"upstream", "guard", "live", "tools", "ground"}
_COUNTED_TOO = {"test_team.py", "test_approver.py"}  # what a team shares, down to the guard; what takes a passkey away
_LEVELS = {name: logging.getLogger(name).level for name in ("", "textrequest_mcp", *_TALKATIVE)}  # before any command


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    counter, of_threads = sys.gettrace(), threading.gettrace()
    room = item.path.relative_to(Path(__file__).parent).parts[0]
    counts = (room in _COUNTED or item.path.name in _COUNTED_TOO) and item.get_closest_marker("uncounted") is None
    if counts or not type(counter).__module__.startswith("coverage"):
        return (yield)
    sys.settrace(None)
    threading.settrace(None)  # pyright: ignore[reportArgumentType] - it is how threading itself begins
    try:
        return (yield)
    finally:
        sys.settrace(counter)
        if of_threads is not None:
            threading.settrace(of_threads)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(LeakScan(), "leaks")
    patch = pytest.MonkeyPatch()
    config.add_cleanup(patch.undo)
    make_once(patch)
    config.add_cleanup(end_shared_zygote)
    config.add_cleanup(drop_schemas)
    config.addinivalue_line(
        "markers", "uncounted: others reach all that it does, and counting would double its seconds"
    )
    config.addinivalue_line("markers", "of_the_file: the test is about the state file, so PostgreSQL has no part in it")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    engines_of(metafunc)


@pytest.fixture(autouse=True)
def own_logging() -> Generator[None]:
    """A command sends its process's log to stderr; the tests' process has its own log back afterwards."""
    yield
    logging.raiseExceptions = True
    for name, level in _LEVELS.items():
        if (logger := logging.getLogger(name)).level != level:  # to set it empties the caches of all loggers
            logger.setLevel(level)
    root = logging.getLogger()
    for handler in [*root.handlers]:
        if isinstance(handler.formatter, _Masked):
            root.removeHandler(handler)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def zygote() -> Zygote:
    """Forks servers for all tests of this process: to load everything takes it a second and a half."""
    return shared_zygote()


@pytest.fixture
async def desk() -> AsyncGenerator[Desk]:
    """A server over a sandbox of its own; everything that it asked and was told must keep the contract."""
    async with open_desk() as opened:
        yield opened
        assert opened.contract.violations == []
