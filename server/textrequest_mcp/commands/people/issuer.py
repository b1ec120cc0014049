"""An identity provider: where it is found, and the keys with which it signs."""

import time
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import anyio
import httpx2
import jwt

from textrequest_mcp.settings.reading import is_loopback

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
KEYS_SECONDS = 300.0
_AGAIN_SECONDS = 30.0  # between two looks for a key that is not there
_TIMEOUT_SECONDS = 5.0
_LONGEST_ANSWER = 1_000_000


class IssuerError(Exception):
    """The provider cannot be asked, or says what it must not."""


class Issuer:
    """One identity provider.

    Its keys are read when they are first needed, and again when they are old or an unknown one is named; however many
    tokens name unknown keys, they are read at most every 30 seconds.

    Args:
        name: its address, as tokens name it.
        clock: seconds that only grow.
        algorithms: with which tokens may be signed.
    """

    def __init__(
        self, name: str, *, clock: Callable[[], float] = time.monotonic, algorithms: Sequence[str] = ALGORITHMS
    ) -> None:
        self.name = name
        self.algorithms = tuple(algorithms)
        self._clock = clock
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._read_at: float | None = None
        self._address: str | None = None
        self._turn = anyio.Lock()

    async def key(self, id_: object, algorithm: str) -> jwt.PyJWK | None:
        """The key of this id that signs with this algorithm; None where there is none.

        Raises:
            IssuerError: the keys cannot be read.
        """
        if algorithm not in self.algorithms or not isinstance(id_, str | None):
            return None
        async with self._turn:
            now = self._clock()
            age = None if self._read_at is None else now - self._read_at
            is_old = age is None or age > KEYS_SECONDS
            if is_old or (id_ not in self._keys and age is not None and age > _AGAIN_SECONDS):
                self._read_at = now  # also of a read that fails: nobody can make this server ask without end
                try:
                    self._keys = await self._read()
                except IssuerError:
                    if id_ not in self._keys:
                        raise
            found = self._keys.get(id_)
        return found if found is not None and found.algorithm_name == algorithm else None

    async def _read(self) -> dict[str | None, jwt.PyJWK]:
        try:
            async with httpx2.AsyncClient(timeout=_TIMEOUT_SECONDS, follow_redirects=False) as client:
                if self._address is None:
                    self._address = await self._found(client)
                listed = await _json(client, self._address)
        except httpx2.HTTPError as error:
            raise IssuerError(f"{self.name} cannot be asked: {type(error).__name__}") from None
        try:
            keys = jwt.PyJWKSet.from_dict(listed).keys
        except jwt.PyJWTError as error:
            raise IssuerError(f"the keys of {self.name} cannot be read: {type(error).__name__}") from None
        signing = [key for key in keys if key.public_key_use in {None, "sig"}]
        named: dict[str | None, jwt.PyJWK] = {key.key_id: key for key in signing}
        if len(signing) == 1:  # a token need not name the only one
            named[None] = signing[0]
        return named

    async def _found(self, client: httpx2.AsyncClient) -> str:
        """Where its keys are, by its own description (RFC 8414, OpenID Connect Discovery)."""
        parts = urlsplit(self.name)
        path = parts.path.rstrip("/")
        root = f"{parts.scheme}://{parts.netloc}"
        for address in (
            f"{self.name.rstrip('/')}/.well-known/openid-configuration",
            f"{root}/.well-known/oauth-authorization-server{path}",
            f"{root}/.well-known/openid-configuration{path}",
        ):
            try:
                said = await _json(client, address)
            except IssuerError:
                continue
            if said.get("issuer") != self.name:
                raise IssuerError(f"{self.name} calls itself another name, so it is not used")
            keys = str(said.get("jwks_uri"))
            check_address(keys)
            return keys
        raise IssuerError(f"{self.name} does not describe itself under /.well-known/")


def check_address(address: str) -> None:
    """Take only an address that nobody on the way can answer for.

    Raises:
        IssuerError: it is another.
    """
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        raise IssuerError(f"{address} is not https")


async def _json(client: httpx2.AsyncClient, address: str) -> dict[str, Any]:
    answer = await client.get(address)
    if answer.status_code != HTTPStatus.OK or len(answer.content) > _LONGEST_ANSWER:
        raise IssuerError(f"{address} answers {answer.status_code}")
    try:
        said: Any = answer.json()
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise IssuerError(f"{address} answers no JSON object")
    return said  # pyright: ignore[reportUnknownVariableType] - JSON
