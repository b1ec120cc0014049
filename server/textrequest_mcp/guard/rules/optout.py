"""Reads from a text whether its author wants no more texts, wants them again, or perhaps wants no more.

A text that is nothing but a documented word is certain, as it is to the carriers. The FCC counts any reasonable wording
too (47 CFR 64.1200(a)(10)). No program can be sure of that, so a person decides on looser wordings.
"""

import re
import unicodedata
from functools import cache, lru_cache
from typing import Literal

from textrequest_mcp.guard.rules.optout_phrases import ALONE, EVERYDAY, PHRASES

Wish = Literal["stop", "start", "perhaps_stop"]

# The carriers' words (CTIA), and what the FCC counts since April 2025: stop, quit, end, revoke, opt out, cancel,
# unsubscribe. ALTO is what US carriers ask of programs in Spanish, ARRET what Canadian ones ask of those in French.
# Other Spanish words (PARAR, CANCELAR, BAJA) and REMOVE, which only some providers honour, are in ALONE.
_CLEAR = "stop|stopall|stop all|unsubscribe|revoke|optout|opt out|alto|arret"
_STOP = f"(?:{_CLEAR}|cancel|end|quit)"  # these three are also said of appointments, days and jobs
# YES is not here: some providers take it for START, but it is how people answer any question, and a stop that is
# lifted by mistake is a text to somebody who forbade it. For the same reason START suffers no other word beside it.
_START = frozenset({"start", "unstop"})

_POLITE = (
    "please|pls|plz|plse|kindly|right now|now|immediately|asap|(?:and )?(?:thanks|thank (?:you|u)|thx|tks|ty)"
    "|por favor|gracias|ya"
)
_OPENERS = "ok|okay|no|nope|yes|hi|hello|hey|sorry|just|and|so|again|i said"

_APOSTROPHES = dict.fromkeys(map(ord, "'’‘ʼ`´′＇"))  # noqa: RUF001 - all that phones write
_FILLERS = "\u115f\u1160"  # Hangul letters without a shape; compatibility forms decompose to them
# A reaction as SMS has it: a quotation of the other text, often of our own "Reply STOP to opt out".
_REACTION = (
    r"(?:liked|loved|disliked|laughed at|emphasi[sz]ed|questioned|reacted \S+ to|removed an? [\w ]+ from|\W+ to"
    r"|(?:no )?le (?:gustó|encantó))"
)


@lru_cache(maxsize=1024)  # the same texts are read again and again
def read_wish(body: str) -> Wish | None:
    """A received text's wish about further texts; None for a text without one.

    Case, accents, width, punctuation, emoji and invisible characters make no difference.

    `stop`: the whole text is a documented word, or several. Words of politeness and haste (`please`, `now`, `thanks`)
    do not count, and the letters may stand apart (`S.T.O.P.`).
    `start`: the whole text is START or UNSTOP, with punctuation at most, and no question.
    `perhaps_stop`: a part of the text asks for no more in other words. *Wrong number* asks for nothing.
    """
    whole = _words(body)
    if whole in _START and _is_statement(body):
        return "start"
    if _pattern(f"{_STOP}(?: {_STOP})*").fullmatch(_without(_POLITE, whole)):
        return "stop"
    if _pattern(rf"{_REACTION} [“\"«].*[”\"»]", re.IGNORECASE | re.DOTALL).fullmatch(body.strip()):
        return None
    return "perhaps_stop" if any(map(_asks_loosely, _pieces(body))) else None


def _words(text: str) -> str:
    """Small letters and digits without accents, with one space between words: `Don’t  TEXT!` is `dont text`."""  # noqa: RUF002
    plain = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES)).casefold()
    words = "".join(" " if c.isspace() else "" if _unseen(c) else c if c.isalnum() else " " for c in plain)
    apart = _pattern(r"\b\w(?: \w\b){2,}")
    return apart.sub(lambda letters: letters[0].replace(" ", ""), " ".join(words.split()))


def _unseen(character: str) -> bool:
    return unicodedata.category(character) in ("Mn", "Me", "Cf", "Cc") or character in _FILLERS


def _is_statement(text: str) -> bool:
    """Whether a text is only letters and punctuation, without a question mark: `START 🚫` is no START."""
    plain = unicodedata.normalize("NFKC", text)
    return all(
        c.isalnum() or c.isspace() or _unseen(c) or (unicodedata.category(c)[0] == "P" and c not in "?¿") for c in plain
    )


def _pieces(text: str) -> list[str]:
    """The clauses of a text, first without and then with the end of a line as the end of a clause."""
    plain = unicodedata.normalize("NFKC", text.translate(_APOSTROPHES)).replace("#", " number ")  # `wrong #`
    ends = r"[.!?¡¿;,。]+|\s[-–—]+\s|—"  # noqa: RUF001 - dashes
    return [_words(piece) for end in (ends, rf"{ends}|[\r\n\u2028\u2029]+") for piece in re.split(end, plain)]


def _asks_loosely(piece: str) -> bool:
    shortened = _pattern(r"(\w)\1{2,}").sub(r"\1", _without(_POLITE, piece))  # `stoooop`
    if _pattern(f"(?:(?:{_OPENERS}) )*(?:{_CLEAR}|{'|'.join(ALONE)})(?: (?:{_CLEAR}))*").fullmatch(shortened):
        return True
    told = _pattern(rf"\b(?:{'|'.join(EVERYDAY)})\b").sub("…", piece)
    return _pattern(rf"\b(?:{'|'.join(PHRASES)})\b").search(told) is not None


def _without(words: str, text: str) -> str:
    return " ".join(_pattern(rf"\b(?:{words})\b").sub(" ", text).split())


@cache
def _pattern(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """Compiled at first use: the phrases take a while, and many servers never read a text."""
    return re.compile(pattern, flags)
