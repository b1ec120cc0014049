"""The arguments that several tools share, each once: its type, its checks, and where its value comes from."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any
from unicodedata import category

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from textrequest_mcp.guard.marks import Mark
from textrequest_mcp.upstream.errors import BadInput
from textrequest_mcp.upstream.page import DEFAULT_SIZE, MAX_SIZE
from textrequest_mcp.upstream.phone import as_listed, e164, whole_digits
from textrequest_mcp.upstream.times import show_time, written_time


def whole_number(value: object) -> object:
    """Whole numbers also as strings of plain digits; true and false are not numbers."""
    if isinstance(value, bool):
        raise ValueError("must be a whole number, not true or false")  # noqa: TRY004 - pydantic wants ValueError
    if isinstance(value, str) and not re.fullmatch(r"-?[0-9]{1,18}", value.strip()):
        raise ValueError("must be a whole number")
    return value


def _positive(value: int) -> int:
    if value <= 0:
        raise ValueError("must be greater than 0")
    return value


def _number(value: object) -> object:
    return _read_number(value, e164)


def _listed_number(value: object) -> object:
    return _read_number(value, as_listed)


def _read_number(value: object, read: Callable[[str], str]) -> str:
    """A phone number, also as a whole JSON number: spreadsheets make floats of them."""
    value = whole_digits(value) or value
    if not isinstance(value, str):
        raise ValueError("must be a phone number as text")  # noqa: TRY004 - pydantic wants ValueError
    try:
        return read(value)
    except BadInput as bad:
        raise ValueError(bad.what.rstrip(".")) from None


def listed(value: object) -> object:
    """A list also as its JSON text, as comma-separated text, or as its only item: hosts send all of these."""
    if isinstance(value, str):
        text = value.strip()
        if text.startswith("["):
            try:
                return json.loads(text)
            except ValueError:
                raise ValueError("must be a list") from None
        return [part.strip() for part in text.split(",") if part.strip()]
    if isinstance(value, int) and not isinstance(value, bool):
        return [value]
    return value


def is_empty(value: object) -> bool:
    """Whether a host says nothing with a value: some fill in "" or [] for everything that a model leaves out."""
    return value is None or value in ([], {}) or (isinstance(value, str) and not any(map(_is_seen, value)))


def _is_seen(character: str) -> bool:
    return category(character)[0] not in "CZ"


def _label(value: object) -> object:
    """A name, or an id: also as a number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise ValueError("must be a name or an id")  # noqa: TRY004 - pydantic wants ValueError
    return _filled(value.strip())


def _moment(value: object) -> datetime:
    """A date, or a date and time, in ISO 8601."""
    try:
        return written_time(value if isinstance(value, str) else "")
    except ValueError:
        raise ValueError(
            "must be a date or time such as 2026-11-20 or 2026-11-20T15:30, with its separators; no count of seconds"
        ) from None


def _instant(value: object) -> str:
    moment = _moment(value)
    try:
        return show_time(moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment)
    except OverflowError:
        raise ValueError("is outside the years 1 to 9999 in UTC") from None


def _local(value: object) -> str:
    moment = _moment(value)
    return moment.isoformat(timespec="seconds") if moment.tzinfo is None else _instant(value)


def _time_of_day(value: object) -> str:
    if isinstance(value, str) and ":" not in value:
        raise ValueError("needs a date and a time of day, such as 2026-11-20T15:30")
    return _local(value)


def _dollars(value: object) -> Decimal:
    """More than zero, at most two decimals; a number or its text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise ValueError("must be an amount in dollars such as 49.5")  # noqa: TRY004 - pydantic wants ValueError
    text = str(value).strip().removeprefix("$")
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not text.isascii() or "_" in text:
        raise ValueError("must be an amount in dollars such as 49.5")
    if amount <= 0:
        raise ValueError("must be more than 0 dollars")
    if amount >= 10**8:  # before rounding, which fails on numbers of many digits
        raise ValueError("is too large to be meant")
    if amount != round(amount, 2):
        raise ValueError("has more than two decimals; whole cents only")
    return round(amount, 2)


def _words(value: object) -> object:
    if isinstance(value, str) and any("\ud800" <= c <= "\udfff" for c in value):
        raise ValueError("has half a character in it, which cannot be written; take it out")
    return value


def _filled(value: object) -> object:
    if isinstance(value, str) and is_empty(value):
        raise ValueError("is empty")  # only spaces, or characters that nobody sees
    return _words(value)


def _web_address(value: object) -> object:
    if not isinstance(value, str) or not re.fullmatch(r"https://[!-~]+", value):
        raise ValueError("must be an https address")
    return value


# Checked by a function, because "more than 0" in each schema costs a model more than it tells.
Id = Annotated[int, BeforeValidator(whole_number), AfterValidator(_positive)]
Number = Annotated[str, BeforeValidator(_number)]
ListedNumber = Annotated[str, BeforeValidator(_listed_number)]
Words = Annotated[str, BeforeValidator(_words)]
Filled = Annotated[str, BeforeValidator(_filled)]
WebAddress = Annotated[str, BeforeValidator(_web_address)]
Callback = Annotated[WebAddress, Mark.CALLBACK]
Dollars = Annotated[Decimal, BeforeValidator(_dollars), WithJsonSchema({"type": "number"}), Mark.AMOUNT]
Instant = Annotated[str, BeforeValidator(_instant)]  # on the wire: UTC
LeavesAt = Annotated[
    str,
    BeforeValidator(_time_of_day),
    Field(description="Such as 2026-11-20T15:30"),
    Mark.LEAVES,
]
InsteadOf = Annotated[str, Field(description="send_id of a scheduled text to replace"), Mark.INSTEAD]
LocalTime = Annotated[str, BeforeValidator(_local)]  # UTC where a zone was given; else the line's own time
Label = Annotated[str, BeforeValidator(_label), Mark.NOBODYS]  # the name of a tag, group or field, or its id
Labels = Annotated[list[Label], BeforeValidator(listed)]

LineId = Annotated[Id, Field(description="From list_dashboards")]
DashboardId = Annotated[Id, Field(description="A line")]
PhoneNumber = Annotated[Number, Field(description="Any usual US form")]
KnownNumber = Annotated[ListedNumber, Field(description="As lists give it")]
GroupId = Annotated[Id, Field(description="From list_groups")]
PaymentId = Annotated[Id, Field(description="From list_payments")]
PageNumber = Annotated[int, Field(ge=0, description="From 0"), BeforeValidator(whole_number)]
PageSize = Annotated[
    int, Field(ge=1, le=MAX_SIZE, description=f"Default {DEFAULT_SIZE}"), BeforeValidator(whole_number)
]
TypedName = Annotated[str, Field(description="The name, as the person typed it")]
Confirmation = Annotated[str, Field(description="Token, once the person agreed")]

SavedReply = Annotated[
    str, Field(description="A saved reply in place of body: NAME, or NAME; BLANK=VALUE; ... for blanks of its own")
]
IdempotencyKey = Annotated[Filled, Field(description="Your own, for one act")]
Repeat = Annotated[bool, Field(description="True: once more on purpose")]


def slip(name: str, words: str | None) -> str | None:
    """A note on a search for a word that a program writes where nothing was meant."""
    if words is None or words.strip().lower() not in {"null", "none", "undefined", "nil", "nan", "n/a"}:
        return None
    return f'{name} is the word "{words.strip()}", and that was looked for; leave it out to search for nothing.'


def in_order(earlier: str | None, later: str | None, names: str) -> None:
    """Refuse a time range that ends before it starts.

    Raises:
        BadInput: naming the pair.
    """
    if earlier and later and earlier.endswith("Z") == later.endswith("Z") and earlier > later:
        raise BadInput(f"The range {names} ends before it starts.", todo="Swap the two times.")


def only_given(**values: Any) -> dict[str, Any]:
    """The values that were given: nothing unasked reaches the service."""
    return {name: value for name, value in values.items() if value is not None}


def parsed(value: object) -> object:
    """A list or an object also as its JSON text."""
    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            raise ValueError("must be a list") from None
    return value
