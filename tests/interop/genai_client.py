"""Gives every tool of a server to Google's Gen AI SDK, which makes a declaration for Gemini of it, or raises an error.

stage.py says how it is called; the only verb is `tools`. Nothing is sent to Google.
"""

# The checker sees the project's own environment, which has no google-genai.
# pyright: basic, reportMissingImports=false

from typing import Any

from google.genai._mcp_utils import mcp_to_gemini_tools
from mcp import ClientSession
from mcp1_client import connection
from stage import Person, Way, perform, run


def declaration(tool: Any, *, agent_platform: bool) -> dict[str, Any]:
    [made] = mcp_to_gemini_tools([tool], is_agent_platform=agent_platform)
    return made.model_dump(mode="json", exclude_none=True)["function_declarations"][0]


async def play(way: Way, person: Person, steps: dict[str, Any]) -> dict[str, Any]:
    async with connection(way) as (read, write), ClientSession(read, write) as session:
        hello: Any = await session.initialize()

        async def act(verb: str, agent_platform: bool) -> dict[str, Any]:
            made: dict[str, Any] = {}
            for tool in (await session.list_tools()).tools:
                try:
                    made[tool.name] = declaration(tool, agent_platform=agent_platform)
                except Exception as error:  # noqa: BLE001 - what the SDK cannot take is an outcome to report
                    made[tool.name] = {"rejected": f"{type(error).__name__}: {error}"}
            return made

        answers = await perform(steps, act)
    return {"protocol": hello.protocolVersion, "server": hello.serverInfo.name, "answers": answers}


if __name__ == "__main__":
    run("google-genai", play)
