"""The desk's page of today: who waits for an answer, what went out and what became of it, what is left of the caps."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape

from textrequest_mcp.account.account import Account
from textrequest_mcp.account.closings import closes
from textrequest_mcp.account.conversations import Conversation, list_conversations
from textrequest_mcp.account.counts import did_not_arrive
from textrequest_mcp.account.daily import chosen_lines
from textrequest_mcp.account.line import KnownLine, TextingLine
from textrequest_mcp.account.line_texts import LineText, read_texts
from textrequest_mcp.account.periods import read_days
from textrequest_mcp.account.zones import zone_of
from textrequest_mcp.ground.clean import clean
from textrequest_mcp.ground.quoting import one_line
from textrequest_mcp.guard.approval.page import moment
from textrequest_mcp.guard.approval.site import Room
from textrequest_mcp.guard.rules.caps import Caps
from textrequest_mcp.upstream.phone import from_wire

_REFRESH_SECONDS = 30  # two calls for each line
_MOST_WAITING = 100
_LONGEST = 200


def today_room(account: Account) -> Room:
    """The page of today."""

    async def written(_: Mapping[str, str]) -> str:
        lines = [await _line(account, line, known) for line, known in await chosen_lines(account, None)]
        return f"<h1>Today</h1>{''.join(lines)}"

    return Room(path="today", title="Today", written=written, refresh_seconds=_REFRESH_SECONDS)


async def _line(account: Account, line: TextingLine, known: KnownLine) -> str:
    now, zone = account.policy.now(), zone_of(known.zone) or UTC
    day = read_days("today", datetime.fromtimestamp(now, zone).date())
    texts = await read_texts(line, day.since(zone), day.until(zone))
    talks = await list_conversations(line, show_unresolved_only=True, page_size=_MOST_WAITING)
    caps, phone = account.at_most_once.caps, escape(from_wire(known.phone) or "")
    return (
        f'<section aria-label="{escape(known.name)}"><h2>{escape(one_line(known.name))} '
        f"<span class=soft>line {line.id}, {phone}</span></h2>"
        f"{_waiting([talk for talk in talks.items if _waits(talk)], now)}{_sent(texts.texts)}"
        f"{await _left(caps, line.id) if caps is not None else ''}</section>"
    )


def _waits(talk: Conversation) -> bool:
    last = talk.last_message
    return last is not None and last.message_direction == "R" and not closes(last.body or "")


def _waiting(talks: Sequence[Conversation], now: float) -> str:
    rows = "".join(
        f"<tr><td>{_who(talk.name, talk.phone_number)}</td><td>{_cut(talk.last_message.body)}</td>"
        f"<td class=number>{_since(talk, now)}</td></tr>"
        for talk in sorted(talks, key=_at)
        if talk.last_message is not None
    )
    return f"<h3>Waiting for an answer: {len(talks)}</h3>" + _table(("who", "wrote", "for"), rows)


def _sent(texts: Sequence[LineText]) -> str:
    ours = [text for text in texts if text.event.direction == "S"]
    failed = sum(map(did_not_arrive, ours))
    rows = "".join(
        f"<tr><td>{moment(text.at)}</td><td>{_who(text.name, text.event.phone_number)}</td>"
        f"<td>{_cut(text.event.body)}</td><td{' class=warn' if did_not_arrive(text) else ''}>{_became(text)}</td></tr>"
        for text in reversed(ours)
    )
    said = f", {failed} did not arrive" if failed else ""
    return f"<h3>Went out today: {len(ours)}{said}</h3>" + _table(("when", "to", "words", "became of it"), rows)


async def _left(caps: Caps, line: int) -> str:
    left = await caps.left(line)
    told = {
        "texts this hour": left.texts_per_hour,
        "texts today": left.texts_per_day,
        "new people today": left.new_people_per_day,
        "dollars today": left.dollars_per_day,
    }
    parts = ", ".join(f"{count} {name}" for name, count in told.items() if count is not None)
    return f"<h3>Left of the caps</h3><p>{parts or 'no cap is on'}</p>"


def _became(text: LineText) -> str:
    error = f" ({one_line(text.event.error)})" if text.event.error not in {None, "", "0"} else ""
    return escape(f"{text.event.status or 'not known yet'}{error}")


def _at(talk: Conversation) -> float:
    at = talk.last_message.message_timestamp_utc if talk.last_message is not None else None
    return at.timestamp() if at is not None else 0.0


def _since(talk: Conversation, now: float) -> str:
    minutes = max(0, round((now - _at(talk)) / 60))
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 2 * 24 * 60 else f"{minutes // (24 * 60)} days"


def _who(name: str | None, number: str | None) -> str:
    return escape(" ".join(filter(None, (one_line(name), number))))


def _cut(words: str | None) -> str:
    words = clean(words or "")
    return escape(words if len(words) <= _LONGEST else f"{words[:_LONGEST]}…")


def _table(names: Sequence[str], rows: str) -> str:
    if not rows:
        return "<p class=soft>Nobody and nothing.</p>"
    head = "".join(f"<th scope=col>{name}</th>" for name in names)
    return f'<div class=scroll tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
