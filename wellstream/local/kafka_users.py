"""The Kafka users of an installation on this machine: one for each service, and the operator."""

from pathlib import Path

from schemas.topic_rights import OPERATOR, RIGHTS
from wellstream.local.secrets import generated

CONTROLLER = "controller"
"""Kafka's own user between its two halves."""


def kafka_users(home: Path) -> dict[str, str]:
    """Password by user, from `home/kafka-users.json`; made on the first call, readable by the owner only."""
    return generated(users_file(home), (OPERATOR, CONTROLLER, *RIGHTS))


def users_file(home: Path) -> Path:
    """Where the passwords are; without it, new ones are made, and given to Kafka at the next start."""
    return home / "kafka-users.json"
