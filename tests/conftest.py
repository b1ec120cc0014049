"""What all tests share."""

from collections.abc import AsyncGenerator

import pytest
from tests.desk import Desk, open_desk
from tests.faults.zygote import Zygote
from tests.forks import end_shared_zygote, shared_zygote
from tests.leaks import LeakScan
from tests.made_once import make_once


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(LeakScan(), "leaks")
    patch = pytest.MonkeyPatch()
    config.add_cleanup(patch.undo)
    make_once(patch)
    config.add_cleanup(end_shared_zygote)


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
