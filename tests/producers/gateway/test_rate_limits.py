"""Too many requests are refused, by link and by address, and nobody can borrow another's address."""

from ipaddress import ip_network

import pytest
from starlette.requests import Request

from producers.gateway.rate_limits import FormLimits, Rates, prefix_of
from schemas.clock import now

OURS = [ip_network("10.0.0.0/8"), ip_network("::1/128")]


def request(method: str = "GET", token: str = "t", host: str = "192.0.2.1") -> Request:
    scope = {
        "type": "http", "method": method, "path": f"/c/{token}", "headers": [], "client": (host, 1),
        "path_params": {"token": token},
    }  # fmt: skip
    return Request(scope)


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
    assert prefix_of(direct, forwarded, list(OURS)) == prefix


async def test_a_link_has_its_own_limits_for_looking_and_sending() -> None:
    limits = FormLimits("", now, rates=Rates(looks=2, sends=1))
    assert [await limits.wait(request()) for _ in range(2)] == [0, 0]
    assert 1 <= await limits.wait(request()) <= 60
    assert await limits.wait(request("POST")) == 0
    assert await limits.wait(request("POST")) > 0
    assert await limits.wait(request(token="another")) == 0


async def test_an_address_is_limited_over_all_links() -> None:
    limits = FormLimits("", now, rates=Rates(address=2))
    waits = [await limits.wait(request(token=str(number), host=f"192.0.2.{number}")) for number in range(3)]
    assert [wait > 0 for wait in waits] == [False, False, True]
    assert await limits.wait(request(host="198.51.100.1")) == 0


async def test_guessing_links_is_stopped_early() -> None:
    limits = FormLimits("", now, rates=Rates(unknown=2))
    for _ in range(2):
        assert await limits.wait(request()) == 0
        await limits.count_unknown(request())
    assert await limits.wait(request()) > 0


async def test_addresses_are_left_alone_where_all_people_share_one() -> None:
    limits = FormLimits("", now, by_address=False, rates=Rates(address=1))
    assert [await limits.wait(request(token=str(number))) for number in range(5)] == [0] * 5
