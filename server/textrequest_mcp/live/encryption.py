"""Encrypts customers' words and numbers on the disk, so that only the account's API key can read them."""

import hashlib
import hmac

from textrequest_mcp.ground.sealing import Seal


class Cipher(Seal):
    """Encrypts and decrypts the content of a text in the event log.

    The key is made from the API key, because the store's own secret lies in the same folder as the log. A person with
    the API key can read everything from the service anyway. A person with only the file learns when texts went, but
    no number and no words.

    Args:
        api_key: the account's key.
    """

    def __init__(self, api_key: str) -> None:
        super().__init__(hashlib.sha256(b"textrequest-mcp event log:" + api_key.encode()).digest())
        self._mark_key = hashlib.sha256(b"textrequest-mcp event log, marks:" + api_key.encode()).digest()

    def mark(self, text: str) -> str:
        """A hash to find a short string again, such as a phone number; without the key it cannot be guessed."""
        return hmac.new(self._mark_key, text.encode(), hashlib.sha256).hexdigest()[:32]
