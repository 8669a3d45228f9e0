"""Signing in with an organisation's own accounts, by OpenID Connect."""

from collections.abc import Mapping
from typing import Any, Protocol, cast
from urllib.parse import urlsplit

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.starlette_client import OAuth
from joserfc.errors import JoseError
from starlette.requests import Request
from starlette.responses import Response

from dashboard.sign_in.admission import CALLBACK, AllowList, NotAdmitted
from dashboard.sign_in.policy import is_loopback
from schemas.settings import MissingSetting, Settings

_SECONDS = 10.0
_FAILURES = (AuthlibBaseError, JoseError, httpx2.HTTPError, RuntimeError, ValueError, TypeError, KeyError)


class _Client(Protocol):
    """What is used of Authlib, which has no types."""

    client_id: str

    async def load_server_metadata(self) -> dict[str, Any]: ...
    async def authorize_redirect(self, request: Request, redirect_uri: str, **more: str) -> Response: ...
    async def authorize_access_token(self, request: Request, **more: Any) -> dict[str, Any]: ...
    async def userinfo(self, *, token: dict[str, Any]) -> Mapping[str, Any]: ...


class Provider:
    """An OpenID Connect provider, asked by the code flow with PKCE, state and nonce.

    Of what comes back, signature, issuer, audience, nonce and times are verified.

    Args:
        settings: With a client id and what goes with it.

    Raises:
        MissingSetting: Something that goes with it is missing.
    """

    def __init__(self, settings: Settings) -> None:
        self.name = settings.oidc_name or "your organisation"
        self._allowed = AllowList(settings.oidc_emails, settings.oidc_domains)
        self._redirect_uri = settings.dashboard_url.rstrip("/") + CALLBACK
        metadata = urlsplit(settings.oidc_metadata_url)
        if metadata.scheme != "https" and not (metadata.scheme and is_loopback(metadata.hostname or "")):
            raise MissingSetting(
                "WELLSTREAM_OIDC_CLIENT_ID needs WELLSTREAM_OIDC_METADATA_URL: the provider's address that "
                "begins with https:// and ends in /.well-known/openid-configuration"
            )
        registry = OAuth()
        registry.register(
            "provider",
            client_id=settings.oidc_client_id,
            client_secret=settings.secret("oidc_client_secret"),
            server_metadata_url=settings.oidc_metadata_url,
            client_kwargs={"scope": "openid email", "code_challenge_method": "S256", "timeout": _SECONDS},
        )
        self._client = cast("_Client", registry.create_client("provider"))

    async def begin(self, request: Request) -> Response:
        """Send somebody to the provider.

        Raises:
            NotAdmitted: The provider does not answer.
        """
        try:
            return await self._client.authorize_redirect(request, self._redirect_uri, prompt="select_account")
        except _FAILURES as error:
            raise NotAdmitted(f"the provider does not answer: {_short(error)}") from None

    async def finish(self, request: Request) -> str:
        """The address of somebody who comes back from the provider: verified, and on the list.

        Raises:
            NotAdmitted: It is neither, or what came back is not what the provider signed for us.
        """
        try:
            claims = await self._claims(request)
        except _FAILURES as error:
            raise NotAdmitted(f"the provider's answer was refused: {_short(error)}") from None
        # Entra ID says in a claim of its own, if at all, that the organisation owns the address's domain.
        address, verified = claims.get("email"), claims.get("email_verified", claims.get("xms_edov"))
        if not isinstance(address, str) or verified not in (True, "true", "1"):
            raise NotAdmitted("the provider gave no verified address")
        if not self._allowed.has(address):
            raise NotAdmitted("the address is neither in WELLSTREAM_OIDC_EMAILS nor in a domain of "
                              "WELLSTREAM_OIDC_DOMAINS")  # fmt: skip
        return address.strip().lower()

    async def _claims(self, request: Request) -> Mapping[str, Any]:
        metadata = await self._client.load_server_metadata()
        expected = {
            "iss": {"essential": True, "value": metadata["issuer"]},
            "aud": {"essential": True, "value": self._client.client_id},
        }
        token = await self._client.authorize_access_token(request, claims_options=expected)
        claims: Mapping[str, Any] = token["userinfo"]
        if "email" in claims or "userinfo_endpoint" not in metadata:
            return claims
        more = await self._client.userinfo(token=token)
        if more["sub"] != claims["sub"]:
            raise ValueError("userinfo is about somebody else")
        return more


def _short(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]
