"""One place knows how to connect to Kafka."""

import re
from pathlib import Path

from schemas.kafka_access import KafkaAccess, kafka_arguments

ROOT = Path(__file__).parents[1]
CLIENTS = re.compile(r"AIOKafka(Producer|Consumer|AdminClient|Client)\((.{200})", re.DOTALL)


def test_every_client_takes_its_arguments_from_there() -> None:
    found = 0
    for room in ("schemas", "producers", "streams", "wellstream", "dashboard"):
        for file in (ROOT / room).rglob("*.py"):
            for made in CLIENTS.finditer(file.read_text(encoding="utf-8")):
                found += 1
                assert "**kafka_arguments(" in made[0], file
    assert found >= 8


def test_a_password_is_not_printed() -> None:
    access = KafkaAccess("127.0.0.1:9092", "gateway", "hunter2")
    assert "hunter2" not in repr(access)
    assert kafka_arguments(access)["security_protocol"] == "SASL_PLAINTEXT"
    assert kafka_arguments("127.0.0.1:9092")["security_protocol"] == "PLAINTEXT"
