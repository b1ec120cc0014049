"""Hashes a person's words or number, so that a later hash can be compared, and nothing can be read from it."""

import hashlib
import hmac
import unicodedata

from textrequest_mcp.ground.clean import clean


def as_read(text: str) -> str:
    """A text as a person reads it: spacing, codes of accents and invisible characters make no difference."""
    return " ".join(unicodedata.normalize("NFC", clean(text)).split())


def keyed(secret: bytes, text: str) -> str:
    """A hash that nobody can compare without the store's secret."""
    return hmac.new(secret, b"ledger:" + text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:32]
