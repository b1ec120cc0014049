"""Messages: read page by page, sent once, and refused or unknown in words that cannot be misread."""

import json
import random
from typing import Any

import httpx2
import pytest
from starlette.responses import JSONResponse, Response
from tests.account.snapshot import check_snapshot
from tests.desk import (
    ARCHIVED,
    DEVON,
    MARIA,
    OPTED_OUT_BY_CODE,
    OPTED_OUT_BY_STATUS,
    UNREACHABLE,
    Desk,
    agrees,
    call,
    open_desk,
    refusal,
    said,
    text_of,
)

SEND_MARIA = ("POST", "/dashboards/121/contacts/14235550100/messages")


def sent(desk: Desk) -> list[Any]:
    return [accepted.body for accepted in desk.sandbox.journal]


async def test_the_tools_are_as_in_the_snapshot():
    await check_snapshot("messages")


class TestReading:
    async def test_a_conversation_is_read_newest_first_with_who_said_what(self, desk: Desk):
        texts = said(await desk.call("list_messages", phone_number=MARIA))["items"]

        assert [text["message_direction"] for text in texts] == ["R", "S", "R", "S", "R", "S"]
        assert texts[1]["body"] == "Will do. We'll text you when it's finished."
        assert texts[1]["response_by_username"] == "Luis Ortega"
        assert texts[1]["delivery_status"] == "delivered"
        assert texts[1]["message_timestamp_utc"] == "2026-05-28T15:54:40Z"

    async def test_a_text_that_did_not_arrive_says_so(self, desk: Desk):
        [text] = said(await desk.call("list_messages", phone_number=UNREACHABLE))["items"]

        assert (text["delivery_status"], text["delivery_error"]) == ("error", "2001")

    async def test_texts_come_in_pages(self, desk: Desk):
        page = said(await desk.call("list_messages", phone_number=MARIA, page=1, page_size=4))

        assert len(page["items"]) == 2
        assert page["total_items"] == 6
        assert "next_page" not in page

    async def test_nobody_there_is_a_note_and_no_error(self, desk: Desk):
        read = said(await desk.call("list_messages", phone_number="+14235550198"))

        assert (read["items"], read["note"]) == ([], "There is no conversation with this number on this line.")

    async def test_a_contact_who_never_texted_has_an_empty_list(self, desk: Desk):
        assert said(await desk.call("list_messages", phone_number=DEVON))["total_items"] == 0

    async def test_a_page_past_the_end_says_where_the_end_is(self, desk: Desk):
        read = said(await desk.call("list_messages", phone_number=MARIA, page=7))

        assert read["note"] == "Page 7 is past the end: there are 6 items, and the last page is 0."


class TestSending:
    async def test_a_text_goes_out_once_and_its_status_is_not_called_delivered(self, desk: Desk):
        answer = said(await desk.call("send_message", phone_number="423 555 0100", body="Your car is ready."))

        assert answer.pop("message_id")
        assert answer.pop("send_id")
        assert answer.pop("cursor").endswith("@1780000000")
        assert answer == {
            "outcome": "sent",
            "message_timestamp_utc": "2026-05-28T20:26:40Z",
            "delivery_status": "sending",
            "segments": 1,
        }
        assert desk.changes == [SEND_MARIA]
        assert sent(desk) == [{"body": "Your car is ready."}]

    async def test_everything_that_can_go_with_a_text_goes(self, desk: Desk):
        desk.sandbox.media.add("https://media.sandbox.invalid/1.png")
        wanted = {
            "body": "Where are you? [LocationRequest]",
            "sender_name": "Dana Whitaker",
            "status_callback": "https://shop.example/status",
            "location_callback": "https://shop.example/where",
            "mms_media": ["https://media.sandbox.invalid/1.png"],
        }

        answer = said(await desk.call("send_message", phone_number=MARIA, asks_location=True, **wanted))

        assert sent(desk) == [wanted]
        assert answer["response_by_username"] == "Dana Whitaker"

    async def test_its_answer_is_short_and_has_the_name_that_is_known(self, desk: Desk):
        await desk.call("list_conversations")
        answer = text_of(await desk.call("send_message", phone_number=MARIA, body="Your car is ready."))

        assert answer.startswith('{"customers_words":"name","times":"America/New_York","outcome":"sent"')
        assert '"name":"Maria Lopez"' in answer
        assert "Your car is ready." not in answer
        assert "message_id" not in answer

    async def test_a_text_that_is_billed_as_several_says_so_before_and_after(self):
        body, person = "Your car\u2019s ready. " + "We close at 6. " * 4, agrees()
        async with open_desk(confirm="sends") as desk, desk.host(person) as host:
            answer = said(await call(host, "send_message", phone_number=MARIA, body=body))

        assert person.questions[0].message.endswith(
            "It is billed as 2 texts: \u2019 (right single quotation mark) leaves 70 characters for one; without such "
            "characters it would be 1."
        )
        assert answer["segments"] == 2
        assert answer["segments_why"].startswith("billed as 2 texts")

    async def test_the_longest_text_and_name_still_go(self, desk: Desk):
        said(await desk.call("send_message", phone_number=MARIA, body="é" * 1600, sender_name="n" * 41))

        assert desk.changes == [SEND_MARIA]

    async def test_words_are_sent_exactly_as_they_are(self, desk: Desk):
        body = '{"looks": "like JSON"}\n\t 👩‍🔧 «quoted» \\n '

        said(await desk.call("send_message", phone_number=MARIA, body=body))

        assert sent(desk) == [{"body": body}]

    async def test_a_text_to_a_new_number_starts_the_conversation(self, desk: Desk):
        said(await desk.call("send_message", phone_number="+14235550198", body="Welcome!"))

        assert said(await desk.call("list_messages", phone_number="+14235550198"))["total_items"] == 1

    async def test_a_text_brings_an_archived_conversation_back(self, desk: Desk):
        said(await desk.call("send_message", phone_number=ARCHIVED, body="We are open again."))

        assert said(await desk.call("get_contact", phone_number=ARCHIVED))["is_archived"] is False

    async def test_the_answer_links_to_the_conversation_where_the_settings_want_links(self):
        async with open_desk(resource_links=True) as desk:
            link = (await desk.call("send_message", phone_number=MARIA, body="Hello")).content[1]

        assert getattr(link, "uri", "") == f"textrequest://dashboards/121/conversations/{MARIA}"


class TestWhoMustNotBeTexted:
    async def test_an_opt_out_that_the_service_answers_with_a_400(self, desk: Desk):
        sentence = refusal(await desk.call("send_message", phone_number=OPTED_OUT_BY_CODE, body="Hello"))

        assert "code 30050" in sentence
        assert "Nothing was sent or changed." in sentence
        assert "only their own START lifts it" in sentence
        assert desk.changes == []

    async def test_an_opt_out_that_the_service_answers_with_a_200(self, desk: Desk):
        sentence = refusal(await desk.call("send_message", phone_number=OPTED_OUT_BY_STATUS, body="Hello"))

        assert "code 2100" in sentence
        assert "No text went out." in sentence
        assert "START" in sentence


@pytest.fixture
def no_pauses_between_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_least: float, _most: float) -> float:
        return 0.0

    monkeypatch.setattr(random, "uniform", none)


async def answer_to_a_send(answer: Response) -> dict[str, Any]:
    """What a host gets when the service answers a send like this."""
    async with open_desk(transport=httpx2.ASGITransport(app=answer)) as desk:
        result = await desk.call("send_message", phone_number=MARIA, body="Hello")
    return said(result) | {"text": text_of(result)}


@pytest.mark.usefixtures("no_pauses_between_tries")
class TestOddAnswers:
    @pytest.mark.parametrize(
        "answer",
        [
            JSONResponse({}),
            JSONResponse({"message_id": None, "delivery_status": "queued"}),
            JSONResponse([]),
            JSONResponse("ok"),
            Response(status_code=204),
            Response(status_code=500),
            Response("<html>Bad gateway</html>", status_code=502),
            Response("<html>Hello</html>"),
            Response('{"message_id": "1'),
        ],
        ids=["nothing", "no id", "list", "text", "204", "500", "502", "html", "half"],
    )
    async def test_an_answer_without_an_id_leaves_the_outcome_unknown(self, answer: Response):
        """Not an error: those invite another call, and the text may have gone out."""
        result = await answer_to_a_send(answer)

        assert result["outcome"] == "unknown"
        assert result["do_not_resend"] is True
        assert f"get_send_status with send_id {result['send_id']}" in result["message"]
        assert "Nothing was sent" not in result["text"]

    @pytest.mark.parametrize(
        "more",
        [
            {"mms_media": [5, None]},
            {"mms_media": "none"},
            {"delivery_status": "teleported"},
            {"delivery_error": 0},
            {"message_timestamp_utc": False},
            {"body": "half an emoji \ud83d"},
            {"unheard_of": {"deep": [1]}},
        ],
        ids=lambda more: next(iter(more)),
    )
    async def test_a_text_with_an_id_went_out_whatever_else_is_odd(self, more: dict[str, Any]):
        """A field of another type than promised must not turn a sent text into 'nothing was sent'."""
        result = await answer_to_a_send(Response(json.dumps({"message_id": "m1"} | more)))

        assert (result["outcome"], result["message_id"]) == ("sent", "m1")
        assert result["text"].encode()

    @pytest.mark.parametrize("status", ["error", "failed", "undelivered"])
    async def test_a_200_that_says_no_is_a_refusal(self, status: str):
        refused = JSONResponse({"message_id": "m1", "delivery_status": status, "delivery_error": "30006"})
        async with open_desk(transport=httpx2.ASGITransport(app=refused)) as desk:
            sentence = refusal(await desk.call("send_message", phone_number=MARIA, body="Hello"))

        assert "refused the text (code 30006)" in sentence
        assert "No text went out." in sentence
