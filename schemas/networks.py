"""Which network a request comes from, behind the proxies that the settings trust."""

from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.requests import HTTPConnection

from schemas.settings import MissingSetting

_Network = IPv4Network | IPv6Network
_IPV4_PREFIX = 24
_IPV6_PREFIX = 64


class TrustedProxies:
    """The proxies whose `X-Forwarded-For` is believed.

    Args:
        setting: Addresses and networks, separated by commas.

    Raises:
        MissingSetting: `setting` contains something else.
    """

    def __init__(self, setting: str) -> None:
        try:
            self._networks = [ip_network(part.strip()) for part in setting.split(",") if part.strip()]
        except ValueError as error:
            raise MissingSetting(
                f"WELLSTREAM_TRUSTED_PROXIES: {error}; write addresses or networks, such as 10.0.0.0/8"
            ) from None

    def network_of(self, request: HTTPConnection) -> str:
        """The network that a request comes from: a /24 of IPv4, a /64 of IPv6; empty without an address."""
        direct = request.client.host if request.client else ""
        # A proxy may add a line of its own rather than extend the one that it was sent.
        return self.network_behind(direct, ",".join(request.headers.getlist("X-Forwarded-For")))

    def network_behind(self, direct: str, forwarded: str) -> str:
        """The network of a client.

        Args:
            direct: Address of the connection.
            forwarded: `X-Forwarded-For`. Anybody can send one, so only what trusted proxies added counts.
        """
        hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
        client = direct
        while hops and _is_in(client, self._networks):
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
