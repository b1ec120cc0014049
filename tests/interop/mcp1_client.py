"""Plays a story against a server with the MCP SDK 1.x; stage.py says how it is called and what it prints."""

# The checker sees the project's own environment, which has SDK 2.x.
# pyright: basic

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from mcp import ClientSession, StdioServerParameters, types
from mcp.client.sse import sse_client
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from stage import Person, Way, ask, perform, run


@asynccontextmanager
async def connection(way: Way) -> AsyncGenerator[Any]:
    async with create_mcp_http_client(headers=way.headers) as http:
        if way.transport == "stdio":
            command, *arguments = json.loads(way.where)
            opened = stdio_client(StdioServerParameters(command=command, args=arguments))
        elif way.transport == "sse":
            opened = sse_client(way.where, headers=way.headers)
        else:
            opened = streamable_http_client(way.where, http_client=http)
        async with opened as streams:
            yield streams[0], streams[1]


async def play(way: Way, person: Person, steps: dict[str, Any]) -> dict[str, Any]:
    async def reply(context: Any, params: Any) -> Any:
        return types.ElicitResult(**person.reply(params.message))

    elicits: dict[str, Any] = {"elicitation_callback": reply} if person.can_be_asked else {}
    async with connection(way) as (read, write), ClientSession(read, write, **elicits) as session:
        hello: Any = await session.initialize()

        async def act(verb: str, *given: Any) -> dict[str, Any]:
            answer = await ask(session, types, verb, *given)
            return answer.model_dump(mode="json", by_alias=True, exclude_none=True)

        answers = await perform(steps, act)
    return {"protocol": hello.protocolVersion, "server": hello.serverInfo.name, "answers": answers}


if __name__ == "__main__":
    run("mcp", play)
