"""A question before a text or a payment request shows all that would leave, so that a yes is a yes to it."""

from tests.desk import MARIA, agrees, call, open_desk, said
from tests.unruled import RULED

from textrequest_mcp.sandbox import receive

PICTURE, HOOK = "https://media.sandbox.invalid/1.png", "https://shop.example/hook"


async def test_a_text_is_shown_with_all_that_goes_with_it():
    async with open_desk(confirm="sends") as desk, desk.host(person := agrees()) as host:
        desk.sandbox.media.add(PICTURE)
        sent = await call(
            host,
            "send_message",
            phone_number=MARIA,
            body="Where are you? [LocationRequest]",
            asks_location=True,
            sender_name="Dana",
            status_callback=HOOK,
            location_callback=HOOK,
            mms_media=[PICTURE],
        )

    assert said(sent)["outcome"] == "sent"
    (question,) = person.questions
    assert question.message == (
        f'Text "Maria Lopez" ({MARIA}) from "Front Desk" (line 121), with the media {PICTURE}, in the name of Dana, '
        f"telling of its delivery {HOOK}, telling where they are {HOOK}: "
        '"Where are you? [LocationRequest]"?'
    )


async def test_a_payment_request_is_shown_with_its_reference_and_whole_description():
    async with open_desk(confirm="sends") as desk, desk.host(person := agrees()) as host:
        await call(
            host,
            "create_payment",
            customer_phone=MARIA,
            amount_requested="385",
            description="Pads " * 20,
            reference_number="RO-7",
        )

    assert f'for $385.00, for "{"Pads " * 20}" with the reference "RO-7"? They get' in person.questions[0].message


async def test_media_and_a_new_lines_number_that_only_a_customer_named_are_asked_about():
    """The rules see them as they see words."""
    async with open_desk(**RULED) as desk, desk.host(person := agrees()) as host:
        desk.sandbox.media.add(PICTURE)
        receive(desk.sandbox, 121, "14045550109", f"Look at {PICTURE} and call me on 615-555-0170")
        await call(host, "list_conversations")
        await call(host, "send_message", phone_number=MARIA, body="All set", mms_media=[PICTURE])
        await call(host, "create_dashboard", name="Sales", phone="615-555-0170")

    starts = [question.message.partition(" was ")[0] for question in person.questions]
    assert starts == ["The link media.sandbox.invalid/1.png", "The number +16155550170"]
