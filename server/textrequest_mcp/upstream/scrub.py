"""Takes the account's API keys out of the service's answers and calls, before they are read, kept, logged or shown."""

import html
import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from typing import Any, cast
from urllib.parse import unquote

from textrequest_mcp.ground.clean import clean

SHORTEST_KEY = 8
_INSTEAD = "…"
_NOT_READ = _INSTEAD.encode()  # no JSON, so that it counts as an answer that cannot be read
# Escapes by JSON and by web addresses of the characters that a key can have; no key holds any other.
_JSON_ESCAPE = re.compile(rb'\\(?:u00([2-7][0-9a-f])|(["\\/]))', re.IGNORECASE)
_PERCENT_ESCAPE = re.compile(rb"%([2-7][0-9a-f])", re.IGNORECASE)
_ENTITY = re.compile(rb"&(?:#[0-9x]|[a-z]{2,}[0-9]*;)", re.IGNORECASE)
_ROUNDS = 4
_ONE_BASE64 = bytes.maketrans(b"-_", b"+/")
# What begins an escape of HTML, addresses or JSON: a text without it means to every reader what it says.
_ESCAPE = re.compile(r"[&%\\]")
# What such characters can begin with: beyond ASCII, a control character, or JSON's escape of either.
_UNSEEN = re.compile(rb"[^\x09\x0a\x0d\x20-\x7e]|\\[ubf]")


class Scrubber:
    """Replaces each key by `…`: in any letter case, inside longer words, with the escapes of JSON, addresses or HTML.

    Of text in Base64 that holds a key, the key and all that follows goes.

    Args:
        keys: the account's current and previous key. A key of less than 8 characters stays: ordinary words and
            numbers could hold it too.
    """

    def __init__(self, keys: Iterable[str]) -> None:
        known = sorted({key for key in keys if len(key) >= SHORTEST_KEY}, key=len, reverse=True)
        self._key = re.compile("|".join(map(_pattern, known)) or "(?!)", re.IGNORECASE | re.ASCII)
        # Without the first two characters: with a percent sign before the key they can read as an escape.
        self._ends = [key.encode().lower()[2:] for key in known]
        cores = sorted({core for key in known for core in _cores(key)})
        self._cores = [core.encode() for core in cores]
        encoded = (re.sub(r"[+/]", lambda sign: "[+-]" if sign[0] == "+" else "[/_]", core) for core in cores)
        self._base64 = re.compile(f"(?:{'|'.join(encoded) or '(?!)'})[A-Za-z0-9+/_-]*={{0,2}}")
        self._has_percent = any("%" in key for key in known)

    def scrub(self, body: bytes) -> bytes:
        """The body of an answer or a call without the keys; unchanged where it holds none.

        A body that may hold a key and is no JSON comes back as one that cannot be read.
        """
        if not self._may_be_in(body):
            return body
        try:
            read = json.loads(body)
            without = self._without(read)
            return body if without == read else json.dumps(without).encode()
        except (ValueError, RecursionError):
            return _NOT_READ

    def _may_be_in(self, body: bytes) -> bool:
        """Whether a key can be in the body. A quick look, because almost no body holds one."""
        if not self._ends or not body.strip():
            return False
        # UTF-16 and 32 are JSON too, and hide the bytes; a key with percent signs can be half encoded.
        if not json.detect_encoding(body).startswith("utf-8") or self._has_percent:
            return True
        # Characters that nobody sees can stand inside a key; whether they do is found out text by text.
        if _UNSEEN.search(body) or b"%25" in body:
            return True
        plain = _JSON_ESCAPE.sub(_meant, body) if b"\\" in body else body
        plain = _PERCENT_ESCAPE.sub(_meant, plain) if b"%" in plain else plain
        if _ENTITY.search(plain):
            return True
        one, lower = plain.translate(_ONE_BASE64), plain.lower()
        return any(end in lower for end in self._ends) or any(core in one for core in self._cores)

    def _without(self, said: Any) -> Any:
        if isinstance(said, str):
            return self._out_of(said)
        if isinstance(said, dict):
            fields = cast("dict[str, Any]", said)
            return {self._out_of(name): self._without(value) for name, value in fields.items()}
        if isinstance(said, list):
            return [self._without(item) for item in cast("list[Any]", said)]
        return _INSTEAD if self._key.search(str(said)) else said  # a key can be a number

    def _out_of(self, text: str) -> str:
        """A text without the keys, also where characters that nobody sees, and that cleaning takes out, break them."""
        if not text.isascii() or not text.isprintable():
            cleaned = clean(text)
            if self._holds(cleaned):
                text = cleaned
        text = self._base64.sub(_INSTEAD, self._key.sub(_INSTEAD, text))
        for meaning in _meanings(text) if _ESCAPE.search(text) else ():
            if self._holds(meaning):
                return self._base64.sub(_INSTEAD, self._key.sub(_INSTEAD, meaning))
        return text

    def _holds(self, text: str) -> bool:
        return bool(self._key.search(text) or self._base64.search(text))


def _meanings(text: str) -> Iterator[str]:
    """What a text means to a reader of HTML, addresses or JSON, who may read it several times."""
    for _ in range(_ROUNDS):
        before = text
        for read in (html.unescape, unquote, _unescaped):
            text = read(text)
            yield text
        if text == before:
            return


def _unescaped(text: str) -> str:
    return re.sub(r"\\u00([2-7][0-9a-fA-F])", lambda escape: chr(int(escape[1], 16)), text)


def _cores(key: str) -> Iterator[str]:
    """The Base64 of a key, wherever it stands in what is encoded: the characters that it alone decides."""
    for spelled in (key, key.lower(), key.upper()):
        raw = spelled.encode()
        for before in range(3):
            encoded = b64encode(b"\0" * before + raw).decode()
            yield encoded[(before * 8 + 5) // 6 : (before + len(raw)) * 8 // 6]


def _pattern(key: str) -> str:
    """Matches a key with any of its characters percent-encoded."""
    return "".join(
        f"(?:{re.escape(character)}|%{ord(character.lower()):02x}|%{ord(character.upper()):02x})" for character in key
    )


def _meant(escape: re.Match[bytes]) -> bytes:
    """The character of an escape."""
    return bytes.fromhex(escape[1].decode()) if escape[1] else escape[2]
