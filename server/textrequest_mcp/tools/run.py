"""Runs a tool's function and writes its answer; whatever fails is told with what it may have changed."""

import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult, ResourceLink, TextContent
from pydantic import BaseModel, PrivateAttr

from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.guard.outcome import unknown
from textrequest_mcp.tools.answers import Answer
from textrequest_mcp.tools.asking import account_of
from textrequest_mcp.tools.auditing import Auditing, current_auditing
from textrequest_mcp.tools.call import people_of
from textrequest_mcp.tools.declare import ToolSpec
from textrequest_mcp.tools.result_text import write_text
from textrequest_mcp.tools.telling import note_told
from textrequest_mcp.upstream.errors import TextRequestError, Uncertain

logger = logging.getLogger(__name__)


async def read(ctx: Context[Any, Any], spec: ToolSpec, given: Mapping[str, Any]) -> CallToolResult:
    """Run a function that changes nothing, write its answer, and note what it tells a model."""
    try:
        answer = await spec.function(**given)
        said = answer.model_dump(mode="json", exclude_none=True)
        result = result_of(said, answer=answer, link=link_of(spec, given))
    except (ToolError, MCPError):
        raise
    except Exception:
        logger.exception("%s crashed", spec.name)
        raise TextRequestError(f"{spec.name} failed inside this server.") from None
    await note_told(ctx, spec, given, result)
    return result


async def change(ctx: Context[Any, Any], spec: ToolSpec, given: Mapping[str, Any]) -> CallToolResult:
    """Make a change that the ledger does not keep: noted before it leaves, and recorded when it has ended."""
    auditing = current_auditing.get()
    departing = await auditing.departing()
    try:
        with departing.going_along():
            result = await _recorded(spec, given, auditing)
    finally:
        account_of(ctx).changed(people_of(spec, given))
    with suppress(StoreError):  # the change has happened, whatever is noted
        await note_told(ctx, spec, given, result)
    return result


async def _recorded(spec: ToolSpec, given: Mapping[str, Any], auditing: Auditing) -> CallToolResult:
    try:
        answer = await spec.function(**given)
        said = {"outcome": "done"} if spec.risk == "destroys" else {}
        said |= answer.model_dump(mode="json", exclude_none=True)
        result = result_of(said, answer=answer, link=link_of(spec, given))
    except Uncertain as error:
        uncertain = error
    except (ToolError, MCPError):
        raise
    except Exception:
        logger.exception("%s crashed", spec.name)
        uncertain = _crash(spec)
    else:
        await auditing.ended(said)
        return result
    await auditing.failed(uncertain)
    return _unknown(spec, uncertain)


def _unknown(spec: ToolSpec, uncertain: Uncertain) -> CallToolResult:
    """What may have happened, as an answer where repeating would do harm: an error result invites another call."""
    if spec.risk != "destroys":
        raise uncertain
    return result_of(unknown(str(uncertain)).model_dump(mode="json", exclude_none=True))


def _crash(spec: ToolSpec) -> Uncertain:
    return Uncertain(
        f"{spec.name} failed inside this server, perhaps after the call left.",
        changed="Whether it took effect is unknown.",
        todo="Do not repeat it; first look with a reading tool whether it happened.",
    )


class Result(CallToolResult):
    """An answer, and the setting of the rule that said no, which only the audit hears of apart."""

    _rule: str | None = PrivateAttr(default=None)

    @property
    def rule(self) -> str | None:
        return self._rule

    @rule.setter
    def rule(self, rule: str | None) -> None:
        self._rule = rule


def link_of(spec: ToolSpec, arguments: Mapping[str, Any]) -> ResourceLink | None:
    line = arguments.get("line")
    if spec.link is None or line is None:
        return None
    path = f"dashboards/{line.id}/{spec.link.format_map(arguments)}".rstrip("/")
    return ResourceLink(type="resource_link", name=path, uri=f"textrequest://{path}", mime_type="application/json")


def result_of(
    said: dict[str, Any],
    *,
    answer: BaseModel | None = None,
    link: ResourceLink | None = None,
    failed: bool = False,
    rule: str | None = None,
) -> CallToolResult:
    columns = answer.columns if isinstance(answer, Answer) else ()
    longest = answer.longest_cell if isinstance(answer, Answer) else None
    theirs = answer.theirs if isinstance(answer, Answer) else ()
    written = said["message"] if failed else write_text(said, columns, longest, theirs)  # an error is a plain sentence
    text = TextContent(type="text", text=written)
    result = Result(content=[text, link] if link else [text], structured_content=said, is_error=failed)
    result.rule = rule
    return result
