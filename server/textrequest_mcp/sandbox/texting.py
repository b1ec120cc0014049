"""The rules of a text on its way: who may be texted, what STOP does, how a text arrives and who answers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textrequest_mcp.sandbox.phone import reachable
from textrequest_mcp.sandbox.records import Contact, Line, Message
from textrequest_mcp.sandbox.refusals import Refusal

if TYPE_CHECKING:
    from textrequest_mcp.sandbox.account import Account

# The words carriers honour; the service's documents name only STOP.
STOP_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"})
START_WORDS = frozenset({"START", "UNSTOP"})

LOCATION_TAG = "[LocationRequest]"
DELIVERY_SECONDS = 1.0
ANSWER_SECONDS = 3.0
# wire-facts, Conversations and messages: a line without 10DLC registration sends one text per second.
SECONDS_PER_TEXT = 1.0


def check_recipient(phone: str, contact: Contact | None) -> None:
    """wire-facts: an opted-out recipient may be a 400 or a 200 that says error; here the last digit decides."""
    if contact and contact.opted_out_at is not None and int(phone[-1]) % 2 == 0:
        raise Refusal(400, "The recipient has opted out of texts from this number.", "30050")


def send(
    account: "Account", line: Line, phone: str, body: str, now: float, *, by: str = "API", media: Sequence[str] = ()
) -> Message:
    """Put a text on its way; the caller has checked the recipient."""
    contact = line.contact(phone, now)
    if LOCATION_TAG in body:
        body = body.replace(LOCATION_TAG, f"https://where.sandbox.invalid/{account.next_id()}")
    message = Message(account.next_guid("message"), body, "S", by, now, "sending", media=list(media))
    contact.messages.append(message)
    if contact.opted_out_at is not None:
        message.status, message.error = "error", "2100"
        return message
    contact.is_archived = False
    leaves_at = max(now, line.free_at)
    line.free_at = leaves_at + SECONDS_PER_TEXT
    account.later(leaves_at + DELIVERY_SECONDS, lambda at: _arrive(account, line, contact, message, at))
    return message


def receive(account: "Account", line: Line, phone: str, body: str, now: float) -> Message | None:
    contact = line.contacts.get(phone)
    if contact and contact.is_blocked:
        return None
    contact = contact or line.contact(phone, now)
    last_sent = contact.last("S")
    message = Message(account.next_guid("message"), body, "R", last_sent.by if last_sent else None, now)
    contact.messages.append(message)
    contact.is_archived = False
    contact.is_resolved = False
    word = body.strip().rstrip(".!").upper()
    if word in STOP_WORDS:
        contact.opted_out_at = now
        contact.is_archived = True
    elif word in START_WORDS:
        contact.opted_out_at = None
    return message


def _arrive(account: "Account", line: Line, contact: Contact, message: Message, at: float) -> None:
    if not reachable(contact.phone):
        message.status, message.error = "error", "2001"
        return
    message.status = "delivered"
    if account.lively and contact.answers:
        wait = ANSWER_SECONDS - DELIVERY_SECONDS
        account.later(at + wait, lambda then: _answer(account, line, contact, message.body, then))


def _answer(account: "Account", line: Line, contact: Contact, to: str, at: float) -> None:
    if account.lines.get(line.id) is line and line.contacts.get(contact.phone) is contact:
        receive(account, line, contact.phone, answer_to(to), at)


def answer_to(text: str) -> str:
    """What an easy-going customer would text back."""
    lowered = text.lower()
    if "ready" in lowered:
        return "Perfect, I'll come by before 5. Thank you!"
    if "sorry" in lowered:
        return "No worries, thanks for letting me know."
    if text.rstrip().endswith("?"):
        return "Yes, that works for me."
    return "Great, thank you!"
