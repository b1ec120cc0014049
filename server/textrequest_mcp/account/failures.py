"""Says in words why a text did not arrive."""

# By the service's codes (wire-facts, Conversations and messages: 30050, 2100, 2001); below them those of Twilio, which
# many platforms pass on, though no source says that this one does.
_REASONS = {
    "30050": "opted out",
    "2100": "opted out",
    "2001": "cannot be reached: switched off, out of service, or a landline",
    "30003": "cannot be reached: switched off or out of coverage",
    "30004": "blocked by the recipient or the carrier",
    "30005": "unknown or out of service",
    "30006": "a landline, or a carrier that takes no texts",
    "30007": "filtered by the carrier as unwanted",
    "30008": "refused by the carrier without a reason",
}


def reason_of(code: str | None, status: str | None = None) -> str:
    """The reason behind a delivery's error code; the code itself where nobody knows what it means."""
    if code in (None, "", "0"):
        return f"{status or 'failed'}, without a reason"
    return f"{_REASONS.get(str(code), 'for a reason that is not known')} (code {code})"


def in_words(code: str | None) -> str | None:
    """The same beside a code that is shown; None where there is none, or nobody knows what it means."""
    return _REASONS.get(str(code)) if code else None
