"""Plays a story with OpenAI's Agents SDK as it comes: it gives up on the answer of a call after 5 seconds.

stage.py says how it is called; `call_strictly` gives every parameter a value. The SDK cannot ask a person, and gives
its model the text of an answer only.
"""

# The checker sees the project's own environment, which has no Agents SDK.
# pyright: basic, reportMissingImports=false

import json
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from agents import Agent, RunContextWrapper
from agents.mcp import MCPServerStdio, MCPServerStreamableHttp, MCPUtil
from agents.tool_context import ToolContext
from stage import Person, Way, perform, run

START_SECONDS = 60.0

# What a model puts where it has nothing to say: in the schemas that the SDK makes, all parameters are required.
EMPTY: dict[str, Any] = {"string": "", "array": [], "boolean": False}


def connection(way: Way) -> Any:
    if way.transport == "stdio":
        command, *arguments = json.loads(way.where)
        return MCPServerStdio({"command": command, "args": arguments, "env": dict(os.environ)})
    return MCPServerStreamableHttp({"url": way.where, "headers": way.headers})


@asynccontextmanager
async def connected(way: Way) -> AsyncGenerator[Any]:
    """A server that was greeted: its time-out counts from then on, because a busy machine may take longer to start."""
    server = connection(way)
    patience = server.client_session_timeout_seconds
    server.client_session_timeout_seconds = START_SECONDS
    await server.connect()
    server.client_session_timeout_seconds = patience
    server.session._session_read_timeout_seconds = timedelta(seconds=patience)
    try:
        yield server
    finally:
        await server.cleanup()


async def play(way: Way, person: Person, steps: dict[str, Any]) -> dict[str, Any]:
    async with connected(way) as server:
        found = await MCPUtil.get_function_tools(server, True, RunContextWrapper(None), Agent(name="texts"))
        tools: dict[str, Any] = {tool.name: tool for tool in found}

        async def act(verb: str, name: str = "", arguments: Any = None) -> dict[str, Any]:
            if verb == "tools":
                return {"tools": [{"name": tool.name, "inputSchema": tool.params_json_schema} for tool in found]}
            if verb == "call_strictly":
                asked = tools[name].params_json_schema["properties"]
                arguments = {
                    key: EMPTY[schema["type"]] for key, schema in asked.items() if key not in arguments
                } | arguments
            given = json.dumps(arguments)
            context: Any = ToolContext(None, tool_name=name, tool_call_id="1", tool_arguments=given)
            said = await tools[name].on_invoke_tool(context, given)
            if isinstance(said, str):  # the SDK speaks for itself: the call failed
                return {"rejected": said}
            return {"content": said if isinstance(said, list) else [said]}

        return {"protocol": None, "server": None, "answers": await perform(steps, act)}


if __name__ == "__main__":
    run("openai-agents", play)
