"""The kinds of values that answers hold, read leniently from the service and written in one form."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Annotated, Any, ClassVar, Self, TypeVar, cast

from pydantic import BaseModel, BeforeValidator, Field, PlainSerializer, WithJsonSchema, model_validator

from textrequest_mcp.ground.clean import LONGEST_NAME, LONGEST_TEXT, clean, whole
from textrequest_mcp.guard.marks import Mark
from textrequest_mcp.upstream.errors import Uncertain, Unreadable
from textrequest_mcp.upstream.page import Page, read_page
from textrequest_mcp.upstream.phone import from_wire
from textrequest_mcp.upstream.times import read_time, show_time

_Read = TypeVar("_Read")


def _money(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        amount = Decimal(str(value)).quantize(Decimal("0.01"), ROUND_HALF_EVEN)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None


def _kept(value: object) -> str | None:
    """Text, also where a number or a truth value came instead; the service does not promise the type."""
    # Half an emoji, as a carrier leaves it where it cuts a text, could not be written to anybody.
    return None if value is None else whole(str(value))


def _text(value: object) -> str | None:
    """Anybody's words, clean."""
    return None if value is None else clean(str(value), LONGEST_TEXT)


def _name(value: object) -> str | None:
    return None if value is None else clean(str(value), LONGEST_NAME)


def _phone(value: object) -> str | None:
    """A number in E.164; anything else, such as a sender's short name, clean."""
    return _name(from_wire(value))


def _texts(value: object) -> list[str] | None:
    return _each(value, _text)  # without the nulls that may stand in it


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else {"true": True, "false": False}.get(str(value).lower())


def _whole(value: object) -> int | None:
    """A whole number, also as its text; None where something else came."""
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,18}", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _wholes(value: object) -> list[int] | None:
    return _each(value, _whole)


def _record(value: object) -> Mapping[str, Any] | BaseModel | None:
    return cast("Mapping[str, Any] | BaseModel", value) if isinstance(value, Mapping | BaseModel) else None


def _records(value: object) -> list[Mapping[str, Any] | BaseModel] | None:
    return _each(value, _record)


def _each(value: object, read: Callable[[object], _Read | None]) -> list[_Read] | None:
    """The readable items of a list; None if no list came."""
    if not isinstance(value, list):
        return None
    return [item for item in map(read, cast("list[object]", value)) if item is not None]


Time = Annotated[
    datetime | None,
    BeforeValidator(read_time),
    PlainSerializer(show_time, when_used="json-unless-none"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
_Number = Annotated[str | None, BeforeValidator(_phone), Field(description="E.164, as every tool takes it")]
Phone = Annotated[_Number, Mark.PERSON]
LinePhone = Annotated[_Number, Mark.LINE]
Money = Annotated[
    Decimal | None,
    BeforeValidator(_money),
    PlainSerializer(str, when_used="json-unless-none"),
    WithJsonSchema({"type": "string", "description": "Dollars with two decimals, such as 220.50"}),
]
# Of an answer's own fields each says besides whose words it holds; `Toolset` takes none that does not.
Text = Annotated[str | None, BeforeValidator(_text)]
Name = Annotated[str | None, BeforeValidator(_name)]
Theirs = Annotated[Text, Mark.THEIRS]
TheirName = Annotated[Name, Mark.THEIRS]
PersonName = Annotated[TheirName, Mark.CALLED]
Ours = Annotated[Text, Mark.OURS]
LineName = Annotated[Name, Mark.OURS]
Body = Annotated[Text, Mark.BODY]
Code = Annotated[Text, Mark.NOBODYS]
Colleague = Annotated[Name, Mark.NOBODYS]
Kept = Annotated[str | None, BeforeValidator(_kept)]  # as it is, to be sent back; nobody is shown it
Codes = Annotated[list[str] | None, BeforeValidator(_texts), Mark.NOBODYS]
TheirNames = Annotated[list[str] | None, BeforeValidator(_texts), Mark.THEIRS]
Flag = Annotated[bool | None, BeforeValidator(_flag)]
Whole = Annotated[int | None, BeforeValidator(_whole)]
Wholes = Annotated[list[int] | None, BeforeValidator(_wholes)]
Record = BeforeValidator(_record)  # beside an object's type
Records = BeforeValidator(_records)  # beside the type of a list of objects


class Answer(BaseModel):
    """A tool's answer; every field may be missing, because the service does not promise any.

    Attributes:
        told_elsewhere: for a list, whether another tool's schema describes the fields of an item.
        brief: for a list, the fields of an item that its structured part has; all of them where it is empty. What is
            false or empty is left out with the others.
        columns: for a list, the fields of an item that its text shows.
        longest_cell: for a list, where its text cuts a long value.
        theirs: the fields that hold words of customers, which the text names before it gives them.
        first: the fields that come first, because they say what happened.
    """

    told_elsewhere: ClassVar[bool] = False
    brief: ClassVar[tuple[str, ...]] = ()
    columns: ClassVar[tuple[str, ...]] = ()
    longest_cell: ClassVar[int | None] = None
    theirs: ClassVar[tuple[str, ...]] = ()
    first: ClassVar[tuple[str, ...]] = ()

    @model_validator(mode="before")
    @classmethod
    def _is_an_object(cls, value: object) -> object:
        # Not a ValueError: that would be taken for an argument that was refused before anything left.
        if _record(value) is None:
            raise Unreadable(
                "Text Request answered with something that is not the record it promises.",
                changed="Reading changes nothing; whether a change took effect is unknown.",
                todo="Read it back to see.",
            )
        return value

    @classmethod
    def asked_for(cls, answer: Any, **asked: Any) -> Self:
        """Read the record that was asked for by these fields.

        Raises:
            Unreadable: it is another one, or none at all.
        """
        read = cls.model_validate(answer)
        if misfit := _misfit(read, asked):
            raise Unreadable(
                f"Text Request answered with another record than the one that was asked for: its {misfit} is another.",
                todo="Read it again; while it says the same, change nothing that rests on it.",
            )
        return read

    @classmethod
    def changed(cls, answer: Any, *, look_with: str, needs: str | None = None, **meant: Any) -> Self:
        """Read what the service says that a change made.

        Args:
            answer: the service's; None where it says nothing.
            look_with: the tool that shows whether the change happened.
            needs: a field without which the answer says nothing of the change.
            meant: what the fields that the change was about have to say, where they say anything.

        Raises:
            Uncertain: the answer is about something else, or says nothing of the change.
        """
        says_nothing = answer is None or (needs is not None and _record(answer) is None)
        read = cls.model_validate({} if says_nothing else answer)
        if needs is not None and getattr(read, needs) is None:
            raise no_word_of_it(look_with)
        if misfit := _misfit(read, meant):
            raise no_word_of_it(look_with, f"is about something else: its {misfit} is another than the call's")
        return read


def _misfit(read: Answer, meant: Mapping[str, Any]) -> str | None:
    """The first field that says something else than was meant."""
    fields = type(read).model_validate(meant)  # reads both alike
    for name in meant:
        said, wanted = getattr(read, name), getattr(fields, name)
        if said is not None and wanted is not None and _plain(said) != _plain(wanted):
            return name
    return None


def _plain(value: object) -> object:
    """A text without what a service may well change in it."""
    return " ".join(value.split()).casefold().removeprefix("+") if isinstance(value, str) else value


class Listing(Answer):
    """One page of a list; subclasses add `items`."""

    page: int | None = None
    page_size: int | None = None
    total_items: int | None = None
    next_page: int | None = Field(default=None, description="Left out on the last page")
    note: Annotated[str | None, Mark.THEIRS] = None  # like any other note

    @classmethod
    def of(cls, answer: Any, *, page: int, page_size: int) -> Self:
        """Read a page that the service answered when asked for `page` and `page_size`."""
        read = read_page(answer, page=page, page_size=page_size)
        return cls.model_validate(
            {
                "page": read.page,
                "page_size": read.page_size,
                "total_items": read.total_items,
                "next_page": read.next_page,
                "note": _past_the_end(read),
                "items": _records(read.items),
            }
        )

    def noting(self, *notes: str | None) -> Self:
        """The same page, with further notes."""
        self.note = " ".join(filter(None, [self.note, *notes])) or None
        return self


def _past_the_end(read: Page) -> str | None:
    if read.items or read.page == 0:
        return None
    if read.total_items is None:
        return f"Page {read.page} is past the end."
    last = max(0, (read.total_items - 1) // max(1, read.page_size))
    return f"Page {read.page} is past the end: there are {read.total_items} items, and the last page is {last}."


def no_word_of_it(look_with: str, how: str = "does not say what became of it") -> Uncertain:
    """The error for an answer to a change that leaves its outcome open."""
    return Uncertain(
        f"The call left, but the answer {how}.",
        changed="Whether it took effect is unknown.",
        todo=f"Do not repeat it; look with {look_with}.",
    )
