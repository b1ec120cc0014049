"""Answers requests for what does not exist, such as an unknown prompt, with the protocol's own error."""

from typing import Any

from mcp.server.context import CallNext, HandlerResult, ServerMiddleware, ServerRequestContext
from mcp.server.mcpserver import MCPServer
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS

_LISTS = {"tools/list", "resources/list", "resources/templates/list", "prompts/list"}


def refuse_unknown(server: MCPServer[Any]) -> ServerMiddleware[Any]:
    """A middleware: an unknown prompt and a cursor that no list gave are invalid parameters."""

    async def middleware(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        params = ctx.params or {}
        if ctx.method in _LISTS and params.get("cursor") is not None:
            raise MCPError(code=INVALID_PARAMS, message="This list has one page, so no cursor is valid.")
        if ctx.method == "prompts/get":
            names = [prompt.name for prompt in await server.list_prompts()]
            if params.get("name") not in names:
                there = ", ".join(names) or "none"
                raise MCPError(code=INVALID_PARAMS, message=f"There is no such prompt; there are: {there}.")
        return await call_next(ctx)

    return middleware
