"""Tells how long each request of a host took, and what kind of error it ended with."""

import time
from collections.abc import Collection
from typing import Any

from mcp.server.context import CallNext, HandlerResult, ServerMiddleware, ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult

from textrequest_mcp.ground import telemetry

# A host can name a method or a tool as it likes; only known ones become labels.
_METHODS = frozenset(
    {"initialize", "ping", "server/discover", "completion/complete", "logging/setLevel", "prompts/get", "prompts/list"}
    | {"resources/list", "resources/read", "resources/subscribe", "resources/templates/list", "resources/unsubscribe"}
    | {"subscriptions/listen", "tools/call", "tools/list"}
)
_OTHER = "other"


def timed(tools: Collection[str]) -> ServerMiddleware[Any]:
    """A middleware that times each request; one of no cost where nobody listens.

    Args:
        tools: the names of all tools of the server.
    """

    async def middleware(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        if not telemetry.is_listened_to() or ctx.request_id is None:
            return await call_next(ctx)
        labels = {"mcp.method.name": ctx.method if ctx.method in _METHODS else _OTHER}
        if ctx.method == "tools/call":
            name = (ctx.params or {}).get("name")
            labels["gen_ai.tool.name"] = name if isinstance(name, str) and name in tools else _OTHER
        began = time.monotonic()
        try:
            result = await call_next(ctx)
            if (isinstance(result, CallToolResult) and result.is_error) or (
                isinstance(result, dict) and result.get("isError") is True
            ):
                labels["error.type"] = "tool_error"
        except MCPError as error:
            labels["error.type"] = str(error.error.code)
            raise
        except BaseException as error:
            labels["error.type"] = type(error).__name__
            raise
        finally:
            telemetry.record("mcp.server.operation.duration", time.monotonic() - began, labels)
        return result

    return middleware
