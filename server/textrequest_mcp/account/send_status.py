"""The outcome of an act that reaches a person, costs money or closes something."""

from collections import Counter
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import Field

from textrequest_mcp.account.account import InAccount
from textrequest_mcp.account.failures import in_words
from textrequest_mcp.account.later import theirs
from textrequest_mcp.ground.member import current, current_id, may_use_line
from textrequest_mcp.guard.once.ledger_rows import Send
from textrequest_mcp.guard.once.scheduled_rows import ScheduledText
from textrequest_mcp.tools.answers import Answer, Code, Flag, Money, Time, Whole
from textrequest_mcp.tools.declare import Toolset
from textrequest_mcp.tools.due_texts import became
from textrequest_mcp.upstream.errors import NotFound

sends = Toolset("sends")

SendId = Annotated[str, Field(description="From the answer of the tool that acted")]
_OUTCOMES: dict[str, Literal["sent", "not_sent", "unknown"]] = {"SENT": "sent", "NOT_SENT": "not_sent"}


class SendStatus(Answer):
    """What is known of one act."""

    dashboard_id: Whole = None
    send_id: Code = None
    tool: Code = None
    outcome: Literal["sent", "not_sent", "unknown", "scheduled"] | None = Field(
        default=None, description="sent: it happened, whatever the act was"
    )
    called_at_utc: Time = None
    leaves_at_utc: Time = None
    message_id: Code = None
    payment_id: Whole = None
    id: Whole = Field(default=None, description="Of the line that was created")
    message_timestamp_utc: Time = None
    delivery_status: Code = Field(default=None, description="Accepted is not delivered")
    delivery_error: Code = None
    delivery_reason: Code = None
    segments: Whole = None
    request_date: Time = None
    amount_requested: Money = None
    is_past_due: Flag = None
    reminder_was_sent: Flag = None
    transaction_status: Code = None
    textrequest_payment_status: Code = None
    do_not_resend: Flag = None
    message: Code = None


@sends.reads(title="Get a send's status", action="")
async def get_send_status(account: InAccount, send_id: SendId) -> SendStatus:
    """Look again at what became of a text, payment request or other act, and of its delivery."""
    at_most_once = account.at_most_once
    send = await at_most_once.ledger.get(send_id)
    if send is None and (rows := await theirs(account, send_id)):
        return _of_scheduled(rows)
    if send is None or not _is_theirs(send):
        raise NotFound(
            "No act with this send_id is on record here.", todo="Take it from the answer of the call that acted."
        )
    send = await at_most_once.lost_sends.news(await at_most_once.lost_sends.look(send))
    outcome = _OUTCOMES.get(send.state, "unknown")
    return SendStatus.model_validate(
        send.result
        | {
            "dashboard_id": send.dashboard_id,
            "send_id": send.send_id,
            "tool": send.tool,
            "outcome": outcome,
            "delivery_reason": in_words(send.result.get("delivery_error")),
            "called_at_utc": send.called_at,
            "do_not_resend": True if outcome == "unknown" else None,
            "message": _message(send),
        }
    )


def _is_theirs(send: Send) -> bool:
    """Whether the current member may look at it: it was done for them, on a line that they may use."""
    if current() is None:
        return True
    return send.member == current_id() and (send.dashboard_id is None or may_use_line(send.dashboard_id))


def _of_scheduled(rows: list[ScheduledText]) -> SendStatus:
    """What is known of a text that was to leave later, or of the first of a text to many."""
    first = rows[0]
    outcome = {"SENT": "sent", "UNKNOWN": "unknown", "WAITING": "scheduled", "CLAIMED": "scheduled"}
    said = {
        "WAITING": "It has not left yet.",
        "CLAIMED": "It is leaving now. Do not repeat it.",
        "SENT": "It left.",
        "CANCELLED": "It was taken back before it left; nobody got it.",
    }
    message = said.get(first.state) or f"It {became(first)}"
    counts = Counter(outcome.get(row.state, "not_sent") for row in rows)
    many = ", ".join(f"{count} {state}" for state, count in counts.items()) if len(rows) > 1 else None
    return SendStatus.model_validate(
        {
            "dashboard_id": first.dashboard_id,
            "send_id": first.batch if many else first.send_id,
            "tool": first.tool,
            "outcome": outcome.get(first.state, "not_sent"),
            "called_at_utc": datetime.fromtimestamp(first.planned_at, UTC),
            "leaves_at_utc": datetime.fromtimestamp(first.leaves_at, UTC),
            "do_not_resend": True if first.state in ("UNKNOWN", "CLAIMED") else None,
            "message": many or message,
        }
    )


def _message(send: Send) -> str | None:
    if send.state in {"INTENDED", "INFLIGHT"}:
        return "It is on its way, and has no answer yet. Do not repeat it."
    if send.state != "UNKNOWN":
        return send.said
    if send.settled_at is None:
        return f"{send.said} It was looked for and is not in the account so far. Do not repeat it; look again later."
    return (
        f"{send.said} It is not in the account, and no more is expected. Ask the person before you repeat it: it may "
        "still have happened."
    )
