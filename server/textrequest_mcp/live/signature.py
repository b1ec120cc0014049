"""Tells the service's own calls from anybody else's: each is signed with the account's API key, and of now."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence

SKEW_SECONDS = 300.0  # what the vendor's own example accepts (wire-facts, The trigger)
SIGNATURE = "x-tr-webhook-signature"
TIMESTAMP = "x-tr-webhook-timestamp"
_LONGEST_HEADER = 100


class BadSignature(Exception):
    """The call is not shown to be the service's, or not to be of now; the sentence says which."""


def sign(key: str, timestamp: str, body: bytes) -> bytes:
    """What the service makes of a call, before base64."""
    return hmac.new(key.encode(), timestamp.encode() + b"." + body, hashlib.sha256).digest()


def check_signature(
    signature: str | None, timestamp: str | None, body: bytes, *, keys: Sequence[str], now: float
) -> str:
    """Let a call pass that one of the keys signed within five minutes of now.

    Args:
        signature: the header, base64 of HMAC-SHA256 over `{timestamp}.{raw body}`.
        timestamp: the header, Unix seconds.
        body: as it came, byte for byte.
        keys: the account's API key, and the one before it while it is being changed.
        now: seconds since 1970.

    Answers a name of this very call, the same however its signature was spelled: base64 has several spellings.

    Raises:
        BadSignature: it is not so.
    """
    if not signature or not timestamp:
        raise BadSignature("it is not signed")
    if not re.fullmatch(r"[0-9]{1,12}", timestamp):
        raise BadSignature("its time is no number of seconds")
    given = _decoded(signature)
    # All keys are tried, whichever fits, so that the time taken tells nothing.
    if not any([hmac.compare_digest(given, sign(key, timestamp, body)) for key in keys]):  # noqa: C419
        raise BadSignature("its signature is wrong")
    if abs(now - int(timestamp)) > SKEW_SECONDS:
        raise BadSignature("it is not of now")
    return hashlib.sha256(timestamp.encode() + b"." + given).hexdigest()


def _decoded(signature: str) -> bytes:
    try:
        return base64.b64decode(signature, validate=True) if len(signature) <= _LONGEST_HEADER else b""
    except (binascii.Error, ValueError):  # ValueError: a header with characters beyond ASCII
        return b""
