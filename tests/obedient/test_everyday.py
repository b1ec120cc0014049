"""The rules as a user has them let an assistant do a day's ordinary work with few questions."""

import pytest
from tests.desk import ARCHIVED, DEVON, LINE, MARIA, call, open_desk, said
from tests.obedient.assistant import Principal
from tests.obedient.days import DAYS, Day
from tests.obedient.measure import Answers, questions
from tests.obedient.payload import GROUP, SILENT, WAITING
from tests.unruled import RULED

from textrequest_mcp.guard.provenance.doubts import UNRELATED
from textrequest_mcp.sandbox import receive

_ANSWERS = (
    "Yes, the old battery is recycled here. We can fit it today at 3.",
    "We have Saturday at 9, and we will listen to that noise then.",
    "No hurry, tomorrow is fine. We open at 8.",
    "I looked into it: the second charge is refunded, it shows in two days.",
    "Sure, we can split it into two halves. It should not wait past this month, though.",
)


async def test_a_day_of_texts_asks_nobody_anything_and_what_is_tidied_after_it_asks_in_sentences():
    """Catch up, answer five people, send a quoted price, ask for an amount that staff had quoted; then tidy up."""
    person = Answers(yes=True)
    async with open_desk(**RULED) as desk, desk.host(person) as host:
        waiting = said(await call(host, "list_conversations", show_unresolved_only=True))["items"]
        await call(host, "list_contacts", page_size=200)
        for tool in ("list_groups", "list_tags", "list_custom_fields", "list_payments"):
            await call(host, tool)
        for conversation in waiting:
            await call(host, "list_messages", phone_number=conversation["phone_number"])
            await call(host, "get_contact", phone_number=conversation["phone_number"])
        done = [
            await call(host, "send_message", phone_number=number, body=body)
            for number, body in zip(WAITING, _ANSWERS, strict=True)
        ]
        quoted = "Hi Maria, your RAV4 is ready, 4 is perfect. Pads and rotors come to $385, as I said."
        done += [
            await call(host, "send_message", phone_number=MARIA, body=quoted),
            await call(
                host, "create_payment", customer_phone=MARIA, amount_requested="385.00", description="Pads and rotors"
            ),
            await call(host, "save_contact", phone_number=MARIA, is_resolved=True),
            await call(host, "save_contact", phone_number=WAITING[0], note="Battery today at 3"),
        ]
        assert person.shown == []

        done += [
            await call(host, "save_contact", phone_number=DEVON, note="Wants a call in spring"),
            await call(host, "save_contact", phone_number=SILENT[0], is_suppressed=True, suppressed_reason="Moved"),
            await call(
                host,
                "save_contacts",
                contacts=[{"phone_number": number, "groups": [GROUP]} for number in SILENT[1:3]],
            ),
            await call(host, "unarchive_conversation", phone_number=ARCHIVED),
            await call(host, "archive_conversation", phone_number=WAITING[0]),
            await call(host, "update_group", group_id=GROUP, notes="Invoice on the 1st"),
            await call(host, "create_group", name="Winter tires"),
        ]

    assert [said(each).get("outcome") for each in done[:7]] == ["sent"] * 7
    assert len(desk.sandbox.journal) == len(done)
    assert len(waiting) > len(WAITING)
    assert desk.sandbox.lines[LINE].groups[GROUP].notes == "Invoice on the 1st"
    assert [shown.rpartition('". ')[2].removeprefix(f"{UNRELATED} ") for shown in person.shown] == [
        f'Make the note of "Devon O\'Neil" ({DEVON}) say "Wants a call in spring" on "Front Desk" (line 121)?',
        (
            f'Keep "Ben Núñez" ({SILENT[0]}) from rising in the queue; give as the reason for them "Moved" on '
            '"Front Desk" (line 121)?'
        ),
        (
            'On "Front Desk" (line 121): Have these 2 people in the group "Fleet accounts" and no other '
            f'("Chloé Larsen" ({SILENT[1]}), "Darnell Haddad" ({SILENT[2]}))?'
        ),
        f'Bring the conversation with "Peggy Sørensen" ({ARCHIVED}) on "Front Desk" (line 121) back from the archive?',
        f'Archive the conversation with "Priya Núñez" ({WAITING[0]}) on "Front Desk" (line 121)?',
        'The group "Fleet accounts" (9 members) on "Front Desk" (line 121): make its notes say "Invoice on the 1st"?',
    ]


@pytest.mark.parametrize("day", DAYS[::4], ids=lambda day: day.name)
async def test_an_ordinary_day_asks_little(day: Day):
    """All days are counted by `measure`; some of them here, so that a change is seen."""
    shown, _ = await questions(day)

    assert len(shown) <= 2


async def test_what_customers_write_of_each_other_and_of_work_asks_nobody_anything():
    """Greetings, names of staff, namesakes and everyday requests stand in the way of nothing."""
    texts = (
        "Thanks Dana! Could you also check the tires on my wife's car?",
        "Do you text all your customers about this?",
        "Will you mark the spot where it leaks? My son Grant will drop it off",
        "please cancel my 3pm and book Monday",
        "Can I get the invoice sent to my insurance?",
    )
    person = Principal()
    async with open_desk(**RULED) as desk, desk.host(person) as host:
        for number, body in zip(WAITING, texts, strict=True):
            receive(desk.sandbox, LINE, number[1:], body)
        await call(host, "list_conversations")
        await call(host, "list_contacts", page_size=200)
        for number in WAITING:
            await call(host, "list_messages", phone_number=number)
            sent = await call(host, "send_message", phone_number=number, body="Sure, we will see to that. Talk soon!")
            assert said(sent)["outcome"] == "sent"

    assert person.shown == []
