"""Destroying tools: shown first, then done once, on hosts that can ask and on hosts that cannot."""

import pytest
from mcp_types import ElicitResult
from tests.desk import (
    DEVON,
    ERAS,
    MARIA,
    OWES,
    Desk,
    Era,
    Person,
    agrees,
    call,
    declines,
    open_desk,
    refusal,
    said,
    text_of,
)


@pytest.mark.parametrize("era", ERAS)
async def test_a_person_who_agrees_sees_the_facts_and_the_contact_is_gone(desk: Desk, era: Era):
    person = agrees()
    async with desk.host(person, era=era) as host:
        result = await call(host, "delete_contact", phone_number=DEVON)

        assert said(result) == {"outcome": "done", "phone_number": DEVON}
        assert "has no contact" in refusal(await call(host, "get_contact", phone_number=DEVON))
    [question] = person.questions
    for fact in ("Devon O'Neil", DEVON, "Front Desk", "no messages", "1 group", "cannot be undone"):
        assert fact in question.message
