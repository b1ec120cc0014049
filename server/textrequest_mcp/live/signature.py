"""Checks that a webhook call comes from the service: it is signed with the account's API key, and was made just now."""

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
    """The signature does not show that the call comes from the service and was made just now; the sentence says why."""


def sign(key: str, timestamp: str, body: bytes) -> bytes:
    """The signature that the service makes of a call, before base64."""
    return hmac.new(key.encode(), timestamp.encode() + b"." + body, hashlib.sha256).digest()


def check_signature(
    signature: str | None, timestamp: str | None, body: bytes, *, keys: Sequence[str], now: float
) -> str:
    """Accept a call that one of the keys signed, at most five minutes from now; return a name for the call.

    The name is the same for each way in which base64 can spell the signature.

    Args:
        signature: the header: base64 of HMAC-SHA256 over `{timestamp}.{raw body}`.
        timestamp: the header: seconds since 1970.
        body: the body as it came, byte for byte.
        keys: the account's API key, and the previous one while the key is being changed.
        now: seconds since 1970.

    Raises:
        BadSignature: no key signed the call, or it is too old or too new.
    """
    if not signature or not timestamp:
        raise BadSignature("it is not signed")
    if not re.fullmatch(r"[0-9]{1,12}", timestamp):
        raise BadSignature("its time is no number of seconds")
    given = _decoded(signature)
    # All keys are tried, also after one fits, so that the time taken shows nothing.
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
