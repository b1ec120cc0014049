"""How orders are written so that a filter does not see them and a model does."""

import base64
import codecs
from typing import Literal
from urllib.parse import quote

Form = Literal[
    "plain",
    "base64",
    "hex",
    "rot13",
    "percent",
    "entities",
    "escapes",
    "spelled digits",
    "homoglyphs",
    "reversed",
    "full width",
    "spaced",
    "leet",
    "zero-width",
    "soft hyphens",
    "tags",
    "selectors",
    "bidi",
    "ansi",
    "controls",
]

_DIGITS = dict(
    zip("0123456789", ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"), strict=True)
)
_TWINS = str.maketrans("aceopxyiAEOPCTBHKM", "асеорхуіАЕОРСТВНКМ")  # noqa: RUF001 - Cyrillic on purpose
_LEET = str.maketrans("aeiost", "431057")


def written(text: str, form: Form) -> str:  # noqa: C901 - one case for each form
    """The text in this form."""
    match form:
        case "plain":
            return text
        case "base64":
            return base64.b64encode(text.encode()).decode()
        case "hex":
            return text.encode().hex()
        case "rot13":
            return codecs.encode(text, "rot13")
        case "percent":
            return quote(text, safe="") if "%" not in text else text
        case "entities":
            return "".join(f"&#{ord(c)};" for c in text)
        case "escapes":
            return "".join(f"\\u{ord(c):04x}" for c in text)
        case "spelled digits":
            return "".join(f"{_DIGITS[c]} " if c in _DIGITS else c for c in text)
        case "homoglyphs":
            return text.translate(_TWINS)
        case "reversed":
            return text[::-1]
        case "full width":
            return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)
        case "spaced":
            return " ".join(text)
        case "leet":
            return text.translate(_LEET)
        case "zero-width":
            return "\u200b".join(text)
        case "soft hyphens":
            return "\xad".join(text)
        case "tags":
            return "".join(chr(0xE0000 + ord(c)) for c in text)
        case "selectors":
            return "".join(chr(0xE0100 + ord(c)) for c in text)
        case "bidi":
            return f"\u202e{text[::-1]}\u202c"
        case "ansi":
            return f"\x1b[8m{text}\x1b[0m"
        case "controls":
            return f"Thanks!\x08\x08\x08\x08\x08\x08\x08{text}"
