"""Reads from a tool's arguments what the rules have to know of a change: whom it is about, and in whose words."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from textrequest_mcp.guard.change import Plan
from textrequest_mcp.guard.provenance.memory import Use
from textrequest_mcp.guard.rules.person_facts import Place
from textrequest_mcp.tools.declare import ToolSpec
from textrequest_mcp.upstream.errors import BadInput
from textrequest_mcp.upstream.times import read_time

_CALLBACKS = ("status_callback", "location_callback")
# What is no word of anybody: ids that the account itself gives, and what the rules look at by themselves.
_NO_WORDS = frozenset({*_CALLBACKS, "contact_tags", "if_unanswered_since"})


async def plan_of(spec: ToolSpec, caller: str, given: Mapping[str, Any]) -> Plan:
    """The plan of a call.

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
    about = spec.about
    if about.each is not None:
        uses = [_use(spec, line_id, record, record[about.argument or ""]) for record in about.records(given)]
    else:
        uses = [_use(spec, line_id, given, await about.number(given))]
    if spec.texts and about.read is None and not about.named(given):
        raise BadInput(f"{spec.name} names nobody to text.", todo="Name them by number.")
    since = read_time(given.get("if_unanswered_since"))
    return Plan(
        caller=caller,
        uses=uses,
        texts=uses[0].person if spec.texts else None,
        callbacks=[given[name] for name in _CALLBACKS if given.get(name)],
        since=since.timestamp() if since is not None else None,
        closes=spec.risk == "destroys",
    )


def people_of(spec: ToolSpec, given: Mapping[str, Any]) -> list[Place]:
    """Whom a call is about by its arguments alone: line and number of each."""
    line = given.get("line")
    return [] if line is None else [(line.id, number) for number in spec.about.named(given)]


async def person_texted(spec: ToolSpec, given: Mapping[str, Any]) -> list[Place]:
    """Whom a call texts, read from the account where no argument says it; empty where there is nobody.

    Raises:
        TextRequestError: it has to be read, and cannot be.
    """
    number = await spec.about.number(given)
    return [] if number is None else [(given["line"].id, number)]


def _use(spec: ToolSpec, line: int, given: Mapping[str, Any], person: str | None) -> Use:
    amount = given.get("amount_requested")
    no_words = _NO_WORDS | {spec.about.argument}
    return Use(
        line=line,
        person=person,
        words={name: words for name, value in given.items() if name not in no_words and (words := _words(value))},
        amount=amount if isinstance(amount, Decimal) else None,
        kind="payment" if amount is not None else "reply" if spec.risk == "sends" else "contact",
    )


def _words(value: object) -> str:
    """The texts inside a value."""
    if isinstance(value, str):
        return value
    if isinstance(value, BaseModel):
        return _words(getattr(value, "value", None))
    if isinstance(value, list):
        return "\n".join(filter(None, (_words(each) for each in value)))  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - arguments
    return ""
