"""What `doctor` says of the database that keeps the state."""

import pytest
from tests import engines

from textrequest_mcp.commands.doctor import database
from textrequest_mcp.commands.doctor.database import database_of_state
from textrequest_mcp.ground.store import Store
from textrequest_mcp.settings.table import State


@pytest.fixture
def state() -> State:
    return State(engines.emptied(engines.schema(0)))


async def test_one_that_is_well_is_told_with_its_version_pace_and_size(state: State, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(database, "_SLOW_SECONDS", 60.0)

    [found] = await database_of_state(state)

    assert (found.state, found.check) == ("ok", "database")
    assert "PostgreSQL 1" in found.says
    assert " ms; the database has " in found.says


async def test_what_is_wrong_with_it_is_told_at_once(state: State, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(database, "_SLOW_SECONDS", 0.0)
    monkeypatch.setattr(database, "_ABOUT", "SELECT '9.6', '90600', 1000000, 'off'")
    monkeypatch.setattr(Store, "steady", _long_ago)

    found = await database_of_state(state)

    assert [each.state for each in found] == ["problem", "problem", "note", "note"]
    assert [each.says.split(" ")[0] for each in found] == ["PostgreSQL", "It", "It", "Its"]
    assert "seconds behind this machine's" in found[3].says


def _long_ago(_: Store) -> float:
    return 0.0


async def test_one_that_is_away_is_told_without_its_password():
    [found] = await database_of_state(State("postgresql://anna:secret-word@127.0.0.1:1/texts"))

    assert found.state == "problem"
    assert "Connection refused" in found.says
    assert "secret-word" not in f"{found}"
