"""The kinds of values that answers hold, read leniently from the service and written in one form."""

from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, BeforeValidator, Field, PlainSerializer, WithJsonSchema

from textrequest_mcp.upstream.page import Page, read_page
from textrequest_mcp.upstream.phone import from_wire
from textrequest_mcp.upstream.times import read_time, show_time


def _money(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        return Decimal(str(value)).quantize(Decimal("0.01"), ROUND_HALF_EVEN)
    except InvalidOperation:
        return None


def _text(value: object) -> object:
    """Text, also where a number or a truth value came instead; the service does not promise the type."""
    return value if value is None or isinstance(value, str) else str(value)


def _texts(value: object) -> object:
    """A list of texts, without the nulls that may stand in it."""
    return [item for item in value if item is not None] if isinstance(value, list) else None  # pyright: ignore[reportUnknownVariableType]


Time = Annotated[
    datetime | None,
    BeforeValidator(read_time),
    PlainSerializer(show_time, when_used="json-unless-none"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Phone = Annotated[str | None, BeforeValidator(from_wire), Field(description="E.164, as every tool takes it")]
Money = Annotated[
    Decimal | None,
    BeforeValidator(_money),
    PlainSerializer(str, when_used="json-unless-none"),
    WithJsonSchema({"type": "string", "description": "Dollars with two decimals, such as 220.50"}),
]
Text = Annotated[str | None, BeforeValidator(_text)]
Texts = Annotated[list[str] | None, BeforeValidator(_texts)]


class Answer(BaseModel):
    """A tool's answer; every field may be missing, because the service does not promise any.

    Attributes:
        columns: for a list, the fields of an item that its text shows.
        longest_cell: for a list, where its text cuts a long value.
    """

    columns: ClassVar[tuple[str, ...]] = ()
    longest_cell: ClassVar[int | None] = None


class Listing(Answer):
    """One page of a list; subclasses add `items`."""

    page: int | None = None
    total_items: int | None = Field(default=None, description="In all pages together")
    next_page: int | None = Field(default=None, description="Left out on the last page")
    note: str | None = None

    @classmethod
    def of(cls, answer: Any, *, page: int, page_size: int) -> Self:
        """Read a page that the service answered when asked for `page` and `page_size`."""
        read = read_page(answer, page=page, page_size=page_size)
        return cls.model_validate(
            {
                "page": read.page,
                "total_items": read.total_items,
                "next_page": read.next_page,
                "note": _past_the_end(read),
                "items": read.items,
            }
        )


def _past_the_end(read: Page) -> str | None:
    if read.items or read.page == 0:
        return None
    if read.total_items is None:
        return f"Page {read.page} is past the end."
    last = max(0, (read.total_items - 1) // max(1, read.page_size))
    return f"Page {read.page} is past the end: there are {read.total_items} items, and the last page is {last}."
