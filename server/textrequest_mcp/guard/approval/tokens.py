"""Seals and opens the tokens of previews: bound to one call and its facts, good for ten minutes."""

import base64
import hashlib
import hmac
import os

from textrequest_mcp.upstream.errors import BadInput

TOKEN_MINUTES = 10
_NONCE = 9
_EXPIRY = 4
_MAC = 16
_CORRECTED_SECONDS = 5.0  # the clock is set right by so much; a token that lives longer was made by a wrong one


def sealed(secret: bytes, binding: bytes, *, now: float) -> str:
    """A new token.

    Args:
        secret: the account's sealing secret.
        binding: hash of what the token is good for.
        now: seconds since 1970.
    """
    expires = int(now + TOKEN_MINUTES * 60).to_bytes(_EXPIRY, "big")
    nonce = os.urandom(_NONCE)
    return base64.urlsafe_b64encode(nonce + expires + _mac(secret, nonce + expires + binding)).decode().rstrip("=")


def opened(secret: bytes, token: str, binding: bytes, *, now: float) -> str:
    """The nonce of a good token; the other arguments are those of `sealed`.

    Raises:
        BadInput: it is not one of ours, not for this call, or too old.
    """
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raw = b""
    head, mac = raw[: _NONCE + _EXPIRY], raw[_NONCE + _EXPIRY :]
    if len(mac) != _MAC or not hmac.compare_digest(mac, _mac(secret, head + binding)):
        raise BadInput(
            "This confirmation does not belong to this call: other arguments, other facts by now, or not a real token.",
            todo="Call without confirmation to see the facts as they are now.",
        )
    if not 0.0 <= int.from_bytes(head[_NONCE:], "big") - now <= TOKEN_MINUTES * 60 + _CORRECTED_SECONDS:
        raise BadInput(
            f"This confirmation is older than {TOKEN_MINUTES} minutes.", todo="Call without confirmation and ask again."
        )
    return head[:_NONCE].hex()


def _mac(secret: bytes, message: bytes) -> bytes:
    return hmac.new(secret, b"approval:" + message, hashlib.sha256).digest()[:_MAC]
