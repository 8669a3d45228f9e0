"""When the dashboard asks who is there."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from schemas.settings import Settings


class OpenDashboard(ValueError):
    """The dashboard would be open to others than those on this machine."""


def asks(settings: Settings) -> bool:
    """Whether people must sign in.

    They need not where the dashboard listens on a loopback address, and either its data are simulated or
    the settings switch the question off.

    Raises:
        OpenDashboard: Signing in is switched off where others could reach the dashboard.
    """
    loopback = is_loopback(settings.dashboard_host)
    if not settings.dashboard_sign_in and not loopback:
        raise OpenDashboard(
            "WELLSTREAM_DASHBOARD_SIGN_IN=false would open the dashboard to everybody who reaches "
            f"{settings.dashboard_host}; remove it, or set WELLSTREAM_DASHBOARD_HOST=127.0.0.1"
        )
    return not loopback or (settings.dashboard_sign_in and not settings.simulation)


def is_loopback(host: str) -> bool:
    """Whether an address or name can be reached from this machine only."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def name_in(host: str) -> str:
    """The name in a `Host` header, without its port; empty if it has none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
