"""Times that a caller gives without a zone: read in the line's own, and sent as the instant that they are."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from textrequest_mcp.account.line import TextingLine
from textrequest_mcp.account.zones import zone_of
from textrequest_mcp.upstream.errors import TextRequestError
from textrequest_mcp.upstream.times import show_time

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


async def in_utc(line: TextingLine, times: Mapping[str, str | None]) -> dict[str, str | None]:
    """The times with a zone: those without one by the line's clock; as they are where nobody knows its zone."""
    if all(time is None or time.endswith("Z") for time in times.values()):
        return dict(times)
    zone = None
    with suppress(TextRequestError):  # then the service reads them by its own idea of the line's clock, as before
        zone = zone_of(await line.zone())
    return {name: _placed(time, zone) for name, time in times.items()}


def _placed(time: str | None, zone: "ZoneInfo | None") -> str | None:
    if time is None or zone is None or time.endswith("Z"):
        return time
    try:
        return show_time(datetime.fromisoformat(time).replace(tzinfo=zone).astimezone(UTC))
    except OverflowError:  # the first or last day there is
        return time
