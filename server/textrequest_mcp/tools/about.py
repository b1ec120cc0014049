"""Tells from a tool's declaration which people it texts, or whose records it reads or changes."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel


@dataclass(frozen=True, kw_only=True)
class About:
    """The person or people that a tool is about.

    Attributes:
        argument: holds the number; a field of each record, where `each` is named.
        each: the argument that holds a list of records.
        read: answers the number where no argument holds it, or None where there is nobody; its parameters are
            arguments of the tool.
    """

    argument: str | None = None
    each: str | None = None
    read: Callable[..., Awaitable[str | None]] | None = None

    def fits(self, function: Callable[..., Any]) -> bool:
        """Whether a function takes the arguments that this names."""
        taken = set(inspect.signature(function).parameters)
        if self.read is not None:
            return set(inspect.signature(self.read).parameters) <= taken
        return self.argument is not None and (self.each or self.argument) in taken

    def records(self, given: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """The part of the arguments that is about each person."""
        if self.each is None:
            return [given]
        return [_fields(record) for record in given.get(self.each) or ()]

    def named(self, given: Mapping[str, Any]) -> list[str]:
        """The numbers that the arguments themselves hold."""
        if self.argument is None:
            return []
        return [record[self.argument] for record in self.records(given) if record.get(self.argument)]

    async def number(self, given: Mapping[str, Any]) -> str | None:
        """The number of the one person, read from the account where no argument holds it.

        Raises:
            TextRequestError: it has to be read, and cannot be.
        """
        if self.read is None:
            return next(iter(self.named(given)), None)
        return await self.read(**{name: given[name] for name in inspect.signature(self.read).parameters})


NOBODY = About()
BY_NUMBER = About(argument="phone_number")


def _fields(record: Any) -> dict[str, Any]:
    """A record by its fields, before or after it was validated; anything else has none."""
    if isinstance(record, BaseModel):
        return {name: getattr(record, name) for name in type(record).model_fields}
    return record if isinstance(record, dict) else {}  # pyright: ignore[reportUnknownVariableType] - arguments
