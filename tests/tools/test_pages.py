"""A page of a list says that the list changed since the page before, and says nothing where it did not."""

import pytest
from tests.desk import ERAS, LINE, Desk, Era, call, said

from textrequest_mcp.sandbox import receive
from textrequest_mcp.tools import pages as module

NEW = "+14235550177"


@pytest.mark.parametrize("era", ERAS)
async def test_d11_a_page_says_that_the_total_changed_since_the_page_before(desk: Desk, era: Era):
    async with desk.host(era=era) as host:
        first = said(await call(host, "list_contacts", page_size=3))
        receive(desk.sandbox, LINE, NEW, "Hello?")
        second = said(await call(host, "list_contacts", page=1, page_size=3))
        third = said(await call(host, "list_contacts", page=2, page_size=3))

    assert "note" not in first
    assert f"total_items was {first['total_items']} on the page before" in second["note"]
    assert second["total_items"] == first["total_items"] + 1
    assert "note" not in third


async def test_d11_it_says_so_where_only_the_order_changed(desk: Desk):
    async with desk.host() as host:
        first = said(await call(host, "list_conversations", page_size=3))
        last = said(await call(host, "list_conversations", page_size=50))["items"][-2]
        said(await call(host, "list_conversations", page_size=3))
        desk.clock.forward(60)
        receive(desk.sandbox, LINE, last["phone_number"], "Hello?")
        second = said(await call(host, "list_conversations", page=1, page_size=3))

    assert second["total_items"] == first["total_items"]
    assert "an item of the page before is here again" in second["note"]


async def test_d11_a_page_past_the_end_says_both(desk: Desk):
    async with desk.host() as host:
        said(await call(host, "list_contacts", page_size=3))
        receive(desk.sandbox, LINE, NEW, "Hello?")
        answer = said(await call(host, "list_contacts", page=50, page_size=3))

    assert "past the end" in answer["note"]
    assert "total_items was" in answer["note"]


async def test_nothing_is_said_of_another_list_another_host_or_a_new_beginning(desk: Desk):
    async with desk.host() as host, desk.host(name="other") as other:
        said(await call(host, "list_contacts", page_size=3))
        receive(desk.sandbox, LINE, NEW, "Hello?")
        answers = [
            said(await call(other, "list_contacts", page=1, page_size=3)),
            said(await call(host, "list_contacts", page=1, page_size=4)),
            said(await call(host, "list_contacts", page=1, page_size=3, dashboard_id=122)),
            said(await call(host, "list_conversations", page=1, page_size=3)),
            said(await call(host, "list_contacts", page_size=3)),
            said(await call(host, "list_contacts", page=1, page_size=3)),
        ]

    assert ["The list changed" in answer.get("note", "") for answer in answers] == [False] * 6


async def test_no_more_lists_are_remembered_than_there_is_room_for(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "_MOST", 1)
    async with desk.host() as host:
        said(await call(host, "list_contacts", page_size=3))
        said(await call(host, "list_groups"))
        receive(desk.sandbox, LINE, NEW, "Hello?")

        assert "note" not in said(await call(host, "list_contacts", page=1, page_size=3))
