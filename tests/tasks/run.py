"""Tells the stories to whole servers, each with a pretend account of its own, and counts calls, tokens and questions.

`make tasks` runs it. The tokens are those of the calls' arguments and of the answers' texts. A story of the connector's
actions alone goes to the same server, whose answers are as brief as in the others; only the tools differ.
"""

import importlib
import json
import logging
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
from tests.desk import Desk, agrees, open_desk, text_of
from tests.tasks.stories import STORIES, Results, Story
from tests.unruled import RULED

from textrequest_mcp.settings.toolsets import BY_DEFAULT, NOT_BY_DEFAULT

Counter = Callable[[Any], int]


@dataclass
class Count:
    """What a telling of a story cost, and whether its wish came true."""

    calls: int = 0
    tokens: int = 0
    questions: int = 0
    upstream: int = 0
    is_true: bool = False

    def __add__(self, other: "Count") -> "Count":
        return Count(
            self.calls + other.calls,
            self.tokens + other.tokens,
            self.questions + other.questions,
            self.upstream + other.upstream,
        )


async def tell(story: Story, steps: Sequence[Any], count: Counter) -> Count:
    """Make the calls, and look what became of the wish."""
    with tempfile.TemporaryDirectory() as folder:
        async with open_desk(**RULED | _settings(story, Path(folder))) as desk:
            return await _tell(story, steps, desk, count)


async def _tell(story: Story, steps: Sequence[Any], desk: Desk, count: Counter) -> Count:
    person, told, results, cost = agrees(), list(steps), Results(), Count()
    async with desk.host(person) as host:
        while told:
            step = told.pop(0)
            if callable(step):
                more: list[Any] = step(results)  # pyright: ignore[reportAssignmentType] - what is called is `More`
                told = [*more, *told]
                continue
            name, given = step
            answer = await host.call_tool(name, given)
            results.append(answer.structured_content or {})
            cost.calls += 1
            cost.tokens += count(json.dumps({"name": name, "arguments": given})) + count(text_of(answer))
    cost.questions, cost.upstream = len(person.questions), desk.sandbox.requests
    with suppress(KeyError, IndexError, TypeError):
        cost.is_true = story.truth(desk, results)
    return cost


def _settings(story: Story, folder: Path) -> dict[str, Any]:
    settings: dict[str, Any] = {"toolsets": (*BY_DEFAULT, *NOT_BY_DEFAULT)} if "setup" in story.settings else {}
    if "templates" in story.settings:
        settings["templates"] = folder / "replies.txt"
        settings["templates"].write_text(story.settings["templates"], "utf-8")
    return settings


async def main() -> int:
    """The exit status: 1 if a wish did not come true with our tools."""
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
    count: Counter = importlib.import_module("tokens").count_tokens
    ours, alone, can = Count(), Count(), 0
    failed: list[str] = []
    row = "{:<72}{:>6}{:>8}{:>6}   {:>6}{:>8}{:>6}\n"
    sys.stdout.write(row.format("", "calls", "tokens", "asked", "calls", "tokens", "asked"))
    for story in STORIES:
        mine = await tell(story, story.ours, count)
        other = await tell(story, story.without, count) if story.without is not None else None
        failed += [] if mine.is_true else [story.wish]
        ours += mine
        can += other is not None and other.is_true
        alone += other or Count()
        cells = (other.calls, other.tokens, other.questions) if other is not None else ("-", "-", "-")
        sys.stdout.write(row.format(story.wish[:70], mine.calls, mine.tokens, mine.questions, *cells))
    totals = (ours.calls, ours.tokens, ours.questions, alone.calls, alone.tokens, alone.questions)
    sys.stdout.write(row.format(f"all {len(STORIES)}", *totals))
    sys.stdout.write(
        f"came true: {len(STORIES) - len(failed)} of {len(STORIES)} with all tools, {can} with the connector's actions "
        f"alone; calls to the service: {ours.upstream} against {alone.upstream}\n"
    )
    for wish in failed:
        sys.stdout.write(f"did not come true: {wish}\n")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(anyio.run(main))
