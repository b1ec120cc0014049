"""Plays a story against a server with the MCP SDK 2.x, in either protocol era; as mcp1_client.py does with 1.x.

Called as `mcp2_client.py stdio|http|sse COMMAND-OR-URL legacy|auto HEADERS`, with the story on stdin.
"""

import json
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

import anyio
import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import ElicitResult, PromptReference, ResourceTemplateReference


@asynccontextmanager
async def connection(transport: str, where: str, headers: dict[str, str]) -> AsyncGenerator[Any]:
    if transport == "stdio":
        command, *arguments = json.loads(where)
        yield StdioServerParameters(command=command, args=arguments)
    elif transport == "sse":
        yield sse_client(where, headers=headers)
    elif headers:
        async with httpx2.AsyncClient(headers=headers) as http:
            yield streamable_http_client(where, http_client=http)
    else:
        yield where


async def play(
    transport: str, where: str, era: str, headers: dict[str, str], replies: Any, steps: dict[str, Any]
) -> dict[str, Any]:
    questions: list[str] = []

    async def reply(context: Any, params: Any) -> Any:
        questions.append(params.message)
        return ElicitResult(**replies.pop(0))

    elicits: dict[str, Any] = {} if replies is None else {"elicitation_callback": reply}
    async with (
        connection(transport, where, headers) as way,
        Client(way, mode=era, **elicits) as client,
    ):
        answers: dict[str, Any] = {}
        token = ""
        for name, (verb, *given) in steps.items():
            given = json.loads(json.dumps(given).replace("$confirmation", token))  # noqa: PLW2901
            try:
                answer = await act(client, verb, *given)
            except Exception as error:  # noqa: BLE001 - what this client rejects is an outcome to report
                answers[name] = {"rejected": f"{type(error).__name__}: {error}"}
                continue
            answers[name] = answer.model_dump(mode="json", by_alias=True, exclude_none=True)
            content: dict[str, Any] = answers[name].get("structuredContent") or {}
            token = content.get("confirmation", token)
        return {
            "protocol": client.protocol_version,
            "server": client.server_info.name if client.server_info else None,
            "answers": answers,
            "questions": questions,
        }


async def act(client: Any, verb: str, *given: Any) -> Any:
    match verb:
        case "tools":
            return await client.list_tools()
        case "call":
            return await client.call_tool(*given)
        case "resources":
            return await client.list_resources()
        case "templates":
            return await client.list_resource_templates()
        case "read":
            return await client.read_resource(given[0])
        case "complete":
            return await client.complete(ResourceTemplateReference(type="ref/resource", uri=given[0]), given[1])
        case "complete_prompt":
            return await client.complete(PromptReference(type="ref/prompt", name=given[0]), given[1])
        case "prompts":
            return await client.list_prompts()
        case "prompt":
            return await client.get_prompt(*given)
        case _:
            raise ValueError(verb)


async def main(transport: str, where: str, era: str, headers: str) -> None:
    sessions = [await play(transport, where, era, json.loads(headers), **story) for story in json.load(sys.stdin)]
    print(json.dumps({"client": f"mcp {version('mcp')}", "sessions": sessions}))


if __name__ == "__main__":
    anyio.run(main, sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4])
