"""Reads a text in the other ways that it may be meant: look-alike letters, codes, spaced out, shifted, backwards.

A text that is to get past a person's or a program's eyes comes in such forms, and an assistant reads most of them
easily. At most two are undone, one inside the other.
"""

import base64
import html
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from textrequest_mcp.ground.clean import LONGEST_TEXT, clean

_LAYERS = 2
_MOST_DECODED = 200  # codes in one text; each is at least twelve characters

# Of Cyrillic, Greek and others, the letters that look like Latin ones, and the marks that look like ASCII ones.
_LOOK_ALIKES = (
    dict(zip("аеорсхуіјѕԁһкмтвнгԛԝӏз", "aeopcxyijsdhkmtbhrqwl3", strict=True))
    | dict(zip("АЕОРСХУІЈЅКМТВНԚԜӀЗ", "AEOPCXYIJSKMTBHQWl3", strict=True))
    | dict(zip("αονρικτυχεηΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "aovpiktuxenABEZHIKMNOPTYX", strict=True))
    | dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘǫʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnopqrstuvwyz", strict=True))
    | dict(zip("ıøØðłŁɡɑ", "ioOdlLga", strict=True))
    | dict.fromkeys("\u2018\u2019\u02bc`\xb4\u2032", "'")
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
    | dict.fromkeys("\u201c\u201d", '"')
    | {"\u3002": ".", "\u2215": "/", "\u2044": "/", "\u2236": ":"}
)
# Letters in black circles and squares, and those that flags are made of: they have no compatibility form.
_BOXED = (0x1F150, 0x1F170, 0x1F1E6)
_LONGEST_FORM = 4  # one character can stand for a whole sentence (U+FDFA), and would multiply the work

_ESCAPED = re.compile(r"\\(?:u\{?([0-9A-Fa-f]{4,6})\}?|x([0-9A-Fa-f]{2}))")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_\-])[A-Za-z0-9+/_\-]{12,}+={0,2}")
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:0x|\\x)?[0-9A-Fa-f]{2}(?:[ :,\-]?(?:0x|\\x)?[0-9A-Fa-f]{2}){5,}+")
_APART = re.compile(r"(?<![^\W_])[^\W_](?:[ .\-_*|/][^\W_](?![^\W_])){2,}+")
_SHIFTED = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "nopqrstuvwxyzabcdefghijklmNOPQRSTUVWXYZABCDEFGHIJKLM"
)


@dataclass(frozen=True)
class Form:
    """One way to read a text.

    Attributes:
        text: in small letters, with look-alikes as what they look like.
        plain: whether that is how it stands there, as far as a person sees.
        turned: whether letters were shifted or all was read backwards, so that its numbers mean nothing new, or
            something else.
        backwards: whether it was read from its end.
    """

    text: str
    plain: bool = False
    turned: bool = False
    backwards: bool = False


def plainly(text: str) -> str:
    """How a text looks: without what nobody sees, without accents, in ASCII where that looks the same.

    As much of it is read as a model gets to see.
    """
    text = clean(text)[:LONGEST_TEXT]
    return text if text.isascii() else "".join(map(_look, text))


def forms(text: str) -> tuple[Form, ...]:
    """All ways to read a text that differ from each other; the first is how it looks."""
    first = plainly(text)
    found = {first: Form(first.casefold(), plain=True)}
    layer = [first]
    for _ in range(_LAYERS):
        before = layer
        layer = list[str]()
        for known in before:
            for undo in _UNDOINGS:
                other = undo(known)
                if other not in found:
                    found[other] = _form(other, found[known], undo)
                    layer.append(other)
    return tuple(found.values())


def plain_form(text: str) -> tuple[Form, ...]:
    """Only how it looks, for words of our own side: what they do not say openly, nobody relies on."""
    return (Form(plainly(text).casefold(), plain=True),)


def _form(text: str, of: Form, undo: Callable[[str], str]) -> Form:
    return Form(
        text.casefold(),
        turned=of.turned or undo in (_shifted, _reversed),
        backwards=of.backwards or undo is _reversed,
    )


@lru_cache(maxsize=4096)
def _look(character: str) -> str:
    if character.isascii():
        return character
    if character in _LOOK_ALIKES:
        return _LOOK_ALIKES[character]
    code = ord(character)
    for start in _BOXED:
        if start <= code < start + 26:
            return chr(ord("a") + code - start)
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
    parts = unicodedata.normalize("NFKD", character)
    if len(parts) > _LONGEST_FORM:
        return " "
    return "".join(_LOOK_ALIKES.get(part, part) for part in parts if unicodedata.category(part) not in _UNSEEN)


_UNSEEN = frozenset({"Mn", "Me", "Cf"})


def _unescaped(text: str) -> str:
    """Without the codes of web pages, addresses and programs: `&#52;`, `%34`, `\\x34`."""
    other = html.unescape(text) if "&" in text else text
    other = unquote(other) if "%" in other else other
    other = _ESCAPED.sub(_character, other) if "\\" in other else other
    return plainly(other) if other != text else text


def _character(escaped: re.Match[str]) -> str:
    code = int(escaped[1] or escaped[2], 16)
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"


def _decoded(text: str) -> str:
    """With base64 and hexadecimal runs as the texts that they hold."""
    other = _HEX.sub(_from_hex, text, count=_MOST_DECODED)
    other = _BASE64.sub(_from_base64, other, count=_MOST_DECODED)
    return plainly(other) if other != text else text


def _from_hex(run: re.Match[str]) -> str:
    return _as_text(bytes.fromhex(re.sub(r"0x|\\x|[^0-9A-Fa-f]", "", run[0]))) or run[0]


def _from_base64(run: re.Match[str]) -> str:
    body = run[0].rstrip("=").translate(str.maketrans("-_", "+/"))
    body = body[:-1] if len(body) % 4 == 1 else body
    return _as_text(base64.b64decode(body + "=" * (-len(body) % 4))) or run[0]


def _as_text(raw: bytes) -> str:
    """The text that bytes are, or nothing: random bytes are hardly ever printable."""
    try:
        text = raw.replace(b"\0", b"").decode()
    except UnicodeDecodeError:
        return ""
    return text if "".join(text.split()).isprintable() else ""


def _joined(text: str) -> str:
    """With letters that stand apart as words: `e v i l`, `i-g-n-o-r-e`."""
    return _APART.sub(lambda letters: re.sub(r"[\W_]", "", letters[0]), text)


def _shifted(text: str) -> str:
    return text.translate(_SHIFTED)


def _reversed(text: str) -> str:
    return text[::-1]


_UNDOINGS: tuple[Callable[[str], str], ...] = (_unescaped, _decoded, _joined, _shifted, _reversed)
