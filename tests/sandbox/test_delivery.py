"""What happens when a customer texts a line."""

import pytest
from tests.sandbox.service import ARCHIVED, BLOCKED, MARIA, OPTED_OUT_EVEN, Service

from textrequest_mcp.sandbox import receive
from textrequest_mcp.sandbox.refusals import Refusal


async def test_a_text_in_is_kept_and_waits_for_an_answer(service: Service):
    await service.api.post(f"/dashboards/121/contacts/{MARIA}", json={"is_resolved": True})
    service.clock.forward(10)

    receive(service.account, 121, "(423) 555-0100", "Hello?")

    last = (await service.texts(MARIA))[-1]
    assert (last["body"], last["message_direction"], last["delivery_status"]) == ("Hello?", "R", None)
    assert not (await service.contact(MARIA))["is_resolved"]


async def test_a_text_from_a_stranger_makes_a_contact(service: Service):
    receive(service.account, 122, "13125550150", "Is this the garage?")

    assert (await service.get("/dashboards/122/contacts/13125550150"))["total_msgs_received"] == 1


async def test_a_text_from_a_blocked_contact_is_dropped(service: Service):
    before = await service.texts(BLOCKED)

    assert receive(service.account, 121, BLOCKED, "Hello?") is None
    assert await service.texts(BLOCKED) == before


async def test_a_text_in_brings_an_archived_conversation_back(service: Service):
    receive(service.account, 121, ARCHIVED, "One more question")

    assert not (await service.contact(ARCHIVED))["is_archived"]


@pytest.mark.parametrize("word", ["STOP", "stop", " Stop. ", "Unsubscribe", "QUIT"])
async def test_stop_opts_out_and_archives(service: Service, word: str):
    receive(service.account, 121, MARIA, word)

    maria = await service.contact(MARIA)
    assert maria["opted_out_utc"] == "2026-05-28T20:26:40.25"
    assert maria["is_archived"]
    assert (await service.send(MARIA)).status_code == 400


async def test_a_sentence_with_stop_in_it_opts_nobody_out(service: Service):
    receive(service.account, 121, MARIA, "Please stop by the bakery too")

    assert (await service.contact(MARIA))["opted_out_utc"] is None


async def test_start_lifts_an_opt_out(service: Service):
    receive(service.account, 121, OPTED_OUT_EVEN, "START")

    gil = await service.contact(OPTED_OUT_EVEN)
    assert (gil["opted_out_utc"], gil["is_archived"]) == (None, False)
    assert (await service.send(OPTED_OUT_EVEN)).status_code == 200


async def test_a_text_that_was_under_way_at_stop_still_arrives(service: Service):
    await service.send(MARIA)
    receive(service.account, 121, MARIA, "STOP")
    service.clock.forward(1)

    assert (await service.texts(MARIA))[-2]["delivery_status"] == "delivered"


async def test_receiving_on_a_line_that_does_not_exist_is_refused(service: Service):
    with pytest.raises(Refusal, match="dashboard id"):
        receive(service.account, 999, MARIA, "Hello?")
