"""Keeps customers' words and numbers on disk only in a form that needs the account's API key to be read."""

import hashlib
import hmac
import json
import os
from typing import Any

_NONCE = 12


class Sealed:
    """Seals and opens what the event log keeps of a text.

    The file lies beside the secret of the store, which therefore guards nothing in it. Who has the API key can read
    everything from the service anyway; who has only the file learns when texts went, and nothing of whom or what.

    Args:
        api_key: of the account.
    """

    def __init__(self, api_key: str) -> None:
        self._key = hashlib.sha256(b"textrequest-mcp event log:" + api_key.encode()).digest()
        self._mark_key = hashlib.sha256(b"textrequest-mcp event log, marks:" + api_key.encode()).digest()

    def seal(self, content: dict[str, Any], name: str) -> bytes:
        """The content, bound to what it is the content of."""
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher().encrypt(nonce, json.dumps(content).encode(), name.encode())

    def open(self, sealed: bytes, name: str) -> dict[str, Any] | None:
        """The content; None where another key sealed it, or where it is not what it was."""
        from cryptography.exceptions import InvalidTag

        try:
            opened = self._cipher().decrypt(sealed[:_NONCE], sealed[_NONCE:], name.encode())
        except (InvalidTag, ValueError):
            return None
        return json.loads(opened)

    def mark(self, text: str) -> str:
        """What stands for a text where it must be found again; a short one cannot be guessed without the key either."""
        return hmac.new(self._mark_key, text.encode(), hashlib.sha256).hexdigest()[:32]

    def _cipher(self) -> Any:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # loaded where the first text is kept

        return AESGCM(self._key)
