"""Takes each request as its host means it, and answers with the protocol's error where the SDK lets it pass."""

from dataclasses import replace
from typing import Any

from mcp.server.context import CallNext, HandlerResult, ServerMiddleware, ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, MODERN_PROTOCOL_VERSIONS

from textrequest_mcp.ground.quoting import quoted
from textrequest_mcp.ground.raw_json import is_marked, unmarked
from textrequest_mcp.tools.permitted import PermittedServer

_LISTS = {"tools/list", "resources/list", "resources/templates/list", "prompts/list"}
# Cline adds its own plan to every call, whatever the tool's schema says.
_OF_THE_HOST = "task_progress"


async def as_meant(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """A middleware, outside the sealing of states: gives a call what its bytes held, without what its host added.

    Half a character reaches the tool, whose parameters refuse it in a sentence; other requests are refused here.
    """
    params = ctx.params
    given = params.get("arguments") if params is not None and ctx.method == "tools/call" else None
    if params is None or not (is_marked(params) or (isinstance(given, dict) and _OF_THE_HOST in given)):
        return await call_next(ctx)
    if isinstance(given, dict):
        meant: dict[str, Any] = unmarked({name: given[name] for name in given if name != _OF_THE_HOST})  # pyright: ignore[reportUnknownVariableType]
        params = {**params, "arguments": meant}
    if ctx.request_id is not None and is_marked(params):
        raise MCPError(
            code=INVALID_PARAMS, message="This request has half a character in it, which cannot be read; take it out."
        )
    return await call_next(replace(ctx, params=params))


async def both_eras(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """A middleware: discovery names each version of the protocol that is served; the SDK names the newer era alone."""
    result = await call_next(ctx)
    if ctx.method == "server/discover" and isinstance(result, dict):
        return {**result, "supportedVersions": [*MODERN_PROTOCOL_VERSIONS, *HANDSHAKE_PROTOCOL_VERSIONS]}
    return result


def refuse_unknown(server: PermittedServer[Any]) -> ServerMiddleware[Any]:
    """A middleware: an unknown tool or prompt, and a cursor that no list gave, are invalid parameters.

    Args:
        server: knows its tools and prompts.
    """

    async def middleware(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        params = ctx.params or {}
        if ctx.method in _LISTS and params.get("cursor") is not None:
            raise MCPError(code=INVALID_PARAMS, message="This list has one page, so no cursor is valid.")
        if ctx.method == "tools/call" and not server.has_tool(params.get("name")):
            named = quoted(str(params.get("name")))
            said = f"There is no tool {named} here; tools/list has them all. Nothing was sent or changed."
            raise MCPError(code=INVALID_PARAMS, message=said)
        if ctx.method == "prompts/get":
            names = [prompt.name for prompt in await server.list_prompts()]
            if params.get("name") not in names:
                there = ", ".join(names) or "none"
                raise MCPError(code=INVALID_PARAMS, message=f"There is no such prompt; there are: {there}.")
        return await call_next(ctx)

    return middleware
