"""Encrypts the store's secret with a key from the environment, so that a copy of the tables alone opens nothing.

The secret itself never changes, because what people said about texts is found by hashes that are made with it. A key is
changed by putting the new one before the old one: the secret is then wrapped anew at the next use.
"""

import hashlib
import os
from collections.abc import Sequence
from contextlib import suppress

_MARK = b"wrapped:"
_NONCE = 12


def wrap(secret: bytes, key: str) -> bytes:
    """The secret as a table keeps it."""
    nonce = os.urandom(_NONCE)
    return _MARK + nonce + _cipher(key).encrypt(nonce, secret, _MARK)


def is_wrapped(kept: bytes) -> bool:
    """Whether a key is needed."""
    return kept.startswith(_MARK)


def unwrap(kept: bytes, keys: Sequence[str]) -> tuple[bytes, int] | None:
    """The secret, and the place of the key that opened it; None where none of them does."""
    from cryptography.exceptions import InvalidTag

    sealed = kept.removeprefix(_MARK)
    for place, key in enumerate(keys):
        with suppress(InvalidTag):
            return _cipher(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], _MARK), place
    return None


def _cipher(key: str):  # noqa: ANN202 - its type is loaded with it
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # not loaded where nothing is wrapped

    return AESGCM(hashlib.sha256(b"textrequest-mcp state " + key.encode()).digest())
