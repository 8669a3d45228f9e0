"""A small OpenID Connect provider that signs real tokens: the code flow with PKCE, as large ones have it."""

import base64
import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from wellstream.local.kafka import free_port

CLIENT_ID, CLIENT_SECRET = "wellstream-test", "the secret of the client"
SOMEBODY: dict[str, Any] = {"email": "ann@hospital.example", "email_verified": True}


@dataclass
class Provider:
    """The provider, and what it says of whoever comes.

    Attributes:
        claims: What it says in the token besides what every token says.
        overrides: What it says wrongly there.
        sign_with: The key that signs; not the published one for a forged token.
        algorithm: How it signs: RS256; or, as forgers do, HS256 with the public key as a secret, or none.
        more: What the userinfo endpoint says; nothing is published there if it is empty.
    """

    port: int = field(default_factory=free_port)
    claims: dict[str, Any] = field(default_factory=lambda: dict(SOMEBODY))
    overrides: dict[str, Any] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)
    algorithm: str = "RS256"

    def __post_init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "published", "use": "sig"})
        self.sign_with: Any = self.key
        self._asked: dict[str, dict[str, str]] = {}

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> dict[str, str]:
        return {
            "oidc_metadata_url": f"{self.issuer}/.well-known/openid-configuration",
            "oidc_client_id": CLIENT_ID,
            "oidc_client_secret": CLIENT_SECRET,
            "oidc_name": "Hospital Example",
        }

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._metadata),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
                Route("/keys", self._keys),
                Route("/userinfo", self._userinfo),
            ]
        )

    def _metadata(self, request: Request) -> Response:
        where = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
        published = {f"{name}_endpoint": f"{self.issuer}/{path}" for name, path in where.items()}
        return JSONResponse(
            published
            | {
                "issuer": self.issuer,
                "jwks_uri": f"{self.issuer}/keys",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
            }
        )

    def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        code = uuid4().hex
        self._asked[code] = asked
        back = urlencode({"code": code, "state": asked["state"]})
        return RedirectResponse(f"{asked['redirect_uri']}?{back}")

    async def _token(self, request: Request) -> Response:
        form = await request.form()
        asked = self._asked.pop(str(form["code"]), None)
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        proof = hashlib.sha256(str(form.get("code_verifier", "")).encode()).digest()
        challenge = _encoded(proof)
        client = request.headers.get("authorization") == f"Basic {basic.replace('%20', ' ')}"
        if not asked or not client or challenge != asked["code_challenge"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse({"access_token": "t", "token_type": "Bearer", "id_token": self._signed(asked)})

    def _signed(self, asked: dict[str, str]) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer, "sub": "248289761001", "aud": CLIENT_ID, "iat": now, "exp": now + 300,
            "nonce": asked["nonce"],
        } | self.claims | self.overrides  # fmt: skip
        kept = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": self.algorithm, "kid": "published"}
        if self.algorithm == "RS256":
            return jwt.encode(header, kept, self.sign_with)
        # Libraries refuse to make such tokens, as they should.
        signed = ".".join(_encoded(json.dumps(part).encode()) for part in (header, kept))
        public = self.key.as_pem(private=False)
        forged = {"HS256": hmac.digest(public, signed.encode(), "sha256"), "none": b""}[self.algorithm]
        return f"{signed}.{_encoded(forged)}"

    def _keys(self, request: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    def _userinfo(self, request: Request) -> Response:
        assert request.headers["authorization"] == "Bearer t"
        return JSONResponse(self.more)


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


@contextmanager
def running(provider: Provider) -> Iterator[Provider]:
    """Serve it until the end of the test."""
    listener = socket.create_server(("127.0.0.1", provider.port))
    server = uvicorn.Server(uvicorn.Config(provider.app(), log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
