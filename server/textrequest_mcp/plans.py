"""Reads from a tool's arguments what the rules have to know of a change: whom it is about, and in whose words."""

import inspect
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from textrequest_mcp.guard.plan import Plan
from textrequest_mcp.guard.provenance import Use
from textrequest_mcp.toolset import ToolSpec
from textrequest_mcp.upstream.times import read_time

_PEOPLE = ("phone_number", "customer_phone")
_CALLBACKS = ("status_callback", "location_callback")
# What is no word of anybody: numbers and ids that the account itself gives, and what the rules look at by themselves.
_NO_WORDS = frozenset({*_PEOPLE, *_CALLBACKS, "contact_tags", "if_unanswered_since"})


async def plan_of(spec: ToolSpec, caller: str, given: Mapping[str, Any]) -> Plan:
    """The plan of a call.

    Args:
        spec: the tool.
        caller: the host that calls.
        given: the arguments of its function, with what its line and account resolved to.

    Raises:
        TextRequestError: whom it texts has to be read, and cannot be.
        StoreError: the store cannot be used.
    """
    line = given.get("line")
    line_id: int = line.id if line is not None else given.get("dashboard_id") or 0
    several = given.get("contacts")
    if several is not None:
        uses = [_use(spec, line_id, _fields(each)) for each in several]
    else:
        whom = {"phone_number": await spec.whom(**_only(spec.whom, given))} if spec.whom is not None else {}
        uses = [_use(spec, line_id, {**given, **whom})]
    since = read_time(given.get("if_unanswered_since"))
    return Plan(
        caller=caller,
        uses=uses,
        texts=uses[0].person if spec.texts else None,
        callbacks=[given[name] for name in _CALLBACKS if given.get(name)],
        since=since.timestamp() if since is not None else None,
        closes=spec.risk == "destroys",
    )


def people_of(given: Mapping[str, Any]) -> list[tuple[int, str]]:
    """Whom a call is about by its arguments alone: line and number of each."""
    line = given.get("line")
    if line is None:
        return []
    records = [given, *(_fields(each) for each in given.get("contacts") or ())]
    return [(line.id, record[name]) for record in records for name in _PEOPLE if record.get(name)]


def _use(spec: ToolSpec, line: int, given: Mapping[str, Any]) -> Use:
    amount = given.get("amount_requested")
    return Use(
        line=line,
        person=next((given[name] for name in _PEOPLE if given.get(name)), None),
        words={name: words for name, value in given.items() if name not in _NO_WORDS and (words := _words(value))},
        amount=amount if isinstance(amount, Decimal) else None,
        kind="payment" if amount is not None else "reply" if spec.risk == "sends" else "contact",
    )


def _words(value: object) -> str:
    """The texts inside a value."""
    if isinstance(value, str):
        return value
    if isinstance(value, BaseModel):
        return _words(_fields(value).get("value"))
    if isinstance(value, list):
        return "\n".join(filter(None, (_words(each) for each in value)))  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - arguments
    return ""


def _fields(model: BaseModel) -> dict[str, Any]:
    return {name: getattr(model, name) for name in type(model).model_fields}


def _only(function: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: given[name] for name in inspect.signature(function).parameters}
