"""What a session did is in the audit, each thing under its kind, without numbers and words."""

from collections.abc import AsyncGenerator
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint
from tests.desk import BLOCKED, DEVON, LINE, MARIA, OPTED_OUT_BY_CODE, Desk, agrees, call, declines, open_desk, said
from tests.guard.once.test_at_most_once import Way, desk_behind
from tests.unruled import RULED, ruled_but

from textrequest_mcp.ground.keyed_hash import keyed
from textrequest_mcp.guard.audit.reader import Entry

HELLO = "Your car is ready."


@pytest.fixture
async def ruled() -> AsyncGenerator[Desk]:
    async with open_desk(**RULED) as desk:
        yield desk


async def entries(desk: Desk) -> list[Entry]:
    return [row.entry async for row in desk.account.audit.trail.entries() if row.entry is not None]


async def kinds(desk: Desk) -> list[tuple[str, str, str]]:
    return [(entry.tool, entry.kind, entry.outcome) for entry in await entries(desk)]


async def test_every_change_of_a_session_is_there_and_no_read(ruled: Desk):
    async with ruled.host(agrees()) as host:
        await call(host, "list_messages", phone_number=MARIA)
        await call(host, "send_message", phone_number=MARIA, body=HELLO)
        await call(host, "save_contact", phone_number=MARIA, note="likes blue")
        await call(host, "send_message", phone_number=BLOCKED, body=HELLO)
        await call(host, "delete_contact", phone_number=DEVON)
    async with ruled.host(declines()) as host:
        await call(host, "cancel_payment", payment_id=2501)
    await ruled.call("cancel_payment", payment_id=2501)

    assert await kinds(ruled) == [
        ("send_message", "send", "sent"),
        ("save_contact", "write", "done"),
        ("send_message", "refusal", "refused"),
        ("delete_contact", "approval", "approved"),
        ("delete_contact", "destroy", "done"),
        ("cancel_payment", "preview", "not_confirmed"),
        ("cancel_payment", "preview", "confirmation_required"),
    ]
    assert (await ruled.account.audit.trail.verify()).ok


async def test_who_called_and_for_whom_is_there_as_a_hash_and_the_line_also_where_it_was_left_out(ruled: Desk):
    async with open_desk(**ruled_but({"if_unanswered": False}), dashboard_id=LINE) as desk, desk.host() as host:
        await host.call_tool("send_message", {"phone_number": "(423) 555-0100", "body": HELLO})
        (entry,) = await entries(desk)
        secret = await desk.account.gate._store.secret()  # pyright: ignore[reportPrivateUsage]

    assert (entry.caller, entry.dashboard_id) == ("test-host", LINE)
    assert entry.person == keyed(secret, MARIA)
    assert set(entry.ids) >= {"send_id", "message_id"}
    assert entry.body is None


async def test_words_are_kept_only_where_the_owner_wants_them():
    async with open_desk(**ruled_but({"if_unanswered": False}), audit_bodies=True) as desk:
        await desk.call("send_message", phone_number=MARIA, body=HELLO)
        (entry,) = await entries(desk)

    assert entry.body == HELLO


@pytest.mark.parametrize(
    ("rule", "settings", "arguments"),
    [
        ("TEXTREQUEST_CONSENT", {}, {"phone_number": OPTED_OUT_BY_CODE}),
        ("TEXTREQUEST_TEXTS_PER_DAY", {"texts_per_day": 0, "if_unanswered": False}, {"phone_number": MARIA}),
        ("TEXTREQUEST_ONLY_TO", {"only_to": MARIA}, {"phone_number": DEVON}),
    ],
)
async def test_a_refusal_names_its_rule(rule: str, settings: dict[str, Any], arguments: dict[str, Any]):
    async with open_desk(**ruled_but(settings)) as desk:
        await desk.call("send_message", body=HELLO, **arguments)
        (entry,) = await entries(desk)

    assert (entry.kind, entry.rule) == ("refusal", rule)


async def test_what_came_meanwhile_is_shown_and_not_written_down(ruled: Desk):
    await ruled.call("send_message", phone_number=MARIA, body=HELLO, if_unanswered_since="2026-05-01T00:00:00Z")
    (entry,) = await entries(ruled)

    assert entry.rule == "TEXTREQUEST_IF_UNANSWERED"
    assert "car" not in str(entry)


@pytest.mark.parametrize(
    "odd",
    [
        {"line": "121"},
        {"dashboard_id": "9" * 5000},
        {"phone_number": {"a": 1}},
        {"phone_number": "Maria", "dashboard_id": "9" * 5000},
        {"boddy": HELLO},
    ],
)
async def test_whatever_a_host_gives_is_refused_and_written_down(ruled: Desk, odd: dict[str, Any]):
    async with ruled.host() as host:
        answer = await host.call_tool("send_message", {"phone_number": MARIA, "body": HELLO} | odd)
    (entry,) = await entries(ruled)

    assert answer.is_error
    assert (entry.kind, entry.outcome) == ("refusal", "refused")


async def test_a_call_that_is_given_up_on_its_way_is_there_with_what_became_of_it():
    """R4: it was called `cancelled`, without its ids, although the text went out."""
    way = Way()
    async with desk_behind(way) as desk:
        way.held = True
        async with desk.host() as host:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(lambda: call(host, "send_message", phone_number=MARIA, body=HELLO))
                await way.arrived.wait()
                tasks.cancel_scope.cancel()
                way.let.set()  # what has left is waited for
            with anyio.fail_after(10):
                while not (found := await entries(desk)):
                    await checkpoint()

    ((entry,), (text,)) = found, desk.sandbox.lines[LINE].contacts[MARIA.removeprefix("+")].messages[-1:]
    assert (entry.tool, entry.kind, entry.outcome) == ("send_message", "send", "sent")
    assert entry.ids["message_id"] == text.id


async def test_a_crash_is_there_as_failed(ruled: Desk, monkeypatch: pytest.MonkeyPatch):
    async def crash(*_: object) -> Any:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(ruled.account, "reasons", crash)
    await ruled.call("send_message", phone_number=MARIA, body=HELLO)
    ((_, kind, _),) = await kinds(ruled)

    assert kind == "refusal"


async def test_a_repetition_is_written_down_as_sent_once_more_told(ruled: Desk):
    await ruled.call("list_messages", phone_number=MARIA)
    first = said(await ruled.call("send_message", phone_number=MARIA, body=HELLO))
    await ruled.call("send_message", phone_number=MARIA, body=HELLO)

    assert [entry.ids["send_id"] for entry in await entries(ruled)] == [first["send_id"]] * 2
