"""Plays a story against a server with the MCP SDK 2.x, in either protocol era; stage.py says how it is called."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import mcp_types
from mcp import Client, StdioServerParameters
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from stage import Person, Way, ask, perform, run


@asynccontextmanager
async def connection(way: Way) -> AsyncGenerator[Any]:
    if way.transport == "stdio":
        command, *arguments = json.loads(way.where)
        yield StdioServerParameters(command=command, args=arguments)
    elif way.transport == "sse":
        yield sse_client(way.where, headers=way.headers)
    elif way.headers:
        async with httpx2.AsyncClient(headers=way.headers) as http:
            yield streamable_http_client(way.where, http_client=http)
    else:
        yield way.where


async def play(way: Way, person: Person, steps: dict[str, Any]) -> dict[str, Any]:
    async def reply(context: Any, params: Any) -> Any:
        return mcp_types.ElicitResult(**person.reply(params.message))

    elicits: dict[str, Any] = {"elicitation_callback": reply} if person.can_be_asked else {}
    mode: Any = way.era
    async with connection(way) as opened, Client(opened, mode=mode, **elicits) as client:

        async def act(verb: str, *given: Any) -> dict[str, Any]:
            answer = await ask(client, mcp_types, verb, *given)
            return answer.model_dump(mode="json", by_alias=True, exclude_none=True)

        answers = await perform(steps, act)
        server = client.server_info.name if client.server_info else None
        return {"protocol": client.protocol_version, "server": server, "answers": answers}


if __name__ == "__main__":
    run("mcp", play)
