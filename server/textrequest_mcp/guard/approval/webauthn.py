"""Checks what a passkey signed: that it is this key, for this page and question, and that its owner was verified.

The rules are those of W3C Web Authentication, sections 7.1 and 7.2, for keys without attestation. A browser gives the
public key as DER (`getPublicKey()`), so nothing here reads CBOR.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from textrequest_mcp.upstream.errors import BadInput

RP_ID = "localhost"  # a valid one on http and any port; an address of numbers is none
ES256, RS256 = -7, -257
_PRESENT, _VERIFIED, _HAS_KEY = 0x01, 0x04, 0x40
_SHORTEST = 37  # bytes: the hash of the id, the flags, the counter
_FEWEST_BITS = 2048
_LONGEST_ID = 1023


@dataclass(frozen=True, kw_only=True)
class Passkey:
    """A person's key.

    Attributes:
        id: the browser's name of it, in base64url.
        name: what the person calls it.
        public_key: DER.
        algorithm: `ES256` or `RS256`.
        counter: of the last signature; 0 where the key does not count.
    """

    id: str
    name: str
    public_key: bytes
    algorithm: int
    counter: int = 0


def decoded(text: str) -> bytes:
    """Base64url, with or without its end.

    Raises:
        BadInput: it is none.
    """
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise _wrong("is not readable") from None


def encoded(raw: bytes) -> str:
    """Bytes in base64url without its end."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def new_key(given: Mapping[str, str], name: str, challenge: bytes, origin: str) -> Passkey:
    """The key that a browser made.

    Args:
        given: `credential`, `public_key`, `algorithm`, `client_data` and `authenticator_data`, bytes in base64url.
        name: what the person calls it.
        challenge: that the page was given.
        origin: of the page.

    Raises:
        BadInput: it was not made by this page, or its owner was not verified, or it is of another kind.
    """
    client, authenticator = decoded(given.get("client_data", "")), decoded(given.get("authenticator_data", ""))
    _check_client(client, "webauthn.create", challenge, origin)
    _check_authenticator(authenticator)
    algorithm = {str(ES256): ES256, str(RS256): RS256}.get(given.get("algorithm", ""))
    id_, der = given.get("credential", ""), decoded(given.get("public_key", ""))
    raw_id = decoded(id_)
    if algorithm is None or not 0 < len(raw_id) <= _LONGEST_ID:
        raise _wrong("is of a kind that is not known here")
    held = authenticator[_SHORTEST:]  # its model, then the length of the id, then the id
    if not authenticator[32] & _HAS_KEY or held[18 : 18 + len(raw_id)] != raw_id:
        raise _wrong("is not the one that was made")
    _loaded(der, algorithm)
    return Passkey(id=encoded(raw_id), name=name, public_key=der, algorithm=algorithm, counter=_count(authenticator))


def verified(key: Passkey, given: Mapping[str, str], challenge: bytes, origin: str) -> int:
    """The counter of a good signature.

    Args:
        key: whose signature it is to be.
        given: `client_data`, `authenticator_data` and `signature` in base64url.
        challenge: that was to be signed.
        origin: of the page.

    Raises:
        BadInput: it is not this key's, for this question and page, by a verified person, or it is a copy's.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec, padding
    from cryptography.hazmat.primitives.hashes import SHA256

    client, authenticator = decoded(given.get("client_data", "")), decoded(given.get("authenticator_data", ""))
    _check_client(client, "webauthn.get", challenge, origin)
    _check_authenticator(authenticator)
    signed, signature = authenticator + hashlib.sha256(client).digest(), decoded(given.get("signature", ""))
    public = _loaded(key.public_key, key.algorithm)
    try:
        if isinstance(public, ec.EllipticCurvePublicKey):
            public.verify(signature, signed, ec.ECDSA(SHA256()))
        else:
            public.verify(signature, signed, padding.PKCS1v15(), SHA256())
    except InvalidSignature:
        raise _wrong("did not sign this question") from None
    counter = _count(authenticator)
    if (counter or key.counter) and counter <= key.counter:
        raise _wrong("was copied: its counter did not grow")
    return counter


def _check_client(raw: bytes, type_: Literal["webauthn.create", "webauthn.get"], challenge: bytes, origin: str) -> None:
    try:
        said: dict[str, Any] = json.loads(raw)
        found = (said["type"], said["origin"], bool(said.get("crossOrigin")))
        signed = str(said["challenge"])
    except (ValueError, KeyError, TypeError):
        raise _wrong("is not readable") from None
    if found != (type_, origin, False) or not hmac.compare_digest(signed.encode(), encoded(challenge).encode()):
        raise _wrong("belongs to another page or question")


def _check_authenticator(raw: bytes) -> None:
    if len(raw) < _SHORTEST or raw[:32] != hashlib.sha256(RP_ID.encode()).digest():
        raise _wrong("belongs to another site")
    if raw[32] & (_PRESENT | _VERIFIED) != _PRESENT | _VERIFIED:
        raise _wrong("did not verify its owner")


def _count(authenticator: bytes) -> int:
    return int.from_bytes(authenticator[33:_SHORTEST], "big")


def _loaded(der: bytes, algorithm: int) -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        public = load_der_public_key(der)
    except ValueError:
        raise _wrong("is not readable") from None
    if algorithm == ES256 and isinstance(public, ec.EllipticCurvePublicKey) and public.curve.name == "secp256r1":
        return public
    if algorithm == RS256 and isinstance(public, rsa.RSAPublicKey) and public.key_size >= _FEWEST_BITS:
        return public
    raise _wrong("is of a kind that is not known here")


def _wrong(how: str) -> BadInput:
    return BadInput(f"This passkey {how}.", todo="Use a passkey that `textrequest-mcp approver add` made.")
