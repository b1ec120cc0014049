"""No more texts, said by voice: recorded on this side, for a line or all of them, and lifted by nobody here."""

from pathlib import Path

import pytest
from tests.desk import LINE, OWES, agrees, call, open_desk, refusal, said
from tests.obedient.payload import SILENT
from tests.unruled import RULED

from textrequest_mcp.ground.store import StoreError


async def test_nobody_texts_them_from_any_line_and_nothing_left_this_server():
    async with open_desk(**RULED) as desk, desk.host() as host:
        answer = said(await host.call_tool("stop_texting", {"phone_number": "(423) 555-0105"}))
        here = refusal(await call(host, "send_message", phone_number=OWES, body="Hello"))
        there = refusal(await call(host, "send_message", phone_number=OWES, body="Hello", dashboard_id=122))

        assert answer["phone_number"] == OWES
        assert answer["line_ids"] == [121, 122, 123]
        assert "Only their own START lifts that" in here
        assert "Only their own START lifts that" in there
        assert desk.changes == []


async def test_of_one_line_it_holds_for_that_line():
    async with open_desk(**RULED) as desk, desk.host() as host:
        said(await host.call_tool("stop_texting", {"phone_number": OWES, "dashboard_id": 122}))

        assert said(await call(host, "send_message", phone_number=OWES, body="Hello"))["outcome"] == "sent"
        assert (await desk.account.policy.consent.standing(LINE, OWES)).stopped_at is None


async def test_where_the_rule_is_off_it_says_so():
    async with open_desk() as desk, desk.host() as host:
        answer = said(await host.call_tool("stop_texting", {"phone_number": OWES}))

    assert "TEXTREQUEST_CONSENT is off" in answer["message"]


async def test_after_words_of_customers_a_person_is_asked_because_one_of_them_may_have_named_the_number():
    person = agrees()
    async with open_desk(**RULED) as desk, desk.host(person) as host:
        said(await host.call_tool("stop_texting", {"phone_number": OWES}))
        assert person.questions == []
        said(await host.call_tool("who_is_waiting", {}))
        said(await host.call_tool("stop_texting", {"phone_number": "+14235550198"}))

        assert len(person.questions) == 1


async def test_whoever_was_stopped_by_voice_reads_as_opted_out_wherever_contacts_are_shown():
    async with open_desk(**RULED) as desk, desk.host() as host:
        before = {row["phone_number"] for row in said(await call(host, "list_contacts", has_opted_out=True))["items"]}
        allowed = said(await call(host, "list_contacts", has_opted_out=False, page_size=1))["total_items"]
        await host.call_tool("stop_texting", {"phone_number": SILENT[0], "dashboard_id": LINE})
        contact = said(await call(host, "get_contact", phone_number=SILENT[0]))
        listed = said(await call(host, "list_contacts", search=SILENT[0]))["items"]
        after = {row["phone_number"] for row in said(await call(host, "list_contacts", has_opted_out=True))["items"]}
        still_allowed = said(await call(host, "list_contacts", has_opted_out=False, page_size=1))["total_items"]
        elsewhere = said(await call(host, "list_contacts", has_opted_out=True, dashboard_id=122))["items"]

    assert contact["opted_out_utc"] == listed[0]["opted_out_utc"]
    assert (after - before, before - after) == ({SILENT[0]}, set())
    assert still_allowed == allowed - 1
    assert SILENT[0] not in {row["phone_number"] for row in elsewhere}


async def test_their_own_start_takes_that_back_in_the_lists_too():
    async with open_desk(**RULED) as desk, desk.host() as host:
        await host.call_tool("stop_texting", {"phone_number": SILENT[0], "dashboard_id": LINE})
        await desk.account.policy.consent.heard(LINE, SILENT[0], "START", desk.clock.now + 60)
        contact = said(await call(host, "get_contact", phone_number=SILENT[0]))

    assert "opted_out_utc" not in contact


@pytest.mark.parametrize("counts", [True, False])
async def test_where_wishes_do_not_count_or_cannot_be_read_contacts_are_as_the_service_has_them(
    counts: bool, monkeypatch: pytest.MonkeyPatch
):
    async with open_desk(consent=counts) as desk, desk.host() as host:
        await host.call_tool("stop_texting", {"phone_number": SILENT[0], "dashboard_id": LINE})
        if counts:
            monkeypatch.setattr(desk.account.policy, "consent", Unreadable())
        contact = said(await call(host, "get_contact", phone_number=SILENT[0]))

    assert "opted_out_utc" not in contact


class Unreadable:
    """The wishes of a store that is away."""

    async def stops(self, dashboard_id: int) -> None:
        raise StoreError(Path("state"), f"line {dashboard_id} is away")
