"""Describes what a tool may answer, for hosts that check or show it."""

from typing import Any

from pydantic import BaseModel

from textrequest_mcp.guard.outcome import Outcome, SendOutcome
from textrequest_mcp.tools.answers import Answer
from textrequest_mcp.tools.declare import ToolSpec
from textrequest_mcp.tools.schema import bared, plain_schema


def output_schema(spec: ToolSpec, model: type[BaseModel], *, can_differ: bool) -> dict[str, Any]:
    """The schema of `model`, the tool's answer; nothing is required, because the service promises no field.

    Where the answer `can_differ`, as that of a change, the fields of its outcome join those of the model.
    """
    properties: dict[str, Any] = plain_schema(model, "serialization", bare=can_differ)["properties"]
    if can_differ:
        outcome = Outcome if spec.once is None else SendOutcome
        properties = plain_schema(outcome, "serialization", bare=True)["properties"] | properties
    if issubclass(model, Answer):
        told = {"items"} if not model.told_elsewhere else set[str]()
        inner = {name: bared(part) for name, part in properties.items() if name not in told and _holds(part)}
        properties = ({"customers_words": {"type": "string"}} if model.theirs else {}) | properties | inner
    return {"type": "object", "properties": properties}


def _holds(part: dict[str, Any]) -> bool:
    """Whether a field is a record or a list of records: what is in it is told by the tool that reads such a record."""
    return "properties" in part or "properties" in part.get("items", {})
