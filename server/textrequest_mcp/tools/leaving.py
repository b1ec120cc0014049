"""When the text of a call leaves, as the caller wrote it and as a person is told it."""

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any, NamedTuple

from textrequest_mcp.ground.member import current_id
from textrequest_mcp.ground.quoting import visible
from textrequest_mcp.guard.marks import Fields, Mark
from textrequest_mcp.guard.once.ledger_rows import Act
from textrequest_mcp.tools.served import Served
from textrequest_mcp.upstream.errors import BadInput
from textrequest_mcp.upstream.times import read_time

_LONGEST_SECONDS = 366 * 86_400.0


class Leaving(NamedTuple):
    """When a text is to leave that does not leave now.

    Attributes:
        at: in seconds since 1970.
        is_timed: whether the caller named that time.
        instead_of: the scheduled text, or batch, whose place it takes.
    """

    at: float
    is_timed: bool
    instead_of: str | None


async def leaving_of(account: Served, fields: Fields, given: Mapping[str, Any]) -> Leaving | None:
    """When the text of a call is to leave; None for now.

    Args:
        account: whose schedule.
        fields: the marks of the tool's arguments.
        given: the arguments, with what its line resolved to.

    Raises:
        BadInput: it cannot leave then, or texts are not scheduled here.
        StoreError: the store cannot be used.
    """
    later, now = account.at_most_once.later, account.policy.now()
    written, instead_of = fields.one(given, Mark.LEAVES), fields.one(given, Mark.INSTEAD)
    if later is None and (written or instead_of):
        raise BadInput("No texts are scheduled on this server.")
    if later is None or not fields.names[Mark.LEAVES]:
        return None
    if written is None:
        waits = later.undo_seconds or instead_of
        return Leaving(now + later.undo_seconds, is_timed=False, instead_of=instead_of) if waits else None
    await later.check()
    at = moment(written, await account.zone(given["line"].id))
    if not now < at <= now + _LONGEST_SECONDS:
        what = "in the past" if at <= now else "more than a year from now"
        raise BadInput(f"send_at is {what}.", todo="Leave it out to send now, or name another time.")
    return Leaving(at, is_timed=True, instead_of=instead_of)


def moment(written: str, zone: tzinfo | None) -> float:
    """A time as it was written, in seconds since 1970; one without an offset is by the line's clock.

    Raises:
        BadInput: the line's clock is not known, or does not show that time once.
    """
    instant = read_time(written) if written.endswith("Z") else None
    if instant is not None:
        return instant.timestamp()
    with_offset = "Add an offset, such as 2026-11-20T15:30-05:00."
    if zone is None:
        raise BadInput("send_at has no offset, and this line has no known time zone.", todo=with_offset)
    local = datetime.fromisoformat(written).replace(tzinfo=zone)
    if local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise BadInput("The line's clock skips that time on that day.", todo="Name another time.")
    if local.utcoffset() != local.replace(fold=1).utcoffset():
        raise BadInput("The line's clock shows that time twice on that day.", todo=with_offset)
    return local.timestamp()


async def in_question(account: Served, given: Mapping[str, Any], leaving: Leaving | None) -> str:
    """What a question says of a text that leaves later: when, and whose place it takes; nothing where it leaves now."""
    if leaving is None:
        return ""
    when = (
        f" It leaves {await account.at_most_once.times.told(leaving.at, given['line'].id)}." if leaving.is_timed else ""
    )
    return when + (await _replaced(account, leaving.instead_of) if leaving.instead_of else "")


async def _replaced(account: Served, send_id: str) -> str:
    """Of what is taken back the words and the time; of a colleague's nothing."""
    once = account.at_most_once
    assert once.later is not None  # noqa: S101 - `leaving_of` looked
    member = current_id()
    found = [row for row in await once.later.schedule.get(send_id) if row.member == member or not member]
    first = next((row for row in found if row.state == "WAITING" and row.content is not None), None)
    if first is None or first.content is None:
        return " It takes the place of a scheduled text."
    words = visible(str(first.content.arguments.get("body", "")))
    when = await once.times.told(first.leaves_at, first.dashboard_id)
    return f' It takes the place of "{words}", which was to leave {when}.'


async def repetition(account: Served, act: Act, leaving: Leaving | None) -> list[str]:
    """What a person is told who is asked about a repetition; nothing where there is nothing to repeat.

    Raises:
        StoreError: the store cannot be used.
    """
    once = account.at_most_once
    why = list(await once.done_before(act))
    if leaving is None:
        return why
    assert once.later is not None  # noqa: S101 - `leaving_of` looked
    there = await once.later.schedule.alike(act.fingerprint, None, repeat=False, instead_of=leaving.instead_of)
    if there is None:
        return why
    when = await once.times.told(there.leaves_at, there.dashboard_id)
    return [*why, f"The same text is scheduled for {when} already; this schedules it once more."]


async def is_scheduled(account: Served, act: Act, leaving: Leaving | None, *, repeat: bool) -> bool:
    """Whether a text that leaves later is scheduled already, where it is not meant once more or takes its place.

    Raises:
        BadInput: the caller's own name for it was used for another text.
        StoreError: the store cannot be used.
    """
    later, key = account.at_most_once.later, act.idempotency_key
    if leaving is None or later is None:
        return False
    return await later.schedule.alike(act.fingerprint, key, repeat=repeat, instead_of=leaving.instead_of) is not None
