"""Hashes a person's words or number, so that a later hash can be compared, and nothing can be read from it."""

import hashlib
import hmac
import unicodedata

from textrequest_mcp.ground.clean import clean

# Signs that keyboards, word processors and models write for one another. Case and width stay: a reader sees them.
_ALIKE = {
    "'": "\u2018\u2019\u201a\u201b\u02b9\u02bb\u02bc\u02c8\u2032\u2035\uff07`\xb4",
    '"': "\u201c\u201d\u201e\u201f\u2033\u2036\uff02",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d",
    "...": "\u2026",
    "\u03bc": "\xb5",
    "fi": "\ufb01",
    "fl": "\ufb02",
    "": "\ufe0e\ufe0f",  # whether an emoji is in colour; phones draw both alike
}
_AS_READ = {ord(sign): read for read, signs in _ALIKE.items() for sign in signs}


def as_read(text: str) -> str:
    """A text as a person reads it.

    Spacing, codes of accents, invisible characters, and the forms of quotes, apostrophes, dashes and dots make no
    difference.
    """
    return " ".join(unicodedata.normalize("NFC", clean(text)).translate(_AS_READ).split())


def keyed(secret: bytes, text: str) -> str:
    """A hash that nobody can compare without the store's secret."""
    return hmac.new(secret, b"ledger:" + text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:32]
