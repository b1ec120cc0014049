"""Quotes customers' words in our own sentences: on one line, short, and unable to pass for ours."""

import unicodedata

from textrequest_mcp.ground.clean import BREAKS, clean, spelled_out

_LONGEST = 80
# Any script's quotation marks, which could end a quotation early.
_QUOTES = str.maketrans(dict.fromkeys('"\u201c\u201d\u201e\u201f\u00ab\u00bb\u2039\u203a\uff02\u2033\u301d\u301e', "'"))

_ON_ONE_LINE = str.maketrans({c: f"\\u{ord(c):04x}" for c in "\t" + BREAKS} | {"\n": "⏎"})


def one_line(text: str | None, longest: int = _LONGEST) -> str:
    """A name or a message, for a sentence: clean, with single spaces, cut with `…`."""
    return clean(" ".join(clean(text or "").split()), longest)


def quoted(text: str | None, longest: int = _LONGEST) -> str:
    """The same in quotation marks; `(no name)` for an empty text."""
    plain = one_line(text, longest).translate(_QUOTES)
    return f'"{plain}"' if plain else "(no name)"


def visible(text: str) -> str:
    """A text on one line, with codes for the characters that `clean` would take out."""
    return spelled_out(text).translate(_ON_ONE_LINE).translate(_QUOTES)


def same_name(one: str, other: str) -> bool:
    """Whether a typed name looks like the shown one."""
    return unicodedata.normalize("NFC", one_line(one)) == unicodedata.normalize("NFC", one_line(other))


def some(count: int | None, noun: str) -> str:
    """`no messages`, `1 message`, `3 messages`; None is an unknown number."""
    if count is None:
        return f"an unknown number of {noun}s"
    if count == 0:
        return f"no {noun}s"
    return f"{count} {noun}" + ("s" if count != 1 else "")
