"""Finds the hidden forms of a text: look-alike letters, codes, letters set apart, shifted or backwards.

Such a text gets past a person or a program, while an assistant reads most of them easily. At most two disguises are
undone, one inside the other.
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

# Letters of Cyrillic, Greek and other scripts that look Latin, and marks that look like ASCII.
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
# Letters in black circles and squares, and the letters of flags: they have no compatibility form.
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
        text: in small letters, with Latin letters for look-alikes.
        plain: whether a person sees the text in this form.
        turned: whether letters were shifted or the text was read backwards; then its numbers mean nothing new, or
            something else.
        backwards: whether the text was read from its end.
    """

    text: str
    plain: bool = False
    turned: bool = False
    backwards: bool = False


def plainly(text: str) -> str:
    """A text as it looks: without invisible characters and accents, in ASCII where that looks the same.

    Only the part that a model gets to see.
    """
    text = clean(text)[:LONGEST_TEXT]
    return text if text.isascii() else "".join(map(_look, text))


def forms(text: str) -> tuple[Form, ...]:
    """All forms of a text that differ; the first is the text as it looks."""
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
    """Only the text as it looks, for our own side's words: their hidden forms excuse nothing."""
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
    """The text without codes of web pages, addresses and programs: `&#52;`, `%34`, `\\x34`."""
    other = html.unescape(text) if "&" in text else text
    other = unquote(other) if "%" in other else other
    other = _ESCAPED.sub(_character, other) if "\\" in other else other
    return plainly(other) if other != text else text


def _character(escaped: re.Match[str]) -> str:
    code = int(escaped[1] or escaped[2], 16)
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"


def _decoded(text: str) -> str:
    """The text with the contents of its base64 and hexadecimal runs."""
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
    """The bytes as a text; empty where they are none, as random bytes are hardly ever printable."""
    try:
        text = raw.replace(b"\0", b"").decode()
    except UnicodeDecodeError:
        return ""
    return text if "".join(text.split()).isprintable() else ""


def _joined(text: str) -> str:
    """The text with letters that stand apart joined: `e v i l`, `i-g-n-o-r-e`."""
    return _APART.sub(lambda letters: re.sub(r"[\W_]", "", letters[0]), text)


def _shifted(text: str) -> str:
    return text.translate(_SHIFTED)


def _reversed(text: str) -> str:
    return text[::-1]


_UNDOINGS: tuple[Callable[[str], str], ...] = (_unescaped, _decoded, _joined, _shifted, _reversed)
