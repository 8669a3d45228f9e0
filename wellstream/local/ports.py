"""The ports of an installation on this machine: a chosen one stays, and a taken one is refused."""

from collections.abc import Iterator
from pathlib import Path

from schemas.settings import Settings
from wellstream.local.kafka import free_port
from wellstream.local.state import chosen_kafka_port
from wellstream.operations.probes import why_not_bound


class PortTaken(RuntimeError):
    """Another program listens on a port that a service needs, or two services are to use the same one."""


def free_kafka_port(home: Path) -> int:
    """The port that Kafka had when it last ran from this folder; another one if that is taken by now."""
    port = chosen_kafka_port(home)
    return port if port and not why_not_bound("127.0.0.1", port) else free_port()


def refuse_taken_ports(settings: Settings) -> None:
    """Make sure that each service can have its port.

    Raises:
        PortTaken: One cannot.
    """
    users: dict[int, str] = {}
    for name, variable, host, port in _needed(settings):
        if port in users:
            raise PortTaken(
                f"{users[port]} and {name} cannot both use port {port}; set {variable} to another"
            )
        users[port] = name
        if trouble := why_not_bound(host, port):
            raise PortTaken(
                f"port {port} on {host}, which {name} needs, {trouble}; stop that, or set {variable} to "
                "another port"
            )


def _needed(settings: Settings) -> Iterator[tuple[str, str, str, int]]:
    yield "the gateway", "WELLSTREAM_GATEWAY_PORT", settings.gateway_host, settings.gateway_port
    yield "the admin API", "WELLSTREAM_ADMIN_PORT", settings.admin_host, settings.admin_port
    yield "the store", "WELLSTREAM_STORE_PORT", settings.store_listen, settings.store_port
    yield "the dashboard", "WELLSTREAM_DASHBOARD_PORT", settings.dashboard_host, settings.dashboard_port
