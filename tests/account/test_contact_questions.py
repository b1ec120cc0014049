"""Before a save a person reads what it does to whom, in words."""

from typing import Any

import pytest
from tests.desk import DEVON, LINE, MARIA, Desk, agrees, call, open_desk

AT = 'on "Front Desk" (line 121)?'
MARIA_LOPEZ = f'"Maria Lopez" ({MARIA})'


async def asked(desk: Desk, tool: str, **arguments: Any) -> str:
    async with desk.host(person := agrees()) as host:
        await call(host, tool, **arguments)
    (question,) = person.questions
    return question.message


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"is_blocked": True}, f"Block {MARIA_LOPEZ} {AT}"),
        ({"clear": ["note"]}, f"Empty the note of {MARIA_LOPEZ} {AT}"),
        (
            {"last_name": "López", "note": "Likes\ntea"},
            f'Make the last name of {MARIA_LOPEZ} "López"; make the note of them say "Likes⏎tea" {AT}',
        ),
        ({"groups": ["1212"]}, f'Have {MARIA_LOPEZ} in the group "Fleet accounts" and no other {AT}'),
        ({"add_groups": ["Old Leads"]}, f'Put {MARIA_LOPEZ} into the group "Old Leads" {AT}'),
        ({"remove_tags": ["VIP"]}, f'Take the tag "VIP" off {MARIA_LOPEZ} {AT}'),
        ({"custom_fields": ["Vehicle=Golf"]}, f'Fill in for {MARIA_LOPEZ} "Vehicle": "Golf" {AT}'),
        ({}, f"Make a contact for {MARIA_LOPEZ} {AT}"),
    ],
)
async def test_a_save_of_one(given: dict[str, Any], sentence: str):
    async with open_desk(confirm="all") as desk:
        assert await asked(desk, "save_contact", phone_number=MARIA, **given) == sentence


async def test_many_with_the_same_changes_stand_together():
    async with open_desk(confirm="all") as desk:
        told = await asked(
            desk,
            "save_contacts",
            contacts=[
                {"phone_number": MARIA, "is_blocked": True},
                {"phone_number": DEVON, "note": "Call in spring"},
                {"phone_number": "+14235550155", "is_blocked": True},
            ],
        )

    assert told == (
        f'On "Front Desk" (line {LINE}): Block these 2 people ({MARIA_LOPEZ}, +14235550155). '
        f'Make the note of "Devon O\'Neil" ({DEVON}) say "Call in spring"?'
    )


async def test_of_many_the_first_are_named_and_all_are_told():
    numbers = [f"+1423555{number:04}" for number in range(110, 140)]
    async with open_desk(confirm="all") as desk:
        told = await asked(
            desk, "save_contacts", contacts=[{"phone_number": number, "is_blocked": True} for number in numbers]
        )

    assert all(number in told for number in numbers)
    assert told.startswith('On "Front Desk" (line 121): Block these 30 people ("')
