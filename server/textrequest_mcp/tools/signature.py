"""The parameters of the functions that the SDK calls: a tool's own, and those that a declaration adds."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, get_args, get_origin

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.resolve import Resolve


def optional(name: str, annotation: Any) -> inspect.Parameter:
    """A tool's parameter that may be left out."""
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation | None, default=None)


def required(name: str, annotation: Any) -> inspect.Parameter:
    """A parameter that is always given: by the host, or by a resolver."""
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation)


def bare(parameters: list[inspect.Parameter]) -> list[inspect.Parameter]:
    """The same without their defaults: a resolver is given every value."""
    return [parameter.replace(default=inspect.Parameter.empty) for parameter in parameters]


def is_resolved(annotation: Any) -> bool:
    """Whether a resolver gives the parameter, so that no host sees it."""
    return get_origin(annotation) is Annotated and any(isinstance(part, Resolve) for part in get_args(annotation))


def sign(function: Any, name: str, parameters: list[inspect.Parameter], returns: Any) -> Any:
    """Give a function the signature that the SDK reads: as an object, and as annotations."""
    parameters = [required("ctx", Context[Any, Any]), *parameters]
    function.__signature__ = inspect.Signature(parameters, return_annotation=returns)
    function.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters} | {"return": returns}
    function.__qualname__ = name
    return function


def only(function: Callable[..., Awaitable[Any]], given: Mapping[str, Any]) -> dict[str, Any]:
    """Of some arguments those that a function takes; all of them where it takes `**values`."""
    taken = inspect.signature(function).parameters
    takes_all = any(one.kind is one.VAR_KEYWORD for one in taken.values())
    return dict(given) if takes_all else {name: given[name] for name in taken}
