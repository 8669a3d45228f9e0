"""A port that is taken is refused in one sentence, before anything starts."""

import os
import socket
from pathlib import Path

import pytest

from schemas.settings import Settings
from wellstream.local.kafka import free_port
from wellstream.local.ports import PortTaken, free_kafka_port, refuse_taken_ports
from wellstream.local.state import published

NAMES = ("gateway_port", "admin_port", "store_port", "dashboard_port")


def free() -> Settings:
    return Settings.model_validate({name: free_port() for name in NAMES})


@pytest.mark.parametrize("name", NAMES)
def test_a_taken_port_is_named_with_who_has_it_and_what_to_set(name: str) -> None:
    settings = free()
    refuse_taken_ports(settings)
    with (
        socket.create_server(("127.0.0.1", getattr(settings, name))),
        pytest.raises(PortTaken, match=rf"is in use by process {os.getpid()} .*WELLSTREAM_{name.upper()}"),
    ):
        refuse_taken_ports(settings)


def test_two_services_cannot_have_one_port() -> None:
    settings = free()
    same = settings.model_copy(update={"dashboard_port": settings.gateway_port})
    with pytest.raises(PortTaken, match="the gateway and the dashboard cannot both use port"):
        refuse_taken_ports(same)


def test_an_address_that_is_not_of_this_machine_is_refused() -> None:
    with pytest.raises(PortTaken, match="cannot be opened"):
        refuse_taken_ports(free().model_copy(update={"gateway_host": "192.0.2.1"}))


def test_kafka_keeps_its_port_unless_it_was_taken_meanwhile(tmp_path: Path) -> None:
    port = free_port()
    with published(Settings(home=tmp_path, kafka=f"127.0.0.1:{port}")):
        pass
    assert free_kafka_port(tmp_path) == port
    with socket.create_server(("127.0.0.1", port)):
        assert free_kafka_port(tmp_path) != port
