"""An installation of its own for a benchmark: the real services, on ports that nobody uses."""

from pathlib import Path
from typing import Any

from schemas.settings import Settings
from wellstream.local.kafka import free_port
from wellstream.local.services import local_settings

STUDY = Path(__file__).parents[1] / "studies" / "demo.yaml"


def own_settings(home: Path, kafka: str, **more: Any) -> Settings:
    """The settings of the demo study's services, in a folder and with a Kafka of their own."""
    gateway, admin = free_port(), free_port()
    ports = {
        "gateway_port": gateway, "public_url": f"http://127.0.0.1:{gateway}", "admin_port": admin,
        "admin_url": f"http://127.0.0.1:{admin}", "store_port": free_port(),
    }  # fmt: skip
    return local_settings(home, STUDY, kafka, simulation=False).model_copy(update=ports | more)
