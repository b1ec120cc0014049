"""Reads the rows of a line's list as texts, and logs the rows that are none: each kind once, with its count."""

import logging
from collections import Counter
from collections.abc import Sequence

from textrequest_mcp.live.events import NotAnEvent, TextEvent, of_row
from textrequest_mcp.live.made_ids import Hashed, named

logger = logging.getLogger(__name__)


class Rows:
    """Reads the rows of one account's lists.

    Args:
        hashed: for the ids of texts that have none.
    """

    def __init__(self, hashed: Hashed) -> None:
        self._hashed = hashed
        self._told: Counter[tuple[int, str]] = Counter()

    def texts(self, dashboard_id: int, rows: Sequence[object]) -> list[TextEvent]:
        """The texts in these rows, in the same order.

        Each look sees the same rows again, so a kind is logged again only when there are twice as many of it.
        """
        texts: list[TextEvent] = []
        others: Counter[str] = Counter()
        for row in rows:
            try:
                texts.append(named(of_row(dashboard_id, row), self._hashed))
            except NotAnEvent as problem:
                others[str(problem)] += 1
        for problem, count in others.items():
            if count >= 2 * self._told[dashboard_id, problem]:
                self._told[dashboard_id, problem] = count
                logger.warning("line %d lists %d rows that are no texts: %s", dashboard_id, count, problem)
        return texts
