"""The account's lines: listed, chosen, made, renamed and deleted."""

import pytest
from tests.account.snapshot import check_snapshot
from tests.desk import LINE, MARIA, Desk, agrees, call, open_desk, refusal, said

FRONT_DESK = {"id": 121, "name": "Front Desk", "phone": "+14235550190", "time_zone": "America/New_York"}


async def test_the_tools_are_as_in_the_snapshot():
    await check_snapshot("dashboards")


async def test_lines_are_listed_with_id_name_and_number(desk: Desk):
    listed = said(await desk.call("list_dashboards"))

    assert listed["items"][0] == FRONT_DESK
    assert [line["id"] for line in listed["items"]] == [121, 122, 123]
    assert listed["total_items"] == 3
    assert "next_page" not in listed


async def test_a_list_says_which_page_comes_next_until_the_last_one(desk: Desk):
    first = said(await desk.call("list_dashboards", page_size=2))
    last = said(await desk.call("list_dashboards", page=first["next_page"], page_size=2))

    assert [line["id"] for line in first["items"] + last["items"]] == [121, 122, 123]
    assert "next_page" not in last


async def test_one_line_is_read_by_its_id(desk: Desk):
    assert said(await desk.call("get_dashboard", dashboard_id=LINE)) == FRONT_DESK


async def test_a_line_that_does_not_exist_is_a_sentence(desk: Desk):
    assert "dashboard id is invalid" in refusal(await desk.call("get_dashboard", dashboard_id=999))


@pytest.mark.parametrize("tool", ["get_dashboard", "save_contact", "create_group", "archive_conversation"])
async def test_without_a_line_the_error_lists_those_to_choose_from(desk: Desk, tool: str):
    given = {"name": "Fleet"} if tool == "create_group" else {} if tool == "get_dashboard" else {"phone_number": MARIA}
    sentence = refusal(await desk.call(tool, dashboard_id=None, **given))

    assert "3 lines: 121 Front Desk; 122 Service Desk; 123 After Hours" in sentence
    assert "Nothing was sent or changed." in sentence


async def test_the_default_line_stands_in_for_one_left_out():
    async with open_desk(dashboard_id=122) as desk:
        assert said(await desk.call("get_dashboard", dashboard_id=None))["id"] == 122


async def test_a_line_that_is_named_wins_over_the_default():
    async with open_desk(dashboard_id=122) as desk:
        assert said(await desk.call("get_dashboard", dashboard_id=123))["id"] == 123


async def test_the_only_line_of_an_account_need_not_be_named(desk: Desk):
    for other in (122, 123):
        del desk.sandbox.lines[other]

    assert said(await desk.call("list_groups", dashboard_id=None))["total_items"] == 4


async def test_a_line_is_made_on_a_free_number_and_listed_at_once(desk: Desk):
    async with desk.host() as host:
        await call(host, "list_groups", dashboard_id=None)  # the lines are known from here on
        made = said(await call(host, "create_dashboard", name="Body Shop", phone="(423) 555-0160"))
        lines = said(await call(host, "list_groups", dashboard_id=None))["lines"]

    assert made.pop("send_id")
    assert made == {"outcome": "done", "id": 124, "name": "Body Shop", "phone": "+14235550160"}
    assert "124 Body Shop" in lines


@pytest.mark.parametrize(("phone", "reason"), [("14235550190", "in use"), ("14235550101", "not provisioned")])
async def test_a_number_that_cannot_be_had_is_answered_with_some_that_can(desk: Desk, phone: str, reason: str):
    sentence = refusal(await desk.call("create_dashboard", name="Body Shop", phone=phone))

    assert reason in sentence
    assert "free in area code 423: +14235550160, +14235550161," in sentence
    assert desk.changes == []


async def test_a_line_is_renamed_and_keeps_its_number(desk: Desk):
    async with desk.host() as host:
        await call(host, "list_groups", dashboard_id=None)  # the lines are known from here on
        renamed = said(await call(host, "rename_dashboard", name="Reception"))
        lines = said(await call(host, "list_groups", dashboard_id=None))["lines"]

    assert renamed == FRONT_DESK | {"name": "Reception", "was": "Front Desk"}
    assert "121 Reception" in lines


async def test_a_line_is_deleted_once_a_person_typed_its_name(desk: Desk):
    person = agrees(typed_name="Service Desk")
    async with desk.host(person) as host:
        assert said(await call(host, "delete_dashboard", dashboard_id=122)) == {"outcome": "done", "dashboard_id": 122}

    [question] = person.questions
    for fact in ("Service Desk", "+14235550191", "40 contacts", "2 groups", "cannot be undone"):
        assert fact in question.message
    assert desk.changes == [("DELETE", "/dashboards/122")]


async def test_a_line_is_not_deleted_by_default(desk: Desk):
    sentence = refusal(await desk.call("delete_dashboard", dashboard_id=None))

    assert "dashboard_id is missing" in sentence
    assert desk.changes == []
