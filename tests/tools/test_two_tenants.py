"""Two tenants whose state is in one database: nothing that one of them reads or decides is the other's."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import anyio
import pytest
from tests.desk import DEVON, Desk, open_desk, refusal, said
from tests.scheduled import IN_AN_HOUR, later_of

from textrequest_mcp.commands.audit import Period, show_audit
from textrequest_mcp.commands.desk_audit import audit_room
from textrequest_mcp.commands.whose import account_of_key
from textrequest_mcp.ground.succession import account_id_of
from textrequest_mcp.guard.approval.approvals import Approvals
from textrequest_mcp.guard.approval.shown import Shown
from textrequest_mcp.guard.audit.reader import Trail
from textrequest_mcp.settings.table import DEFAULT_BASE_URL, SANDBOX_BASE_URL, State
from textrequest_mcp.upstream.errors import BadInput

ONE, OTHER = "ONE-0123456789", "OTHER-0123456789"
TEXT: dict[str, Any] = {"phone_number": DEVON, "body": "Your car is ready."}


class Tenants(NamedTuple):
    """Two accounts; the first sent a text, scheduled one, and its assistant waits for a yes."""

    one: Desk
    other: Desk
    sent: str
    later: str


@asynccontextmanager
async def tenants(folder: Path) -> AsyncGenerator[Tenants]:
    async with (
        open_desk(state_dir=folder, api_key=ONE) as one,
        open_desk(state_dir=folder, api_key=OTHER) as other,
    ):
        sent = said(await one.call("send_message", **TEXT, idempotency_key="ready"))["send_id"]
        planned = {"phone_number": DEVON, "body": "Come at nine.", "send_at": IN_AN_HOUR}
        later = said(await one.call("send_message", **planned))["send_id"]
        shown = Shown("Delete Maria?", None, "test-host", "Delete a contact")
        await one.account.gate.desk.approvals.ask("binding", "delete_contact", shown)
        yield Tenants(one, other, sent, later)


@pytest.mark.usefixtures("both_engines")
async def test_nothing_of_one_tenant_is_the_others(tmp_path: Path):
    async with tenants(tmp_path) as (one, other, sent, later):
        approvals = other.account.gate.desk.approvals
        [row] = await one.account.gate.desk.approvals.waiting()
        status = refusal(await other.call("get_send_status", send_id=sent))
        cancelled = refusal(await other.call("cancel_scheduled", send_id=later))
        listed = said(await other.call("list_scheduled"))
        due = await later_of(other).due.next_at()
        waits = await approvals.waiting(), await approvals.get(row.id), await approvals.any_waits()
        with pytest.raises(BadInput):
            await approvals.decide(row.id, yes=True, by="page")
        used = await approvals.use(row.id)
        await approvals.be_silent(row.id, by="page")
        still = await one.account.gate.desk.approvals.waiting()
        log, end = other.account.live.log, await one.account.live.log.end()
        changed = await log.changed(-1)
        again = said(await other.call("send_message", **TEXT, idempotency_key="ready"))
        store = approvals.store
        ids = [account_id_of(SANDBOX_BASE_URL, key) for key in (ONE, OTHER)]
        trails = [{each.account async for each in Trail(store, id_).entries()} for id_ in ids]
        every = {each.account async for each in Trail(store).entries()}
        page = await audit_room(store, ids[1]).written({"q": sent})
        whole = await audit_room(store, None).written({"q": sent})

    assert "on record" in status
    assert "on record" in cancelled
    assert (listed["items"], due) == ([], None)
    assert waits == ([], None, False)
    assert not used
    assert [each.id for each in still] == [row.id]
    assert changed[1] == set()
    assert end >= 0
    assert again["outcome"] == "sent"
    assert trails == [{ids[0]}, {ids[1]}]
    assert every == set(ids)
    assert sent not in page.replace(f'value="{sent}"', "")
    assert sent in whole.replace(f'value="{sent}"', "")


async def test_the_audit_is_of_the_key_alone_unless_all_accounts_are_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    async with tenants(tmp_path) as (_, other, sent, _):
        await other.call("archive_conversation", phone_number=DEVON)
    shown: list[str] = []
    for account in (account_id_of(SANDBOX_BASE_URL, OTHER), account_id_of(SANDBOX_BASE_URL, ONE), None):
        await anyio.to_thread.run_sync(
            lambda whose: show_audit(State(tmp_path), Period(None, None), None, "json", account=whose), account
        )
        shown.append(capsys.readouterr().out)

    assert [sent in each for each in shown] == [False, True, True]
    assert ["archive_conversation" in each for each in shown] == [True, False, True]


def test_commands_show_the_account_of_the_key_and_say_so_where_there_is_none(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    key = {"TEXTREQUEST_API_KEY": ONE}

    assert account_of_key(key) == account_id_of(DEFAULT_BASE_URL, ONE)
    assert account_of_key(key, every=True) is None
    assert capsys.readouterr().err == ""
    assert account_of_key({}) is None
    assert "all accounts" in capsys.readouterr().err


@pytest.mark.usefixtures("both_engines")
async def test_a_terminal_decides_for_its_own_account_alone(tmp_path: Path):
    async with tenants(tmp_path) as (one, _, _, _):
        store = one.account.gate.desk.approvals.store
        now = one.account.gate.desk.approvals.now
        found = [
            len(await Approvals(store, whose, clock=now).waiting())
            for whose in (account_id_of(SANDBOX_BASE_URL, OTHER), account_id_of(SANDBOX_BASE_URL, ONE), None)
        ]

    assert found == [0, 1, 1]
