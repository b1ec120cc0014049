"""Reads a text as people see it: small Latin letters, without accents and invisible characters."""

import html
import re
import unicodedata

from textrequest_mcp.ground.clean import clean

_WORD = re.compile(r"[^\W_]+")
# Letters that have no plain form of their own, and the marks that phones write.
_PLAIN = str.maketrans("ıøØðłŁ\u2018\u2019\u2010\u2011\u2012\u2013\u2212", "ioOdlL''-----")


def plainly(text: str) -> str:
    """The text in small letters without accents, full-width letters and codes of web pages."""
    plain = unicodedata.normalize("NFKD", clean(html.unescape(text))).translate(_PLAIN).casefold()
    return "".join(c for c in plain if not unicodedata.combining(c))


def words_of(text: str) -> list[str]:
    """The words of a plain text: `don't` is one."""
    return _WORD.findall(text.replace("'", ""))
