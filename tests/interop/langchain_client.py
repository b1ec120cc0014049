"""Plays a story with LangChain's adapters as they come: each call of a tool opens a session, and a process, of its own.

stage.py says how it is called. Only `tools` and `call` are verbs of an agent framework.
"""

# The checker sees the project's own environment, which has no LangChain.
# pyright: basic, reportMissingImports=false

import json
import os
from typing import Any

from langchain_mcp_adapters.callbacks import Callbacks
from langchain_mcp_adapters.client import MultiServerMCPClient
from mcp.types import ElicitResult
from stage import Person, Way, perform, run


def connection(way: Way) -> dict[str, Any]:
    if way.transport == "stdio":
        command, *arguments = json.loads(way.where)
        return {"transport": "stdio", "command": command, "args": arguments, "env": dict(os.environ)}
    return {"transport": "streamable_http", "url": way.where, "headers": way.headers}


async def play(way: Way, person: Person, steps: dict[str, Any]) -> dict[str, Any]:
    async def reply(context: Any, params: Any, callback: Any) -> Any:
        return ElicitResult(**person.reply(params.message))

    callbacks = Callbacks(on_elicitation=reply) if person.can_be_asked else None
    client = MultiServerMCPClient({"textrequest": connection(way)}, callbacks=callbacks)
    tools = {tool.name: tool for tool in await client.get_tools()}

    async def act(verb: str, name: str = "", arguments: Any = None) -> dict[str, Any]:
        if verb == "tools":
            return {"tools": [{"name": tool.name, "inputSchema": tool.args_schema} for tool in tools.values()]}
        said = await tools[name].ainvoke({"name": name, "args": arguments, "id": "1", "type": "tool_call"})
        structured = (said.artifact or {}).get("structured_content")
        return {"content": said.content, "structuredContent": structured, "isError": said.status == "error"}

    return {"protocol": None, "server": None, "answers": await perform(steps, act)}


if __name__ == "__main__":
    run("langchain-mcp-adapters", play)
