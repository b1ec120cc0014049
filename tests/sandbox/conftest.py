"""What the sandbox's tests start from."""

from collections.abc import AsyncIterator

import pytest
from tests.sandbox.service import Service, open_service


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    """A fresh sandbox without a rate limit; every call through it must keep the contract."""
    async with open_service() as opened:
        yield opened
