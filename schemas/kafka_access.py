"""How to connect to Kafka: the one place that knows addresses, users and certificates together."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SCRAM = "SCRAM-SHA-512"
PLAIN = "PLAIN"


@dataclass(frozen=True)
class KafkaAccess:
    """Addresses, and who connects.

    Attributes:
        servers: Bootstrap servers, `host:port`, separated by commas.
        user: The Kafka user; empty where Kafka asks for none.
        password: Its password.
        ca: The certificate authority of the brokers, a PEM file; with one, connections use TLS.
        mechanism: How the password is proved: `SCRAM` does not send it, `PLAIN` does.
    """

    servers: str
    user: str = ""
    password: str = field(default="", repr=False)
    ca: Path | None = None
    mechanism: str = SCRAM

    @property
    def protocol(self) -> str:
        """Kafka's name of the security protocol."""
        transport = "SSL" if self.ca else "PLAINTEXT"
        return f"SASL_{transport}" if self.user else transport

    @property
    def tls(self) -> ssl.SSLContext | None:
        """What verifies the brokers' certificates; None without TLS.

        Raises:
            OSError: The file with the certificate authority cannot be read.
        """
        return ssl.create_default_context(cafile=str(self.ca)) if self.ca else None


Broker = KafkaAccess | str
"""Access to Kafka; a text is the bootstrap servers of one that asks for no user."""


def access_to(broker: Broker) -> KafkaAccess:
    """The access in full."""
    return KafkaAccess(broker) if isinstance(broker, str) else broker


def kafka_arguments(broker: Broker) -> dict[str, Any]:
    """The arguments that every consumer, producer and admin client of aiokafka is made with."""
    access = access_to(broker)
    arguments: dict[str, Any] = {
        "bootstrap_servers": access.servers,
        "security_protocol": access.protocol,
        "ssl_context": access.tls,
    }
    if access.user:
        arguments |= {
            "sasl_mechanism": access.mechanism,
            "sasl_plain_username": access.user,
            "sasl_plain_password": access.password,
        }
    return arguments
