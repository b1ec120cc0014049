"""Reads a text that came in or went out, from the list of a line's texts or from a webhook."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple, cast

from textrequest_mcp.upstream.phone import from_wire
from textrequest_mcp.upstream.times import read_time

Direction = Literal["R", "S"]
_LONGEST_ID = 100
_LONGEST_WORD = 60


class NotAnEvent(Exception):
    """The data are not about a text; the sentence names what is missing."""


@dataclass(frozen=True, kw_only=True)
class TextEvent:
    """One text, as it was when this machine first heard of it.

    Attributes:
        dashboard_id: the line.
        message_id: the service's id of the text, the same in lists and in webhooks; empty if it gave none.
        phone_number: the contact's number, in E.164.
        direction: R for received from the contact, S for sent.
        body: the words.
        at: seconds since 1970 by the service's clock; None if the service named no time.
        by: the colleague or program that sent the text.
        status: the state of its delivery.
        error: the reason why it was not delivered.
        media: addresses of pictures and other attachments.
    """

    dashboard_id: int
    message_id: str
    phone_number: str
    direction: Direction
    body: str | None = None
    at: float | None = None
    by: str | None = None
    status: str | None = None
    error: str | None = None
    media: tuple[str, ...] = ()

    def content(self) -> dict[str, Any]:
        """The private part of a text, which the log encrypts: number, words, names."""
        whole = asdict(self)
        return {name: value for name, value in whole.items() if value and name not in _KEPT_IN_THE_OPEN}


_KEPT_IN_THE_OPEN = frozenset({"dashboard_id", "message_id", "direction", "at"})


def of_row(dashboard_id: int, row: object) -> TextEvent:
    """Read a text from a row of a line's list (wire-facts, Conversations and messages).

    Raises:
        NotAnEvent: the row has no number or no direction.
    """
    fields = _mapping(row)
    return TextEvent(
        dashboard_id=dashboard_id,
        message_id=_id(fields.get("message_id")),
        phone_number=_phone(fields.get("customer_phone")),
        direction=_direction(fields.get("message_direction")),
        body=_text(fields.get("body")),
        at=_moment(fields.get("message_timestamp_utc")),
        by=_text(fields.get("response_by_username")),
        status=_text(fields.get("delivery_status")),
        error=_text(fields.get("delivery_error")),
        media=_addresses(fields.get("mms_media")),
    )


def of_hook(payload: object) -> TextEvent:
    """Read a text from the payload of `msg_received` or `msg_sent` (wire-facts, The trigger).

    Raises:
        NotAnEvent: the payload has no line, no number or no direction.
    """
    fields = _mapping(payload)
    line, talk = _mapping(fields.get("yourPhoneNumber")), _mapping(fields.get("conversation"))
    dashboard_id = line.get("id")
    if not isinstance(dashboard_id, int) or isinstance(dashboard_id, bool):
        raise NotAnEvent("it names no line")
    attached = talk.get("mmsAttachments")
    parts = cast("list[object]", attached) if isinstance(attached, list) else []
    return TextEvent(
        dashboard_id=dashboard_id,
        message_id=_id(fields.get("messageUniqueIdentifier")),
        phone_number=_phone(talk.get("consumerPhoneNumber")),
        direction=_direction(talk.get("messageDirection")),
        body=_text(talk.get("message")),
        at=_moment(talk.get("date")),
        media=_addresses([_mapping(part, {}).get("url") for part in parts]),
    )


class Fate(NamedTuple):
    """The delivery of a text: its state, and the reason if it failed."""

    message_id: str
    status: str
    error: str | None


def of_status(payload: object) -> Fate:
    """Read a delivery from the payload of `msg_status_updated` or of a status callback.

    The field of the error has two spellings (wire-facts).

    Raises:
        NotAnEvent: the payload has no id or no status.
    """
    fields = _mapping(payload)
    status, error = _text(fields.get("status")), _text(fields.get("error_code")) or _text(fields.get("errorCode"))
    message_id = _id(fields.get("message_id"))
    if not message_id:
        raise NotAnEvent("it names no message")
    if not status:
        raise NotAnEvent("it does not say what became of the text")
    return Fate(message_id, status[:_LONGEST_WORD], error[:_LONGEST_WORD] if error else None)


def _mapping(value: object, otherwise: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return cast("Mapping[str, Any]", value)
    if otherwise is None:
        raise NotAnEvent("it is not the record that was promised")
    return otherwise


def _id(value: object) -> str:
    """An id, also if it is a number; empty if it is missing, or nothing that could be kept and shown."""
    given = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return given if len(given) <= _LONGEST_ID and given.isprintable() else ""


def _phone(value: object) -> str:
    number = _text(from_wire(value))
    if number is None:
        raise NotAnEvent("it names no contact")
    return number


def _direction(value: object) -> Direction:
    if value not in ("R", "S"):
        raise NotAnEvent("it says neither that the text came in nor that it went out")
    return value


def _text(value: object) -> str | None:
    """The value as text, also if it is a number; half a surrogate pair is replaced, because it could not be shown."""
    if not isinstance(value, str | int | float):
        return None
    return str(value).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _moment(value: object) -> float | None:
    moment: datetime | None = read_time(value)
    return None if moment is None else moment.timestamp()


def _addresses(value: object) -> tuple[str, ...]:
    listed = cast("list[object]", value) if isinstance(value, list) else []
    return tuple(str(_text(address)) for address in listed if isinstance(address, str))
