"""Has the SDK make once in a run what comes out the same for each server and each host, of which tests have thousands.

A real process has one server, and gains nothing by it. Read from mcp 2.3.0.
"""

import json
from collections.abc import Callable, Iterable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

import pytest
from mcp.client.session import ClientSession
from mcp.server.mcpserver.resources.templates import ResourceTemplate
from pydantic import validate_call


def make_once(patch: pytest.MonkeyPatch) -> None:
    """Keep the templates of resources, and the compiled schemas of tools, from one server and host to the next."""
    _keep_templates(patch)
    _keep_validators(patch)


def _keep_templates(patch: pytest.MonkeyPatch) -> None:
    """A template's parameters follow from the function's code; only what the function encloses is each server's own."""
    made: dict[tuple[Any, ...], ResourceTemplate] = {}
    make = ResourceTemplate.from_function

    def from_function(fn: Callable[..., Any], uri_template: str, **more: Any) -> ResourceTemplate:
        if not iscoroutinefunction(fn):
            return make(fn, uri_template, **more)
        key = (fn.__code__, uri_template, *(more[name] for name in sorted(more)))
        if key not in made:
            made[key] = make(fn, uri_template, **more)

        @wraps(fn)
        async def checked(**arguments: Any) -> Any:
            return await validate_call(fn)(**arguments)  # as the SDK has it, but for those alone that are opened

        return made[key].model_copy(update={"fn": checked})

    patch.setattr(ResourceTemplate, "from_function", from_function)


def _keep_validators(patch: pytest.MonkeyPatch) -> None:
    """A host compiles a schema at a tool's first answer, which takes five times as long as the call."""
    made: dict[str, Any] = {}
    make = ClientSession._output_schema_validator  # pyright: ignore[reportPrivateUsage] - the only place that compiles

    def output_schema_validator(session: ClientSession, name: str, output_schema: dict[str, Any]) -> Any:
        key = json.dumps(output_schema)
        if key not in made:
            made[key] = _Remembering(make(session, name, output_schema))
        return made[key]

    patch.setattr(ClientSession, "_output_schema_validator", output_schema_validator)


class _Remembering:
    """A schema that looks once at each answer; thousands of tests begin with the same reads of the same account."""

    def __init__(self, validator: Any) -> None:
        self._validator = validator
        self._right: set[int] = set()

    def iter_errors(self, content: Any) -> Iterable[Any]:
        key = hash(json.dumps(content))
        if key not in self._right:
            if errors := list(self._validator.iter_errors(content)):
                return errors
            self._right.add(key)
        return ()
