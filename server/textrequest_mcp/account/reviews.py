"""Reviews that customers left on Google, on Facebook or with Text Request; off by default."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AliasChoices, Field

from textrequest_mcp.account.account import AnyLine
from textrequest_mcp.account.periods import read_days
from textrequest_mcp.account.zones import zone_of
from textrequest_mcp.tools.answers import Code, Flag, Listing, OnLine, Ours, TheirName, Theirs, Time, Whole
from textrequest_mcp.tools.declare import Toolset
from textrequest_mcp.tools.parameters import PageNumber, PageSize, Words
from textrequest_mcp.upstream.page import DEFAULT_SIZE
from textrequest_mcp.upstream.times import show_time

reviews = Toolset("reviews")


class Review(OnLine):
    """What a customer wrote about the business."""

    id: Whole = None
    platform: Code = None
    review_date_utc: Time = None
    star_rating: Whole = None
    is_positive_recommendation: Flag = Field(default=None, description="Where there are no stars")
    reviewer_name: TheirName = None
    review_message: Theirs = None
    # The vendor spells it so.
    response_message: Ours = Field(default=None, validation_alias=AliasChoices("resopnse_message", "response_message"))
    response_utc: Time = None
    source: Code = Field(default=None, description="organic or requested")
    campaign_id: Whole = None
    campaign_name: Ours = None


class Reviews(Listing):
    """A line's reviews."""

    theirs = ("reviewer_name", "review_message")
    longest_cell = 400
    items: list[Review] = Field(default_factory=list[Review])


@reviews.reads(title="List reviews", action="")
async def list_reviews(
    line: AnyLine,
    period: Annotated[Words, Field(description="As in count_texts; default all")] | None = None,
    page: PageNumber = 0,
    page_size: PageSize = DEFAULT_SIZE,
) -> Reviews:
    """List reviews with their stars, words and answers. They can be read here, and answered only in the web app."""
    query: dict[str, str | int | bool | None] = {"page": page, "page_size": page_size}
    if period is not None:
        zone = zone_of(await line.zone()) or UTC
        days = read_days(period, datetime.fromtimestamp(line.account.policy.now(), zone).date())
        query |= {"start_date": show_time(days.since(zone)), "end_date": show_time(days.until(zone))}
    return Reviews.of(await line.get("reviews", query=query), page=page, page_size=page_size)
