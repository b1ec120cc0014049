"""What keeps hundreds of servers in one process quick."""

import gc
from collections.abc import Iterator

import pytest
from mcp.client.session import ClientSession


@pytest.fixture(autouse=True)
def _quick_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every host would compile all schemas anew, which takes as long as all the rest; other tests check answers."""

    async def trusts(*_: object) -> None:
        pass

    monkeypatch.setattr(ClientSession, "validate_tool_result", trusts)


@pytest.fixture(scope="module", autouse=True)
def _quick_collector() -> Iterator[None]:
    """What was imported stays, so the collector need not look through it again and again: a third of the time."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()
