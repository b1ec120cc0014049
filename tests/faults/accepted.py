"""What the service accepted of texts, read from its own journal and not from what anybody was told."""

import re
from typing import Any, NamedTuple

from textrequest_mcp.sandbox import Accepted, Account

_TEXTING = re.compile(r"/dashboards/(\d+)/contacts/(\d+)/messages")
_OPTED_OUT = "2100"  # of a text that the service answers with a 200, and refuses


class Text(NamedTuple):
    """A text that goes out; the recipient as tools write numbers."""

    line: int
    recipient: str
    body: str
    at: float


def accepted_texts(account: Account) -> list[Text]:
    """Oldest first."""
    return [text for accepted in list(account.journal) if (text := _text_of(account, accepted)) is not None]


def _text_of(account: Account, accepted: Accepted) -> Text | None:
    place = _TEXTING.fullmatch(accepted.path)
    if accepted.method != "POST" or place is None:
        return None
    fields: Any = accepted.body
    text = Text(int(place[1]), f"+{place[2]}", fields["body"], accepted.at)
    line = account.lines.get(text.line)
    contact = line.contacts.get(place[2]) if line else None
    refused = contact is not None and any(
        message.error == _OPTED_OUT and (message.at, message.body) == (text.at, text.body)
        for message in contact.messages
    )
    return None if refused else text
