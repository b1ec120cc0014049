"""Plays a story with AutoGen: every tool made into one of its own, and a workbench that calls them in one session.

stage.py says how it is called. AutoGen cannot ask a person, and gives its model the text of an answer only.
"""

# The checker sees the project's own environment, which has no AutoGen.
# pyright: basic, reportMissingImports=false

import json
import os
from typing import Any

from autogen_ext.tools.mcp import McpWorkbench, StdioServerParams, StreamableHttpServerParams, mcp_server_tools
from stage import Person, Way, perform, run

PATIENCE_SECONDS = 60.0  # its own 5 seconds can be too short for the start of a process on a busy machine


def connection(way: Way) -> Any:
    if way.transport == "stdio":
        command, *arguments = json.loads(way.where)
        return StdioServerParams(
            command=command, args=arguments, env=dict(os.environ), read_timeout_seconds=PATIENCE_SECONDS
        )
    return StreamableHttpServerParams(url=way.where, headers=way.headers)


async def play(way: Way, person: Person, steps: dict[str, Any]) -> dict[str, Any]:
    async with McpWorkbench(connection(way)) as workbench:

        async def act(verb: str, name: str = "", arguments: Any = None) -> dict[str, Any]:
            if verb == "tools":
                schemas = [tool.schema for tool in await mcp_server_tools(connection(way))]
                return {"tools": [{"name": tool["name"], "inputSchema": tool["parameters"]} for tool in schemas]}
            said = await workbench.call_tool(name, arguments)
            return {"content": [{"text": part.content} for part in said.result], "isError": said.is_error}

        return {"protocol": None, "server": None, "answers": await perform(steps, act)}


if __name__ == "__main__":
    run("autogen-ext", play)
