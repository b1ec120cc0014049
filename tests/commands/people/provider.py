"""An identity provider on loopback, for tests only: it registers clients, signs people in, and makes tokens."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import jwt
import uvicorn
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

_KEYS = {"RS256": rsa.generate_private_key(65537, 2048), "ES256": ec.generate_private_key(ec.SECP256R1())}
_STRANGE = rsa.generate_private_key(65537, 2048)


class Provider:
    """One provider.

    Attributes:
        issuer: its address.
        asked: the paths of all requests.
        person: what is said of who signs in.
        calls_itself: the issuer of its description; its own where None.
    """

    def __init__(self) -> None:
        self.issuer = ""
        self.asked: list[str] = []
        self.person: dict[str, Any] = {"sub": "u-anna", "email": "anna@example.com", "email_verified": True}
        self.calls_itself: str | None = None
        self.keys = ["RS256", "ES256"]
        self.is_away = False
        self._codes: dict[str, dict[str, str]] = {}

    def token(self, *, alg: str = "RS256", kid: str | None = None, strange: Any = False, **claims: Any) -> str:
        """A token; claims that are None are left out."""
        now = int(time.time())
        said = {"iss": self.issuer, "iat": now, "exp": now + 300} | self.person | claims
        said = {name: value for name, value in said.items() if value is not None}
        if alg == "none":
            return jwt.encode(said, "", algorithm="none", headers={"kid": "RS256"})
        if alg == "HS256":  # signed with what everybody can read
            return jwt.encode(said, "x" * 64, algorithm="HS256", headers={"kid": "RS256"})
        key = _STRANGE if strange else _KEYS[alg]
        return jwt.encode(said, key, algorithm=alg, headers={"kid": kid or alg})

    @property
    def app(self) -> Starlette:
        well_known = "/.well-known"
        return Starlette(
            routes=[
                Route(f"{well_known}/openid-configuration", self._description),
                Route(f"{well_known}/oauth-authorization-server", self._description),
                Route("/jwks", self._jwks),
                Route("/register", self._register, methods=["POST"]),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
            ]
        )

    async def _description(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        if self.is_away:
            return Response("away", 503)
        return JSONResponse(
            {
                "issuer": self.calls_itself or self.issuer,
                "jwks_uri": f"{self.issuer}/jwks",
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "registration_endpoint": f"{self.issuer}/register",
                "response_types_supported": ["code"],
                "grant_types_supported": ["authorization_code", "refresh_token"],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["none", "client_secret_post"],
                "client_id_metadata_document_supported": True,
            }
        )

    async def _jwks(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        keys: list[dict[str, Any]] = []
        for name in self.keys:
            algorithm: Any = jwt.get_algorithm_by_name(name)
            keys.append(
                json.loads(algorithm.to_jwk(_KEYS[name].public_key())) | {"kid": name, "alg": name, "use": "sig"}
            )
        return JSONResponse({"keys": keys})

    async def _register(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        given: dict[str, Any] = await request.json()
        return JSONResponse({**given, "client_id": f"client-{secrets.token_hex(4)}"}, 201)

    async def _authorize(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        given = dict(request.query_params)
        code = secrets.token_hex(8)
        self._codes[code] = given
        back = {"code": code, "iss": self.issuer} | ({"state": given["state"]} if "state" in given else {})
        return RedirectResponse(f"{given['redirect_uri']}?{urlencode(back)}", 302)

    async def _token(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        form = await request.form()
        asked = self._codes.pop(str(form["code"]))
        digest = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != asked["code_challenge"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        token = self.token(aud=asked.get("resource"), scope=asked.get("scope"), azp=asked["client_id"])
        said = {"access_token": token, "token_type": "Bearer", "expires_in": 300, "scope": asked.get("scope")}
        return JSONResponse({name: value for name, value in said.items() if value is not None})


@contextmanager
def provided() -> Generator[Provider]:
    """A provider that listens."""
    provider = Provider()
    server = uvicorn.Server(uvicorn.Config(provider.app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    provider.issuer = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield provider
    finally:
        server.should_exit = True
        thread.join()
