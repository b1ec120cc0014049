"""Conversations: listed, searched, put aside and brought back."""

from typing import Any

import pytest
from tests.account.snapshot import check_snapshot
from tests.desk import ARCHIVED, LINE, MARIA, Desk, refusal, said, text_of


async def numbers(desk: Desk, **filters: Any) -> list[str]:
    found = said(await desk.call("list_conversations", page_size=1000, **filters))
    return [conversation["phone_number"] for conversation in found["items"]]


async def test_the_tools_are_as_in_the_snapshot():
    await check_snapshot("conversations")


async def test_a_conversation_comes_with_its_last_message(desk: Desk):
    [maria] = said(await desk.call("list_conversations", search="maria lopez"))["items"]

    assert maria["phone_number"] == MARIA
    last = maria["last_message"]
    assert last.pop("message_id")
    assert last == {
        "body": "Hi, just checking, is my car ready? I could come by around 4.",
        "message_direction": "R",
        "message_timestamp_utc": "2026-05-28T16:01:40Z",
        "mms_media": [],
    }


async def test_the_text_is_a_table_with_the_last_words(desk: Desk):
    lines = text_of(await desk.call("list_conversations", search="maria lopez")).splitlines()

    assert lines[1] == "phone_number\tname\tmessage_timestamp\tmessage_direction\tbody"
    words = "Hi, just checking, is my car ready? I could come by around 4."
    assert lines[2] == f"{MARIA}\tMaria Lopez\tThu 28 May 12:01\tR\t{words}"
    assert len(lines) == 3


async def test_only_those_who_wait_are_listed_on_request(desk: Desk):
    everybody, waiting = await numbers(desk), await numbers(desk, show_unresolved_only=True)

    assert MARIA in waiting
    assert set(waiting) < set(everybody)
    assert await numbers(desk, show_unresolved_only=False) == everybody


async def test_archived_ones_are_hidden_unless_asked_for(desk: Desk):
    assert ARCHIVED not in await numbers(desk)
    assert ARCHIVED in await numbers(desk, include_archived=True)


@pytest.mark.parametrize("part", ["lopez", "MARIA", "555-0100", "4235550100", "(423) 555-0100"])
async def test_a_part_of_a_name_or_number_finds_the_conversation(desk: Desk, part: str):
    assert MARIA in await numbers(desk, search=part)


async def test_nothing_found_is_an_empty_list(desk: Desk):
    found = said(await desk.call("list_conversations", search="nobody by this name"))

    assert (found["items"], found["total_items"]) == ([], 0)


async def test_tags_filter_by_contact(desk: Desk):
    tag = said(await desk.call("list_tags"))["items"][0]["id"]

    tagged = await numbers(desk, tags=[tag], include_archived=True)

    with_tag = said(await desk.call("list_contacts", tags=[tag], page_size=1000))["items"]
    assert tagged
    assert set(tagged) == {contact["phone_number"] for contact in with_tag if "last_message" in contact}


async def test_conversations_come_in_pages(desk: Desk):
    whole = await numbers(desk)

    second = said(await desk.call("list_conversations", page=1, page_size=10))

    assert [item["phone_number"] for item in second["items"]] == whole[10:20]
    assert second["next_page"] == 2


async def test_a_line_without_conversations_has_an_empty_list(desk: Desk):
    desk.sandbox.lines[123].contacts.clear()

    empty = said(await desk.call("list_conversations", dashboard_id=123))
    assert empty["items"] == []
    assert empty["note"] == "No conversation of this line is there; archived ones show with include_archived."


async def test_filters_that_find_nothing_are_named(desk: Desk):
    desk.sandbox.lines[LINE].contacts.clear()
    waiting = said(await desk.call("list_conversations", show_unresolved_only=True, include_archived=True))

    assert waiting["note"] == "No conversation of this line matches show_unresolved_only."


async def test_archiving_hides_and_unarchiving_brings_back(desk: Desk):
    assert said(await desk.call("archive_conversation", phone_number=MARIA)) == {
        "phone_number": MARIA,
        "is_archived": True,
        "was_archived": False,
    }
    assert MARIA not in await numbers(desk)

    back = said(await desk.call("unarchive_conversation", phone_number=MARIA))
    assert (back["is_archived"], back["was_archived"]) == (False, True)
    assert MARIA in await numbers(desk)


async def test_unarchiving_what_is_not_archived_does_no_harm(desk: Desk):
    assert said(await desk.call("unarchive_conversation", phone_number=MARIA))["is_archived"] is False


@pytest.mark.parametrize("tool", ["archive_conversation", "unarchive_conversation"])
async def test_a_number_without_a_conversation_is_a_sentence(desk: Desk, tool: str):
    sentence = refusal(await desk.call(tool, phone_number="+14235550198"))

    assert "There is no conversation with this number." in sentence
    assert "Nothing was sent or changed." in sentence
