"""What every driver in Python shares, with nothing but the standard library: the steps of a story, the way in and out.

A driver is called as `NAME_client.py stdio|http|sse COMMAND-OR-URL legacy|auto HEADERS`, with the story on stdin. The
headers, as JSON, go with each request over HTTP. What the client made of every answer is printed as JSON.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from typing import Any, NamedTuple

# The verbs of a story, and the methods of the SDK's client, which FastMCP's has too.
_METHODS = {
    "tools": "list_tools",
    "call": "call_tool",
    "resources": "list_resources",
    "templates": "list_resource_templates",
    "read": "read_resource",
    "prompts": "list_prompts",
    "prompt": "get_prompt",
}


class Way(NamedTuple):
    """How a session reaches the server.

    Attributes:
        where: the server's command, as JSON, or its address.
        era: `auto` takes the newest protocol that both sides speak.
    """

    transport: str
    where: str
    era: str
    headers: dict[str, str]


class Person:
    """Answers a session's questions with the story's replies, one after another; with None, nobody can be asked."""

    def __init__(self, replies: list[dict[str, Any]] | None) -> None:
        self.questions: list[str] = []
        self.can_be_asked = replies is not None
        self._replies = replies or []

    def reply(self, question: str) -> dict[str, Any]:
        self.questions.append(question)
        return self._replies.pop(0)


Act = Callable[..., Awaitable[dict[str, Any]]]
Play = Callable[[Way, Person, dict[str, Any]], Awaitable[dict[str, Any]]]


async def perform(steps: dict[str, Any], act: Act) -> dict[str, Any]:
    """What came of each step; `$confirmation` in a step stands for the newest token that an answer gave."""
    answers: dict[str, Any] = {}
    token = ""
    for name, (verb, *raw) in steps.items():
        given = json.loads(json.dumps(raw).replace("$confirmation", token))
        try:
            answers[name] = await act(verb, *given)
        except Exception as error:  # noqa: BLE001 - what this client rejects is an outcome to report
            answers[name] = {"rejected": f"{type(error).__name__}: {error}"}
        content: dict[str, Any] = answers[name].get("structuredContent") or {}
        token = content.get("confirmation", token)
    return answers


async def ask(client: Any, references: Any, verb: str, *given: Any) -> Any:
    """The answer of a client whose methods are the SDK's, as the client gives it.

    Args:
        references: the module with the SDK's types.
    """
    match verb:
        case "complete":
            reference = references.ResourceTemplateReference(type="ref/resource", uri=given[0])
            return await client.complete(reference, given[1])
        case "complete_prompt":
            reference = references.PromptReference(type="ref/prompt", name=given[0])
            return await client.complete(reference, given[1])
        case _:
            return await getattr(client, _METHODS[verb])(*given)


def run(package: str, play: Play) -> None:
    """Play the story's sessions, each with a connection of its own, and print what came of them."""
    transport, where, era, headers = sys.argv[1:5]
    way = Way(transport, where, era, json.loads(headers))

    async def everything() -> list[dict[str, Any]]:
        sessions: list[dict[str, Any]] = []
        for story in json.load(sys.stdin):
            person = Person(story["replies"])
            sessions.append(await play(way, person, story["steps"]) | {"questions": person.questions})
        return sessions

    print(json.dumps({"client": f"{package} {version(package)}", "sessions": asyncio.run(everything())}))
