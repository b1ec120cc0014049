"""Events: what a list or a webhook says of a text, and what is said of none."""

from typing import Any

import pytest
from tests.desk import LINE, MARIA
from tests.live.line import row
from tests.sandbox.service import START

from textrequest_mcp.live.events import Fate, NotAnEvent, TextEvent, of_hook, of_row, of_status


def payload(**talk: Any) -> dict[str, Any]:
    """What the service sends of a text that came in; these differ in the part about the conversation."""
    return {
        "messageUniqueIdentifier": "m1",
        "account": {"id": 1},
        "yourPhoneNumber": {"id": LINE, "phoneNumber": "14235550190"},
        "conversation": {
            "consumerPhoneNumber": MARIA[1:],
            "messageDirection": "R",
            "message": "Is it ready?",
            "date": "2026-05-28T20:26:40.25Z",
            **talk,
        },
    }


def test_the_same_text_is_the_same_event_from_a_list_and_from_a_webhook():
    listed = of_row(LINE, row("m1", START, body="Is it ready?"))

    assert listed == of_hook(payload())
    assert listed == TextEvent(
        dashboard_id=LINE, message_id="m1", phone_number=MARIA, direction="R", body="Is it ready?", at=START
    )


def test_who_sent_it_its_delivery_and_its_media_are_kept():
    more = {"response_by_username": "Dana", "delivery_status": "error", "delivery_error": 2001, "mms_media": ["a", 1]}
    listed = of_row(LINE, row("m1", START, message_direction="S", **more))
    told = of_hook(payload(mmsAttachments=[{"url": "a"}, {"url": None}, "b"]))

    assert (listed.by, listed.status, listed.error, listed.media) == ("Dana", "error", "2001", ("a",))
    assert told.media == ("a",)


def test_only_what_is_somebodys_is_content():
    content = of_row(LINE, row("m1", START, delivery_status="sent")).content()

    assert content == {"phone_number": MARIA, "body": "Words of m1", "status": "sent"}


def test_half_a_character_is_replaced_wherever_it_stands():
    half = "\ud83d!"
    read = of_row(LINE, row("m1", START, body=half, mms_media=[half], customer_phone=half))

    assert (read.body, read.media, read.phone_number) == ("\ufffd!", ("\ufffd!",), "\ufffd!")


@pytest.mark.parametrize("at", [None, False, "yesterday", "0001-01-01T00:00:00", "9999-12-31T23:59:59-12:00"])
def test_a_time_that_is_none_is_left_out(at: object):
    assert of_row(LINE, row("m1", None, message_timestamp_utc=at)).at is None


@pytest.mark.parametrize("words", [{"a": 1}, ["a"], None])
def test_words_that_are_none_are_left_out(words: object):
    assert of_row(LINE, row("m1", START, body=words)).body is None


@pytest.mark.parametrize(
    ("differences", "why"),
    [
        ({"customer_phone": None}, "names no contact"),
        ({"customer_phone": [14235550100]}, "names no contact"),
        ({"message_direction": "X"}, "neither that the text came in"),
        ({"message_direction": ["R"]}, "neither that the text came in"),
    ],
)
def test_a_row_without_what_an_event_needs_is_none(differences: dict[str, Any], why: str):
    with pytest.raises(NotAnEvent, match=why):
        of_row(LINE, row("m1", START) | differences)


@pytest.mark.parametrize("given", [None, "", " ", True, 1.5, [], {}, "a\nb", "\ud83d", "m" * 101])
def test_l7_a_text_without_an_id_that_can_be_kept_is_a_text_all_the_same(given: object):
    assert of_row(LINE, row("m1", START) | {"message_id": given}).message_id == ""
    assert of_hook(payload() | {"messageUniqueIdentifier": given}).message_id == ""


@pytest.mark.parametrize(("given", "read"), [(7, "7"), (" m1 ", "m1")])
def test_l7_an_id_is_taken_in_any_form(given: object, read: str):
    assert of_row(LINE, row("m1", START) | {"message_id": given}).message_id == read


@pytest.mark.parametrize("given", [None, [], "text", 1, {}])
def test_what_is_no_record_is_no_event(given: object):
    for read in (lambda: of_row(LINE, given), lambda: of_hook(given), lambda: of_status(given)):
        with pytest.raises(NotAnEvent):
            read()


@pytest.mark.parametrize("line", [None, "121", True, {"id": 121}, 1.5])
def test_a_webhook_that_names_no_line_tells_of_no_event(line: object):
    with pytest.raises(NotAnEvent, match="no line"):
        of_hook(payload() | {"yourPhoneNumber": {"id": line}})


def test_a_status_names_its_text_and_its_error_has_two_spellings():
    assert of_status({"message_id": "m1", "status": "sent"}) == Fate("m1", "sent", None)
    assert of_status({"message_id": "m1", "status": "error", "error_code": 2001}) == Fate("m1", "error", "2001")
    assert of_status({"message_id": "m1", "status": "error", "errorCode": "x" * 99}) == Fate("m1", "error", "x" * 60)


@pytest.mark.parametrize("given", [{"message_id": "m1"}, {"message_id": "m1", "status": {}}, {"status": "sent"}])
def test_a_status_without_a_text_or_a_word_is_none(given: object):
    with pytest.raises(NotAnEvent):
        of_status(given)
