"""What a host is told of an act that the ledger keeps."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from textrequest_mcp.guard.once.ledger_rows import Send
from textrequest_mcp.guard.outcome import not_sent, same_as_before, unknown
from textrequest_mcp.guard.rules.remaining import Remaining


@dataclass(frozen=True)
class SendAnswer:
    """An answer.

    Attributes:
        said: the structured part.
        answer: what the service answered, where this very call made it happen.
        failed: whether it is an error: certainly nothing happened.
        rule: the setting of the rule or cap that said no.
    """

    said: dict[str, Any]
    answer: BaseModel | None = None
    failed: bool = False
    rule: str | None = None


def tell(
    send: Send,
    *,
    texts: bool,
    earlier: str | None = None,
    repeats: bool = True,
    rule: str | None = None,
    theirs: bool = True,
) -> SendAnswer:
    """What the ledger knows of an act.

    Args:
        send: its row.
        texts: whether it is a text.
        earlier: when another call made it, for a sentence; None where this call did.
        repeats: whether the service would do it a second time.
        rule: the setting of the rule or cap that said no.
        theirs: whether it was done for the member who is told; nobody looks at a send of a colleague.
    """
    send_id = send.send_id if theirs else None
    known = send.result | ({"send_id": send_id} if send_id else {})
    suppressed = {"duplicate_suppressed": True} if earlier else {}
    first = {"already_done": True} if earlier and send.state == "SENT" else {}
    if send.state == "SENT":
        message = same_as_before(earlier, repeats=repeats) if earlier else send.said
        found = "The answer was lost, but it is in the account: it happened, once. Do not repeat it."
        outcome = "sent" if texts else "done"
        return SendAnswer(first | {"outcome": outcome} | known | suppressed | {"message": message or found})
    if send.state == "NOT_SENT":
        refused = not_sent(send.said or "Nothing was sent or changed.", send_id)
        return SendAnswer(refused.model_dump(mode="json", exclude_none=True), failed=True, rule=rule)
    on_its_way = "The same is on its way from another call, which has no answer yet. This call sent nothing."
    doubt = unknown(send.said or on_its_way, send_id)
    return SendAnswer(known | doubt.model_dump(mode="json", exclude_none=True) | suppressed)


def left_over(room: Remaining, *, with_dollars: bool) -> Mapping[str, Any]:
    """What is left under the caps, as an answer says it; nothing of caps that are off."""
    said = {
        "texts_left_this_hour": room.texts_per_hour,
        "texts_left_today": room.texts_per_day,
        "new_people_left_today": room.new_people_per_day,
        "dollars_left_today": str(room.dollars_per_day) if with_dollars and room.dollars_per_day is not None else None,
    }
    return {name: value for name, value in said.items() if value is not None}
