"""Plays a story against a server with the MCP SDK 1.x, and prints what this client made of every answer.

Called as `mcp1_client.py stdio|http|sse COMMAND-OR-URL legacy HEADERS`, with the story on stdin; the headers, as JSON,
go with each request over HTTP.
"""

import json
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

import anyio
from mcp import ClientSession, StdioServerParameters
from mcp.client.sse import sse_client
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.types import ElicitResult, PromptReference, ResourceTemplateReference
from pydantic import AnyUrl


@asynccontextmanager
async def connection(transport: str, where: str, headers: dict[str, str]) -> AsyncGenerator[Any]:
    async with create_mcp_http_client(headers=headers) as http:
        if transport == "stdio":
            command, *arguments = json.loads(where)
            way = stdio_client(StdioServerParameters(command=command, args=arguments))
        elif transport == "sse":
            way = sse_client(where, headers=headers)
        else:
            way = streamable_http_client(where, http_client=http)
        async with way as streams:
            yield streams[0], streams[1]


async def play(
    transport: str, where: str, headers: dict[str, str], replies: Any, steps: dict[str, Any]
) -> dict[str, Any]:
    questions: list[str] = []

    async def reply(context: Any, params: Any) -> Any:
        questions.append(params.message)
        return ElicitResult(**replies.pop(0))

    elicits: dict[str, Any] = {} if replies is None else {"elicitation_callback": reply}
    async with connection(transport, where, headers) as (read, write), ClientSession(read, write, **elicits) as session:
        hello: Any = await session.initialize()
        answers: dict[str, Any] = {}
        token = ""
        for name, (verb, *given) in steps.items():
            given = json.loads(json.dumps(given).replace("$confirmation", token))  # noqa: PLW2901
            try:
                answer = await act(session, verb, *given)
            except Exception as error:  # noqa: BLE001 - what this client rejects is an outcome to report
                answers[name] = {"rejected": f"{type(error).__name__}: {error}"}
                continue
            answers[name] = answer.model_dump(mode="json", by_alias=True, exclude_none=True)
            content: dict[str, Any] = answers[name].get("structuredContent") or {}
            token = content.get("confirmation", token)
        return {
            "protocol": hello.protocolVersion,
            "server": hello.serverInfo.name,
            "answers": answers,
            "questions": questions,
        }


async def act(session: Any, verb: str, *given: Any) -> Any:
    match verb:
        case "tools":
            return await session.list_tools()
        case "call":
            return await session.call_tool(*given)
        case "resources":
            return await session.list_resources()
        case "templates":
            return await session.list_resource_templates()
        case "read":
            return await session.read_resource(AnyUrl(given[0]))
        case "complete":
            return await session.complete(ResourceTemplateReference(type="ref/resource", uri=given[0]), given[1])
        case "complete_prompt":
            return await session.complete(PromptReference(type="ref/prompt", name=given[0]), given[1])
        case "prompts":
            return await session.list_prompts()
        case "prompt":
            return await session.get_prompt(*given)
        case _:
            raise ValueError(verb)


async def main(transport: str, where: str, _era: str, headers: str) -> None:
    sessions = [await play(transport, where, json.loads(headers), **story) for story in json.load(sys.stdin)]
    print(json.dumps({"client": f"mcp {version('mcp')}", "sessions": sessions}))


if __name__ == "__main__":
    anyio.run(main, sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4])
