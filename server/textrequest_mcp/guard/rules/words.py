"""Refuses words that may go to nobody: with characters that nobody would see, or with a callback to a foreign host."""

from urllib.parse import urlsplit

from textrequest_mcp.ground.clean import unseen
from textrequest_mcp.guard.change import Change
from textrequest_mcp.guard.rules.forbidden import CALLBACK_HOSTS, VISIBLE_ONLY, Forbidden
from textrequest_mcp.guard.rules.in_force import Rules
from textrequest_mcp.guard.rules.templates import ONLY_TEMPLATES

_SENT = frozenset({"body", "message"})  # the arguments whose words reach the person


def check_words(rules: Rules, change: Change) -> None:
    """Refuse a change whose words may go to nobody.

    Raises:
        Forbidden: the words hold what nobody would see, or have an address called that is not on the list, or are
            no saved reply where nothing else may leave.
    """
    for use in change.uses if rules.visible_only else ():
        for name, words in (use.words or {}).items():
            hidden = unseen(words)
            if hidden:
                raise Forbidden(
                    f"{name} holds characters that nobody would see: {', '.join(hidden[:3])}.",
                    rule=VISIBLE_ONLY,
                    todo="Write it without them.",
                )
    for address in change.callbacks:
        if _host(address) not in rules.callback_hosts:
            raise Forbidden(
                "A callback would send what becomes of this text to an address that is not on the list.",
                rule=CALLBACK_HOSTS,
                todo="Leave the callback out; get_send_status tells of the delivery.",
            )
    for use in change.uses if change.texts is not None and not change.closes else ():
        said = [words for name, words in (use.words or {}).items() if name in _SENT]
        if not all(map(rules.templates.allows, said)):
            raise Forbidden(
                "Only saved replies may leave, and this text is none.",
                rule=ONLY_TEMPLATES,
                todo=f"Use one of them: {', '.join(rules.templates.texts)}.",
            )


def _host(address: str) -> str | None:
    """The host in an address; None where programs would read different ones."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return None if "\\" in address or "@" in parts.netloc else (parts.hostname or "").lower()
