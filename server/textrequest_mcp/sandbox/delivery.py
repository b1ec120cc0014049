"""The way of a text: the check of its recipient, its arrival, the effect of STOP, and the answer."""

from collections.abc import Sequence

from textrequest_mcp.sandbox import payloads
from textrequest_mcp.sandbox.account import Account
from textrequest_mcp.sandbox.phone import eleven_digits, reachable
from textrequest_mcp.sandbox.records import Contact, Hook, Line, Message
from textrequest_mcp.sandbox.refusals import Refusal

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
    account: Account,
    line: Line,
    phone: str,
    body: str,
    now: float,
    *,
    by: str = "API",
    media: Sequence[str] = (),
    status_callback: str | None = None,
) -> Message:
    """Put a text on its way; its recipient has been checked. Reads list it, so hooks are called for it even where the
    recipient opted out."""
    contact = _contact(account, line, phone, now)
    if LOCATION_TAG in body:
        body = body.replace(LOCATION_TAG, f"https://where.sandbox.invalid/{account.next_id()}")
    message = Message(account.next_guid("message"), body, "S", by, now, "sending", media=list(media))
    if status_callback:
        message.callback = Hook(-account.next_id(), status_callback, "msg_status_updated", "POST")
    contact.messages.append(message)
    account.tell(line, "msg_sent", lambda: payloads.text(line, contact, message), now)
    if contact.opted_out_at is not None:
        _became(account, line, message, now, "error", "2100")
        return message
    contact.is_archived = False
    leaves_at = max(now, line.free_at)
    line.free_at = leaves_at + SECONDS_PER_TEXT
    account.later(leaves_at + DELIVERY_SECONDS, arrive, line, contact, message)
    return message


def receive(account: Account, dashboard_id: int, phone_number: str, body: str) -> Message | None:
    """A customer texts a line; None where the service drops the text of a blocked contact.

    Takes a few microseconds for any number of texts: thousands may be played at once.
    """
    now = account.clock()
    account.advance(now)
    return _receive(account, account.line(dashboard_id), eleven_digits(phone_number), body, now)


def _receive(account: Account, line: Line, phone: str, body: str, now: float) -> Message | None:
    contact = line.contacts.get(phone)
    if contact and contact.is_blocked:
        return None
    contact = _contact(account, line, phone, now)
    # A received text repeats the name of the text before it: that of the colleague who last wrote to this contact.
    by = contact.messages[-1].by if contact.messages else None
    message = Message(account.next_guid("message"), body, "R", by, now)
    contact.messages.append(message)
    contact.is_archived = False
    contact.is_resolved = False
    account.tell(line, "msg_received", lambda: payloads.text(line, contact, message), now)
    _heed(account, line, contact, body, now)
    return message


def _heed(account: Account, line: Line, contact: Contact, body: str, now: float) -> None:
    before = contact.opted_out_at
    word = body.strip().rstrip(".!").upper()
    if word in STOP_WORDS:
        contact.opted_out_at = now
        contact.is_archived = True
    elif word in START_WORDS:
        contact.opted_out_at = None
    if contact.opted_out_at != before:
        account.tell(line, "contact_updated", lambda: payloads.contact_updated(contact), now)


def _contact(account: Account, line: Line, phone: str, now: float) -> Contact:
    is_new = phone not in line.contacts
    contact = line.contact(phone, now)
    if is_new:
        account.tell(line, "contact_created", lambda: payloads.contact_created(line, contact), now)
    return contact


def _became(account: Account, line: Line, message: Message, at: float, status: str, error: str | None = None) -> None:
    message.status, message.error = status, error
    account.tell(line, "msg_status_updated", lambda: payloads.message_status(message), at, also=message.callback)


def arrive(account: Account, at: float, line: Line, contact: Contact, message: Message) -> None:
    if not reachable(contact.phone):
        _became(account, line, message, at, "error", "2001")
        return
    _became(account, line, message, at, "delivered")
    if account.lively and contact.answers:
        wait = ANSWER_SECONDS - DELIVERY_SECONDS
        account.later(at + wait, answer, line, contact, message.body)


def answer(account: Account, at: float, line: Line, contact: Contact, to: str) -> None:
    if account.lines.get(line.id) is line and line.contacts.get(contact.phone) is contact:
        _receive(account, line, contact.phone, answer_to(to), at)


def answer_to(text: str) -> str:
    """An easy-going customer's answer."""
    lowered = text.lower()
    if "ready" in lowered:
        return "Perfect, I'll come by before 5. Thank you!"
    if "sorry" in lowered:
        return "No worries, thanks for letting me know."
    if text.rstrip().endswith("?"):
        return "Yes, that works for me."
    return "Great, thank you!"
