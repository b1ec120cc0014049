"""Shows in a line's contacts who asked for no more texts here, such as by voice: the service knows of STOP alone."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

from textrequest_mcp.account.contact import Contact
from textrequest_mcp.account.line import TextingLine
from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.guard.rules.consent import Stops


async def show_stops(line: TextingLine, rows: Sequence[Contact]) -> None:
    """Give each row of somebody who asked for no more texts the time of that."""
    stops = await stops_of(line)
    if stops is None:
        return
    for row in rows:
        if row.opted_out_utc is None and row.phone_number and (at := stops.at(row.phone_number)) is not None:
            row.opted_out_utc = datetime.fromtimestamp(at, UTC)


async def stops_of(line: TextingLine) -> Stops | None:
    """Who asked for no more texts, as this server recorded; None where nobody did, or where nothing can be read."""
    if line.account.policy.rules.consent:
        with suppress(StoreError):
            stops = await line.account.policy.consent.stops(line.id)
            return stops if stops.any_at_all else None
    return None
