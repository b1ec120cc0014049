"""Plays a story against a server with FastMCP's client, in either protocol era; as mcp1_client.py does with the SDK.

Called as `fastmcp_client.py stdio|http|sse COMMAND-OR-URL legacy|auto HEADERS`, with the story on stdin.
"""

# The checker sees the project's own environment, which has no fastmcp.
# pyright: basic, reportMissingImports=false

import json
import sys
from importlib.metadata import version
from typing import Any

import anyio
from fastmcp import Client
from fastmcp.client.elicitation import ElicitResult
from fastmcp.client.transports import SSETransport, StdioTransport, StreamableHttpTransport
from mcp_types import PromptReference, ResourceTemplateReference
from pydantic_core import to_jsonable_python


def connection(transport: str, where: str, headers: dict[str, str]) -> Any:
    if transport == "stdio":
        command, *arguments = json.loads(where)
        return StdioTransport(command, arguments, keep_alive=False)
    kind = SSETransport if transport == "sse" else StreamableHttpTransport
    return kind(where, headers=headers)


async def play(
    transport: str, where: str, era: str, headers: dict[str, str], replies: Any, steps: dict[str, Any]
) -> dict[str, Any]:
    questions: list[str] = []

    async def reply(message: str, *_: Any) -> Any:
        questions.append(message)
        return ElicitResult(**replies.pop(0))

    elicits: dict[str, Any] = {} if replies is None else {"elicitation_handler": reply}
    async with Client(connection(transport, where, headers), mode=era, **elicits) as client:
        answers: dict[str, Any] = {}
        token = ""
        for name, (verb, *given) in steps.items():
            given = json.loads(json.dumps(given).replace("$confirmation", token))  # noqa: PLW2901
            try:
                answers[name] = await act(client, verb, *given)
            except Exception as error:  # noqa: BLE001 - what this client rejects is an outcome to report
                answers[name] = {"rejected": f"{type(error).__name__}: {error}"}
            content: dict[str, Any] = answers[name].get("structuredContent") or {}
            token = content.get("confirmation", token)
        return {
            "protocol": client.protocol_version,
            "server": client.server_info.name if client.server_info else None,
            "answers": answers,
            "questions": questions,
        }


async def act(client: Any, verb: str, *given: Any) -> Any:
    """The answer under the protocol's own names, after FastMCP has read it its own way."""
    match verb:
        case "tools":
            return {"tools": _plain(await client.list_tools())}
        case "call":
            answer = await client.call_tool(*given, raise_on_error=False)
            said = {"content": _plain(answer.content), "structuredContent": answer.structured_content}
            return said | {"isError": answer.is_error, "parsed": answer.data is not None}
        case "resources":
            return {"resources": _plain(await client.list_resources())}
        case "templates":
            return {"resourceTemplates": _plain(await client.list_resource_templates())}
        case "read":
            return {"contents": _plain(await client.read_resource(given[0]))}
        case "complete":
            reference = ResourceTemplateReference(type="ref/resource", uri=given[0])
            return {"completion": _plain(await client.complete(reference, given[1]))}
        case "complete_prompt":
            reference = PromptReference(type="ref/prompt", name=given[0])
            return {"completion": _plain(await client.complete(reference, given[1]))}
        case "prompts":
            return {"prompts": _plain(await client.list_prompts())}
        case "prompt":
            return _plain(await client.get_prompt(*given))
        case _:
            raise ValueError(verb)


def _plain(value: object) -> Any:
    return to_jsonable_python(value, by_alias=True, exclude_none=True)


async def main(transport: str, where: str, era: str, headers: str) -> None:
    sessions = [await play(transport, where, era, json.loads(headers), **story) for story in json.load(sys.stdin)]
    print(json.dumps({"client": f"fastmcp {version('fastmcp')}", "sessions": sessions}))


if __name__ == "__main__":
    anyio.run(main, sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4])
