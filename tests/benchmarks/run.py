"""Measures what our server costs beside a bare one, and what its answers cost a model; fails where a target is missed.

Times and memory are ratios, ours to bare, taken pair by pair in turn: the speed of a machine drifts, and a pair drifts
together.
"""

import json
import sys
import time
from dataclasses import dataclass
from statistics import median
from typing import Any

from arrivals import arrivals
from figures import Row, table
from ledger_sizes import ledger_sizes
from load import load
from sends import sends
from stage import CONTACTS, LINE, Stage, open_stage
from stdio_server import StdioServer
from tokens import count_tokens

_STARTS = 11
_RUNS = 5
_CALLS = 200
_WARM_UP_CALLS = 20
_PAGE = 50
_LARGEST_PAGE = 1000
_MILLI = 1000
_MIB = 2**20


def main() -> int:
    """The exit status: 1 if a median misses its target."""
    began = time.perf_counter()
    count_tokens("")  # a missing vocabulary is told before a minute of work, not after
    with open_stage() as stage:
        rows = [*starts(stage), calls(stage), *a_page(stage), all_contacts(stage), *sends(), *arrivals(stage)]
        rows += load(stage)
    rows += ledger_sizes()
    sys.stdout.write(table(rows) + f"\n{time.perf_counter() - began:.0f} seconds in all\n")
    return int(any(row.missed for row in rows))


def starts(stage: Stage) -> list[Row]:
    """Start to the first list of tools, memory after one call, and what the list costs a model."""
    number = stage.phone_numbers(1)[0]
    for server in (stage.ours(), stage.bare()):  # so that bytecode and state are there, as on any day but the first
        _life(server, number)
    pairs = [(_life(stage.ours(), number), _life(stage.bare(), number)) for _ in range(_STARTS)]
    ours, bare = zip(*pairs, strict=True)
    shown = [[_seen_by_a_model(tool) for tool in life.tools] for life in ours]
    return [
        Row(
            what="start to first tools/list, ours / bare",
            runs=[mine.seconds / other.seconds for mine, other in pairs],
            target=1.25,
            aside=_medians([life.seconds * _MILLI for life in ours], [life.seconds * _MILLI for life in bare], "ms"),
        ),
        Row(
            what="processor time of that start, ours / bare",
            runs=[mine.worked / other.worked for mine, other in pairs],
            aside=_medians([life.worked * _MILLI for life in ours], [life.worked * _MILLI for life in bare], "ms"),
        ),
        Row(
            what="memory after a list and a call, ours / bare",
            runs=[mine.resident / other.resident for mine, other in pairs],
            target=1.25,
            aside=_medians([life.resident / _MIB for life in ours], [life.resident / _MIB for life in bare], "MiB"),
        ),
        Row(
            what="bytes of tools/list as a host gets it",
            runs=[len(json.dumps(life.tools, ensure_ascii=False, separators=(",", ":")).encode()) for life in ours],
            target=55_500,
        ),
        Row(
            what="tokens of tools/list as a model sees it",
            runs=[count_tokens(tools) for tools in shown],
            target=5200,
            aside=f"{len(shown[0])} tools",
        ),
        _everyday(stage),
    ]


def _everyday(stage: Stage) -> Row:
    """What the preset of few tools costs a model."""
    with stage.ours(TEXTREQUEST_TOOLSETS="everyday") as server:
        shown = [_seen_by_a_model(tool) for tool in server.list_tools_first()[1]]
    what, tokens = "tokens of tools/list with --toolsets everyday", count_tokens(shown)
    return Row(what=what, runs=[tokens], target=2400, aside=f"{len(shown)} tools")


def calls(stage: Stage) -> Row:
    """One contact, over and over, from both servers in turn."""
    numbers = stage.phone_numbers(_WARM_UP_CALLS + _CALLS)
    runs = [_calls_in_turn(stage, f"calls-{run}", numbers) for run in range(_RUNS)]
    return Row(
        what=f"get_contact, median of {_CALLS} calls, ours / bare",
        runs=[ours / bare for ours, bare in runs],
        target=1.3,
        aside=_medians([ours * _MILLI for ours, _ in runs], [bare * _MILLI for _, bare in runs], "ms"),
    )


def a_page(stage: Stage) -> list[Row]:
    """What a page of contacts costs a model, beside what the service sends; another page for each run."""
    texts: list[float] = []
    structured: list[float] = []
    with stage.ours() as server:
        server.list_tools_first()
        for page in range(_RUNS):
            raw = count_tokens(stage.read("contacts", page=page, page_size=_PAGE))
            result = _page_of_contacts(server, page, _PAGE)
            texts.append(count_tokens(result["content"][0]["text"]) / raw)
            structured.append(count_tokens(result["structuredContent"]) / raw)
    return [
        Row(what=f"tokens of {_PAGE} contacts, text / upstream's JSON", runs=texts, target=0.12),
        Row(what=f"tokens of {_PAGE} contacts, structured / upstream's JSON", runs=structured, target=0.4),
    ]


def all_contacts(stage: Stage) -> Row:
    """How many calls to the service it takes to read every contact of a large line."""
    with stage.ours() as server:
        server.list_tools_first()
        runs = [_calls_to_read_all(stage, server) for _ in range(_RUNS)]
    least = -(-CONTACTS // _LARGEST_PAGE)
    return Row(what=f"upstream calls to read {CONTACTS:,} contacts", runs=runs, target=least, exactly=True)


@dataclass(frozen=True)
class _Life:
    """A server from its start to one call.

    Attributes:
        seconds: from the start to the first list of tools.
        worked: seconds of processor time until then.
        tools: that list.
        resident: bytes in memory after the call.
    """

    seconds: float
    worked: float
    tools: list[dict[str, Any]]
    resident: int


def _life(server: StdioServer, number: str) -> _Life:
    with server:
        seconds, tools = server.list_tools_first()
        worked = server.processor_seconds()
        server.call("get_contact", dashboard_id=LINE, phone_number=number)
        return _Life(seconds, worked, tools, server.resident_bytes())


def _calls_in_turn(stage: Stage, state: str, numbers: list[str]) -> tuple[float, float]:
    """Median seconds of a call, ours and bare; ours under fresh state, as its limiter remembers a minute of calls."""
    with stage.ours(state) as ours, stage.bare() as bare:
        servers = (ours, bare)
        for server in servers:
            server.list_tools_first()
        taken = [
            [server.call("get_contact", dashboard_id=LINE, phone_number=number)[0] for server in servers]
            for number in numbers
        ]
    by_ours, by_bare = zip(*taken[_WARM_UP_CALLS:], strict=True)
    return median(by_ours), median(by_bare)


def _calls_to_read_all(stage: Stage, server: StdioServer) -> int:
    before = stage.requests()
    seen: set[str] = set()
    page: int | None = 0
    while page is not None:
        answer = _page_of_contacts(server, page, _LARGEST_PAGE)["structuredContent"]
        seen |= {contact["phone_number"] for contact in answer["items"]}
        page = answer.get("next_page")
    if len(seen) != CONTACTS:
        raise RuntimeError(f"Following next_page gave {len(seen)} of {CONTACTS} contacts.")
    return stage.requests() - before


def _page_of_contacts(server: StdioServer, page: int, size: int) -> dict[str, Any]:
    return server.call("list_contacts", dashboard_id=LINE, page=page, page_size=size)[1]


def _seen_by_a_model(tool: dict[str, Any]) -> dict[str, Any]:
    return {name: tool[name] for name in ("name", "description", "inputSchema")}


def _medians(ours: list[float], bare: list[float], unit: str) -> str:
    return f"{median(ours):.1f} / {median(bare):.1f} {unit}"


if __name__ == "__main__":
    sys.exit(main())
