"""The Kafka users of an installation on this machine: one for each service, and the operator."""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from pathlib import Path

from schemas.topic_rights import OPERATOR, RIGHTS
from wellstream.local.secrets import generated

CONTROLLER = "controller"
"""Kafka's own user between its two halves."""

_ITERATIONS = 4096


def kafka_users(home: Path) -> dict[str, str]:
    """Password by user, from `home/kafka-users.json`; made on the first call, readable by the owner only."""
    return generated(home / "kafka-users.json", (OPERATOR, CONTROLLER, *RIGHTS))


def scram_options(users: Mapping[str, str]) -> list[str]:
    """The options with which Kafka's storage is formatted, so that it knows the users from the beginning.

    They hold salted passwords: whoever lists the processes meanwhile learns none.
    """
    options = []
    for name, password in users.items():
        if name == CONTROLLER:
            continue
        salt = secrets.token_bytes(24)
        salted = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ITERATIONS)
        fields = (
            f'name="{name}",iterations={_ITERATIONS},salt="{_text(salt)}",saltedpassword="{_text(salted)}"'
        )
        options += ["--add-scram", f"SCRAM-SHA-512=[{fields}]"]
    return options


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
