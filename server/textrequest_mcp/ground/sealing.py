"""Encrypts what the store keeps of people's words, so that the tables alone open nothing."""

import json
import os
from typing import Any

_NONCE = 12


class Seal:
    """Encrypts and decrypts content.

    Args:
        key: 32 bytes.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def seal(self, content: dict[str, Any], name: str) -> bytes:
        """The content, encrypted for this name only, so that it cannot be passed off as another's."""
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher().encrypt(nonce, json.dumps(content).encode(), name.encode())

    def open(self, sealed: bytes, name: str) -> dict[str, Any] | None:
        """The content; None if it was sealed with another key or for another name, or was changed."""
        from cryptography.exceptions import InvalidTag

        try:
            opened = self._cipher().decrypt(sealed[:_NONCE], sealed[_NONCE:], name.encode())
        except (InvalidTag, ValueError):
            return None
        return json.loads(opened)

    def _cipher(self) -> Any:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # not loaded before the first text is kept

        return AESGCM(self._key)
