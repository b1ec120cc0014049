"""Marks on the types of fields and arguments: they say what a value is, and nothing goes by a field's name.

A mark stands in the type's `Annotated`, where no schema shows it. The notice, the rules and the audit read it here.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from typing import Any, TypeGuard, get_args, get_type_hints

from pydantic import BaseModel


class Mark(Enum):
    """The meaning of a field or an argument. Every text field of an answer has one of the first six."""

    THEIRS = auto()  # a customer's words, or a colleague's note of them, which the customer often dictated
    OURS = auto()  # the business's own words
    NOBODYS = auto()  # ids, states and codes
    BODY = auto()  # a text's words: ours where its direction is S, a customer's otherwise
    PERSON = auto()  # the number of the person whom the record is about
    LINE = auto()  # the number of one of our lines

    WHERE = auto()  # the id of the line that the record is from, where it is not the call's
    CALLED = auto()  # beside THEIRS: what the person of this record is called
    DIRECTION = auto()  # of a text: R received, S sent
    BY = auto()  # of a text: the colleague who sent it
    TEXT = auto()  # the id of a text
    AT = auto()  # when a text was sent or received
    PAYMENT = auto()  # the id of a payment that the record's person is asked for

    CALLBACK = auto()  # an address that the service is to call
    SINCE = auto()  # up to when the caller knows the conversation
    LEAVES = auto()  # when a text is to leave
    INSTEAD = auto()  # the scheduled text whose place this one takes
    REMARK = auto()  # says something of a person, and changes neither their rank nor their name
    SETTLED = auto()  # calls the person's conversation settled
    GROUP = auto()  # the groups that a person is put into
    AMOUNT = auto()  # what a person is asked to pay


@dataclass(frozen=True)
class Fields:
    """The fields of a model, or the parameters of a function, by their marks.

    Attributes:
        names: the names under each mark.
        inner: the models of the records inside, by the name of the field.
        unmarked: the text fields with none of the first six marks.
    """

    names: Mapping[Mark, tuple[str, ...]]
    inner: Mapping[str, type[BaseModel]]
    unmarked: tuple[str, ...]

    def all(self, record: Mapping[str, Any], *marks: Mark) -> list[Any]:
        """The values of a record under these marks, of lists each part, without the missing and the empty ones."""
        found = [record[name] for mark in marks for name in self.names.get(mark, ()) if record.get(name)]
        parts: list[Any] = []
        for value in found:
            parts += value if isinstance(value, list) else [value]
        return parts

    def one(self, record: Mapping[str, Any], mark: Mark) -> Any | None:
        """The first of `all`, or None."""
        return next(iter(self.all(record, mark)), None)


_WHOSE = {Mark.THEIRS, Mark.OURS, Mark.NOBODYS, Mark.BODY, Mark.PERSON, Mark.LINE}


@cache
def fields_of(source: type[BaseModel] | Callable[..., Any]) -> Fields:
    """The fields of a model, or the parameters of a function, by their marks."""
    hints: dict[str, Any] = get_type_hints(source, include_extras=True)
    named = list(source.model_fields) if _is_model(source) else [name for name in hints if name != "return"]
    inside = {name: list(_parts(hints[name])) for name in named}
    return Fields(
        names={mark: tuple(name for name, parts in inside.items() if mark in parts) for mark in Mark},
        inner={name: part for name, parts in inside.items() for part in parts if _is_model(part)},
        unmarked=tuple(name for name, parts in inside.items() if str in parts and not _WHOSE.intersection(parts)),
    )


def unmarked(model: type[BaseModel]) -> list[str]:
    """The text fields of a model, and of the records inside it, that do not say whose words they hold."""
    fields = fields_of(model)
    return [*fields.unmarked, *(f"{at}.{name}" for at, inner in fields.inner.items() for name in unmarked(inner))]


def _parts(hint: Any) -> Iterator[Any]:
    """A type, its parts, and the marks beside them."""
    yield hint
    for part in get_args(hint):
        yield from _parts(part)


def _is_model(part: Any) -> TypeGuard[type[BaseModel]]:
    return isinstance(part, type) and issubclass(part, BaseModel)
