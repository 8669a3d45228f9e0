"""Too many requests with one link are refused, and wrong links are slowed, for nobody else."""

import asyncio

from starlette.requests import Request

from producers.gateway.rate_limits import FormLimits, Rates
from schemas.clock import now
from schemas.networks import TrustedProxies


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


async def test_wrong_links_are_slowed_and_close_the_form_for_nobody() -> None:
    limits = FormLimits(TrustedProxies(""), now, rates=Rates(unknown=2, delay_seconds=0.01))
    waits = [
        await limits.slow_down(request(token=str(number), host=f"192.0.2.{number}")) for number in range(4)
    ]
    assert [wait > 0 for wait in waits] == [False, False, True, True]
    assert await limits.slow_down(request(host="198.51.100.1")) == 0
    assert await limits.wait(request(host="192.0.2.1")) == 0


async def test_only_so_many_are_held_back_at_once() -> None:
    limits = FormLimits(TrustedProxies(""), now, rates=Rates(unknown=1, delay_seconds=60))
    assert await limits.slow_down(request()) == 0
    held = [asyncio.create_task(limits.slow_down(request())) for _ in range(50)]
    await asyncio.sleep(0)
    assert await asyncio.wait_for(limits.slow_down(request()), 5) > 0
    assert not any(one.done() for one in held)
    for one in held:
        one.cancel()
    await asyncio.gather(*held, return_exceptions=True)


async def test_wrong_links_are_not_counted_where_all_people_share_an_address() -> None:
    limits = FormLimits(TrustedProxies(""), now, by_network=False, rates=Rates(unknown=1))
    assert [await limits.slow_down(request()) for _ in range(5)] == [0] * 5
