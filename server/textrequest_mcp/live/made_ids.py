"""Makes an id for a text to which the service gave none, the same wherever and whenever the text is read again."""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from textrequest_mcp.ground.keyed_hash import as_read
from textrequest_mcp.live.events import Direction, TextEvent

MADE = "made-here-"  # so that nobody takes it for an id of the service's

Hashed = Callable[[str], str]


def made_id(
    hashed: Hashed,
    dashboard_id: int,
    phone_number: str,
    direction: Direction,
    at: float | None,
    body: str | None,
    media: Sequence[str] = (),
) -> str:
    """The id of a text by what it is: the arguments are those of `TextEvent`.

    Args:
        hashed: a hash that nobody can compare without the account's key, because the id stands on the disk.

    Two lists write one time with more or fewer fractions of a second, so only its whole seconds count.
    """
    second = None if at is None else math.floor(at)
    said = json.dumps([dashboard_id, phone_number, direction, second, as_read(body or ""), sorted(media)])
    return MADE + hashed(said)


def named(event: TextEvent, hashed: Hashed) -> TextEvent:
    """The text with the service's id, or with one that is made here."""
    if event.message_id:
        return event
    what = (event.dashboard_id, event.phone_number, event.direction, event.at, event.body, event.media)
    return replace(event, message_id=made_id(hashed, *what))
