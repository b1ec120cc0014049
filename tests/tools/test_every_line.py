"""All lines at once: a reading tool that names no line reads every one; a line that fails is told of."""

from typing import Any

import httpx2
import pytest
from tests.desk import DEVON, MARIA, Desk, call, open_desk, refusal, said, text_of
from tests.live.line import event

from textrequest_mcp.account.message import Message

OWN_LISTS = ("list_contacts", "list_conversations", "list_groups", "list_tags", "list_custom_fields")


async def everywhere(desk: Desk, tool: str, **arguments: Any) -> dict[str, Any]:
    return said(await desk.call(tool, dashboard_id=None, **arguments))


@pytest.mark.parametrize("tool", OWN_LISTS)
async def test_a_list_without_a_line_has_the_rows_of_all_lines_with_a_column_for_it(desk: Desk, tool: str):
    answer = await everywhere(desk, tool, page_size=1000) if "field" not in tool else await everywhere(desk, tool)
    alone = [said(await desk.call(tool, dashboard_id=line)) for line in (121, 122, 123)]

    assert answer["lines"] == "121 Front Desk; 122 Service Desk; 123 After Hours"
    assert answer["total_items"] == sum(each["total_items"] for each in alone) == len(answer["items"])
    assert {row["dashboard_id"] for row in answer["items"]} <= {121, 122, 123}
    assert "dashboard_id" not in alone[0]["items"][0]


async def test_the_newest_come_first_whatever_their_line(desk: Desk):
    rows = (await everywhere(desk, "list_conversations"))["items"]
    times = [row["last_message"]["message_timestamp_utc"] for row in rows]

    assert times == sorted(times, reverse=True)
    assert len({row["dashboard_id"] for row in rows[:4]}) > 1


async def test_lists_that_are_in_no_order_of_time_stay_line_by_line(desk: Desk):
    alone = [said(await desk.call("list_contacts", dashboard_id=line))["items"] for line in (121, 122, 123)]
    together = await everywhere(desk, "list_contacts")

    numbers = [row["phone_number"] for rows in alone for row in rows]
    assert [row["phone_number"] for row in together["items"]] == numbers
    assert together["lines"].endswith("123 After Hours; page_size rows of each")


async def test_lines_without_a_row_are_named_in_one_word_where_others_have_some(desk: Desk):
    answer = await everywhere(desk, "list_contacts", search="Maria Lopez")

    assert {row["dashboard_id"] for row in answer["items"]} == {121}
    assert answer["note"] == "Nothing on Line 122 (Service Desk), Line 123 (After Hours)."


async def test_pages_go_on_while_a_line_has_more(desk: Desk):
    first = await everywhere(desk, "list_conversations", page_size=10)
    last = await everywhere(desk, "list_conversations", page_size=10, page=3)

    assert (len(first["items"]), first["next_page"]) == (26, 1)
    assert {row["dashboard_id"] for row in last["items"]} == {121}
    assert "next_page" not in last


async def test_one_record_is_found_on_its_line(desk: Desk):
    maria = await everywhere(desk, "get_contact", phone_number=MARIA)
    payment = await everywhere(desk, "get_payment", payment_id=2501)
    nobody = refusal(await desk.call("get_contact", dashboard_id=None, phone_number="+14235550198"))

    assert (maria["dashboard_id"], "also_on" in maria) == (121, False)
    assert payment["dashboard_id"] == 121
    assert nobody.startswith("No line of the account has it.")
    assert "Looked at all lines: 121 Front Desk, 122 Service Desk, 123 After Hours." in nobody


async def test_somebody_on_several_lines_is_told_of_where_they_were_last_in_touch(desk: Desk):
    async with desk.host() as host:
        await call(host, "send_message", dashboard_id=123, phone_number=DEVON, body="Hello")
        devon = await everywhere(desk, "get_contact", phone_number=DEVON)
        texts = await everywhere(desk, "list_messages", phone_number=DEVON)

    assert (devon["dashboard_id"], devon["also_on"]) == (123, [121])
    assert [(row["dashboard_id"], row["body"]) for row in texts["items"]] == [(123, "Hello")]


async def test_a_line_that_cannot_be_read_is_told_of_unless_none_can():
    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith("/dashboards"):
            return httpx2.Response(200, json={"items": [{"id": 1, "name": "A"}, {"id": 2, "name": "B"}]})
        if "/dashboards/1/tags" in request.url.path:
            return httpx2.Response(200, json={"items": [{"id": "x", "tag": "VIP"}]})
        return httpx2.Response(403)

    async with open_desk(transport=httpx2.MockTransport(answer)) as desk:
        tags = await everywhere(desk, "list_tags")
        groups = refusal(await desk.call("list_groups", dashboard_id=None))

    assert [(row["dashboard_id"], row["tag"]) for row in tags["items"]] == [(1, "VIP")]
    assert tags["note"].startswith("Line 2 (B): ")
    assert "403" in groups or "refused" in groups


async def test_what_one_line_does_not_take_leaves_the_others(desk: Desk):
    answer = await everywhere(desk, "list_payments")

    assert {row["dashboard_id"] for row in answer["items"]} == {121, 122}
    assert answer["note"].startswith("Line 123 (After Hours): Text Request refused the call (400).")


async def test_of_very_many_lines_one_has_to_be_named():
    lines = [{"id": n, "name": f"L{n}"} for n in range(1, 30)]
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, json={"items": lines}))
    async with open_desk(transport=transport) as desk:
        assert "this account has 29 lines" in refusal(await desk.call("list_tags", dashboard_id=None))


async def test_words_of_each_line_are_noted_for_that_line():
    async with open_desk(provenance=True) as desk:
        await everywhere(desk, "list_conversations")
        places = {one.line for one in desk.account.policy.provenance.read.all()}

    assert places == {121, 122, 123}


async def test_a_wait_hears_of_all_lines(desk: Desk):
    cursor = (await everywhere(desk, "wait_for_messages", timeout_seconds=0))["cursor"]
    await desk.account.live.note([event("m1", body="one"), event("m2", body="two", dashboard_id=122)])
    answer = await everywhere(desk, "wait_for_messages", after=cursor)

    assert [(row["dashboard_id"], row["body"]) for row in answer["items"]] == [(121, "one"), (122, "two")]
    assert answer["items"][0]["name"] == "Maria Lopez"


class TestTimes:
    async def test_a_text_says_times_as_people_do_and_the_structured_part_in_utc(self, desk: Desk):
        result = await desk.call("list_messages", phone_number=MARIA)

        assert '"times":"America/New_York"' in text_of(result)
        assert "\nThu 28 May 12:01\tR\t\tHi, just" in text_of(result)
        assert said(result)["items"][0]["message_timestamp_utc"] == "2026-05-28T16:01:40Z"
        assert "times" not in said(result)

    async def test_a_year_that_is_not_this_one_is_said(self, desk: Desk):
        assert '"date_created":"Sun 9 Nov 2025 15:26"' in text_of(await desk.call("get_contact", phone_number=MARIA))

    async def test_a_line_without_a_zone_says_so_or_has_that_of_the_settings(self, desk: Desk):
        without = text_of(await desk.call("list_conversations", dashboard_id=123))
        async with open_desk(time_zone="America/Chicago") as other:
            with_one = text_of(await other.call("list_conversations", dashboard_id=123))

        assert '"times":"UTC, as a line has no known time zone; whoever runs this server can set TEXT' in without
        assert "Thu 28 May 19:33 UTC" in without
        assert '"times":"America/Chicago"' in with_one
        assert "Thu 28 May 14:33\t" in with_one

    async def test_rows_of_several_zones_say_theirs(self, desk: Desk):
        text = text_of(await desk.call("list_conversations", dashboard_id=None))

        assert "Thu 28 May 15:33 EDT" in text
        assert "Thu 28 May 19:33 UTC" in text

    async def test_what_is_no_time_stays(self, desk: Desk):
        clocks = await desk.account.clocks(read=True)

        assert clocks.local({"message_timestamp_utc": "soon", "dashboard_id": 121}, Message, None) == {
            "times": "America/New_York",
            "message_timestamp": "soon",
            "dashboard_id": 121,
        }
        assert clocks.show("2026-05-28T16:01:40Z", 999) == "Thu 28 May 16:01 UTC"

    async def test_where_no_line_was_read_a_change_answers_in_utc(self, desk: Desk):
        sent = await desk.call("send_message", phone_number=MARIA, body="Hello")

        assert '"message_timestamp_utc":"2026-05-28T20:26:40Z"' in text_of(sent)
