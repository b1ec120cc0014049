"""Keeps the wishes for no more texts that the event log hears."""

from __future__ import annotations

from collections.abc import Callable

from textrequest_mcp.ground.connection import Connection
from textrequest_mcp.guard.rules.consent import note
from textrequest_mcp.guard.rules.optout import read_wish
from textrequest_mcp.live.events import TextEvent


def hears(account: str | None, now: Callable[[], float]) -> Callable[[Connection, bytes, TextEvent], None]:
    """Gives what the event log calls with each text: it keeps the wishes for no more texts.

    Args:
        account: whose wishes are kept; None where they are not.
        now: seconds since 1970, for texts without a time.
    """

    def witness(connection: Connection, secret: bytes, event: TextEvent) -> None:
        wish = read_wish(event.body or "") if account is not None and event.direction == "R" else None
        if account is not None and wish is not None and (event.at is not None or wish != "start"):
            at = event.at if event.at is not None else now()  # a text without a time allows nothing
            note(connection, secret, account, event.dashboard_id, event.phone_number, wish, at)

    return witness
