"""The search for leaks finds them, and lets go what is exempt."""

import logging
from pathlib import Path

import pytest
from tests.guard.once.rows import ACCOUNT, SENT, UNKNOWN, brought
from tests.leaks import CANARIES, KEYS, LogScan, leaks_in, leaks_in_state

from textrequest_mcp.ground.store import FILE_NAME, Store
from textrequest_mcp.guard.once.ledger import Ledger

NUMBER = "1423" + "555" + "0100"


@pytest.mark.parametrize("leak", [NUMBER, *KEYS, *CANARIES])
def test_it_finds_numbers_keys_and_words(leak: str):
    assert leaks_in(f"x+{leak}.".encode()) == [leak]


@pytest.mark.parametrize("other", [f"9{NUMBER}", f"{NUMBER}9", "…00", "14235551100"])
def test_it_finds_no_more_than_that(other: str):
    assert leaks_in(other.encode()) == []


def test_it_reads_the_log_as_the_server_would_write_it():
    scan = LogScan()
    for name, level, message in [
        ("textrequest_mcp.x", logging.DEBUG, f"a number {NUMBER} is masked, and {CANARIES[0]} is not"),
        ("httpx2", logging.INFO, KEYS[0]),
        ("httpx2", logging.WARNING, KEYS[0]),
    ]:
        scan.handle(logging.LogRecord(name, level, __file__, 1, message, None, None))

    assert [CANARIES[0] in found or KEYS[0] in found for found in scan.found] == [True, True]
    assert not any(NUMBER in found for found in scan.found)


async def test_of_state_it_lets_go_the_number_of_what_is_still_looked_for_only(tmp_path: Path):
    one, other = (tmp_path / name for name in ("one", "other"))
    for folder, ending in ((one, UNKNOWN), (other, SENT)):
        folder.mkdir()
        store = Store.open(folder)
        await brought(Ledger(store, ACCOUNT), ending)
        store.close()
    assert list(leaks_in_state(tmp_path)) == []

    stray = other / f"{FILE_NAME}-wal"
    stray.write_bytes(f"+{NUMBER}".encode())
    found = list(leaks_in_state(tmp_path))
    stray.unlink()

    assert found == [f"other/{FILE_NAME}-wal holds '{NUMBER}'"]
