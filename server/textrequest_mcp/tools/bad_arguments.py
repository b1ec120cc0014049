"""Says what is wrong with a call's arguments, without their values: these may be somebody's number or words."""

import re
from collections.abc import Mapping
from typing import Any

from mcp.server.mcpserver import Context
from pydantic import ValidationError

from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.tools.call import account_of
from textrequest_mcp.tools.declare import ToolSpec
from textrequest_mcp.upstream.errors import BadInput, TextRequestError

_MOST_DIGITS_OF_A_NAME = 6  # more are a number, with something beside it
_MOST_TOLD = 10
_PLAINER = {"extra_forbidden": "is not known here", "too_short": "is empty or too short"}


def check_names(tool: str, arguments: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    """Refuse an argument that the tool does not have.

    Raises:
        BadInput: it names the argument and the nearest one that there is.
    """
    for name in arguments:
        if name not in known:
            import difflib  # rarely needed

            near = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"It takes: {', '.join(known) or 'nothing'}."
            raise BadInput(f"{tool} has no parameter {name[:40]!r}.", todo=hint)


async def refusal_of(
    ctx: Context[Any, Any], spec: ToolSpec, given: Mapping[str, Any], error: ValidationError
) -> BadInput:
    """The refusal of arguments that do not fit; of a name in place of a number it lists who has that name."""
    who = await _who_is_meant(ctx, spec, given, error) if spec.risk == "sends" else None
    return BadInput(_sentence(spec.name, error), todo=who or "Correct it and call again.")


async def _who_is_meant(
    ctx: Context[Any, Any], spec: ToolSpec, given: Mapping[str, Any], error: ValidationError
) -> str | None:
    """Where a name stands in place of a number: who has that name, for a person to choose; None where none does."""
    wrong = {problem["loc"][0] for problem in error.errors(include_url=False, include_input=False) if problem["loc"]}
    name = given.get(spec.about.argument or "") if spec.about.argument in wrong else None
    line = given.get("dashboard_id")
    if (
        not isinstance(name, str)
        or not any(c.isalpha() for c in name)
        or sum(c.isdigit() for c in name) > _MOST_DIGITS_OF_A_NAME
        or not re.fullmatch(r"[0-9]{1,18}", str(line or 0))
    ):
        return None
    try:
        return await account_of(ctx).who_is(name, int(line) if line else None)
    except (TextRequestError, StoreError):  # the mistake is the news, whatever becomes of this
        return None


def _sentence(tool: str, error: ValidationError) -> str:
    problems: list[str] = []
    for problem in error.errors(include_url=False, include_input=False, include_context=False):
        where = ".".join(str(part) for part in problem["loc"] if not str(part).startswith("function-"))
        what = _PLAINER.get(problem["type"], problem["msg"].removeprefix("Value error, "))
        problems.append(f"{where} is missing" if problem["type"] == "missing" else f"{where}: {what}")
    told = list(dict.fromkeys(problems))
    more = f"; and {len(told) - _MOST_TOLD} more" if len(told) > _MOST_TOLD else ""
    return f"{tool} cannot run: {'; '.join(told[:_MOST_TOLD])}{more}."
