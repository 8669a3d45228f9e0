"""How often the form may be asked for: limits per link and per address, in memory, over a moving minute."""

import logging
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from starlette.requests import Request

from schemas.clock import Clock
from schemas.identity import digest
from schemas.settings import MissingSetting

_log = logging.getLogger(__name__)
_BETWEEN_LINES = timedelta(minutes=1)
_Network = IPv4Network | IPv6Network
_IPV4_PREFIX = 24
_IPV6_PREFIX = 64


@dataclass(frozen=True)
class Rates:
    """Requests a minute.

    Attributes:
        looks, sends: For one link: GET and POST.
        address: For one /24 of IPv4 or /64 of IPv6; many telephones may share one behind their carrier.
        unknown: Links that do not exist, for one such prefix.
    """

    looks: int = 120
    sends: int = 30
    address: int = 240
    unknown: int = 20


class FormLimits:
    """Counts requests and says when it is too many.

    Args:
        trusted_proxies: Addresses and networks, separated by commas, whose `X-Forwarded-For` is believed.
        clock: Tells the time, for how long to wait.
        by_address: Whether addresses are limited, not only links.
        rates: How many.

    Raises:
        MissingSetting: `trusted_proxies` holds something else.
    """

    def __init__(
        self, trusted_proxies: str, clock: Clock, *, by_address: bool = True, rates: Rates | None = None
    ) -> None:
        self._proxies = proxies_of(trusted_proxies)
        self._clock = clock
        self._by_address = by_address
        rates = rates or Rates()
        self._link = {"GET": _per_minute(rates.looks, "look"), "POST": _per_minute(rates.sends, "send")}
        self._address = _per_minute(rates.address, "address")
        self._unknown = _per_minute(rates.unknown, "unknown")
        self._told = datetime.min.replace(tzinfo=UTC)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def wait(self, request: Request) -> int:
        """Seconds until this request may be made again; 0 if it may be made now, which counts it."""
        prefix = self._prefix(request)
        if self._by_address:
            if not await self._limiter.test(self._unknown, prefix):
                return await self._until(self._unknown, prefix)
            if not await self._limiter.hit(self._address, prefix):
                return await self._until(self._address, prefix)
        limit = self._link["POST" if request.method == "POST" else "GET"]
        token = digest(request.path_params["token"])
        if not await self._limiter.hit(limit, token):
            return await self._until(limit, token)
        return 0

    async def count_unknown(self, request: Request) -> None:
        """Note that the request's link does not exist."""
        if self._by_address:
            await self._limiter.hit(self._unknown, self._prefix(request))

    def tell(self) -> None:
        """Log that requests are refused: once a minute, so that a flood of them is none in the log."""
        now = self._clock()
        if now - self._told >= _BETWEEN_LINES:
            self._told = now
            _log.warning("form refused: too often")

    async def _until(self, limit: RateLimitItem, key: str) -> int:
        stats = await self._limiter.get_window_stats(limit, key)
        left = math.ceil(stats.reset_time - self._clock().timestamp())
        return min(max(1, left), limit.get_expiry())

    def _prefix(self, request: Request) -> str:
        return network_of(request, self._proxies)


def proxies_of(setting: str) -> list[_Network]:
    """The addresses and networks of `trusted_proxies`.

    Raises:
        MissingSetting: It holds something else.
    """
    try:
        return [ip_network(part.strip()) for part in setting.split(",") if part.strip()]
    except ValueError as error:
        raise MissingSetting(
            f"WELLSTREAM_TRUSTED_PROXIES: {error}; write addresses or networks, such as 10.0.0.0/8"
        ) from None


def network_of(request: Request, proxies: list[_Network]) -> str:
    """The network of whoever makes a request, as `prefix_of` tells it."""
    direct = request.client.host if request.client else ""
    return prefix_of(direct, request.headers.get("X-Forwarded-For", ""), proxies)


def prefix_of(direct: str, forwarded: str, proxies: list[_Network]) -> str:
    """The network of whoever asks: a /24 of IPv4, a /64 of IPv6; empty where there is no address.

    Args:
        direct: Address of the connection.
        forwarded: `X-Forwarded-For`; anybody can send one, so only what `proxies` wrote counts.
        proxies: Whose word is taken.
    """
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    client = direct
    while hops and _is_in(client, proxies):
        client = hops.pop()
    try:
        address = ip_address(client)
    except ValueError:
        return ""
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    length = _IPV4_PREFIX if address.version == 4 else _IPV6_PREFIX
    return str(ip_network(f"{address}/{length}", strict=False))


def _is_in(client: str, networks: list[_Network]) -> bool:
    try:
        address = ip_address(client)
    except ValueError:
        return False
    return any(address in network for network in networks)


def _per_minute(count: int, name: str) -> RateLimitItem:
    return RateLimitItemPerMinute(count, namespace=name)
