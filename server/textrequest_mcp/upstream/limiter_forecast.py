"""Tells when each waiting call can start, from the rows of the limiter's table."""

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence

from textrequest_mcp.upstream.limiter_rows import Row


def forecast(rows: Sequence[Row], now: float, *, calls: int, per_seconds: float) -> Callable[[int], float]:
    """Answers a function from a call's `rank`, the number of calls ahead of it, to its earliest start.

    `rows` are those of one key; times are in seconds of the limiter's clock. At most `calls` run in `per_seconds`.
    """
    # A call on its way could end now, and then counts for one window more.
    ends = sorted(
        now + per_seconds if row.state == "inside" else row.ends for row in rows if row.state in ("inside", "spent")
    )
    ends = ends[-calls:]
    idle = calls - len(ends)  # slots that are free now
    paused = paused_until(rows)

    def start_of(rank: int) -> float:
        rounds, place = divmod(rank, calls)
        free_at = -math.inf if place < idle else ends[place - idle]
        start = max(free_at, paused)
        return start if rounds == 0 else max(start, now) + rounds * per_seconds

    return start_of


def paused_until(rows: Sequence[Row]) -> float:
    """The end of the pause that the service asked for."""
    return max((row.ends for row in rows if row.state == "pause"), default=-math.inf)


def rank(queue: list[int], ticket: int | None) -> int:
    """How many waiting calls are ahead of a call; a new call, which has no ticket yet, comes last."""
    return len(queue) if ticket is None else bisect_left(queue, ticket)
