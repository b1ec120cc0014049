"""One look through a line's list of texts: decides which page comes next, and up to where the line is read.

It talks to nobody: `poll` asks the service and hands each page in.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

from textrequest_mcp.live.events import TextEvent
from textrequest_mcp.upstream.page import Page

# How far a text may stand from where its time would put it: a row at the end of a page may be newer than the next ones.
_DISORDER_SECONDS = 10


class Look:
    """The place in the list where a look stands.

    A full page leads to a new list, which starts at the time of the page's last text: page numbers shift while texts
    come and go. The next page number is used only where a new start leads no further: a thousand texts have nearly the
    same time, or the service does not list the oldest first.

    Args:
        read_to: up to where earlier looks read the line, in seconds since 1970.
        back: a list may show a text later than a newer one, so the look begins so many seconds before that.

    Attributes:
        start: the list to ask for starts at this second.
        page: the number of the page to ask for.
        read_to: up to where the line is read now.
        is_over: whether the list has no further page.
    """

    def __init__(self, read_to: float, back: float) -> None:
        self.read_to = read_to
        self.is_over = False
        self._in_order = True
        self._last_ids: list[str] = []
        self._start_at(math.floor(read_to - back))

    def take(self, page: Page, events: Sequence[TextEvent], asked_at: float) -> None:
        """Take in the page that was asked for, and move on to the next one.

        Args:
            page: the rows as the service gave them.
            events: the texts in these rows, in the same order.
            asked_at: the time of the request, in seconds since 1970. Texts of later times may still be missing.
        """
        times = [event.at or 0.0 for event in events]
        self._in_order = self._in_order and _is_in_order(events, self._newest)
        self._newest = max([self._newest, *times])
        self._rows += len(page.items)
        is_last = self._is_last(page)
        if is_last or self._in_order:
            self.read_to = max(self.read_to, min(self._newest, asked_at))
        ids = [event.message_id for event in events]
        # A service that gives the same page again and again has no more.
        self.is_over = is_last or (self.page > 0 and ids == self._last_ids)
        self._last_ids = ids
        further = math.ceil(self._newest) - _DISORDER_SECONDS
        if self._in_order and further > max([self.start, *times[:1]]):
            self._start_at(further)
        else:
            self.page += 1

    def _start_at(self, start: int) -> None:
        self.start, self.page = start, 0
        self._rows = 0  # in all pages since this start
        self._newest = start - 1.0

    def _is_last(self, page: Page) -> bool:
        if not page.items:
            return True
        return len(page.items) < page.page_size and (page.total_items is None or self._rows >= page.total_items)


def _is_in_order(events: Sequence[TextEvent], newest: float) -> bool:
    """Whether the service obeyed the start date and lists the oldest text first.

    `newest` is the time of the last text of the page before, or a second before the start date.
    """
    times = [event.at for event in events]
    known = [at for at in times if at is not None]
    return len(known) == len(times) and all(a <= b for a, b in pairwise([newest, *known]))
