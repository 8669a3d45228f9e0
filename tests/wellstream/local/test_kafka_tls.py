"""Connections to brokers over TLS: verified against the certificate authority that is set, and no other."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from schemas.kafka_access import KafkaAccess, kafka_arguments
from schemas.topic_log import read_to_end
from schemas.topic_rights import OPERATOR
from schemas.topics import CHECKINS
from wellstream.local.kafka import free_port, kafka_service
from wellstream.local.kafka_users import kafka_users
from wellstream.local.supervisor import Supervisor
from wellstream.operations.kafka_users import set_passwords
from wellstream.operations.probes import listens
from wellstream.operations.topic_rights import grant
from wellstream.operations.topics import create_topics

pytestmark = pytest.mark.kafka
OF_THE_GATEWAY = "a word that opens"


def certificate(folder: Path, name: str) -> Path:
    """A certificate for loopback that vouches for itself, and its key in one PEM file beside it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begin = datetime.now(UTC) - timedelta(days=1)
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=9))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    public = folder / f"{name}.pem"
    public.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / f"{name}.key.pem").write_bytes(secret + public.read_bytes())
    return public


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaAccess]:
    home = tmp_path_factory.mktemp("tls")
    users, port, ca = kafka_users(home), free_port(), certificate(home, "ours")
    service = kafka_service(home / "kafka", port, users)
    with (home / "kafka" / "server.properties").open("a") as properties:
        properties.write(
            "listener.security.protocol.map=CONTROLLER:SASL_PLAINTEXT,CLIENTS:SASL_SSL\n"
            f"listener.name.clients.ssl.keystore.type=PEM\n"
            f"listener.name.clients.ssl.keystore.location={(home / 'ours.key.pem').as_posix()}\n"
            f"listener.name.clients.ssl.truststore.type=PEM\n"
            f"listener.name.clients.ssl.truststore.location={ca.as_posix()}\n"
        )
    with Supervisor(home, [replace(service, ready=lambda: listens(port), answers=lambda: listens(port))]):
        yield KafkaAccess(service.address, OPERATOR, users[OPERATOR], ca)


async def test_everything_works_over_tls(broker: KafkaAccess) -> None:
    await set_passwords(broker, {OPERATOR: broker.password, "gateway": OF_THE_GATEWAY})
    await create_topics(broker)
    await grant(broker)
    gateway = replace(broker, user="gateway", password=OF_THE_GATEWAY)
    producer = AIOKafkaProducer(**kafka_arguments(gateway))
    await producer.start()
    await producer.send_and_wait(CHECKINS.name, b"over TLS")
    await producer.stop()
    assert [record.value async for record in read_to_end(broker, (CHECKINS,))] == [b"over TLS"]


@pytest.mark.parametrize("who", ["another authority", "nobody"])
async def test_a_broker_that_nobody_vouches_for_is_not_spoken_to(
    broker: KafkaAccess, tmp_path: Path, who: str
) -> None:
    ca = certificate(tmp_path, "another") if who == "another authority" else None
    producer = AIOKafkaProducer(**kafka_arguments(replace(broker, ca=ca)), request_timeout_ms=3000)
    with pytest.raises((KafkaError, TimeoutError)):
        await asyncio.wait_for(producer.start(), 20)
    await producer.stop()
