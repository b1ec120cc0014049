"""Closes every store that a test opened, because an open database left to the collector is a warning."""

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest

from textrequest_mcp.ground.store import Store


@pytest.fixture(autouse=True)
def stores_are_closed(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    opened: list[Store] = []
    really_open = Store.open

    def remember(place: Path | str | None, keys: Sequence[str] = (), **options: Any) -> Store:
        opened.append(really_open(place, keys, **options))
        return opened[-1]

    monkeypatch.setattr(Store, "open", remember)
    yield
    for store in opened:
        store.close()
