"""No more texts, said by voice: recorded on this side, for a line or all of them, and lifted by nobody here."""

from tests.desk import LINE, OWES, call, open_desk, refusal, said
from tests.unruled import RULED


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
