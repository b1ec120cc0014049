"""The kinds of values that answers hold, read leniently from the service and written in one form."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, BeforeValidator, Field, PlainSerializer, WithJsonSchema, model_validator

from textrequest_mcp.guard.marks import Mark
from textrequest_mcp.tools.lenient import (
    read_flag,
    read_kept,
    read_money,
    read_name,
    read_phone,
    read_record,
    read_records,
    read_text,
    read_texts,
    read_whole,
    read_wholes,
)
from textrequest_mcp.upstream.errors import Uncertain, Unreadable
from textrequest_mcp.upstream.page import Page, read_page
from textrequest_mcp.upstream.times import read_time, show_time

Time = Annotated[
    datetime | None,
    BeforeValidator(read_time),
    PlainSerializer(show_time, when_used="json-unless-none"),
    WithJsonSchema({"type": "string"}),
]
_Number = Annotated[str | None, BeforeValidator(read_phone), Field(description="E.164, as every tool takes it")]
Phone = Annotated[_Number, Mark.PERSON]
LinePhone = Annotated[_Number, Mark.LINE]
Money = Annotated[
    Decimal | None,
    BeforeValidator(read_money),
    PlainSerializer(str, when_used="json-unless-none"),
    WithJsonSchema({"type": "string", "description": "Dollars with two decimals, such as 220.50"}),
]
# Of an answer's own fields each says besides whose words it holds; `Toolset` takes none that does not.
Text = Annotated[str | None, BeforeValidator(read_text)]
Name = Annotated[str | None, BeforeValidator(read_name)]
Theirs = Annotated[Text, Mark.THEIRS]
TheirName = Annotated[Name, Mark.THEIRS]
PersonName = Annotated[TheirName, Mark.CALLED]
Ours = Annotated[Text, Mark.OURS]
LineName = Annotated[Name, Mark.OURS]
Body = Annotated[Text, Mark.BODY]
Code = Annotated[Text, Mark.NOBODYS]
Colleague = Annotated[Name, Mark.NOBODYS]
Kept = Annotated[str | None, BeforeValidator(read_kept)]  # as it is, to be sent back; nobody is shown it
Codes = Annotated[list[str] | None, BeforeValidator(read_texts), Mark.NOBODYS]
TheirNames = Annotated[list[str] | None, BeforeValidator(read_texts), Mark.THEIRS]
Flag = Annotated[bool | None, BeforeValidator(read_flag)]
Whole = Annotated[int | None, BeforeValidator(read_whole)]
Wholes = Annotated[list[int] | None, BeforeValidator(read_wholes)]
Record = BeforeValidator(read_record)  # beside an object's type
Records = BeforeValidator(read_records)  # beside the type of a list of objects


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
        aside: the fields that only the structured part has.
    """

    told_elsewhere: ClassVar[bool] = False
    brief: ClassVar[tuple[str, ...]] = ()
    columns: ClassVar[tuple[str, ...]] = ()
    longest_cell: ClassVar[int | None] = None
    theirs: ClassVar[tuple[str, ...]] = ()
    first: ClassVar[tuple[str, ...]] = ()
    aside: ClassVar[tuple[str, ...]] = ()

    @model_validator(mode="before")
    @classmethod
    def _is_an_object(cls, value: object) -> object:
        # Not a ValueError: that would be taken for an argument that was refused before anything left.
        if read_record(value) is None:
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
        says_nothing = answer is None or (needs is not None and read_record(answer) is None)
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


class OnLine(Answer):
    """A record of a line."""

    dashboard_id: Annotated[Whole, Mark.WHERE] = None  # said where a call names no line


class Listing(Answer):
    """One page of a list; subclasses add `items`."""

    page: int | None = None
    page_size: int | None = None
    total_items: int | None = None
    next_page: int | None = Field(default=None, description="Left out on the last page")
    lines: Ours = None  # that were read, where a call names none
    note: Annotated[str | None, Mark.NOBODYS] = None  # this server's own words, even where they quote a search

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
                "items": read_records(read.items),
            }
        )

    def if_empty(self, why: str) -> Self:
        """The same page, with a word on why a list has no rows at all."""
        return self.noting(why) if not self.items_there and not self.note else self

    @property
    def items_there(self) -> bool:
        """Whether the page has rows."""
        return bool(getattr(self, "items", ()))

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
