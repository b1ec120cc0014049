"""Detects words in a customer's text that speak to an AI assistant instead of the business."""

import re
from collections.abc import Iterable
from functools import cache

from textrequest_mcp.guard.provenance.disguises import Form
from textrequest_mcp.guard.provenance.passages import words_of
from textrequest_mcp.guard.provenance.suspicious_orders import ORDERS
from textrequest_mcp.guard.provenance.suspicious_phrases import DISREGARD, DISREGARD_SIGNS, WORDED
from textrequest_mcp.guard.provenance.suspicious_signs import run_together, signs
from textrequest_mcp.guard.provenance.suspicious_translations import TRANSLATED

_ALL_WORDED = WORDED | TRANSLATED | ORDERS
# Digits and signs that stand for letters; replaced only in a word with a letter, so that `5` stays a five.
_LEET = str.maketrans("013457@$", "oieastas")
_SHORTEST_RUN_TOGETHER = 10
_LEET_WORD = re.compile(r"[a-z013457@$]++")
_LETTER = re.compile(r"[a-z]")


def speaks_to_an_assistant(forms: Iterable[Form], tools: tuple[str, ...]) -> str | None:
    """The part of a text, in any of its forms, that speaks to an assistant; None where nothing does.

    Args:
        forms: all ways to read the text.
        tools: the names of this server's tools; no customer has a reason to write one.
    """
    for form in forms:
        found = _in_signs(form.text, tools) or _in_words(form.text, tools)
        if found is None and (other := with_letters(form.text)) != form.text:
            found = _in_words(other, tools)
        if found is not None:
            return found
    return None


def with_letters(text: str) -> str:
    """A text in small letters, with letters for digits and signs that stand for them."""
    return _LEET_WORD.sub(_letters, text)


def _letters(word: re.Match[str]) -> str:
    return word[0].translate(_LEET) if _LETTER.search(word[0]) else word[0]


def _in_signs(text: str, tools: tuple[str, ...]) -> str | None:
    return _first(text, (pattern for sign, patterns in signs(tools).items() if sign in text for pattern in patterns))


def _in_words(text: str, tools: tuple[str, ...]) -> str | None:
    words = words_of(text)
    line = " ".join(words)
    patterns = [pattern for sign, patterns in _ALL_WORDED.items() if sign in line for pattern in patterns]
    if any(sign in line for sign in DISREGARD_SIGNS):
        patterns += DISREGARD
    found = _first(line, patterns)
    if found is not None:
        return found
    long = [word for word in words if len(word) >= _SHORTEST_RUN_TOGETHER]
    return next((phrase for word in long for phrase in run_together(tools) if phrase in word), None)


def _first(text: str, patterns: Iterable[str]) -> str | None:
    matches = (_compiled(pattern).search(text) for pattern in patterns)
    return next((match[0] for match in matches if match is not None), None)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compiled at first use: there are many patterns, and most servers never need them."""
    return re.compile(pattern)
