"""A text: as the service answers it, as it was sent, and as it is heard of."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from textrequest_mcp.account.failures import in_words
from textrequest_mcp.guard.marks import Mark
from textrequest_mcp.tools.answers import (
    Answer,
    Body,
    Code,
    Codes,
    Colleague,
    Flag,
    Listing,
    OnLine,
    PersonName,
    Phone,
    Time,
    Whole,
)

Direction = Literal["R", "S"]
DeliveryStatus = Literal["accepted", "queued", "sending", "sent", "delivered", "undelivered", "failed", "error"]
LOCATION_TAG = "[LocationRequest]"


def asks_for_location(text: str) -> bool:
    """Whether a text makes the service ask where its reader is; whether case matters to it is not said."""
    return LOCATION_TAG.casefold() in text.casefold()


class Message(OnLine):
    """One text."""

    message_id: Annotated[Code, Mark.TEXT] = None
    body: Body = Field(default=None, description="The customer's own words where message_direction is R")
    message_direction: Annotated[Direction | Code, Mark.DIRECTION] = Field(
        default=None, description="R received from the contact, S sent"
    )
    response_by_username: Annotated[Colleague, Mark.BY] = Field(
        default=None, description="Colleague who sent it; API if unnamed"
    )
    message_timestamp_utc: Annotated[Time, Mark.AT] = None
    delivery_status: DeliveryStatus | Code = Field(default=None, description="Accepted is not delivered")
    delivery_error: Code = None
    delivery_reason: Code = Field(default=None, description="The error in words")
    mms_media: Codes = None

    @model_validator(mode="after")
    def _told_in_words(self) -> Self:
        """Who sent it, and why it did not arrive: the service names on a customer's text whoever answered it."""
        self.delivery_reason = self.delivery_reason or in_words(self.delivery_error)
        if self.message_direction == "R" and self.response_by_username is not None:
            self.response_by_username = None
        return self


class Sent(Message):
    """A text that was just sent; its words are the caller's own, and are not said again."""

    theirs = ("name",)
    aside = ("message_id", "texts_left_this_hour", "texts_left_today", "new_people_left_today")
    name: PersonName = None
    namesakes: Whole = Field(default=None, description="Others have this name: is this the one who was meant?")
    cursor: Code = Field(default=None, description="For wait_for_messages: from before it left")
    segments: Whole = Field(default=None, description="Estimate of how many texts the carrier bills")
    segments_why: Code = Field(default=None, description="Where it is more than one")


class Messages(Listing):
    """A conversation's texts."""

    theirs = ("name", "body")
    columns = (
        "dashboard_id",
        "message_timestamp_utc",
        "message_direction",
        "response_by_username",
        "body",
        "delivery_status",
        "delivery_error",
        "delivery_reason",
        "mms_media",
        "message_id",
    )
    name: PersonName = None
    items: list[Message] = Field(default_factory=list[Message])


class ArrivedText(Message):
    """A text that was waited for."""

    phone_number: Phone = None
    name: PersonName = None


class Arrived(Answer):
    """What came in or went out."""

    told_elsewhere = True
    theirs = ("name", "body")
    columns = (
        "dashboard_id",
        "phone_number",
        "name",
        "message_timestamp_utc",
        "message_direction",
        "response_by_username",
        "body",
        "mms_media",
        "message_id",
    )
    items: list[ArrivedText] = Field(default_factory=list[ArrivedText])
    cursor: Code = Field(default=None, description="Pass as after to go on from here")
    covers: Code = Field(default=None, description="What the cursor goes on with")
    timed_out: Flag = Field(default=None, description="True where nothing came in time")
    note: Code = None  # this server's own words
