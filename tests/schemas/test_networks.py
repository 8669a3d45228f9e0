"""A request's network is what a trusted proxy saw; nobody can borrow another's."""

import pytest
from starlette.requests import Request

from schemas.networks import TrustedProxies
from schemas.settings import MissingSetting


@pytest.mark.parametrize(
    ("direct", "forwarded", "prefix"),
    [
        ("192.0.2.77", "", "192.0.2.0/24"),
        ("192.0.2.77", "198.51.100.1", "192.0.2.0/24"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.0/24"),
        ("10.0.0.1", "203.0.113.9, 198.51.100.1", "198.51.100.0/24"),
        ("10.0.0.1", "198.51.100.1, 10.2.2.2", "198.51.100.0/24"),
        ("::1", "2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.77", "", "192.0.2.0/24"),
        ("10.0.0.1", "nonsense", ""),
        ("", "", ""),
    ],
)
def test_the_address_is_what_a_proxy_of_ours_saw(direct: str, forwarded: str, prefix: str) -> None:
    assert TrustedProxies("10.0.0.0/8, ::1").network_behind(direct, forwarded) == prefix


def test_a_proxy_may_add_a_line_of_its_own() -> None:
    """The first line is what the client made up."""
    lines = [(b"x-forwarded-for", b"203.0.113.9"), (b"x-forwarded-for", b"198.51.100.1")]
    request = Request({"type": "http", "client": ("10.0.0.1", 1), "headers": lines})
    assert TrustedProxies("10.0.0.0/8").network_of(request) == "198.51.100.0/24"
    assert TrustedProxies("").network_of(request) == "10.0.0.0/24"


def test_a_setting_that_is_no_network_is_named() -> None:
    with pytest.raises(MissingSetting, match="WELLSTREAM_TRUSTED_PROXIES"):
        TrustedProxies("10.0.0.0/8, proxy.example")
