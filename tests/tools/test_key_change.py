"""After an account's API key was changed nothing is lost silently, and nobody else's rows follow it."""

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.desk import DEVON, LINE, MARIA, Desk, open_desk, refusal, said, text_of
from tests.engines import by_hand
from tests.scheduled import HOUR, IN_AN_HOUR, later_of, leaves
from tests.unruled import RULED

from textrequest_mcp.commands.doctor.service import account_of
from textrequest_mcp.ground.connection import Connection
from textrequest_mcp.ground.member import Member, on_behalf_of
from textrequest_mcp.ground.store import Store
from textrequest_mcp.ground.succession import Owned, account_id_of
from textrequest_mcp.guard.once.schedule import Schedule
from textrequest_mcp.live.encryption import Cipher
from textrequest_mcp.sandbox import create_app
from textrequest_mcp.settings.table import SANDBOX_BASE_URL, Settings

OLD, NEW = "OLD-0123456789", "NEW-0123456789"
TEXT: dict[str, Any] = {"phone_number": DEVON, "body": "Your car is ready."}
# Tables with the rows of an account that do not follow its key, and why.
LEFT = {
    "live_looks": "counts calls of the last minute",
    "live_lines": "a line is read anew, from the time of a cursor on",
    "live_forgotten": "says which cursors are refused",
    "once_keepers": "servers that are up now",
    "audit_noted": "changes on the wire; the next server closes them, whosever they are",
    "audit_entries": "never change; the audit is read with the names of former keys",
    "approvals": "a yes is bound to the account's key, and lives ten minutes",
    "approvals_silence": "lives ten minutes",
    "store_former": "says which names were before",
}

pytestmark = pytest.mark.usefixtures("both_engines")


@asynccontextmanager
async def with_key(folder: Path, key: str, before: str | None = None, **settings: Any) -> AsyncGenerator[Desk]:
    async with open_desk(state_dir=folder, api_key=key, previous_api_key=before, **settings) as desk:
        yield desk


async def plan(desk: Desk) -> str:
    return said(await desk.call("send_message", **TEXT, send_at=IN_AN_HOUR))["send_id"]


async def test_texts_of_the_key_before_leave_as_planned(tmp_path: Path):
    async with with_key(tmp_path, OLD) as desk:
        send_id = await plan(desk)
    async with with_key(tmp_path, NEW, OLD) as desk:
        listed = said(await desk.call("list_scheduled"))
        [row] = await leaves(desk, send_id)
        sent = desk.changes

    assert [(item["send_id"], item["body"]) for item in listed["items"]] == [(send_id, TEXT["body"])]
    assert row.state == "SENT"
    assert len(sent) == 1


async def test_without_the_key_before_they_are_told_of_where_somebody_looks(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    async with with_key(tmp_path, OLD) as desk:
        await plan(desk)
    async with with_key(tmp_path, NEW) as desk:
        listed = text_of(await desk.call("list_scheduled"))
        with caplog.at_level(logging.WARNING):
            await desk.account.also[1]()

    found = await account_of(
        Settings(api_key=NEW, base_url=SANDBOX_BASE_URL, state_dir=tmp_path),
        transport=_transport(NEW),
    )
    told = "1 text that was scheduled with another API key of this account will not leave."
    assert told in listed
    assert told in caplog.text
    assert "TEXTREQUEST_PREVIOUS_API_KEY" in listed
    assert [(each.state, each.says) for each in found if each.check == "scheduled"] == []  # its clock is of today


def _transport(key: str) -> Any:
    import httpx2

    return httpx2.ASGITransport(app=create_app(key=key, rate_limit=None, lively=False))


async def test_lines_of_others_and_texts_that_a_server_sees_to_are_not_told_of(tmp_path: Path):
    async with with_key(tmp_path, OLD) as desk:
        await plan(desk)
        await later_of(desk).keepers.beat(later_of(desk).due.owner)
        async with with_key(tmp_path, NEW) as second:
            looked_after = await later_of(second).of_another_key(second.account.line_ids)
            await later_of(desk).keepers.leave(later_of(desk).due.owner)

            async def others() -> list[int]:
                return [122]

            of_others = await later_of(second).of_another_key(others)
            own = await later_of(second).of_another_key(second.account.line_ids)

    assert (looked_after, of_others) == (None, None)
    assert own is not None


async def test_a_repetition_a_key_of_the_caller_and_a_wish_to_stop_count_on(tmp_path: Path):
    async with with_key(tmp_path, OLD, **RULED) as desk:
        first = said(await desk.call("send_message", **TEXT, idempotency_key="ready-1"))
        await desk.call("stop_texting", phone_number=MARIA)
    async with with_key(tmp_path, NEW, **RULED) as desk:  # a start without the key before must spoil nothing
        await desk.call("list_tags")
    async with with_key(tmp_path, NEW, OLD, **RULED) as desk:
        again = said(await desk.call("send_message", **TEXT))
        named = said(await desk.call("send_message", **TEXT, idempotency_key="ready-1", repeat=True))
        stopped = refusal(await desk.call("send_message", phone_number=MARIA, body="Hello"))
        status = said(await desk.call("get_send_status", send_id=first["send_id"]))
        sent = [path for _, path in desk.changes if "messages" in path]
        used = by_hand(tmp_path, "SELECT DISTINCT account FROM caps_uses")

    assert {again["send_id"], named["send_id"]} == {first["send_id"]}
    assert status["outcome"] == "sent"
    assert "no more texts" in stopped or "opted out" in stopped.lower()
    assert sent == []
    assert used == [(account_id_of(SANDBOX_BASE_URL, NEW),)]


async def test_a_cursor_of_the_key_before_is_refused_in_words(tmp_path: Path):
    async with with_key(tmp_path, OLD) as desk:
        cursor = said(await desk.call("wait_for_messages", timeout_seconds=0))["cursor"]
    row = account_id_of(SANDBOX_BASE_URL, OLD), "m1", LINE, "hash", "in", 1.8e9, b"sealed"
    columns = "account, message_id, dashboard_id, person, direction, happened_at, content"
    by_hand(tmp_path, f"INSERT INTO live_events ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", *row)
    async with with_key(tmp_path, NEW, OLD) as desk:
        told = refusal(await desk.call("wait_for_messages", timeout_seconds=0, after=cursor))

    assert "forgotten" in told


async def test_what_was_read_and_whom_two_keys_both_know_is_kept_once(tmp_path: Path):
    anna = Member(id="Anna", name="Anna", scopes=frozenset({"texts:read"}))
    async with with_key(tmp_path, OLD, **RULED) as desk:
        await desk.call("stop_texting", phone_number=MARIA)
        await desk.call("list_messages", phone_number=MARIA)
        with on_behalf_of(anna):
            await desk.call("list_messages", phone_number=MARIA)
    async with with_key(tmp_path, NEW, **RULED) as desk:
        desk.clock.forward(HOUR / 2)
        await desk.call("stop_texting", phone_number=MARIA)
    before = by_hand(tmp_path, "SELECT max(at) FROM consent_words WHERE word = 'stop'")
    async with with_key(tmp_path, NEW, OLD, **RULED) as desk:
        memory = desk.account.policy.provenance
        await memory.catch_up()
        read = list(memory.read.all())
        accounts = {account for (account,) in by_hand(tmp_path, "SELECT account FROM provenance_read")}
        kept = by_hand(tmp_path, "SELECT account, word, at FROM consent_words WHERE word = 'stop'")

    new = account_id_of(SANDBOX_BASE_URL, NEW)
    assert kept == [(new, "stop", before[0][0])]
    assert read
    assert accounts <= {new, f"{new}/Anna"}


async def test_each_table_of_an_account_follows_its_key_or_says_why_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    owned = set[str]()
    ensure = Store.ensure

    def seen(self: Store, schema: str, *tables: Owned) -> None:
        owned.update(each.table for each in tables)
        ensure(self, schema, *tables)

    monkeypatch.setattr(Store, "ensure", seen)
    async with with_key(tmp_path, OLD, **RULED, served_over="http", tokens_file=tmp_path / "people") as desk:
        from textrequest_mcp.commands.people.desk import TeamDesk
        from textrequest_mcp.commands.people.roster import Roster
        from textrequest_mcp.commands.people.tokens import Tokens

        store = desk.account.gate.desk.approvals.store
        TeamDesk(desk.account.gate.desk.approvals, Tokens(Roster(tmp_path / "people")))
        await desk.call("list_messages", phone_number=MARIA)
        tables = await store.transact(_tables_of_accounts)

    assert owned - {"live_events"} <= tables
    assert tables - owned == set(LEFT)


def _tables_of_accounts(connection: Connection) -> set[str]:
    if connection.file is None:
        sql = "SELECT table_name FROM information_schema.columns WHERE column_name = 'account'"
        sql += " AND table_schema = current_schema()"
    else:
        sql = "SELECT t.name FROM sqlite_master t, pragma_table_info(t.name) c"
        sql += " WHERE t.type = 'table' AND c.name = 'account'"
    return {name for (name,) in connection.execute(sql).fetchall()}


async def test_words_of_a_third_key_stay_sealed(tmp_path: Path):
    async with with_key(tmp_path, OLD) as desk:
        send_id = await plan(desk)
        seal: Any = Cipher("a third")
        sealed = seal.seal({"arguments": {}}, send_id)
        by_hand(tmp_path, "UPDATE once_scheduled SET sealed = ?", sealed)
    async with with_key(tmp_path, NEW, OLD) as desk:
        store = desk.account.gate.desk.approvals.store
        [row] = await Schedule(store, account_id_of(SANDBOX_BASE_URL, NEW), seal).get(send_id)

    assert row.content is not None
    assert row.dashboard_id == LINE
