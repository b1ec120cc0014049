"""Hashes what a person wrote or owns, so that it is known again and says nothing without the store's secret."""

import hashlib
import hmac
import unicodedata

from textrequest_mcp.ground.clean import clean


def as_read(text: str) -> str:
    """A text as a person reads it: two that differ in spacing, in accents or in what nobody sees are the same."""
    return " ".join(unicodedata.normalize("NFC", clean(text)).split())


def keyed(secret: bytes, text: str) -> str:
    """A hash that says nothing without the store's secret."""
    return hmac.new(secret, b"ledger:" + text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:32]
