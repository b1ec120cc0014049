"""Reads all texts of a line in a span of time, in as few calls as pages of a thousand allow."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from textrequest_mcp.account.line import TextingLine
from textrequest_mcp.account.segments import segments
from textrequest_mcp.ground.clean import LONGEST_NAME, clean
from textrequest_mcp.live.events import NotAnEvent, TextEvent, of_row
from textrequest_mcp.live.look import Look
from textrequest_mcp.live.made_ids import named
from textrequest_mcp.upstream.page import MAX_SIZE, read_page
from textrequest_mcp.upstream.times import show_time

MOST_PAGES = 20  # of one line in one call: 20,000 texts, a fifth of a minute's calls


@dataclass(frozen=True)
class LineText:
    """One text of a line.

    Attributes:
        event: the text.
        segments: as how many texts the carrier bills it, by the service's word or our estimate.
        name: what the service calls the contact; empty where it does not.
    """

    event: TextEvent
    segments: int
    name: str = ""

    @property
    def at(self) -> float:
        """Seconds since 1970 by the service's clock."""
        return self.event.at or 0.0


class LineTexts(NamedTuple):
    """The texts that were read, oldest first; `is_whole` is false where there were more than one call may read."""

    texts: list[LineText]
    is_whole: bool = True


async def read_texts(line: TextingLine, since: datetime, until: datetime) -> LineTexts:
    """The texts of a line from `since` to before `until`.

    Raises:
        TextRequestError: the line cannot be read.
    """
    look = Look(since.timestamp(), 0.0)
    found: dict[str, LineText] = {}
    for _ in range(MOST_PAGES):
        query = {
            "start_date": show_time(datetime.fromtimestamp(look.start, since.tzinfo)),
            "end_date": show_time(until),
            "page": look.page,
            "page_size": MAX_SIZE,
        }
        page = read_page(await line.get("messages", query=query), page=look.page, page_size=MAX_SIZE)
        texts = texts_of(line, page.items)
        found |= {text.event.message_id: text for text in texts}
        look.take(page, [text.event for text in texts], until.timestamp())
        if look.is_over:
            break
    inside = [text for text in found.values() if since.timestamp() <= text.at < until.timestamp()]
    return LineTexts(sorted(inside, key=lambda text: text.at), is_whole=look.is_over)


def texts_of(line: TextingLine, rows: Sequence[Any]) -> list[LineText]:
    """The texts in rows of a line's list, in the same order; rows that are none are left out."""
    texts: list[LineText] = []
    for row in rows:
        with suppress(NotAnEvent):
            event = named(of_row(line.id, row), line.account.live.log.hashed)
            billed, name = row.get("segments_count"), row.get("customer_friendly_name")
            is_count = isinstance(billed, int) and not isinstance(billed, bool)
            texts.append(
                LineText(
                    event,
                    billed if is_count else segments(event.body or ""),
                    clean(name, LONGEST_NAME) if isinstance(name, str) else "",
                )
            )
    return texts
