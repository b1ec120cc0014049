"""Plays a story against a server with FastMCP's client, in either protocol era; stage.py says how it is called."""

# The checker sees the project's own environment, which has no fastmcp.
# pyright: basic, reportMissingImports=false

import json
from typing import Any

import mcp_types
from fastmcp import Client
from fastmcp.client.elicitation import ElicitResult
from fastmcp.client.transports import SSETransport, StdioTransport, StreamableHttpTransport
from pydantic_core import to_jsonable_python
from stage import Person, Way, ask, perform, run

# FastMCP gives what an answer holds; these are its names in the protocol.
_HOLDS = {
    "tools": "tools",
    "resources": "resources",
    "templates": "resourceTemplates",
    "read": "contents",
    "complete": "completion",
    "complete_prompt": "completion",
    "prompts": "prompts",
}


def connection(way: Way) -> Any:
    if way.transport == "stdio":
        command, *arguments = json.loads(way.where)
        return StdioTransport(command, arguments, keep_alive=False)
    kind = SSETransport if way.transport == "sse" else StreamableHttpTransport
    return kind(way.where, headers=way.headers)


async def play(way: Way, person: Person, steps: dict[str, Any]) -> dict[str, Any]:
    async def reply(message: str, *_: Any) -> Any:
        return ElicitResult(**person.reply(message))

    elicits: dict[str, Any] = {"elicitation_handler": reply} if person.can_be_asked else {}
    async with Client(connection(way), mode=way.era, **elicits) as client:

        async def act(verb: str, *given: Any) -> dict[str, Any]:
            if verb == "call":
                answer = await client.call_tool(*given, raise_on_error=False)
                said = {"content": _plain(answer.content), "structuredContent": answer.structured_content}
                return said | {"isError": answer.is_error, "parsed": answer.data is not None}
            said = _plain(await ask(client, mcp_types, verb, *given))
            return {_HOLDS[verb]: said} if verb in _HOLDS else said

        answers = await perform(steps, act)
        server = client.server_info.name if client.server_info else None
        return {"protocol": client.protocol_version, "server": server, "answers": answers}


def _plain(value: object) -> Any:
    return to_jsonable_python(value, by_alias=True, exclude_none=True)


if __name__ == "__main__":
    run("fastmcp", play)
