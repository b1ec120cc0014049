"""Writes an answer as the result that a host gets."""

from collections.abc import Callable, Mapping
from typing import Any

from mcp_types import CallToolResult, ContentBlock, ResourceLink, TextContent

from textrequest_mcp.guard.once.carry_out import AtMostOnce
from textrequest_mcp.guard.once.send_answer import SendAnswer
from textrequest_mcp.tools.answers import Answer
from textrequest_mcp.tools.declare import ToolSpec
from textrequest_mcp.tools.result_text import write_structured, write_text

Local = Callable[[Mapping[str, Any]], Mapping[str, Any]]


def as_result(told: SendAnswer, link: ResourceLink | None, news: str | None, local: Local) -> CallToolResult:
    """The text part, the structured part, what a person has to be told beside it, and a link to what it is about.

    `local` gives an answer as the text part has it, with times as people say them.
    """
    answer, structured = told.answer, told.said
    if told.failed:  # an error is a plain sentence
        written = told.said["message"]
    elif isinstance(answer, Answer):
        said = {name: structured[name] for name in answer.first if name in structured} | structured
        columns = [name.removesuffix("_utc") for name in answer.columns]
        in_text = {name: value for name, value in said.items() if name not in answer.aside}
        written = write_text(local(in_text), columns, answer.longest_cell, answer.theirs)
        structured = write_structured(said, answer.brief, answer.theirs)
    else:
        written = write_text(local(told.said))
    content: list[ContentBlock] = [TextContent(type="text", text=written)]
    if news is not None:
        content.append(TextContent(type="text", text=news))
    if link is not None and answer is not None:
        content.append(link)
    return CallToolResult(content=content, structured_content=structured, is_error=told.failed)


def news_of(once: AtMostOnce) -> str | None:
    """What a person has to be told beside an answer: of a lost record, of scheduled texts that did not go out."""
    later = once.later.tell() if once.later is not None else None
    return " ".join(filter(None, [once.ledger.lost_record.news(), later])) or None


def link_of(spec: ToolSpec, given: Mapping[str, Any]) -> ResourceLink | None:
    """The resource that a tool's answer is about, where it declares one and the settings want links."""
    line = given.get("line")
    if spec.link is None or line is None or line.id is None or not line.account.resource_links:
        return None
    path = f"dashboards/{line.id}/{spec.link.format_map(given)}".rstrip("/")
    return ResourceLink(type="resource_link", name=path, uri=f"textrequest://{path}", mime_type="application/json")
