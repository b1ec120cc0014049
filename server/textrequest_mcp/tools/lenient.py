"""Reads the values of the service's answers leniently: it does not promise their types."""

import re
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any, TypeVar, cast

from pydantic import BaseModel

from textrequest_mcp.ground.clean import LONGEST_NAME, LONGEST_TEXT, clean, whole
from textrequest_mcp.upstream.phone import from_wire

_Read = TypeVar("_Read")


def read_money(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        amount = Decimal(str(value)).quantize(Decimal("0.01"), ROUND_HALF_EVEN)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None


def read_kept(value: object) -> str | None:
    """Text, also where a number or a truth value came instead; the service does not promise the type."""
    # Half an emoji, as a carrier leaves it where it cuts a text, could not be written to anybody.
    return None if value is None else whole(str(value))


def read_text(value: object) -> str | None:
    """Anybody's words, clean."""
    return None if value is None else clean(str(value), LONGEST_TEXT)


def read_name(value: object) -> str | None:
    return None if value is None else clean(str(value), LONGEST_NAME)


def read_phone(value: object) -> str | None:
    """A number in E.164; anything else, such as a sender's short name, clean."""
    return read_name(from_wire(value))


def read_texts(value: object) -> list[str] | None:
    """A list of texts, without the nulls that may stand in it."""
    return read_each(value, read_text)


def read_flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else {"true": True, "false": False}.get(str(value).lower())


def read_whole(value: object) -> int | None:
    """A whole number, also as its text; None where something else came."""
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,18}", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def read_wholes(value: object) -> list[int] | None:
    return read_each(value, read_whole)


def read_record(value: object) -> Mapping[str, Any] | BaseModel | None:
    return cast("Mapping[str, Any] | BaseModel", value) if isinstance(value, Mapping | BaseModel) else None


def read_records(value: object) -> list[Mapping[str, Any] | BaseModel] | None:
    return read_each(value, read_record)


def read_each(value: object, read: Callable[[object], _Read | None]) -> list[_Read] | None:
    """The readable items of a list; None if no list came."""
    if not isinstance(value, list):
        return None
    return [item for item in map(read, cast("list[object]", value)) if item is not None]
