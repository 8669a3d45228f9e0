"""Cookies by which a browser is known again that somebody signed in with before.

They let nobody in. They only say that wrong passwords from elsewhere do not count against this browser
(owasp.org: "Slow Down Online Guessing Attacks with Device Cookies").
"""

import hmac
import re
import secrets

_COOKIE = re.compile(r"([A-Za-z0-9_-]{22})\.([0-9a-f]{64})")


def new_cookie(key: str, stamp: str) -> str:
    """A cookie for a browser with which somebody has just signed in.

    Args:
        key: Signs it.
        stamp: Stands for the account and its password: a new password makes the cookie void.
    """
    device = secrets.token_urlsafe(16)
    return f"{device}.{_mac(key, device, stamp)}"


def device_of(cookie: str, key: str, stamp: str) -> str | None:
    """The browser that a cookie names; None if it is not ours, or not this account's."""
    found = _COOKIE.fullmatch(cookie)
    if found is None or not key:
        return None
    device, mac = found.groups()
    return device if hmac.compare_digest(mac, _mac(key, device, stamp)) else None


def _mac(key: str, device: str, stamp: str) -> str:
    return hmac.new(key.encode(), f"{device}\n{stamp}".encode(), "sha256").hexdigest()
