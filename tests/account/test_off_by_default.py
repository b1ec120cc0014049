"""Tools that are off by default: set-up of tags and fields, a line's texts, redaction."""

from collections.abc import AsyncGenerator

import pytest
from tests.account.snapshot import check_snapshot
from tests.desk import LINE, Desk, agrees, call, declines, open_desk, refusal, said, text_of

from textrequest_mcp.settings.toolsets import BY_DEFAULT, NOT_BY_DEFAULT


@pytest.fixture
async def desk() -> AsyncGenerator[Desk]:
    async with open_desk(toolsets=(*BY_DEFAULT, *NOT_BY_DEFAULT)) as opened:
        yield opened
        assert opened.contract.violations == []


@pytest.mark.parametrize("toolset", NOT_BY_DEFAULT)
async def test_the_tools_are_as_in_the_snapshot(toolset: str):
    await check_snapshot(toolset)


async def test_a_tag_is_made_renamed_and_deleted_by_name(desk: Desk):
    person = agrees()
    async with desk.host(person) as host:
        made = said(await call(host, "create_tag", tag="Gold"))
        renamed = said(await call(host, "update_tag", old_tag="gold", tag="Platinum"))
        said(await call(host, "delete_tag", tag="VIP"))

        assert made["id"] == renamed["id"]
        names = {tag.name for tag in desk.sandbox.lines[LINE].tags.values()}
        assert "Platinum" in names
        assert not names & {"Gold", "VIP"}
    assert 'Delete the tag "VIP" on "Front Desk" (line 121)? 9 contacts lose it.' in person.questions[0].message


async def test_a_field_is_made_renamed_and_deleted_and_one_with_values_is_said_to_stay(desk: Desk):
    no = declines()
    async with desk.host(agrees()) as host:
        said(await call(host, "create_custom_field", name="Birthday"))
        said(await call(host, "rename_custom_field", field="birthday", name="Born"))
        said(await call(host, "delete_custom_field", field="Born"))
        assert "Referred by" in refusal(await call(host, "delete_custom_field", field="Nope"))
    async with desk.host(no) as host:
        said(await call(host, "delete_custom_field", field="Vehicle"))

    assert "have a value for it, so Text Request will refuse." in no.questions[0].message


async def test_a_line_s_texts_of_some_days_are_listed_with_everybody(desk: Desk):
    answer = await desk.call("list_line_messages", period="last_7_days", page_size=5)
    received = said(await desk.call("list_line_messages", period="last_7_days", direction="R"))

    assert said(answer)["total_items"] == 26
    assert all(row["phone_number"].startswith("+1") for row in said(answer)["items"])
    assert {row["message_direction"] for row in received["items"]} == {"R"}
    assert text_of(answer).startswith('{"customers_words":')


async def test_a_text_is_redacted_and_shown_again_each_after_a_yes(desk: Desk):
    message = desk.sandbox.lines[LINE].contacts["14235550100"].messages[0]
    person = agrees()
    async with desk.host(person) as host:
        assert said(await host.call_tool("redact_message", {"message_id": message.id}))["is_redacted"] is True
        assert message.is_redacted
        said(await host.call_tool("unredact_message", {"message_id": message.id}))

    assert not message.is_redacted
    assert len(person.questions) == 2
