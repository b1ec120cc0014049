"""Keywords: words that people text to a line to join a group; off by default."""

from pydantic import Field

from textrequest_mcp.account.account import AnyLine
from textrequest_mcp.tools.answers import Listing, OnLine, Ours, Time, Whole
from textrequest_mcp.tools.declare import Toolset
from textrequest_mcp.tools.parameters import PageNumber, PageSize
from textrequest_mcp.upstream.page import DEFAULT_SIZE

keywords = Toolset("keywords")


class Keyword(OnLine):
    """A word, and who joined with it."""

    id: Whole = None
    keyword_value: Ours = None
    subscribers_count: Whole = None
    group_id: Whole = Field(default=None, description="The group of its members")
    response: Ours = Field(default=None, description="What who texts it is answered")
    date_created: Time = None


class Keywords(Listing):
    """A line's keywords."""

    items: list[Keyword] = Field(default_factory=list[Keyword])


@keywords.reads(title="List keywords", action="")
async def list_keywords(line: AnyLine, page: PageNumber = 0, page_size: PageSize = DEFAULT_SIZE) -> Keywords:
    """List the keywords that people can text to join a group, with how many did. To text them all use text_many."""
    answer = await line.get("keywords", query={"page": page, "page_size": page_size})
    return Keywords.of(answer, page=page, page_size=page_size)
