"""Reads from a tool's arguments what the rules have to know of a change: whom it is about, and in whose words."""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from textrequest_mcp.guard.change import Change, Kind, PersonAndWords, Place
from textrequest_mcp.guard.marks import Fields, Mark, fields_of
from textrequest_mcp.tools.about import NOBODY
from textrequest_mcp.tools.declare import ToolSpec
from textrequest_mcp.upstream.errors import BadInput
from textrequest_mcp.upstream.times import read_time

# What is no word of anybody: ids that the account itself gives, and what the rules look at by themselves.
_NO_WORDS = (Mark.CALLBACK, Mark.NOBODYS, Mark.SINCE, Mark.LEAVES, Mark.INSTEAD)


async def change_of(spec: ToolSpec, caller: str, given: Mapping[str, Any]) -> Change:
    """The change of a call.

    Args:
        spec: the tool.
        caller: the host that calls.
        given: the arguments of its function, with what its line and account resolved to.

    Raises:
        BadInput: it texts, and names nobody.
        TextRequestError: whom it texts has to be read, and cannot be.
        StoreError: the store cannot be used.
    """
    line = given.get("line")
    line_id: int = line.id if line is not None else given.get("dashboard_id") or 0
    about, fields = spec.about, fields_of(spec.function)
    if about.each is not None:
        inner = fields_of(fields.inner[about.each])
        uses = [_use(spec, inner, line_id, record, record[about.argument or ""]) for record in about.records(given)]
    else:
        uses = [_use(spec, fields, line_id, given, await about.number(given))]
    if spec.texts and about.read is None and not about.named(given):
        raise BadInput(f"{spec.name} names nobody to text.", todo="Name them by number.")
    since = read_time(fields.one(given, Mark.SINCE))
    return Change(
        caller=caller,
        uses=uses,
        texts=uses[0].person if spec.texts else None,
        callbacks=fields.all(given, Mark.CALLBACK),
        since=since.timestamp() if since is not None else None,
        closes=spec.risk == "destroys",
    )


def alike(spec: ToolSpec, caller: str, given: Mapping[str, Any]) -> str | None:
    """What is the same of acts that differ only in the person and in digits; None for what is never alike.

    Args:
        spec: the tool.
        caller: the host that calls.
        given: the arguments of its function, with what its line and account resolved to.
    """
    fields = fields_of(spec.function)
    is_of_one = spec.choose is None and spec.about.each is None and bool(spec.about.named(given))
    if not is_of_one or spec.risk == "destroys" or fields.names[Mark.AMOUNT]:
        return None
    line = given.get("line")
    others = {key: value for key, value in given.items() if key not in {"line", "account", spec.about.argument}}
    words = json.dumps(to_jsonable_python(others), sort_keys=True, ensure_ascii=False)
    return f"{caller} {spec.name} {line.id if line is not None else None} {re.sub(r'[0-9]+', '#', words)}"


async def person_texted(spec: ToolSpec, given: Mapping[str, Any]) -> list[Place]:
    """Whom a call texts, read from the account where no argument says it; empty where there is nobody.

    Raises:
        TextRequestError: it has to be read, and cannot be.
    """
    number = await spec.about.number(given)
    return [] if number is None else [(given["line"].id, number)]


def amount_of(fields: Fields, given: Mapping[str, Any]) -> Decimal | None:
    """The dollars that a call asks a person for."""
    amount = fields.one(given, Mark.AMOUNT)
    return amount if isinstance(amount, Decimal) else None


def _use(spec: ToolSpec, fields: Fields, line: int, given: Mapping[str, Any], person: str | None) -> PersonAndWords:
    amount = amount_of(fields, given)
    no_words = {spec.about.argument, *(name for mark in _NO_WORDS for name in fields.names[mark])}
    return PersonAndWords(
        line=line,
        person=person,
        words={name: words for name, value in given.items() if name not in no_words and (words := _words(value))},
        amount=amount,
        kind="payment" if amount is not None else "reply" if spec.risk == "sends" else _kind(spec, fields, given),
    )


def _kind(spec: ToolSpec, fields: Fields, given: Mapping[str, Any]) -> Kind:
    """What a change of a record does with the person."""
    if spec.about is NOBODY and spec.once is None and not spec.overwrites:
        return "label"
    says = {name for name, value in given.items() if value and name not in ("line", "account", spec.about.argument)}
    if says.intersection(fields.names[Mark.GROUP]):
        return "group"
    remarks, settles = set(fields.names[Mark.REMARK]), says.intersection(fields.names[Mark.SETTLED])
    if not says or says - settles - remarks:
        return "rank"
    return "settle" if settles else "remark"


def _words(value: object) -> str:
    """The texts inside a value."""
    if isinstance(value, str):
        return value
    if isinstance(value, BaseModel):
        return _words(getattr(value, "value", None))
    if isinstance(value, list):
        return "\n".join(filter(None, (_words(each) for each in value)))  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - arguments
    return ""
