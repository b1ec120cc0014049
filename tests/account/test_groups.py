"""Groups: listed, read, made, changed and deleted."""

from typing import Any

import pytest
from tests.account.snapshot import check_snapshot
from tests.desk import DEVON, Desk, agrees, call, refusal, said

SPRING, FLEET, KEYWORD, OLD = 1211, 1212, 1213, 1214


def bodies(desk: Desk) -> list[Any]:
    return [accepted.body for accepted in desk.sandbox.journal]


async def test_the_tools_are_as_in_the_snapshot():
    await check_snapshot("groups")


async def test_groups_are_listed_with_their_sizes(desk: Desk):
    listed = said(await desk.call("list_groups"))

    assert [group["id"] for group in listed["items"]] == [SPRING, FLEET, KEYWORD, OLD]
    assert listed["items"][3] == {
        "id": OLD,
        "name": "Old Leads",
        "notes": "Home show 2022, never followed up",
        "group_member_count": 4,
        "is_keyword": False,
        "last_message_sent_utc": "2023-12-10T20:26:40Z",
    }


async def test_a_page_past_the_end_says_where_the_end_is(desk: Desk):
    listed = said(await desk.call("list_groups", page=3, page_size=3))

    assert listed["items"] == []
    assert listed["note"] == "Page 3 is past the end: there are 4 items, and the last page is 1."


async def test_the_members_of_a_group_are_found_among_the_contacts(desk: Desk):
    size = said(await desk.call("get_group", group_id=OLD))["group_member_count"]

    members = said(await desk.call("list_contacts", groups=[OLD]))["items"]

    assert len(members) == size
    assert DEVON in [member["phone_number"] for member in members]


async def test_a_group_is_made_with_nothing_that_was_not_given(desk: Desk):
    made = said(await desk.call("create_group", name="Winter tires"))

    assert made["name"] == "Winter tires"
    assert made["group_member_count"] == 0
    assert bodies(desk) == [{"name": "Winter tires"}]


@pytest.mark.parametrize(
    ("given", "name", "notes"),
    [
        ({"name": "Spring"}, "Spring", "Agreed to hear about offers"),
        ({"notes": "Until May"}, "Spring Specials", "Until May"),
        ({"clear": ["notes"]}, "Spring Specials", ""),
        ({"name": "Spring", "clear": "notes"}, "Spring", ""),
        ({"name": "Spring", "notes": "", "clear": []}, "Spring", "Agreed to hear about offers"),
        ({"name": " ", "notes": "Until May"}, "Spring Specials", "Until May"),
        ({"name": "Spring", "notes": "Until May"}, "Spring", "Until May"),
    ],
)
async def test_what_an_update_leaves_out_stays(desk: Desk, given: dict[str, Any], name: str, notes: str):
    await desk.call("update_group", group_id=SPRING, **given)

    group = said(await desk.call("get_group", group_id=SPRING))
    assert (group["name"], group.get("notes", "")) == (name, notes)


@pytest.mark.parametrize(
    ("tool", "more"), [("get_group", {}), ("update_group", {"name": "Spring"}), ("delete_group", {})]
)
async def test_a_group_that_is_not_there_is_a_sentence(desk: Desk, tool: str, more: dict[str, Any]):
    sentence = refusal(await desk.call(tool, group_id=2222, **more))

    assert sentence.startswith("This line has no group 2222. Nothing was sent or changed.")
    assert desk.changes == []


async def test_a_group_is_deleted_and_its_contacts_stay(desk: Desk):
    person = agrees()
    async with desk.host(person) as host:
        assert said(await call(host, "delete_group", group_id=OLD)) == {"outcome": "done", "group_id": OLD}
        assert said(await call(host, "get_contact", phone_number=DEVON))["groups"] == []

    [question] = person.questions
    for fact in ("Old Leads", "(4 members)", "Front Desk", "The contacts stay", "cannot be undone"):
        assert fact in question.message
    assert "keyword" not in question.message


async def test_the_question_about_a_keyword_group_says_that_it_is_one(desk: Desk):
    preview = said(await desk.call("delete_group", group_id=KEYWORD))

    assert preview["outcome"] == "confirmation_required"
    assert "It belongs to a keyword" in preview["message"]
    assert desk.changes == []


async def test_what_an_update_replaced_can_be_given_back(desk: Desk):
    before = said(await desk.call("get_group", group_id=SPRING))
    both = said(await desk.call("update_group", group_id=SPRING, name="Summer", notes="New"))
    back = said(await desk.call("update_group", group_id=SPRING, **both["was"]))
    noted = said(await desk.call("update_group", group_id=1221, dashboard_id=122, clear=["notes"]))
    same = said(await desk.call("update_group", group_id=1221, dashboard_id=122, name="Spring Specials", notes="x"))

    assert both["was"] == {"name": "Spring Specials", "notes": "Agreed to hear about offers"}
    assert back["was"] == {"name": "Summer", "notes": "New"}
    assert said(await desk.call("get_group", group_id=SPRING)) == before
    assert noted["was"] == {"notes": "Agreed to hear about offers"}
    assert same["was"] == {"clear": ["notes"]}


async def test_an_update_of_nothing_is_refused(desk: Desk):
    assert "nothing to change" in refusal(await desk.call("update_group", group_id=1214))
    assert desk.changes == []


async def test_d6_notes_that_are_given_and_cleared_are_refused(desk: Desk):
    sentence = refusal(await desk.call("update_group", group_id=1214, notes="x", clear=["notes"]))

    assert "notes is given, and is in clear too" in sentence
    assert desk.changes == []
