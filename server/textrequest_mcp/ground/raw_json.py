"""Makes the bytes that a host sends readable for a strict JSON parser, and marks where they hold no character.

A JavaScript host that cuts a string inside an emoji writes half of it, as the escape `\\ud83d`. A strict parser refuses
the whole message for that, and with it the id that its answer needs. So each half, and each byte that is no UTF-8,
becomes `MARK` first; `unmarked` turns it into half a character for whoever answers, and nobody ever sends it on.
"""

import re
from typing import Any

MOST_BYTES = 8 * 1024 * 1024  # of one message: a save of 1000 contacts takes a tenth of it
MARK = "\ufdd0"  # Unicode keeps it free for a program's own use: it stands in no text

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
# A whole pair, or (group 1) half of one, or any other escape, so that `\\ud83d` (an escaped backslash) is not misread.
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)
_NO_UTF8 = re.compile("[\udc80-\udcff]+")

_PAIR = rb'"(?:jsonrpc|method)"\s*:\s*"[^"\\]{0,200}"\s*'
_ID = rb'"id"\s*:\s*(-?[0-9]{1,18}(?=\s*[,}])|"[^"\\\x00-\x1f]{0,200}")'
_ID_FIRST = re.compile(rb"\s*\{\s*(?:" + _PAIR + rb",\s*)*" + _ID)
_ID_LAST = re.compile(rb",\s*" + _ID + rb"\s*(?:,\s*" + _PAIR + rb")*\}\s*\Z")


def readable(raw: bytes) -> bytes:
    """The same without a byte order mark, and with `MARK` for halves of characters and for bytes that are no UTF-8."""
    raw = raw.removeprefix(_BYTE_ORDER_MARK)
    if _HALF.search(raw):
        raw = _ESCAPE.sub(lambda found: rb"\ufdd0" if found[1] else found[0], raw)
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        raw = _NO_UTF8.sub(MARK, raw.decode("utf-8", "surrogateescape")).encode()
    return raw


def unmarked(value: Any) -> Any:
    """A value of JSON with half a character in place of each mark: in its texts, and in the names of its fields."""
    if isinstance(value, str):
        return value.replace(MARK, "\ud83d")
    if isinstance(value, dict):
        return {unmarked(name): unmarked(each) for name, each in value.items()}  # pyright: ignore[reportUnknownVariableType]
    return [unmarked(each) for each in value] if isinstance(value, list) else value  # pyright: ignore[reportUnknownVariableType]


def is_marked(value: Any) -> bool:
    """Whether a value of JSON holds a mark anywhere."""
    if isinstance(value, str):
        return MARK in value
    if isinstance(value, dict):
        return any(is_marked(name) or is_marked(each) for name, each in value.items())  # pyright: ignore[reportUnknownVariableType]
    return isinstance(value, list) and any(map(is_marked, value))  # pyright: ignore[reportUnknownArgumentType]


def id_at_the_ends(beginning: bytes, end: bytes = b"") -> bytes | None:
    """The id of a message that cannot be read whole, as its JSON; None where it is not certain.

    Args:
        beginning: of the message.
        end: of the message, if it has one: what is broken may have been cut anywhere.
    """
    found = _ID_FIRST.match(beginning) or _ID_LAST.search(end)
    return found[1] if found else None
