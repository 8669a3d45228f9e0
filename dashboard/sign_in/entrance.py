"""What one process knows of who may look at the dashboard; its door and its pages share it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from dashboard.sign_in.accounts import AccountFile
from dashboard.sign_in.local import LocalSignIn
from dashboard.sign_in.policy import asks, is_loopback, name_in
from dashboard.sign_in.sessions import Sessions, Visitor
from schemas.clock import Clock, now
from schemas.networks import TrustedProxies
from schemas.settings import Settings

if TYPE_CHECKING:
    from dashboard.sign_in.oidc import Provider

COOKIE, DEVICE_COOKIE = "wellstream-session", "wellstream-device"
_PROXY_HEADERS = ("forwarded", "x-forwarded-for", "via")


class Entrance:
    """Who is asked, who is known, and who is here.

    Args:
        settings: Of this dashboard.
        clock: Tells the time.

    Raises:
        OpenDashboard: Signing in is switched off where others could reach the dashboard.
        MissingSetting: A setting for the OpenID Connect provider is missing.
    """

    def __init__(self, settings: Settings, clock: Clock = now) -> None:
        self.asks = asks(settings)
        self.local = LocalSignIn(AccountFile(settings.dashboard_users_path), clock)
        self.provider = _provider(settings)
        idle = timedelta(minutes=settings.dashboard_idle_minutes)
        self.sessions = Sessions(idle, self.local.admits, clock)
        self.secure = settings.dashboard_url.startswith("https://")
        # Invented data may be looked at through a proxy, such as that of an editor in a browser.
        self._only_from_here = not self.asks and not settings.simulation
        self._proxies = TrustedProxies(settings.trusted_proxies)
        public = urlsplit(settings.dashboard_url)
        self._origin = f"{public.scheme}://{public.netloc}"

    @property
    def cookie(self) -> str:
        """The name of the cookie with the session's token; a browser ties `__Host-` to this host and TLS."""
        return f"__Host-{COOKIE}" if self.secure else COOKIE

    def token(self, cookies: Mapping[str, str]) -> str:
        """The session's token among a browser's cookies; empty if there is none."""
        return cookies.get(self.cookie, "")

    def visitor(self, cookies: Mapping[str, str]) -> Visitor | None:
        """Who is signed in with these cookies; None if nobody is, or nobody is asked."""
        token = self.token(cookies) if self.asks else ""
        return self.sessions.visitor(token) if token else None

    def may_look(self, cookies: Mapping[str, str]) -> bool:
        """Whether pages may be shown to this browser."""
        return not self.asks or self.visitor(cookies) is not None

    def network_of(self, connection: HTTPConnection) -> str:
        """The network that a request comes from, behind the proxies that are trusted."""
        return self._proxies.network_of(connection)

    def is_from_here(self, connection: HTTPConnection) -> bool:
        """Whether a request may be answered without asking: nothing lies between it and this machine.

        A proxy would let others in, and so would a page elsewhere whose name is made to lead to this machine.
        """
        if not self._only_from_here:
            return True
        proxied = any(name in connection.headers for name in _PROXY_HEADERS)
        return not proxied and is_loopback(name_in(connection.headers.get("host", "")))

    def is_same_origin(self, connection: HTTPConnection) -> bool:
        """Whether a page of ours sent this request; a program that is no browser names no origin."""
        origin = connection.headers.get("origin")
        if origin is None:
            return connection.headers.get("sec-fetch-site", "none") in ("none", "same-origin")
        host = connection.headers.get("host", "")
        return origin in (self._origin, f"http://{host}", f"https://{host}")

    def begin(self, visitor: Visitor, old_token: str) -> str:
        """Begin a session in place of the browser's old one; returns its token."""
        self.sessions.end(old_token)
        return self.sessions.begin(visitor)


@cache
def entrance() -> Entrance:
    """The one of this process, from the settings in its environment.

    Raises:
        OpenDashboard: Signing in is switched off where others could reach the dashboard.
        MissingSetting: A setting for the OpenID Connect provider is missing.
    """
    return Entrance(Settings())


def _provider(settings: Settings) -> Provider | None:
    if not settings.oidc_client_id:
        return None
    # Authlib takes a second to import, and most do without it.
    from dashboard.sign_in.oidc import Provider

    return Provider(settings)
