"""What is looked at before one text is sent, and what a person is shown of it."""

from textrequest_mcp.account.line import TextingLine
from textrequest_mcp.account.message import LOCATION_TAG, asks_for_location
from textrequest_mcp.account.segments import why_several
from textrequest_mcp.ground.quoting import visible
from textrequest_mcp.guard.approval.question import Question
from textrequest_mcp.upstream.errors import BadInput


async def before_sending(
    line: TextingLine,
    phone_number: str,
    body: str,
    *,
    sender_name: str | None = None,
    status_callback: str | None = None,
    location_callback: str | None = None,
    mms_media: list[str] | None = None,
    picture: str | None = None,
) -> Question:
    """What a person is shown before a text: to whom, from which line, what goes with it, the words, what it costs.

    Raises:
        TextRequestError: the person or the picture cannot be read.
    """
    more = [
        f", {what} {visible(value)}"
        for what, value in (
            ("with the media", " and ".join(mms_media or ())),
            ("with", await line.account.pictures.shown(picture) if picture else None),
            ("in the name of", sender_name),
            ("telling of its delivery", status_callback),
            ("telling where they are", location_callback),
        )
        if value
    ]
    whom = await line.person(phone_number)
    several = None if mms_media or picture else why_several(body)
    cost = f" It is {visible(several)}." if several else ""
    return Question(f'Text {whom} from {await line.title()}{"".join(more)}: "{visible(body)}"?{cost}')


async def about_a_picture(picture: str | None, send_at: str | None) -> str | None:
    """What leaves this machine beside words is seen by a person, and so is an address that this machine is to call.

    Raises:
        BadInput: the picture would leave later, when it may be another one than the person saw.
    """
    if picture and send_at:
        raise BadInput("A picture cannot be scheduled.", todo="Send it now, or schedule the words alone.")
    return "A picture goes with it." if picture else None


def check_location(body: str, *, asks: bool, callback: str | None) -> None:
    """The tag makes the service ask where somebody is, so nobody is to send it by copying a text.

    Raises:
        BadInput: the body has it and nobody meant it, or the other way round.
    """
    if asks != asks_for_location(body):
        raise BadInput(
            f"asks_location is {str(asks).lower()}, and the body has {'no ' if asks else ''}{LOCATION_TAG} in it.",
            todo="Ask a customer for their position only if the person you work for wants that: with both, or neither.",
        )
    if callback and not asks:
        raise BadInput(f"location_callback needs {LOCATION_TAG} in the body.", todo="Leave the callback out.")
