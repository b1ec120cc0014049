"""`textrequest-mcp approver`: the passkeys of a person at the desk."""

from pathlib import Path

import anyio
import pytest
from tests.guard.approval.authenticator import Authenticator
from tests.guard.approval.test_passkeys import enrolled

from textrequest_mcp.cli import main
from textrequest_mcp.commands import approver
from textrequest_mcp.ground.store import Store
from textrequest_mcp.guard.approval.passkeys import Passkeys
from textrequest_mcp.guard.approval.site import Site


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TEXTREQUEST_STATE_DIR", str(tmp_path))
    monkeypatch.setattr(approver, "can_be_opened", lambda: True)
    monkeypatch.setattr(approver, "_LAST_PAGE_SECONDS", 0.0)
    monkeypatch.setattr(approver, "_LOOK_EVERY_SECONDS", 0.0)
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_a_key_that_a_browser_made_is_added_and_listed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    key = enrolled(Authenticator())

    async def served(site: Site) -> None:
        assert site.wish()
        assert not site.wish()
        assert site.enrolment is not None
        site.enrolment.added = key
        await Passkeys(site.approvals.store).add(key, beside=0)
        await anyio.sleep_forever()

    monkeypatch.setattr(Site, "serve", served)

    assert main(["approver", "list"]) == 0
    assert main(["approver", "add"]) == 0
    assert main(["approver", "list"]) == 0
    printed = capsys.readouterr().out
    assert "There is no passkey" in printed
    assert "laptop is added" in printed
    assert f"{key.id[:8]}  laptop" in printed


def test_a_key_is_removed_by_its_name_or_by_its_id_where_the_name_is_not_enough(
    folder: Path, capsys: pytest.CaptureFixture[str]
):
    first, second = enrolled(Authenticator()), enrolled(Authenticator())

    async def add() -> None:
        store = Store.open(folder)
        for place, key in enumerate((first, second)):
            await Passkeys(store).add(key, beside=place)
        store.close()

    anyio.run(add)
    told = [main(["approver", "remove", *name]) for name in ([], ["phone"], ["laptop"], [first.id[:8]], ["laptop"])]
    main(["approver", "list"])
    said = capsys.readouterr()

    assert told == [1, 1, 1, 0, 0]
    assert said.err.count("There is no such passkey") == 2
    assert said.err.count("Several passkeys are called so") == 1
    assert "There is no passkey" in said.out


@pytest.mark.usefixtures("folder")
def test_an_interrupt_adds_nothing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    async def served(_: Site) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Site, "serve", served)

    assert main(["approver", "add"]) == 1
    assert "No passkey was added" in capsys.readouterr().out


def test_without_a_browser_and_with_a_broken_store_it_says_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    (folder / "state.sqlite3").write_text("Dear diary, " * 1000)
    assert main(["approver", "list"]) == 1
    monkeypatch.setattr(approver, "can_be_opened", lambda: False)
    assert main(["approver", "add"]) == 1

    said = capsys.readouterr().err
    assert "damaged or not a database" in said
    assert "no browser to open" in said
