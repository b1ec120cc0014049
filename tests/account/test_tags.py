"""Tags: what a line can put on its contacts."""

from tests.account.snapshot import check_snapshot
from tests.desk import Desk, said


async def test_the_tool_is_as_in_the_snapshot():
    await check_snapshot("tags")


async def test_tags_are_listed_with_the_ids_that_filters_take(desk: Desk):
    tags = said(await desk.call("list_tags"))["items"]

    assert [(tag["tag"], tag["tag_color"]) for tag in tags] == [
        ("VIP", "#1EB1C4"),
        ("Follow up", "#E8871E"),
        ("Estimate sent", "#6A4C93"),
    ]
    tagged = said(await desk.call("list_contacts", tags=[tags[0]["id"]]))["items"]
    assert tagged
    assert all(tags[0]["id"] in contact["contact_tags"] for contact in tagged)


async def test_tags_come_in_pages(desk: Desk):
    page = said(await desk.call("list_tags", page=1, page_size=2))

    assert [tag["tag"] for tag in page["items"]] == ["Estimate sent"]
    assert "next_page" not in page
