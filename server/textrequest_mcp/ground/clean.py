"""Text without what a reader cannot see: terminal commands, direction switches, invisible and smuggled characters.

Everything that people write stays: every script, emoji with their joiners, skin tones and variation selectors, and the
joiners of scripts that are spelled with them. The removed characters are stated by code point, not by Python's Unicode
tables, so that every Python reads and hashes a text alike.
"""

import re
import unicodedata

LONGEST_TEXT = 5_000  # the service's own texts end at 1600
LONGEST_NAME = 200

# Escape sequences in their 7 and 8 bit forms (ECMA-48, 5): strings such as OSC (a link, a window's title) with what
# they hold, but only where they end on the same line; control sequences such as CSI (a colour); all others.
_ESCAPES = re.compile(
    "(?:\x1b[]PX^_]|[\x90\x98\x9d-\x9f])(?:[^\x00-\x1f\x7f-\x9f\u2028\u2029]*(?:\x07|\x1b\\\\|\x9c))?"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|\x1b[ -/]*[0-~]?"
)
BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"  # where str.splitlines cuts
_BREAK = re.compile("\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")
_HALVES = re.compile("[\ud800-\udfff]")

# Control characters but tab and breaks; what Unicode calls Default_Ignorable_Code_Point (DerivedCoreProperties), with
# bidi controls, zero-width characters, fillers, variation selectors and tags in it; annotation marks; joiners and
# blanks of hieroglyphs and music; halves of surrogate pairs; noncharacters. Blanks such as U+00A0 are seen, as spaces.
_IGNORED = (
    r"\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    r"\u202a-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    r"\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    + "".join(rf"\U{plane:04x}fffe\U{plane:04x}ffff" for plane in range(1, 17))
)
_JOINERS = "\u200c\u200d"
_SELECTORS = "\ufe0e\ufe0f"
# Scripts that are spelled with joiners: Arabic to N'Ko, Mandaic to Sinhala, Myanmar, Khmer, Mongolian; and the signs
# (viramas) of the Indic ones, after which a joiner may also end a word.
_SPELLED = r"\u0600-\u061b\u061d-\u077f\u07c0-\u0dff\u1000-\u109f\u1780-\u17b3\u17b6-\u180a\u1810-\u18af\ua8e0-\ua8ff"
_VIRAMAS = "\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca\u1039\u103a\u17d2"
# Symbols that can be emoji, next year's included. Flags and skin tones are not in it, as nothing may join them.
_EMOJI = (
    "[\xa9\xae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u24c2\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030"
    "\u303d\u3297\u3299\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001faff\U0001fc00-\U0001fffd]"
)
_ONE = f"{_EMOJI}\ufe0f?[\U0001f3fb-\U0001f3ff]?"
# Group 1 is seen, with ignored characters in it; a match without group 1 is a character that nobody sees.
_UNSEEN = re.compile(
    f"({_EMOJI}\ufe0e|{_ONE}(?:\u200d{_ONE})*|[0-9#*]\ufe0f\u20e3"
    f"|(?<=[{_SPELLED}])[{_JOINERS}](?=[{_SPELLED}])|(?<=[{_VIRAMAS}])[{_JOINERS}])"
    f"|[{_IGNORED}]"
)
_ODD = re.compile(f"[{_IGNORED}{BREAKS[1:]}]")
_NAMELESS = {"Cc": "CONTROL CHARACTER", "Cs": "HALF OF A CHARACTER"}


def clean(text: str, longest: int | None = None) -> str:
    """A text that is safe to show: without invisible characters, with `U+FFFD` for halves and `\\n` for line breaks.

    Cleaning twice is cleaning once.

    Args:
        text: anybody's words.
        longest: characters, at least one; a longer text is cut, and ends in `…`.
    """
    if not _is_plain(text) and _ODD.search(text):
        text = _BREAK.sub("\n", _ESCAPES.sub("", whole(text)))
        text = _UNSEEN.sub(r"\1", text)
    if longest is None or len(text) <= longest:
        return text
    return text[: longest - 1].rstrip(_JOINERS + _SELECTORS) + "…"


def unseen(text: str) -> tuple[str, ...]:
    """The characters that `clean` would take out or replace, such as `U+200B ZERO WIDTH SPACE`, each once."""
    found = [match[0] for match in _UNSEEN.finditer(_joined(text)) if match[1] is None]
    return tuple(map(_named, dict.fromkeys(found)))


def spelled_out(text: str) -> str:
    """A text with codes for those characters, such as `\\u200b`."""
    return _UNSEEN.sub(lambda match: match[1] or f"\\u{ord(match[0]):04x}", _joined(text))


def whole(text: str) -> str:
    """A text that can be written: with characters for surrogate pairs, and `U+FFFD` for halves."""
    return _HALVES.sub("\ufffd", _joined(text))


def _is_plain(text: str) -> bool:
    """Whether there is certainly nothing to clean, as in most texts; ten times as fast as cleaning."""
    return text.isascii() and text.replace("\n", " ").isprintable()


def _joined(text: str) -> str:
    if not _HALVES.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _named(character: str) -> str:
    nameless = _NAMELESS.get(unicodedata.category(character), "NOT A CHARACTER")
    return f"U+{ord(character):04X} {unicodedata.name(character, nameless)}"
