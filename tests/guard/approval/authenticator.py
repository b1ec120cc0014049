"""A passkey made of software: signs as a browser and its authenticator do, or wrongly where a test wants it."""

import hashlib
import json
import os
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from textrequest_mcp.guard.approval.webauthn import ES256, RS256, encoded

PRESENT, VERIFIED, HAS_KEY = 0x01, 0x04, 0x40


class Authenticator:
    """One key.

    Attributes:
        counter: of the last signature; None where the key does not count.
    """

    def __init__(self, *, algorithm: int = ES256, counter: int | None = 0, bits: int = 2048) -> None:
        self.id = os.urandom(16)
        self.algorithm = algorithm
        self.counter = counter
        self._key = (
            ec.generate_private_key(ec.SECP256R1())
            if algorithm == ES256
            else rsa.generate_private_key(public_exponent=65537, key_size=bits)
        )

    @property
    def public_key(self) -> bytes:
        return self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def makes(self, challenge: bytes, origin: str, **wrong: Any) -> dict[str, str]:
        """What a browser sends after `navigator.credentials.create`."""
        held = os.urandom(16) + len(self.id).to_bytes(2, "big") + wrong.get("held_id", self.id) + b"\xa0"
        client = self._client("webauthn.create", challenge, origin, wrong)
        authenticator = self._data(wrong.get("flags", PRESENT | VERIFIED | HAS_KEY), wrong) + held
        return {
            "credential": encoded(self.id),
            "public_key": encoded(wrong.get("public_key", self.public_key)),
            "algorithm": str(wrong.get("algorithm", self.algorithm)),
            "client_data": encoded(client),
            "authenticator_data": encoded(authenticator),
        }

    def signs(self, challenge: bytes, origin: str, **wrong: Any) -> dict[str, str]:
        """What a browser sends after `navigator.credentials.get`."""
        if self.counter is not None:
            self.counter += 1
        client = self._client("webauthn.get", challenge, origin, wrong)
        authenticator = self._data(wrong.get("flags", PRESENT | VERIFIED), wrong)
        signed = authenticator + hashlib.sha256(client).digest()
        if isinstance(self._key, ec.EllipticCurvePrivateKey):
            signature = self._key.sign(signed, ec.ECDSA(SHA256()))
        else:
            signature = self._key.sign(signed, padding.PKCS1v15(), SHA256())
        return {
            "credential": encoded(self.id),
            "client_data": encoded(client),
            "authenticator_data": encoded(authenticator),
            "signature": encoded(signature),
        }

    def _client(self, type_: str, challenge: bytes, origin: str, wrong: dict[str, Any]) -> bytes:
        said = {"type": type_, "challenge": encoded(challenge), "origin": origin, "crossOrigin": False}
        return json.dumps(said | wrong.get("client", {})).encode()

    def _data(self, flags: int, wrong: dict[str, Any]) -> bytes:
        site = hashlib.sha256(wrong.get("site", "localhost").encode()).digest()
        return site + bytes([flags]) + (self.counter or 0).to_bytes(4, "big")


__all__ = ["ES256", "RS256", "Authenticator"]
