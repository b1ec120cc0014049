"""Lets in who signed in with an identity provider, as an OAuth 2.1 resource server: it checks tokens and makes none."""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, cast

import jwt
from starlette.responses import JSONResponse, Response

from textrequest_mcp.commands.people.issuer import Issuer, IssuerError
from textrequest_mcp.commands.people.let_in import LetIn
from textrequest_mcp.commands.people.roster import Entry, Roster
from textrequest_mcp.ground.member import SCOPES, Member

logger = logging.getLogger(__name__)

METADATA = "/.well-known/oauth-protected-resource"
_LONGEST_TOKEN = 16_384
_LEEWAY_SECONDS = 30
_LONGEST_NAME = 30  # as of a sender's name


@dataclass(frozen=True)
class SignIn:
    """The members whom an identity provider knows.

    Attributes:
        issuer: the provider.
        roster: says what each of them may do here; who is not in it is not let in.
        resource: the address of this server's endpoint, for which tokens are made.
        audiences: further names by which tokens call it.
    """

    issuer: Issuer
    roster: Roster
    resource: str
    audiences: Collection[str] = ()

    async def enter(self, token: str) -> LetIn | None:
        """Whose token it is; None where it is not good for this server, or its holder is nobody here."""
        if len(token) > _LONGEST_TOKEN:
            return None
        try:
            claims = await self._claims(token)
        except IssuerError as error:
            logger.warning("nobody can sign in now: %s", error)
            return None
        except jwt.PyJWTError as error:
            logger.info("a token was refused: %s", type(error).__name__)
            return None
        return None if claims is None else self._let_in(claims)

    async def _claims(self, token: str) -> Mapping[str, Any] | None:
        """What a good token says.

        Raises:
            jwt.PyJWTError: it is not good.
            IssuerError: the provider's keys cannot be read.
        """
        header = jwt.get_unverified_header(token)
        key = await self.issuer.key(header.get("kid"), str(header.get("alg")))
        if key is None:
            return None
        named = (self.resource, self.resource.rpartition("/")[0])
        claims: Mapping[str, Any] = jwt.decode(
            token,
            key,
            algorithms=list(self.issuer.algorithms),
            issuer=self.issuer.name,
            audience=[*named, *(f"{each}/" for each in named), *self.audiences],
            leeway=_LEEWAY_SECONDS,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )
        return claims

    def _let_in(self, claims: Mapping[str, Any]) -> LetIn | None:
        entries = [entry for entry in self.roster.entries() if _is_of(entry, claims)]
        if not entries:
            return None
        granted, lines = _together(entries)
        id_, name = _called(entries, claims, {entry.name.casefold() for entry in self.roster.entries()})
        asked = _scopes_in(claims)
        # A provider that knows none of our scopes leaves it to the file; one that knows some can give fewer.
        scopes = granted & asked if asked.intersection(SCOPES) else granted
        version = sha256(repr((str(claims["sub"]), sorted(each.version for each in entries))).encode()).hexdigest()[:16]
        member = Member(
            id=id_,
            name=name,
            scopes=scopes,
            lines=lines,
            version=version,
            is_in=lambda: all(entry in self.roster.entries() for entry in entries),
        )
        return LetIn(member, granted, float(claims["exp"]) + _LEEWAY_SECONDS)

    @property
    def metadata_address(self) -> str:
        """Where the server says who lets people in (RFC 9728)."""
        scheme, _, rest = self.resource.partition("://")
        host, slash, path = rest.partition("/")
        return f"{scheme}://{host}{METADATA}{slash}{path}"

    def metadata(self, path: str, offered: Collection[str]) -> Response | None:
        """The same, at the address for this endpoint and at the root, where some clients look."""
        of_this_one = METADATA + self.metadata_address.partition(METADATA)[2]
        if path not in {METADATA, of_this_one, f"{METADATA}/{self.resource.rpartition('/')[2]}"}:
            return None
        said = {
            "resource": self.resource,
            "authorization_servers": [self.issuer.name],
            "scopes_supported": [scope for scope in SCOPES if scope in offered],
            "bearer_methods_supported": ["header"],
            "resource_name": "Text Request",
        }
        return JSONResponse(said, headers={"Cache-Control": "max-age=300", "Access-Control-Allow-Origin": "*"})


def _is_of(entry: Entry, claims: Mapping[str, Any]) -> bool:
    """Whether a line of the file is about who signed in."""
    kind, _, value = entry.known_by.partition(":")
    if kind == "sub":
        return claims.get("sub") == value
    if kind == "email":  # an address that nobody checked is anybody's to write down
        verified = claims.get("email_verified") in {True, "true"}
        return verified and str(claims.get("email") or "").lower() == value.lower()
    return kind == "group" and value in _texts(claims, "groups", "roles")


def _together(entries: Sequence[Entry]) -> tuple[frozenset[str], frozenset[int] | None]:
    """What one person may do who is in several lines of the file."""
    scopes = frozenset[str]().union(*(entry.scopes for entry in entries))
    if any(entry.lines is None for entry in entries):
        return scopes, None
    return scopes, frozenset[int]().union(*(entry.lines or () for entry in entries))


def _called(entries: Sequence[Entry], claims: Mapping[str, Any], taken: Collection[str]) -> tuple[str, str]:
    """The id and the name: the file's, or of somebody who is there by a group what their sign-in says."""
    own = next((entry.name for entry in entries if not entry.known_by.startswith("group:")), None)
    if own is not None:
        return own, own
    told = next((str(claims[each]) for each in ("name", "preferred_username", "email", "sub") if claims.get(each)), "")
    name = "".join(sign for sign in told if sign.isalnum() or sign in " .-@")[:_LONGEST_NAME].strip() or "somebody"
    id_ = f"{name}#{sha256(str(claims['sub']).encode()).hexdigest()[:8]}"
    return id_, id_ if name.casefold() in taken else name  # people write such names themselves


def _scopes_in(claims: Mapping[str, Any]) -> frozenset[str]:
    """The scopes of a token, as the providers write them."""
    return frozenset(_texts(claims, "scope", "scp", "permissions"))


def _texts(claims: Mapping[str, Any], *names: str) -> list[str]:
    """The words of these claims, which are lists or stand in one text with blanks."""
    found: list[str] = []
    for name in names:
        value = claims.get(name)
        if isinstance(value, str):
            found += value.split()
        elif isinstance(value, list):
            found += [each for each in cast("Iterable[object]", value) if isinstance(each, str)]
    return found
