"""The store's secret stays what it is, whatever it is wrapped with, and without its key it cannot be had."""

from pathlib import Path

import pytest
from tests import engines

from textrequest_mcp.ground.store import Store, StoreError

pytestmark = pytest.mark.usefixtures("both_engines")

OLD, NEW, WRONG = "an old key of some length", "a new key of some length", "a wrong key of some length"


async def secret(folder: Path, *keys: str) -> bytes:
    store = Store.open(folder, keys)
    try:
        return await store.secret()
    finally:
        store.close()


def kept(folder: Path) -> bytes:
    return bytes(engines.by_hand(folder, "SELECT secret FROM store_secret")[0][0])


async def test_a_secret_that_was_made_without_a_key_is_wrapped_at_its_next_use_and_stays_the_same(tmp_path: Path):
    plain = await secret(tmp_path)
    assert kept(tmp_path) == plain

    assert await secret(tmp_path, OLD) == plain
    assert plain not in kept(tmp_path)


async def test_a_new_key_before_the_old_one_takes_its_place(tmp_path: Path):
    first = await secret(tmp_path, OLD)
    before = kept(tmp_path)

    assert await secret(tmp_path, NEW, OLD) == first
    assert kept(tmp_path) != before
    assert await secret(tmp_path, OLD, NEW) == first  # a server that was not restarted yet, if it knows both
    assert await secret(tmp_path, NEW, OLD) == first
    assert await secret(tmp_path, NEW) == first


@pytest.mark.parametrize("keys", [(), (WRONG,)], ids=["no key", "another key"])
async def test_without_its_key_nothing_is_opened_and_nothing_is_lost(tmp_path: Path, keys: tuple[str, ...]):
    first = await secret(tmp_path, OLD)

    with pytest.raises(StoreError, match="wrapped with another key") as told:
        await secret(tmp_path, *keys)

    assert WRONG not in str(told.value)
    assert await secret(tmp_path, OLD) == first
