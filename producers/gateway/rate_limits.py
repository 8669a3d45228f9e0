"""How often the form may be requested: limits per link and per network, in memory, over a moving minute."""

import math
from dataclasses import dataclass

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from starlette.requests import Request

from producers.gateway.networks import TrustedProxies
from schemas.clock import Clock
from schemas.identity import digest


@dataclass(frozen=True)
class Rates:
    """Requests a minute.

    Attributes:
        looks, sends: For one link: GET and POST.
        network: For one /24 of IPv4 or /64 of IPv6; many telephones may share one behind their carrier.
        unknown: Links that do not exist, for one such network.
    """

    looks: int = 120
    sends: int = 30
    network: int = 240
    unknown: int = 20


class FormLimits:
    """Counts requests and says when there are too many.

    Args:
        proxies: Finds the network that a request comes from.
        clock: Tells the time, for how long to wait.
        by_network: Whether networks are limited, not only links.
        rates: The limits.
    """

    def __init__(
        self, proxies: TrustedProxies, clock: Clock, *, by_network: bool = True, rates: Rates | None = None
    ) -> None:
        self._proxies = proxies
        self._clock = clock
        self._by_network = by_network
        rates = rates or Rates()
        self._link = {"GET": _per_minute(rates.looks, "look"), "POST": _per_minute(rates.sends, "send")}
        self._network = _per_minute(rates.network, "network")
        self._unknown = _per_minute(rates.unknown, "unknown")
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def wait(self, request: Request) -> int:
        """Seconds until this request may be made again; 0 if it may be made now, which counts it."""
        network = self._proxies.network_of(request)
        if self._by_network:
            if not await self._limiter.test(self._unknown, network):
                return await self._until(self._unknown, network)
            if not await self._limiter.hit(self._network, network):
                return await self._until(self._network, network)
        limit = self._link["POST" if request.method == "POST" else "GET"]
        token = digest(request.path_params["token"])
        if not await self._limiter.hit(limit, token):
            return await self._until(limit, token)
        return 0

    async def count_unknown(self, request: Request) -> None:
        """Count a request whose link does not exist."""
        if self._by_network:
            await self._limiter.hit(self._unknown, self._proxies.network_of(request))

    async def _until(self, limit: RateLimitItem, key: str) -> int:
        stats = await self._limiter.get_window_stats(limit, key)
        left = math.ceil(stats.reset_time - self._clock().timestamp())
        return min(max(1, left), limit.get_expiry())


def _per_minute(count: int, name: str) -> RateLimitItem:
    return RateLimitItemPerMinute(count, namespace=name)
