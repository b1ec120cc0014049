"""What all tests share."""

from collections.abc import AsyncGenerator

import pytest
from tests.desk import Desk, open_desk
from tests.leaks import LeakScan
from tests.made_once import make_once


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(LeakScan(), "leaks")
    patch = pytest.MonkeyPatch()
    config.add_cleanup(patch.undo)
    make_once(patch)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def desk() -> AsyncGenerator[Desk]:
    """A server over a sandbox of its own; everything that it asked and was told must keep the contract."""
    async with open_desk() as opened:
        yield opened
        assert opened.contract.violations == []
