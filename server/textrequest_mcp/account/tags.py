"""Tags: coloured labels that a line puts on contacts."""

from pydantic import Field

from textrequest_mcp.account.account import AnyLine
from textrequest_mcp.tools.answers import Code, Listing, OnLine, TheirName
from textrequest_mcp.tools.declare import Toolset
from textrequest_mcp.tools.parameters import PageNumber, PageSize
from textrequest_mcp.upstream.page import DEFAULT_SIZE

tags = Toolset("tags")


class Tag(OnLine):
    """A label."""

    id: Code = None
    tag: TheirName = None
    tag_color: Code = None


class Tags(Listing):
    """A line's tags."""

    items: list[Tag] = Field(default_factory=list[Tag])


@tags.reads(title="List tags", action="GetTags")
async def list_tags(line: AnyLine, page: PageNumber = 0, page_size: PageSize = DEFAULT_SIZE) -> Tags:
    """List tags."""
    answer = await line.get("tags", query={"page": page, "page_size": page_size})
    return Tags.of(answer, page=page, page_size=page_size).if_empty("This line has no tags.")
