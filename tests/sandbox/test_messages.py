"""Sending and reading texts: what is refused, what a text becomes with time, and how lists are ordered."""

import itertools
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.sandbox.service import (
    ARCHIVED,
    BLOCKED,
    DEVON,
    MARIA,
    OPTED_OUT_EVEN,
    OPTED_OUT_ODD,
    UNREACHABLE,
    Service,
    open_service,
)


async def test_a_text_is_sending_at_first_and_delivered_a_moment_later(service: Service):
    sent = (await service.send(DEVON)).json()
    service.clock.forward(0.5)
    soon = await service.texts(DEVON)
    service.clock.forward(0.5)
    later = await service.texts(DEVON)

    assert (sent["delivery_status"], sent["message_direction"]) == ("sending", "S")
    assert soon == [sent]
    assert later == [{**sent, "delivery_status": "delivered"}]


@pytest.mark.parametrize("number", [UNREACHABLE, "13125550199", "11235550123", "13120550123"])
async def test_a_text_to_an_unreachable_number_ends_as_error_2001(service: Service, number: str):
    sent = (await service.send(number)).json()
    service.clock.forward(1)
    last = (await service.texts(number))[-1]

    assert (sent["delivery_status"], sent["delivery_error"]) == ("sending", None)
    assert (last["delivery_status"], last["delivery_error"]) == ("error", "2001")


async def test_texts_of_a_line_leave_one_per_second(service: Service):
    for tail in range(5):
        await service.send(f"131255501{50 + tail}")

    service.clock.forward(3)
    statuses = [(await service.texts(f"131255501{50 + tail}"))[0]["delivery_status"] for tail in range(5)]

    assert statuses == ["delivered"] * 3 + ["sending"] * 2


async def test_an_opted_out_number_with_an_even_digit_is_refused(service: Service):
    before = await service.texts(OPTED_OUT_EVEN)

    answer = await service.send(OPTED_OUT_EVEN)

    assert answer.status_code == 400
    assert answer.json()["error_code"] == "30050"
    assert await service.texts(OPTED_OUT_EVEN) == before
    assert service.account.journal == []


async def test_an_opted_out_number_with_an_odd_digit_is_a_200_that_says_error(service: Service):
    answer = await service.send(OPTED_OUT_ODD)
    service.clock.forward(60)

    assert answer.status_code == 200
    assert (answer.json()["delivery_status"], answer.json()["delivery_error"]) == ("error", "2100")
    assert (await service.texts(OPTED_OUT_ODD))[-1] == answer.json()
    assert (await service.contact(OPTED_OUT_ODD))["is_archived"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"body": ""},
        {"body": " \n"},
        {"body": None},
        {"body": 5},
        {"body": "x" * 1601},
        {"body": "x", "sender_name": "n" * 42},
        {"body": "x", "location_callback": "https://example.com/where"},
        {"body": "x", "mms_media": ["https://example.com/cat.png"]},
        {"body": "x", "mms_media": "https://example.com/cat.png"},
    ],
)
async def test_a_text_that_breaks_a_rule_is_a_400_and_not_sent(service: Service, body: dict[str, Any]):
    before = await service.texts(MARIA)

    answer = await service.api.post(f"/dashboards/121/contacts/{MARIA}/messages", json=body)

    assert answer.status_code == 400
    assert answer.json().keys() == {"error_message", "error_code"}
    assert await service.texts(MARIA) == before
    assert service.account.journal == []


async def test_the_longest_body_and_sender_are_taken(service: Service):
    answer = await service.send(MARIA, "x" * 1600, sender_name="n" * 41)

    assert answer.json()["response_by_username"] == "n" * 41


async def test_a_sender_left_out_is_shown_as_api(service: Service):
    assert (await service.send(MARIA)).json()["response_by_username"] == "API"


async def test_the_location_tag_becomes_a_link(service: Service):
    answer = await service.send(
        MARIA, "Where are you? [LocationRequest]", location_callback="https://example.com/where"
    )

    assert answer.status_code == 200
    assert "https://" in answer.json()["body"]
    assert "[LocationRequest]" not in answer.json()["body"]


async def test_a_text_to_a_stranger_makes_a_contact_and_lifts_no_block(service: Service):
    stranger = await service.send("(312) 555-0150")
    await service.send(BLOCKED)

    assert stranger.status_code == 200
    assert (await service.contact("13125550150"))["total_msgs_sent"] == 1
    assert (await service.contact(BLOCKED))["is_blocked"]


async def test_sending_the_same_twice_sends_it_twice(service: Service):
    first, second = await service.send(DEVON, "Hi"), await service.send(DEVON, "Hi")

    assert first.json()["message_id"] != second.json()["message_id"]
    assert len(await service.texts(DEVON)) == len(service.account.journal) == 2


async def test_a_send_brings_an_archived_conversation_back(service: Service):
    await service.send(ARCHIVED)

    assert not (await service.contact(ARCHIVED))["is_archived"]


async def test_maria_answers_by_herself_three_seconds_after_a_text(service: Service):
    await service.send(MARIA, "Yes, your car is ready.")
    service.clock.forward(2.9)
    before = (await service.texts(MARIA))[-1]
    service.clock.forward(0.1)
    after = (await service.texts(MARIA))[-1]

    assert before["message_direction"] == "S"
    assert (after["message_direction"], after["body"]) == ("R", "Perfect, I'll come by before 5. Thank you!")
    assert _moment(after) - _moment(before) == timedelta(seconds=3)
    assert not (await service.contact(MARIA))["is_resolved"]


async def test_nobody_answers_in_a_sandbox_that_is_not_lively():
    async with open_service(lively=False) as service:
        await service.send(MARIA)
        service.clock.forward(3600)

        assert (await service.texts(MARIA))[-1]["message_direction"] == "S"


async def test_an_answer_to_a_line_deleted_meanwhile_is_lost_quietly(service: Service):
    await service.send(MARIA)
    await service.api.delete("/dashboards/121")
    service.clock.forward(3600)

    assert (await service.api.get("/dashboards")).status_code == 200


async def test_the_texts_of_a_stranger_are_a_204_and_of_a_quiet_contact_an_empty_list(service: Service):
    stranger = await service.api.get("/dashboards/121/contacts/13125550150/messages")
    quiet = await service.api.get(f"/dashboards/121/contacts/{DEVON}/messages")

    assert (stranger.status_code, stranger.content) == (204, b"")
    assert quiet.json()["items"] == []


async def test_a_lines_texts_come_oldest_first_unless_turned_round(service: Service):
    oldest_first = await service.items("/dashboards/123/messages")
    newest_first = await service.items("/dashboards/123/messages", sort="desc")
    named = await service.items("/dashboards/123/messages", sort="asc")
    unknown = await service.api.get("/dashboards/123/messages", params={"sort": "newest"})

    moments = [_moment(message) for message in oldest_first]
    assert all(before <= after for before, after in itertools.pairwise(moments))
    assert newest_first == oldest_first[::-1]
    assert named == oldest_first
    assert unknown.status_code == 400
    assert {message["dashboard_phone"] for message in oldest_first} == {"16155550190"}


async def test_a_lines_texts_can_be_of_one_direction(service: Service):
    received = await service.items("/dashboards/123/messages", message_direction="R")
    everything = await service.items("/dashboards/123/messages")
    ignored = await service.items("/dashboards/123/messages", message_direction="received")
    service.checked.violations.clear()  # the contract knows no such direction; the service ignores it

    assert received == [message for message in everything if message["message_direction"] == "R"]
    assert ignored == everything


async def test_a_lines_texts_can_be_cut_to_a_span_of_time(service: Service):
    everything = await service.items("/dashboards/123/messages")
    start, end = everything[3]["message_timestamp_utc"], everything[6]["message_timestamp_utc"]

    some = await service.items("/dashboards/123/messages", start_date=start, end_date=end)
    zoned = await service.items("/dashboards/123/messages", start_date=f"{start}Z", end_date=f"{end}Z")
    nothing = await service.get("/dashboards/123/messages", start_date="2040-01-01T00:00:00Z")
    bad = await service.api.get("/dashboards/123/messages", params={"start_date": "soon"})

    assert some == zoned == everything[3:7]
    assert (nothing["items"], nothing["meta"]["total_items"]) == ([], 0)
    assert bad.status_code == 400


async def test_long_texts_and_emoji_cost_more_segments(service: Service):
    for body in ("x" * 160, "x" * 161, "👍" * 70, "👍" * 71):
        await service.send(DEVON, body)

    texts = await service.items("/dashboards/121/messages", sort="desc", page_size=4)

    assert sorted(text["segments_count"] for text in texts) == [1, 1, 2, 2]


def _moment(message: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(message["message_timestamp_utc"])
