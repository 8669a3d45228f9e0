"""Too many requests are refused, by link and by network."""

from starlette.requests import Request

from producers.gateway.networks import TrustedProxies
from producers.gateway.rate_limits import FormLimits, Rates
from schemas.clock import now


def request(method: str = "GET", token: str = "t", host: str = "192.0.2.1") -> Request:
    scope = {
        "type": "http", "method": method, "path": f"/c/{token}", "headers": [], "client": (host, 1),
        "path_params": {"token": token},
    }  # fmt: skip
    return Request(scope)


async def test_a_link_has_its_own_limits_for_looking_and_sending() -> None:
    limits = FormLimits(TrustedProxies(""), now, rates=Rates(looks=2, sends=1))
    assert [await limits.wait(request()) for _ in range(2)] == [0, 0]
    assert 1 <= await limits.wait(request()) <= 60
    assert await limits.wait(request("POST")) == 0
    assert await limits.wait(request("POST")) > 0
    assert await limits.wait(request(token="another")) == 0


async def test_an_address_is_limited_over_all_links() -> None:
    limits = FormLimits(TrustedProxies(""), now, rates=Rates(network=2))
    waits = [await limits.wait(request(token=str(number), host=f"192.0.2.{number}")) for number in range(3)]
    assert [wait > 0 for wait in waits] == [False, False, True]
    assert await limits.wait(request(host="198.51.100.1")) == 0


async def test_guessing_links_is_stopped_early() -> None:
    limits = FormLimits(TrustedProxies(""), now, rates=Rates(unknown=2))
    for _ in range(2):
        assert await limits.wait(request()) == 0
        await limits.count_unknown(request())
    assert await limits.wait(request()) > 0


async def test_addresses_are_left_alone_where_all_people_share_one() -> None:
    limits = FormLimits(TrustedProxies(""), now, by_network=False, rates=Rates(network=1))
    assert [await limits.wait(request(token=str(number))) for number in range(5)] == [0] * 5
