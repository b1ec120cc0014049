"""Encrypts customers' words and numbers on the disk, so that only the account's API key can read them."""

import hashlib
import hmac
import json
import os
from typing import Any

_NONCE = 12


class Cipher:
    """Encrypts and decrypts the content of a text in the event log.

    The key is made from the API key, because the store's own secret lies in the same folder as the log. A person with
    the API key can read everything from the service anyway. A person with only the file learns when texts went, but
    no number and no words.

    Args:
        api_key: the account's key.
    """

    def __init__(self, api_key: str) -> None:
        self._key = hashlib.sha256(b"textrequest-mcp event log:" + api_key.encode()).digest()
        self._mark_key = hashlib.sha256(b"textrequest-mcp event log, marks:" + api_key.encode()).digest()

    def seal(self, content: dict[str, Any], name: str) -> bytes:
        """The content, encrypted for this name only, so that it cannot be passed off as another text's."""
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

    def mark(self, text: str) -> str:
        """A hash to find a short string again, such as a phone number; without the key it cannot be guessed."""
        return hmac.new(self._mark_key, text.encode(), hashlib.sha256).hexdigest()[:32]

    def _cipher(self) -> Any:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # not loaded before the first text is kept

        return AESGCM(self._key)
