"""How often the form may be requested: limits per link, in memory, over a moving minute.

A link that exists is never refused for what others do: people behind one carrier or one proxy share an
address, and whoever sends wrong links from it must not close the form for them. A link's token has 128 random
bits, so that finding one of a million links takes 3e32 requests; wrong links are slowed only because each
costs a look into the vault.
"""

import asyncio
import math
from dataclasses import dataclass

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from starlette.requests import Request

from schemas.clock import Clock
from schemas.identity import digest
from schemas.networks import TrustedProxies

_MOST_DELAYED = 50


@dataclass(frozen=True)
class Rates:
    """Requests a minute.

    Attributes:
        looks, sends: For one link: GET and POST.
        unknown: Links that do not exist, for one /24 of IPv4 or /64 of IPv6; more are answered late.
        delay_seconds: How late.
    """

    looks: int = 120
    sends: int = 30
    unknown: int = 20
    delay_seconds: float = 2.0


class FormLimits:
    """Counts requests and says when there are too many.

    Args:
        proxies: Finds the network that a request comes from.
        clock: Tells the time, for how long to wait.
        by_network: Whether wrong links are slowed.
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
        self._unknown = _per_minute(rates.unknown, "unknown")
        self._delay = rates.delay_seconds
        self._delayed = 0
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def wait(self, request: Request) -> int:
        """Seconds until the link, which exists, may be requested again; 0 if now, which counts it."""
        limit = self._link["POST" if request.method == "POST" else "GET"]
        token = digest(request.path_params["token"])
        return 0 if await self._limiter.hit(limit, token) else await self._until(limit, token)

    async def slow_down(self, request: Request) -> int:
        """Count a request whose link does not exist; beyond the limit, return late.

        Only so many are held back at once: a flood of wrong links must not occupy all connections.

        Returns:
            Seconds until it may be made again; 0 if it was within the limit.
        """
        if not self._by_network:
            return 0
        network = self._proxies.network_of(request)
        if await self._limiter.hit(self._unknown, network):
            return 0
        if self._delayed < _MOST_DELAYED:
            self._delayed += 1
            try:
                await asyncio.sleep(self._delay)
            finally:
                self._delayed -= 1
        return await self._until(self._unknown, network)

    async def _until(self, limit: RateLimitItem, key: str) -> int:
        stats = await self._limiter.get_window_stats(limit, key)
        left = math.ceil(stats.reset_time - self._clock().timestamp())
        return min(max(1, left), limit.get_expiry())


def _per_minute(count: int, name: str) -> RateLimitItem:
    return RateLimitItemPerMinute(count, namespace=name)
