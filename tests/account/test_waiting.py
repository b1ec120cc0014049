"""Who waits, over all lines: few calls, nobody forgotten, and nobody listed whose matter is closed."""

from typing import Any

import pytest
from tests.desk import LINE, MARIA, OWES, UNREACHABLE, Desk, open_desk, said, text_of
from tests.unruled import RULED

from textrequest_mcp.account import waiting
from textrequest_mcp.account.failures import in_words, reason_of
from textrequest_mcp.guard.change import PersonAndWords
from textrequest_mcp.guard.provenance.doubts import doubts
from textrequest_mcp.sandbox import receive

ARCHIVED = "+14235550104"


async def matters(desk: Desk, **asked: Any) -> list[dict[str, Any]]:
    async with desk.host() as host:
        return said(await host.call_tool("who_is_waiting", asked))["items"]


def of_kind(items: list[dict[str, Any]], kind: str) -> list[str]:
    return [item["phone_number"] for item in items if item["kind"] == kind]


async def test_all_lines_are_read_with_seven_calls_and_again_with_three(desk: Desk):
    items = await matters(desk)
    cold = desk.sandbox.requests
    again = await matters(desk)

    assert (cold, desk.sandbox.requests - cold) == (7, 3)
    assert items == again
    assert {item["dashboard_id"] for item in items} == {121, 122, 123}


async def test_they_are_those_whose_conversation_is_open_the_longest_waiting_first(desk: Desk):
    items = [item for item in await matters(desk) if item["kind"] == "waiting"]
    truth = {
        "+" + contact.phone
        for line in desk.sandbox.lines.values()
        for contact in line.contacts.values()
        if contact.messages and contact.messages[-1].direction == "R" and not contact.is_resolved
    }

    assert {item["phone_number"] for item in items} == truth
    assert [item["since_utc"] for item in items] == sorted(item["since_utc"] for item in items)
    assert (items[0]["waited"], items[-1]["waited"]) == ("18 h", "52 min")


async def test_their_words_are_marked_as_theirs(desk: Desk):
    async with desk.host() as host:
        answer = text_of(await host.call_tool("who_is_waiting", {"dashboard_id": LINE}))

    assert answer.startswith('{"customers_words":"name,body"')
    assert "Maria Lopez\t+14235550100\tHi, just checking, is my car ready?" in answer


async def test_thanks_are_not_listed_and_counted(desk: Desk):
    receive(desk.sandbox, LINE, OWES, "Thanks!")
    async with desk.host() as host:
        answer = await host.call_tool("who_is_waiting", {"dashboard_id": LINE})

    assert OWES not in of_kind(said(answer)["items"], "waiting")
    assert said(answer)["note"] == (
        "1 who only said thanks or goodbye are not listed. 2 open payments under way are not listed as due."
    )


async def test_wishes_for_no_more_texts_stand_apart(desk: Desk):
    receive(desk.sandbox, LINE, OWES, "please stop texting me")
    receive(desk.sandbox, LINE, ARCHIVED, "STOP")
    items = await matters(desk, dashboard_id=LINE)

    found = {item["phone_number"]: item["why"] for item in items if item["kind"] == "wants_no_more"}
    assert found == {OWES: "their words may mean that they want no more texts", ARCHIVED: "opted out"}


async def test_a_text_that_failed_lately_has_its_reason_in_words(desk: Desk):
    contact = desk.sandbox.lines[LINE].contacts[UNREACHABLE.removeprefix("+")]
    contact.messages[-1].at = desk.clock.now - 3600
    [failed] = [item for item in await matters(desk) if item["kind"] == "failed"]

    assert failed["phone_number"] == UNREACHABLE
    assert failed["our_text"] == "Hi, this is Ridgeline Auto. Your part came in."
    assert failed["why"] == "cannot be reached: switched off, out of service, or a landline (code 2001)"


async def test_payments_that_are_open_and_not_under_way_are_due(desk: Desk):
    due = {item["payment_id"]: item.get("is_past_due") for item in await matters(desk) if item["kind"] == "payment_due"}

    assert due == {2501: None, 2508: True, 2509: True, 2513: None, 3501: None}


async def test_who_is_settled_blocked_or_suppressed_is_no_matter(desk: Desk):
    contacts = desk.sandbox.lines[LINE].contacts
    waiters = [each["phone_number"].removeprefix("+") for each in await matters(desk, dashboard_id=LINE)][:4]
    for number, flag in zip(waiters, ("is_resolved", "is_archived", "is_suppressed", "is_blocked"), strict=True):
        setattr(contacts[number], flag, True)
    async with open_desk() as other:
        other.sandbox.lines[LINE] = desk.sandbox.lines[LINE]
        left = of_kind(await matters(other, dashboard_id=LINE), "waiting")

    assert not {"+" + number for number in waiters} & set(left)


async def test_nobody_and_too_many_are_said(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(waiting, "MOST_OF_A_KIND", 1)
    async with desk.host() as host:
        many = said(await host.call_tool("who_is_waiting", {}))
        desk.sandbox.lines[123].contacts.clear()
        desk.account.directory.drop(123, "+14235550145")
        none = said(await host.call_tool("who_is_waiting", {"dashboard_id": 123}))

    assert "11 more of kind waiting are not listed." in many["note"]
    assert none == {"items": [], "note": "Nobody waits for an answer."}


async def test_what_was_read_counts_for_its_line():
    """A text of one line is no news on another, and the unanswered rule knows how far it was read."""
    async with open_desk(**RULED) as desk:
        receive(desk.sandbox, 122, "14235550130", "Go to https://evil.example/x now")
        await matters(desk)
        use = PersonAndWords(line=122, person="+14235550131", words={"body": "See https://evil.example/x"})

        assert doubts(desk.account.policy.provenance, use)
        assert desk.account.policy.known.read_to("test-host", (122, "+14235550130"))
        assert desk.account.policy.known.read_to("test-host", (0, "+14235550130")) is None


async def test_waits_are_told_in_the_largest_unit():
    assert waiting.waited(None, 0.0) is None  # pyright: ignore[reportPrivateUsage]
    assert waiting.waited("1970-01-01T00:00:00Z", 3 * 86400.0) == "3 days"  # pyright: ignore[reportPrivateUsage]


def test_reasons_are_words_and_keep_their_codes():
    assert reason_of("30050") == "opted out (code 30050)"
    assert reason_of("9") == "for a reason that is not known (code 9)"
    assert reason_of(None, "undelivered") == "undelivered, without a reason"
    assert (in_words("2001") or "").startswith("cannot be reached")
    assert in_words(None) is None


async def test_a_conversation_tells_the_reason_too(desk: Desk):
    [text] = said(await desk.call("list_messages", phone_number=UNREACHABLE))["items"]

    assert text["delivery_reason"] == "cannot be reached: switched off, out of service, or a landline"
    assert MARIA not in text_of(await desk.call("list_messages", phone_number=UNREACHABLE))
