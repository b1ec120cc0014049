"""Numbers that are no person's phone are not texted, or not without a question."""

from typing import Any

import pytest
from tests.desk import Desk, agrees, call, open_desk, refusal, said
from tests.unruled import RULED

from textrequest_mcp.guard.rules.reachable import doubt_about, never_texted

PREMIUM, TOLL_FREE = "+19005550100", "+18005550100"


@pytest.mark.parametrize(
    ("number", "why"),
    [
        (PREMIUM, "premium"),
        ("+14239760100", "premium"),
        ("+14235551212", "directory assistance"),
        ("+14235550100", None),
        (TOLL_FREE, None),
    ],
)
def test_d1_some_numbers_are_never_texted(number: str, why: str | None):
    assert (why in (never_texted(number) or "")) if why else never_texted(number) is None


@pytest.mark.parametrize(
    ("number", "why"),
    [
        (TOLL_FREE, "toll-free"),
        ("+19995550100", "not in use"),
        ("+18765550100", "belongs to JM"),
        ("+15005550100", "services and machines"),
        ("+14235550100", None),
        ("+17875550100", None),
    ],
)
def test_d1_of_others_a_person_is_asked_first(number: str, why: str | None):
    assert (why in (doubt_about(number) or "")) if why else doubt_about(number) is None


@pytest.mark.parametrize("settings", [RULED, {}])
async def test_d1_a_premium_number_is_refused_under_any_settings(settings: dict[str, Any]):
    async with open_desk(**settings) as desk:
        sentence = refusal(await desk.call("send_message", phone_number=PREMIUM, body="Hello"))

        assert "premium" in sentence
        assert "Nothing was sent or changed." in sentence
        assert desk.changes == []


async def test_d1_a_toll_free_number_is_texted_after_a_yes(desk: Desk):
    person = agrees()
    async with desk.host(person) as host:
        said(await call(host, "send_message", phone_number=TOLL_FREE, body="Hello"))

    assert "toll-free" in person.questions[0].message
    assert len(desk.changes) == 1
