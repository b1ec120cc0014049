"""All texts of a line in some days, whoever they are with; off by default, because they are many."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from textrequest_mcp.account.account import Line
from textrequest_mcp.account.message import ArrivedText, Direction
from textrequest_mcp.account.periods import read_days
from textrequest_mcp.account.zones import zone_of
from textrequest_mcp.tools.answers import Listing
from textrequest_mcp.tools.declare import Toolset
from textrequest_mcp.tools.parameters import PageNumber, PageSize, Words
from textrequest_mcp.upstream.page import DEFAULT_SIZE
from textrequest_mcp.upstream.times import show_time

line_messages = Toolset("line_messages")


class LineMessages(Listing):
    """A line's texts."""

    told_elsewhere = True
    longest_cell = 300
    theirs = ("body",)
    columns = (
        *("message_timestamp_utc", "message_direction", "phone_number", "response_by_username", "body"),
        *("delivery_status", "delivery_reason", "message_id"),
    )
    items: list[ArrivedText] = Field(default_factory=list[ArrivedText])


@line_messages.reads(title="List a line's texts", action="")
async def list_line_messages(
    line: Line,
    period: Annotated[Words, Field(description="As in count_texts; default today")] = "today",
    direction: Annotated[Direction, Field(description="Only R received or S sent")] | None = None,
    page: PageNumber = 0,
    page_size: PageSize = DEFAULT_SIZE,
) -> LineMessages:
    """List the texts of one line with everybody in some days, oldest first. To count them use count_texts."""
    zone = zone_of(await line.zone()) or UTC
    days = read_days(period, datetime.fromtimestamp(line.account.policy.now(), zone).date())
    query = {
        "start_date": show_time(days.since(zone)),
        "end_date": show_time(days.until(zone)),
        "message_direction": direction,
        "page": page,
        "page_size": page_size,
    }
    answer = await line.get("messages", query=query)
    rows = answer.get("items") if isinstance(answer, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType] - JSON
    for row in rows if isinstance(rows, list) else ():  # pyright: ignore[reportUnknownVariableType]
        if isinstance(row, dict):
            row["phone_number"] = row.get("customer_phone")  # pyright: ignore[reportUnknownMemberType]
    return LineMessages.of(answer, page=page, page_size=page_size)
